"""Makes the library's clients, each set up for one work."""

import logging
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer  # type: ignore[import-untyped]
from aiokafka.admin import AIOKafkaAdminClient  # type: ignore[import-untyped]
from aiokafka.coordinator.assignors.sticky.sticky_assignor import (  # type: ignore[import-untyped]
    StickyPartitionAssignor,
)

from broker import limits
from broker.bus.kafka.connection import Connection
from broker.bus.kafka.identity import Identity
from broker.bus.kafka.topics import Names

BATCH_BYTES: Final = 1024 * limits.KIB
"""How much is sent at once; a single message that is larger goes alone."""
FETCH_BYTES: Final = 16 * 1024 * limits.KIB
TOPIC_FETCH_BYTES: Final = 2 * 1024 * limits.KIB
"""What is held of one topic at most, above the largest record: memory stays flat whatever is in the topics."""
HEARTBEATS: Final = 10
"""How often a member of a group is heard of before it is replaced."""
TRIES: Final = 4
"""How often a question can be asked within a call: a broker that froze is given up while others can answer."""
REJOIN_MARGIN_SECONDS: Final = 5.0
"""What a member has, beyond its work in hand, to come back into a group that shares out its topics anew."""
_FOR_EVER_MS: Final = 2**31 - 1


class Clients:
    """Makes clients of one cluster; each has to be started, and handed to ``closing`` at the end.

    Args:
        connection: The cluster and this participant's way into it.

    Raises:
        BadIdentity: What this participant shows is missing, expired or not whole.
    """

    def __init__(self, connection: Connection) -> None:
        _quieten()
        self.connection = connection
        self.pace = connection.pace
        self.names = Names(connection.address.namespace)
        self.identity = Identity(connection)

    def producer(self) -> Any:
        """Make a client that writes: each message once and in order, as long as it lives.

        It is given longer than those that only ask: what a slow broker is doing is not asked for again.
        """
        return AIOKafkaProducer(
            **self._options(self.pace.call / 2),
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_batch_size=BATCH_BYTES,
            max_request_size=2 * BATCH_BYTES,
        )

    def admin(self) -> Any:
        """Make a client that asks for, and makes, topics."""
        return AIOKafkaAdminClient(**self._options(self.pace.call / TRIES))

    def reader(self) -> Any:
        """Make a client that reads outside any group."""
        return AIOKafkaConsumer(
            **self._options(self.pace.call / TRIES),
            **_READING,
            max_partition_fetch_bytes=TOPIC_FETCH_BYTES,
            group_id=None,
        )

    def member(self, group: str) -> Any:
        """Make a client that reads as a member of our *group*."""
        pace = self.pace
        return AIOKafkaConsumer(
            **self._options(pace.call / TRIES),
            **_READING,
            max_partition_fetch_bytes=TOPIC_FETCH_BYTES,
            group_id=self.names.foreign(group),
            session_timeout_ms=_ms(pace.session),
            heartbeat_interval_ms=_ms(pace.session / HEARTBEATS),
            rebalance_timeout_ms=_ms(pace.rebalance + REJOIN_MARGIN_SECONDS),
            # Idle members are our own business: the library's clock stops when a fetch is cancelled.
            max_poll_interval_ms=_FOR_EVER_MS,
            # The assignor keeps what it owned on the class: members of one process must not share it. By topics, not
            # by partitions as the default does, which would give every topic of one partition to the first member.
            partition_assignment_strategy=(type("Assignor", (StickyPartitionAssignor,), {}),),
        )

    def be_patient(self, member: Any) -> None:
        """Let a *member* that was started wait as long as others may take: until then no request to join is answered.

        Not sooner, or a broker that froze would be waited for as long while it connects.
        """
        patience = self.pace.rebalance + 2 * REJOIN_MARGIN_SECONDS
        member._client._request_timeout_ms = _ms(patience)  # noqa: SLF001 - that of connections from now on

    def _options(self, request_seconds: float) -> dict[str, Any]:
        self.identity.look()
        return {
            "bootstrap_servers": list(self.connection.address.brokers),
            "client_id": self.connection.client,
            "request_timeout_ms": _ms(request_seconds),
            "metadata_max_age_ms": 60_000,
            **self.identity.options(),
        }


_READING: Final[dict[str, Any]] = {
    "enable_auto_commit": False,
    "auto_offset_reset": "none",
    "fetch_max_bytes": FETCH_BYTES,
    # No writer uses transactions, and none can hold up all readers by leaving one open.
    "isolation_level": "read_uncommitted",
}


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _quieten() -> None:
    # Whatever the library has to say is raised by us, once; whoever set a level wants to read along.
    log = logging.getLogger("aiokafka")
    if log.level == logging.NOTSET:
        log.setLevel(logging.CRITICAL + 1)
