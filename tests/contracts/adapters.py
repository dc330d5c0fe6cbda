"""The adapters that the suite runs against, each by an address that a child process can open too.

A new adapter adds one line to ``open_bus`` and one factory to ``conftest.py``.
"""

from datetime import UTC, datetime
from pathlib import Path

from broker.bus.embedded import open_embedded_bus
from broker.bus.kafka.bus import open_kafka_bus
from broker.bus.kafka.connection import SCHEME, parse_address
from broker.bus.port import Bus
from tests.support.kafka.connecting import in_the_clear

LEASE_SECONDS = 4.0
"""Not shorter: a busy machine, or a slow disk, may keep the thread that renews leases waiting for a second or two."""


def open_bus(address: str) -> Bus:
    if address.startswith(SCHEME):
        return open_kafka_bus(in_the_clear(parse_address(address)))
    kind, _, rest = address.partition(":")
    if kind == "embedded":
        return open_embedded_bus(Path(rest), clock=lambda: datetime.now(UTC), lease=LEASE_SECONDS)
    raise ValueError(f"no adapter {kind}")
