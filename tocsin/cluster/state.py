"""What a cluster has, as its administrator was shown it."""

from collections.abc import Mapping

import msgspec

from tocsin.cluster.access import Rule


class BrokerState(msgspec.Struct, frozen=True):
    """One broker.

    Attributes:
        id: As its ``node.id`` says.
        settings: What it shows of its settings.
        hidden: Settings that are there and whose values no broker shows over the network.
    """

    id: int
    settings: Mapping[str, str]
    hidden: frozenset[str] = frozenset()


class TopicState(msgspec.Struct, frozen=True):
    """One topic.

    Attributes:
        replicas: Of the partition that has the fewest.
        settings: Those in force, whether set for the topic or taken from the broker.
    """

    name: str
    partitions: int
    replicas: int
    settings: Mapping[str, str]


class ClusterState(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster.

    Attributes:
        topics: Of the network, by name.
        rules: None where the brokers ask nobody who they are.
        users: Names that have a password (SCRAM).
    """

    brokers: tuple[BrokerState, ...]
    topics: Mapping[str, TopicState]
    rules: frozenset[Rule] | None
    users: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many brokers there are, counting those that are down now: as many as topics are to lie on at least."""
        defaults = (int(one.settings.get("default.replication.factor", "1")) for one in self.brokers)
        return max(len(self.brokers), *defaults, *(one.replicas for one in self.topics.values()), 1)
