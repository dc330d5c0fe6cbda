from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka import TopicPartition  # type: ignore[import-untyped]
from aiokafka import errors as kafka

from broker.bus.kafka.excerpt import Excerpt, know_leaders, take_excerpt

PLACE = TopicPartition("exercise.a", 0)
LEADER = 2


@dataclass
class Answer:
    topics: list[Any]


@dataclass
class Cluster:
    leader: int | None = LEADER

    def leader_for_partition(self, place: Any) -> int | None:
        assert place == PLACE
        return self.leader


@dataclass
class Library:
    """The library's connections, behind a client of it."""

    code: int = 0
    content: bytes | None = b"content"
    cluster: Cluster = field(default_factory=Cluster)
    refreshed: int = 0

    @property
    def _client(self) -> "Library":
        return self

    async def force_metadata_update(self) -> None:
        self.refreshed += 1

    async def add_topic(self, topic: str) -> None:
        assert topic == PLACE.topic

    async def send(self, node: int, request: Any) -> Answer:
        assert LEADER == node
        assert [(PLACE.topic, [(0, 7, 100)])] == request.topics
        return Answer([(PLACE.topic, [(0, self.code, 9, 9, 0, [], -1, self.content)])])


async def test_gives_what_the_leader_does() -> None:
    assert Excerpt(b"content", 9) == await take_excerpt(Library(), PLACE, 7, most_bytes=100)
    assert Excerpt(b"", 9) == await take_excerpt(Library(content=None), PLACE, 7, most_bytes=100)


@pytest.mark.parametrize("error", [kafka.CorruptRecordException, kafka.UnknownError, kafka.OffsetOutOfRangeError])
async def test_gives_nothing_where_a_broker_cannot_read_its_own_file(error: Any) -> None:
    assert Excerpt() == await take_excerpt(Library(code=error.errno, content=None), PLACE, 7, most_bytes=100)


@pytest.mark.parametrize("error", [kafka.NotLeaderForPartitionError, kafka.TopicAuthorizationFailedError])
async def test_raises_what_is_no_damage(error: Any) -> None:
    with pytest.raises(error):
        await take_excerpt(Library(code=error.errno), PLACE, 7, most_bytes=100)


@pytest.mark.parametrize("leader", [None, -1])
async def test_nobody_is_asked_while_nobody_leads(leader: int | None) -> None:
    with pytest.raises(kafka.LeaderNotAvailableError):
        await take_excerpt(Library(cluster=Cluster(leader)), PLACE, 7, most_bytes=100)


async def test_leaders_are_asked_for_once_for_all_and_not_again() -> None:
    library = Library(cluster=Cluster(None))
    await know_leaders(library, [PLACE, PLACE])
    assert 1 == library.refreshed
    library.cluster.leader = LEADER
    await know_leaders(library, [PLACE])
    assert 1 == library.refreshed
