"""What topics are called and how they are set up in a cluster; values only."""

from collections.abc import Iterable, Mapping
from typing import Final

from broker import limits
from broker.bus import checks
from broker.errors import BadName

HEADROOM_BYTES: Final = 64 * limits.KIB
"""What Kafka wraps around one record of the largest size: the batch's header and the record's lengths, generously."""

TOPIC_SETTINGS: Final[Mapping[str, str]] = {
    "cleanup.policy": "delete",
    "compression.type": "uncompressed",
    "max.message.bytes": str(limits.MAX_RECORD_BYTES + HEADROOM_BYTES),
    "message.timestamp.type": "LogAppendTime",
    "min.insync.replicas": "2",
    "retention.bytes": "-1",
    "retention.ms": "-1",
    "unclean.leader.election.enable": "false",
}
"""What every topic of a network is set to, for three brokers and more. docs/adr says why."""

PARTITIONS: Final = 1
REPLICAS: Final = 3


def replicas(brokers: int) -> int:
    """Return how many copies a topic has in a cluster of *brokers*."""
    return min(REPLICAS, brokers)


def settings(brokers: int) -> dict[str, str]:
    """Return the settings of a topic in a cluster of *brokers*: a single one cannot wait for a second copy."""
    return {**TOPIC_SETTINGS, "min.insync.replicas": "2" if brokers > 1 else "1"}


class Names:
    """Our names, as the cluster has them: inside a namespace, behind its name and a full stop."""

    def __init__(self, namespace: str) -> None:
        self._prefix = f"{namespace}." if namespace else ""

    def foreign(self, name: str) -> str:
        """Return what the cluster calls our topic or group *name*."""
        return self._prefix + name

    def ours(self, name: str) -> str | None:
        """Return what we call the cluster's topic *name*; None where it is not of our namespace."""
        if not name.startswith(self._prefix) or name == self._prefix:
            return None
        return name[len(self._prefix) :]

    def check(self, topics: Iterable[str]) -> None:
        """Check that each of our names can be a topic's in the cluster.

        Raises:
            BadName: One is not 1 to 249 of the permitted characters, the namespace counted, or only full stops.
        """
        topics = list(topics)
        checks.check_topics(topics)
        foreign = [self.foreign(topic) for topic in topics]
        checks.check_topics(foreign)
        for name in foreign:
            if name in (".", ".."):
                raise BadName(f"{name!r} is no topic: Kafka takes full stops only beside other characters")
