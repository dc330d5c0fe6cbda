"""What the demo is asked for."""

from pathlib import Path

import msgspec

from broker.bus.kafka.connection import parse_address
from tocsin.installation import RANDOMNESS, now
from tocsin.settings import EMBEDDED


class Venue(msgspec.Struct, frozen=True, kw_only=True):
    """The bus of a demo.

    Attributes:
        bus: ``embedded``, or the address of a Kafka cluster.
        identities: A folder with what the hub and each participant show to the cluster, by code; None for nothing.
        allow_plaintext: Speak to the cluster in the clear.
    """

    bus: str = EMBEDDED
    identities: Path | None = None
    allow_plaintext: bool = False


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How the demo is run.

    Attributes:
        incidents: A file with the columns of the sample data; None for the sample data itself.
        folder: Where the federation is made, absent or empty; None for a temporary folder.
        json: Print one JSON document on standard output, and nothing for people there.
        serve: Leave the federation open in the console.
        venue: The bus that it runs on.
    """

    incidents: Path | None = None
    folder: Path | None = None
    json: bool = False
    serve: bool = False
    venue: Venue = Venue()


def own_namespace(bus: str) -> str:
    """Return *bus*; a cluster where none is named gets a namespace for this demo alone, so that two do not meet."""
    if bus == EMBEDDED:
        return bus
    address = parse_address(bus)
    if address.namespace:
        return bus
    return str(msgspec.structs.replace(address, namespace=f"demo-{now():%Y%m%d-%H%M%S}-{RANDOMNESS(2).hex()}"))
