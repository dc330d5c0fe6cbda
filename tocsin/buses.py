"""The bus that settings name: the file in the folder, or a Kafka cluster and this participant's way into it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from broker.bus.embedded import open_embedded_bus
from broker.bus.kafka.bus import open_kafka_bus
from broker.bus.kafka.connection import Connection, Scram, parse_address
from broker.bus.port import Bus
from broker.errors import BadSettings, BusUnavailable
from broker.types.names import HUB, Participant, participant_of
from broker.types.time import Clock
from tocsin.folder import FederationFolder
from tocsin.identity import identity_files
from tocsin.secret import load_secret
from tocsin.settings import EMBEDDED, FederationSettings, NodeSettings, NotarySettings, WayIn

_IN_THE_CLEAR: Final = (
    "Set bus_identity to a folder with ca.pem, certificate.pem and key.pem; "
    "or allow_plaintext = true, for a bus on this machine alone."
)


@asynccontextmanager
async def open_bus(
    folder: FederationFolder,
    settings: FederationSettings,
    *,
    clock: Clock,
    node: NodeSettings | NotarySettings | None = None,
) -> AsyncIterator[Bus]:
    """Give the bus of a federation, and close it.

    Args:
        node: Whose way in is used, a node's or the notary's; None for the hub's administrator and for auditors.

    Raises:
        BusUnavailable: The embedded one is not there. An empty one is never made in its place: it would look like a
            lost history.
        ConfigError: The settings do not lead into the cluster.
    """
    bus = _embedded(folder, settings, clock) if settings.bus == EMBEDDED else _kafka(folder, settings, node)
    try:
        yield bus
    finally:
        await bus.close()


def connection_of(
    folder: FederationFolder, settings: FederationSettings, node: NodeSettings | NotarySettings | None
) -> Connection:
    """Return where the cluster is and what is shown to it.

    Raises:
        BadSettings: The settings would speak in the clear, or say half of a way in.
        MissingFile: The password is not there.
    """
    way_in, base, who = _way_in(folder, settings, node)
    tls = identity_files(base / way_in.bus_identity, certified=not way_in.bus_user) if way_in.bus_identity else None
    if tls is None and not way_in.allow_plaintext:
        raise BadSettings(f"the bus {settings.bus} would be spoken to in the clear", hint=_IN_THE_CLEAR)
    return Connection(
        address=parse_address(settings.bus), tls=tls, scram=_scram(way_in, base), client=f"tocsin-{settings.id}-{who}"
    )


def identity_folder(
    folder: FederationFolder, settings: FederationSettings, node: NodeSettings | NotarySettings | None
) -> Path | None:
    """Return the folder of the identity that is shown; None where there is none."""
    way_in, base, _ = _way_in(folder, settings, node)
    return base / way_in.bus_identity if way_in.bus_identity else None


def _way_in(
    folder: FederationFolder, settings: FederationSettings, node: NodeSettings | NotarySettings | None
) -> tuple[WayIn, Path, Participant]:
    """Return the way in, the folder that its files are named from, and whose it is."""
    if node is None:
        return settings.way_in, folder.root, HUB
    if isinstance(node, NotarySettings):
        own = node.way_in != WayIn()
        return (node.way_in, folder.hub, HUB) if own else (settings.way_in, folder.root, HUB)
    participant = participant_of(node.node)
    if node.way_in != WayIn():
        return node.way_in, folder.node(participant).root, participant
    return settings.way_in, folder.root, participant


def _scram(way_in: WayIn, base: Path) -> Scram | None:
    if not way_in.bus_user and way_in.bus_password is None:
        return None
    if not way_in.bus_user or way_in.bus_password is None:
        raise BadSettings("bus_user and bus_password go together; one of them is not set")
    if not way_in.bus_identity:
        raise BadSettings(
            "a password is never sent in the clear", hint="Set bus_identity to a folder with the ca.pem of the bus."
        )
    return Scram(way_in.bus_user, load_secret(way_in.bus_password, base, "password").strip())


def _kafka(folder: FederationFolder, settings: FederationSettings, node: NodeSettings | NotarySettings | None) -> Bus:
    return open_kafka_bus(connection_of(folder, settings, node))


def _embedded(folder: FederationFolder, settings: FederationSettings, clock: Clock) -> Bus:
    if not folder.bus_file.exists():
        raise BusUnavailable(
            f"the bus of {settings.id} is not there: {folder.bus_file} is missing",
            hint="Bring the file back. What was taken in is kept, and goes out with the next publish.",
        )
    return open_embedded_bus(folder.bus_file, clock=clock)
