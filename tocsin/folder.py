"""A federation on one machine is one folder. It holds no absolute path: it can be moved or copied.

::

    federation.toml    id, status, bus, log, root digest
    bus.sqlite         the embedded bus
    log/               checkpoint and tiles
    hub/keys/          root, hub administrator and notary keys of an exercise
    hub/notary.toml    settings of the notary; notary.sqlite, its journal
    hub/node/          the node of the hub's catalogue authority, like those of participants
    nodes/NL/          node.toml, profiles.toml, node.sqlite, refused/
    nodes/NL/keys/     node.pem, admin.pem, sealing/, store.key, and the key store sections.sqlite
    nodes/NL/          of a witness also keys/witness.pem, and witness.sqlite with what it has cosigned
"""

from pathlib import Path

import msgspec

from broker.errors import BadName, MissingFile, UnknownAuthority
from broker.types.names import HUB, Participant, check_participant


class NodeFolder(msgspec.Struct, frozen=True):
    """The folder of one node."""

    root: Path

    @property
    def settings_file(self) -> Path:
        """Its settings."""
        return self.root / "node.toml"

    @property
    def keys(self) -> Path:
        """Its private keys."""
        return self.root / "keys"

    @property
    def sealing_keys(self) -> Path:
        """The private halves of its sealing keys, one a file."""
        return self.keys / "sealing"

    @property
    def section_keys(self) -> Path:
        """Its key store. Never part of a backup of the database: what is purged must not come back with it."""
        return self.keys / "sections.sqlite"

    @property
    def database(self) -> Path:
        """Outbox, inbox, decisions, and its copy of the directory."""
        return self.root / "node.sqlite"

    @property
    def witness_database(self) -> Path:
        """What it has cosigned, where it is a witness. Never restored from a backup: it must not forget."""
        return self.root / "witness.sqlite"

    @property
    def refused(self) -> Path:
        """Rows that were not taken in, to be mended."""
        return self.root / "refused"


class FederationFolder(msgspec.Struct, frozen=True):
    """The folder of a federation."""

    root: Path

    @property
    def federation_file(self) -> Path:
        """The settings of the federation."""
        return self.root / "federation.toml"

    @property
    def bus_file(self) -> Path:
        """The embedded bus."""
        return self.root / "bus.sqlite"

    @property
    def log(self) -> Path:
        """The transparency log, as files."""
        return self.root / "log"

    @property
    def hub(self) -> Path:
        """What the hub keeps; in an exercise it lies with the rest."""
        return self.root / "hub"

    @property
    def hub_keys(self) -> Path:
        """The private keys of root, hub and notary."""
        return self.hub / "keys"

    @property
    def notary_file(self) -> Path:
        """The settings of the notary."""
        return self.hub / "notary.toml"

    @property
    def notary_database(self) -> Path:
        """The notary's journal: order and time of every leaf, before it is in the log."""
        return self.hub / "notary.sqlite"

    def node(self, participant: str) -> NodeFolder:
        """Return the folder of the node of *participant*, or of the hub."""
        if participant == HUB:
            return NodeFolder(self.hub / "node")
        return NodeFolder(self.root / "nodes" / participant)

    def participants(self) -> tuple[Participant, ...]:
        """Return the participants that have a node here, by code."""
        nodes = self.root / "nodes"
        found = [path.name for path in nodes.iterdir() if _is_participant(path.name)] if nodes.is_dir() else []
        return tuple(Participant(code) for code in sorted(found))


def open_folder(root: Path) -> FederationFolder:
    """Return the federation in the folder *root*.

    Raises:
        MissingFile: There is none.
    """
    folder = FederationFolder(root)
    if not folder.federation_file.is_file():
        raise MissingFile(
            f"{root} is no federation's folder: it has no federation.toml",
            hint="Name it with --folder or TOCSIN_HOME, or make one: tocsin federation new DIR --participant NL",
        )
    return folder


def find_node(folder: FederationFolder, participant: Participant) -> NodeFolder:
    """Return the folder of a node that is here, a participant's or the hub's own.

    Raises:
        UnknownAuthority: The participant has no node here.
    """
    known = folder.participants()
    if participant not in known and not (participant == HUB and folder.node(HUB).settings_file.is_file()):
        here = ", ".join(known) or "nobody"
        raise UnknownAuthority(f"{participant} has no node in this folder", hint=f"Served here: {here}.")
    return folder.node(participant)


def _is_participant(name: str) -> bool:
    try:
        check_participant(name)
    except BadName:
        return False
    return True
