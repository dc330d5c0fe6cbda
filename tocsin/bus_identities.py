"""What the hub and the participants of a network show to its bus: checked before anything is made, then put there."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from broker.errors import MissingFile
from broker.types.names import HUB
from tocsin.cluster.certificates import CA_FILE, CERTIFICATE_FILE, KEY_FILE
from tocsin.folder import FederationFolder
from tocsin.settings_file import replace_setting

NODE_IDENTITY: Final = "keys/bus"
"""What a node shows to the bus, below its folder."""
HUB_IDENTITY: Final = "hub/keys/bus"
"""What the hub shows, below the folder of the network."""
_FILES: Final = (KEY_FILE, CERTIFICATE_FILE, CA_FILE)
"""In the order in which they are written: who reads in between finds that key and certificate do not go together."""
_NO_IDENTITIES: Final = "Name the folder that tocsin kafka certificates new has made, with all participants."


def check_identities(identities: Path, codes: Sequence[str]) -> None:
    """Check that there is a whole identity of each of *codes* in *identities*, in a folder of its code.

    Raises:
        MissingFile: Somebody's is not there, or a file of it is not.
    """
    without = [code for code in codes if not all((identities / code / name).is_file() for name in _FILES)]
    if without:
        have, whose = ("has", without[0]) if len(without) == 1 else ("have", "CODE, for each of them")
        issue = f"tocsin kafka certificates issue {identities.parent} {whose}"
        says = f"{', '.join(without)} {have} no identity for the bus in {identities}"
        raise MissingFile(says, hint=issue if identities.is_dir() else _NO_IDENTITIES)


def copy_identities(folder: FederationFolder, identities: Path, codes: Iterable[str]) -> None:
    """Give the hub and every node among *codes* what they show to the bus, in the place of what they showed before.

    The folders of the nodes are there already. A node that runs reads the new files by itself.
    """
    for code in codes:
        found = identities / code
        to = folder.root / HUB_IDENTITY if code == HUB else folder.node(code).root / NODE_IDENTITY
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in _FILES:
            _put(found / name, to / name)
        if code != HUB:
            replace_setting(folder.node(code).settings_file, "bus_identity", NODE_IDENTITY)


def _put(found: Path, to: Path) -> None:
    beside = to.with_name(f".{to.name}.new")
    beside.unlink(missing_ok=True)
    # With its mode from the first byte on: it may be a key, and the folder may be one that others look into.
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(found.read_bytes())
        file.flush()
        os.fsync(descriptor)
    beside.replace(to)
