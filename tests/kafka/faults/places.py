"""Where things are on a test cluster: who leads a topic, who coordinates a group, which file holds a topic's bytes."""

import asyncio
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.support.kafka.cluster import Cluster
from tests.support.kafka.health import administration

CALL_SECONDS: Final = 3.0
MOVE_SECONDS: Final = 90.0
NOBODY: Final = -1
_LOOK_SECONDS: Final = 0.05


@lru_cache(maxsize=2)
def admin_of(cluster: Cluster) -> AdminClient:
    """Return who may do everything; the same on every call, for each makes threads and connections."""
    # What does not answer is given up soon: it may be the frozen one, and the next has the answer.
    impatient = {"socket.timeout.ms": 1000, "socket.connection.setup.timeout.ms": 1000}
    return AdminClient(administration(cluster) | impatient)


def leader_of(cluster: Cluster, topic: str) -> int:
    """Return the node that leads a topic, named with its namespace; ask again where a busy one does not answer."""
    return _somebody(lambda: _leader(cluster, topic))


def coordinator_of(cluster: Cluster, group: str) -> int:
    """Return the node that coordinates a group, named with its namespace; ask again as for a leader."""
    return _somebody(lambda: _coordinator(cluster, group))


def _leader(cluster: Cluster, topic: str) -> int:
    seen = admin_of(cluster).list_topics(topic, timeout=CALL_SECONDS)
    return int(seen.topics[topic].partitions[0].leader)


def _coordinator(cluster: Cluster, group: str) -> int:
    answer = admin_of(cluster).describe_consumer_groups([group], request_timeout=CALL_SECONDS)
    described = answer[group].result(CALL_SECONDS)
    return NOBODY if described.coordinator is None else int(described.coordinator.id)


def segment_of(cluster: Cluster, node: int, topic: str) -> Path:
    """Return the file in which a node keeps the messages of a topic, as long as one file is enough."""
    return cluster.data(node) / f"{topic}-0" / f"{0:020}.log"


async def until_led_elsewhere(cluster: Cluster, topic: str, *, than: int, within: float = MOVE_SECONDS) -> None:
    """Wait until another node than that one leads a topic."""
    await until_so(lambda: _answer(lambda: _leader(cluster, topic)) not in (than, NOBODY), within=within)


async def until_coordinated_elsewhere(cluster: Cluster, group: str, *, than: int, within: float = MOVE_SECONDS) -> None:
    """Wait until another node than that one coordinates a group."""
    await until_so(lambda: _answer(lambda: _coordinator(cluster, group)) not in (than, NOBODY), within=within)


async def until_so(condition: Callable[[], object], *, within: float) -> None:
    """Ask in a thread until *condition* holds; fail after *within* seconds."""
    async with asyncio.timeout(within):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(_LOOK_SECONDS)


def _somebody(ask: Callable[[], int]) -> int:
    last = time.monotonic() + MOVE_SECONDS
    while (found := _answer(ask)) < 0:
        assert time.monotonic() < last, "nobody answers, or there is nobody"
        time.sleep(_LOOK_SECONDS)
    return found


def _answer(ask: Callable[[], int]) -> int:
    """Return the answer, or nobody where the node that happened to be asked is the one that is away."""
    try:
        return ask()
    except (KafkaException, KeyError, TimeoutError):  # no part of a topic is named before it has a leader
        return NOBODY
