"""Where the brokers are that are measured: those that were named, or one that is started for it and thrown away."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec
from confluent_kafka.admin import AdminClient

from bench.network import Buses
from broker.bus.kafka.bus import open_kafka_bus
from broker.bus.kafka.connection import SCHEME, Address, Connection, parse_address
from broker.bus.port import Bus
from tests.support.kafka.cluster import Cluster, Shape
from tests.support.kafka.distribution import Distribution, NoBroker, obtain

_HEAP: Final = "1g"
_WITHIN_SECONDS: Final = 10


class Place(msgspec.Struct, frozen=True):
    """A cluster that is spoken to in the clear.

    Attributes:
        run: Stands before all names of this run.
        distribution: What Kafka's own tools are run from; None where there is no Java here.
        says: What it is, for people.
    """

    brokers: str
    run: str
    distribution: Distribution | None
    says: str

    def namespace(self, part: str) -> "Namespace":
        """Return the namespace of one part of the run."""
        return Namespace(parse_address(f"{SCHEME}{self.brokers}/{self.run}.{part}"))


class Namespace(msgspec.Struct, frozen=True):
    """A part of a cluster's names that one run has for itself."""

    address: Address

    def topic(self, name: str) -> str:
        """Return what the cluster calls the topic *name*."""
        return f"{self.address.namespace}.{name}"

    def open_bus(self) -> Bus:
        """Open a bus of its own connections."""
        return open_kafka_bus(Connection(address=self.address))

    def open_buses(self) -> Buses:
        """Open the bus for each of two nodes."""
        return Buses(self.open_bus(), self.open_bus())


@contextmanager
def open_place(brokers: str | None) -> Iterator[Place]:
    """Give the cluster at *brokers* (``HOST:PORT,…``), or start one of a single node.

    Raises:
        NoBroker: None was named, and none can be started here.
    """
    run = f"bench-{secrets.token_hex(4)}"
    if brokers is not None:
        try:
            yield Place(brokers, run, _distribution(), f"the brokers at {brokers}")
        finally:
            _remove_topics(brokers, run)
        return
    distribution = obtain()
    with Cluster(Shape(heap=_HEAP), distribution) as cluster:
        yield Place(cluster.bootstrap(), run, distribution, "one broker on the same machine, in the clear")


def _distribution() -> Distribution | None:
    try:
        return obtain()
    except NoBroker:
        return None


def _remove_topics(brokers: str, run: str) -> None:
    admin = AdminClient({"bootstrap.servers": brokers})
    mine = [name for name in admin.list_topics(timeout=_WITHIN_SECONDS).topics if name.startswith(f"{run}.")]
    for done in (admin.delete_topics(mine) if mine else {}).values():
        done.result(_WITHIN_SECONDS)
