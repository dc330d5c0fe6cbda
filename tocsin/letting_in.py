"""What is left to do on a cluster when somebody joins a network: by whom, and with which words."""

import shlex
from pathlib import Path

from tocsin.bus_identities import NODE_IDENTITY
from tocsin.cluster.shell import Shell
from tocsin.folder import FederationFolder
from tocsin.settings import EMBEDDED, FederationSettings

_ADMINISTRATOR = "--bootstrap kafka://HOST:PORT --identity DIR/admin"
"""The administrator's own listener and certificate, which no settings of the network name."""


def cluster_steps(
    folder: FederationFolder, settings: FederationSettings, code: str, *, has_topic: bool, has_identity: bool
) -> list[str]:
    """Return the lines that let the node of *code* into the bus, in their order; none where nothing is left.

    Args:
        has_topic: The topic of *code* is there.
        has_identity: The node shows something of its own.
    """
    if settings.bus == EMBEDDED:
        return []
    named = f"--folder {shlex.quote(str(folder.root))}"
    steps = [] if has_identity else _identity(folder, settings, code, named)
    if not has_topic:
        steps.append(f"tocsin kafka provision {named} {_ADMINISTRATOR}")
    return steps


def _identity(folder: FederationFolder, settings: FederationSettings, code: str, named: str) -> list[str]:
    way_in = settings.way_in
    if not way_in.bus_identity:
        return []
    if not way_in.bus_user:
        return [
            f"tocsin kafka certificates issue DIR {code}",
            f"tocsin kafka certificates give DIR {code} {named}",
        ]
    node = folder.node(code)
    keys, file = (shlex.quote(str(path)) for path in (node.root / NODE_IDENTITY, node.settings_file))
    authorities = shlex.quote(str(folder.root / Path(way_in.bus_identity) / "ca.pem"))
    said = f'bus_identity = "{NODE_IDENTITY}"\nbus_user = "{code}"\nbus_password = "file:{NODE_IDENTITY}/password"\n'
    address = settings.bus.removeprefix("kafka://").partition("/")[0]
    return [
        Shell(address).set_password(code),
        f"install -d -m 700 {keys}",
        f"cp {authorities} {keys}/ca.pem",
        f"install -m 600 PASSWORD_FILE {keys}/password",
        f"printf {shlex.quote(said)} >> {file}",
    ]
