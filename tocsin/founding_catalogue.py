"""The hub's catalogue authority: it publishes the international list of substances, and is shown nothing.

It is entered by the hub's administrators, signs with a key of its own node, has no sealing key and no purpose, so that
no policy ever permits it anything. Its node lies below ``hub/node`` and counts as nobody's among the participants.
"""

from datetime import datetime
from typing import Final

from broker.directory.entries import AuthorityEntry, DutyContact, NodeEntry
from broker.types.names import HUB, Originator
from broker.types.vocabulary import Role, Sector
from tocsin.folder import FederationFolder
from tocsin.key_files import make_store_key
from tocsin.profiles import format_usual_profiles
from tocsin.settings import STORE_KEY
from tocsin.settings_file import format_settings

CATALOGUE: Final = Originator(f"{HUB}/catalogue")
CATALOGUE_NODE: Final = Originator(f"{HUB}/~1")


def catalogue_node_entry(at: datetime) -> NodeEntry:
    """Return the directory entry of the node that serves the catalogue authority."""
    return NodeEntry(node=CATALOGUE_NODE, operator="the hub", active_from=at, active_to=None)


def catalogue_entry(at: datetime) -> AuthorityEntry:
    """Return the directory entry of the catalogue authority."""
    return AuthorityEntry(
        authority=CATALOGUE,
        name="substance catalogue of the hub",
        sector=Sector.REGULATOR,
        roles=(Role.PUBLISHER,),
        purposes=(),
        parent=None,
        node=CATALOGUE_NODE,
        languages=("en",),
        takes_part_in_exercises=True,
        contact=DutyContact(
            desk="editors of the substance catalogue", telephone="+000 000 000", email="catalogue@hub.example"
        ),
        active_from=at,
        active_to=None,
    )


def make_catalogue_node_folder(folder: FederationFolder) -> None:
    """Make what the node needs beside its key: settings, marking profiles, store key."""
    node = folder.node(HUB)
    node.refused.mkdir(mode=0o700, parents=True)
    make_store_key(node.root / STORE_KEY.name)
    settings = {
        "node": str(CATALOGUE_NODE),
        "signing_key": "file:keys/node.pem",
        "store_key": STORE_KEY.format(),
        "profiles": "profiles.toml",
    }
    (node.root / "profiles.toml").write_text(format_usual_profiles([CATALOGUE]), "utf-8")
    # The last: a folder without settings is no node.
    node.settings_file.write_text(format_settings(settings), "utf-8")
