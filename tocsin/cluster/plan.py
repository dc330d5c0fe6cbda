"""What a cluster needs to carry a network: topics, and who may do what to them. The one source of the rules."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from broker.bus.checks import check_topics
from broker.bus.kafka import topics as kafka_topics
from broker.bus.kafka.topics import Names
from broker.types.names import HUB, Participant, directory_topic, message_topic
from tocsin.cluster.access import Resource, Right, Rule, principal_of

PRODUCER_BYTES_A_SECOND: Final = 2 * 1024 * 1024
CONSUMER_BYTES_A_SECOND: Final = 20 * 1024 * 1024

_READING: Final = (Right.READ, Right.DESCRIBE)
_WRITING: Final = (Right.WRITE, Right.DESCRIBE)


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """Who takes part, and under which names on the cluster.

    Attributes:
        federation: Its id.
        namespace: Stands, with a full stop, before every topic and group; empty for none.
        participants: Those who write and read; the hub need not be named.
        readers: Others who read everything and write nothing, as an auditor.
        left: Participants of once, who have no rights any more; their topics stay.
    """

    federation: str
    namespace: str = ""
    participants: tuple[Participant, ...] = ()
    readers: tuple[Participant, ...] = ()
    left: tuple[Participant, ...] = ()

    def place(self, name: str) -> str:
        """Return what the cluster calls the topic or group *name*."""
        return Names(self.namespace).foreign(name)

    @property
    def directory(self) -> str:
        """The topic of the directory."""
        return self.place(directory_topic(self.federation))

    @property
    def messages(self) -> str:
        """What the topics of all participants begin with."""
        return self.place(message_topic(self.federation, Participant("")))

    @property
    def topics(self) -> str:
        """What every topic of the network begins with."""
        return self.place(f"{self.federation}.")

    @property
    def groups(self) -> str:
        """What every group of the network begins with."""
        return self.place("node-")

    def own_topic(self, code: str) -> str:
        """Return the topic that *code* writes to."""
        return self.place(message_topic(self.federation, Participant(code)))

    def own_groups(self, code: str) -> str:
        """Return what the groups of *code* begin with."""
        return self.place(f"node-{code}-")

    @property
    def writers(self) -> tuple[Participant, ...]:
        """Those with a topic of their own, by code: the participants, and the hub for its catalogue."""
        return tuple(sorted({HUB, *self.participants}))

    @property
    def everybody(self) -> tuple[Participant, ...]:
        """All with any right, by code."""
        return tuple(sorted({HUB, *self.participants, *self.readers}))


class PlannedTopic(msgspec.Struct, frozen=True):
    """A topic as it should be; always of one partition."""

    name: str
    replicas: int
    settings: Mapping[str, str]


class Quota(msgspec.Struct, frozen=True):
    """How much one participant may load the cluster before it is slowed down; nothing is refused."""

    user: str
    producer_bytes: int = PRODUCER_BYTES_A_SECOND
    consumer_bytes: int = CONSUMER_BYTES_A_SECOND


class Plan(msgspec.Struct, frozen=True):
    """What a cluster needs for a network."""

    topics: tuple[PlannedTopic, ...]
    rules: frozenset[Rule]
    quotas: tuple[Quota, ...]


def make_plan(network: Network, brokers: int) -> Plan:
    """Return what a cluster of so many *brokers* needs to carry *network*.

    Raises:
        BadName: With its namespace a topic's name would be longer than Kafka takes.
    """
    replicas, settings = kafka_topics.replicas(brokers), kafka_topics.settings(brokers)
    names = (network.directory, *(network.own_topic(code) for code in network.writers))
    check_topics(names)
    return Plan(
        topics=tuple(PlannedTopic(name, replicas, settings) for name in names),
        rules=frozenset(_rules(network)),
        quotas=tuple(Quota(code) for code in network.everybody),
    )


def _rules(network: Network) -> Iterator[Rule]:
    for code in network.everybody:
        principal = principal_of(code)
        yield from _on_topics(principal, network.messages, _READING, prefixed=True)
        yield from _on_topics(principal, network.directory, _READING)
        yield from _on_groups(principal, network.own_groups(code))
    for code in network.writers:
        yield from _on_topics(principal_of(code), network.own_topic(code), _WRITING)
    for code in network.writers:
        yield from _on_topics(principal_of(code), network.directory, _WRITING)


def _on_topics(principal: str, name: str, rights: Iterable[Right], *, prefixed: bool = False) -> Iterator[Rule]:
    for right in rights:
        yield Rule(principal=principal, resource=Resource.TOPIC, name=name, prefixed=prefixed, right=right)


def _on_groups(principal: str, prefix: str) -> Iterator[Rule]:
    for right in _READING:
        yield Rule(principal=principal, resource=Resource.GROUP, name=prefix, prefixed=True, right=right)
