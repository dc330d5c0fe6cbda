"""Topics that were rolled back, cut or closed: what can be had is logged, and once what comes back is there too."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from broker.bus.port import Bus, Delivered
from broker.database import open_engine
from broker.envelope.message import open_envelope
from broker.errors import (
    BrokerError,
    BusForbidden,
    BusUnavailable,
    CorruptBatch,
    LogUnavailable,
    PositionOutOfRange,
    RetentionPassed,
)
from broker.log.checkpoint import parse_checkpoint
from broker.log.note import parse_note
from broker.log.witness import Answer, parse_request
from broker.log_store import MemoryTileStore
from broker.notary import Notary, Progress
from tests.support.exercise import Exercise, until
from tests.support.log import InProcessWitness, Log, a_log


class SpoiltBus:
    """A bus that does not give some places of some topics, and may be another one than before."""

    def __init__(self, bus: Bus) -> None:
        self.torn: dict[str, tuple[int, int, type[CorruptBatch] | type[RetentionPassed]]] = {}
        self.forbidden: set[str] = set()
        self.replaced: dict[str, list[bytes]] = {}
        self.away = False
        self.asked = 0
        self._bus = bus

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bus, name)

    async def topics(self) -> frozenset[str]:
        self.asked += 1
        if self.away:
            raise BusUnavailable("the bus is away")
        return await self._bus.topics()

    async def end(self, topic: str) -> int:
        if topic in self.forbidden:
            raise BusForbidden(f"{topic} is not for this principal")
        return len(self.replaced[topic]) if topic in self.replaced else await self._bus.end(topic)

    async def read(self, topic: str, *, start: int, most: int) -> Sequence[Delivered]:
        if topic in self.replaced:
            if start > len(self.replaced[topic]):
                raise PositionOutOfRange(f"{topic} ends before {start}")
            part = list(enumerate(self.replaced[topic]))[start : start + most]
            return [Delivered(topic, offset, "key", raw) for offset, raw in part]
        first, behind, error = self.torn.get(topic, (0, 0, CorruptBatch))
        if first <= start < behind:
            raise error("it cannot be had", topic=topic, start=start, next=behind)
        if start < first:
            most = min(most, first - start)
        return await self._bus.read(topic, start=start, most=most)


def spoil(exercise: Exercise) -> SpoiltBus:
    """Put a spoilt bus between the exercise and its notary."""
    exercise.bus = spoilt = SpoiltBus(exercise.bus)
    return spoilt


async def test_a_part_that_is_damaged_is_gone_around_and_asked_for_again(exercise: Exercise) -> None:
    bus = spoil(exercise)
    log = a_log(exercise)
    sent = [await exercise.write() for _ in range(10)]
    bus.torn[exercise.topic()] = (3, 6, CorruptBatch)
    progress = await log.run_once()
    assert ["corrupt-batch"] == [one.code for one in progress.troubles]
    assert len(exercise.federation.messages) + 7 == progress.size
    assert 0 == (await log.run_once()).logged
    bus.torn.clear()
    assert 3 == (await log.run_once()).logged
    assert (0, 0) == ((progress := await log.run_once()).logged, progress.duplicates)
    assert {open_envelope(raw).digest for raw in sent} <= {entry.digest for entry in log.entries()}


async def test_what_the_bus_deleted_is_told_of_and_halts_nothing(exercise: Exercise) -> None:
    bus = spoil(exercise)
    log = a_log(exercise)
    for _ in range(5):
        await exercise.write()
    bus.torn[exercise.topic()] = (0, 4, RetentionPassed)
    progress = await log.run_once()
    assert ["retention-passed"] == [one.code for one in progress.troubles]
    assert len(exercise.federation.messages) + 1 == progress.size


async def test_a_topic_that_was_rolled_back_is_read_again(exercise: Exercise) -> None:
    bus = spoil(exercise)
    log = a_log(exercise)
    sent = [await exercise.write() for _ in range(5)]
    await log.run_once()
    bus.replaced[exercise.topic()] = [*sent[:2], exercise.authors.write()]
    progress = await log.run_once()
    assert (1, 2) == (progress.logged, progress.duplicates)
    assert ["position-out-of-range"] == [one.code for one in progress.troubles]


async def test_a_topic_that_was_replaced_by_one_as_long_is_read_again(exercise: Exercise) -> None:
    bus = spoil(exercise)
    log = a_log(exercise)
    sent = [await exercise.write() for _ in range(3)]
    await log.run_once()
    bus.replaced[exercise.topic()] = [sent[0], *(exercise.authors.write() for _ in range(3))]
    progress = await log.run_once()
    assert (3, 1) == (progress.logged, progress.duplicates)


async def test_a_topic_that_may_not_be_read_keeps_no_other_away(exercise: Exercise) -> None:
    bus = spoil(exercise)
    log = a_log(exercise)
    bus.forbidden.add(exercise.topic("BE"))
    await exercise.write()
    progress = await log.run_once()
    assert ["bus-forbidden"] == [one.code for one in progress.troubles]
    assert len(exercise.federation.messages) + 1 == progress.size


@asynccontextmanager
async def following(log: Log, reports: list[Progress], troubles: list[tuple[str, float | None]]) -> AsyncIterator[None]:
    """Let a notary follow, quickly."""
    engine = open_engine(log.exercise.folder / log.file)
    notary = Notary(
        engine,
        log.exercise.bus,
        log.store,
        key=log.key,
        federation=log.exercise.federation.name,
        root_digest=log.exercise.federation.root_digest,
        clock=log.exercise.clock,
        witnesses=log.witnesses,
    )

    def trouble(error: BrokerError, seconds: float | None) -> None:
        troubles.append((error.code, seconds))

    task = asyncio.ensure_future(notary.follow(reports.append, trouble))
    try:
        yield
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        engine.dispose()


async def test_following_logs_what_arrives_and_new_topics_too(exercise: Exercise) -> None:
    log = a_log(exercise)
    reports: list[Progress] = []
    before = len(exercise.federation.messages)
    async with following(log, reports, []):
        await until(lambda: bool(reports) and len(reports[-1].witnesses) == 3)
        await exercise.write()
        exercise.federation.join("DE")
        await exercise.announce()
        await exercise.open_topic("DE")
        await exercise.write(by="DE/police")
        await until(lambda: reports[-1].size == len(exercise.federation.messages) + 2)
        await until(lambda: len(reports[-1].witnesses) == 3)
    assert len(exercise.federation.messages) + 2 == sum(one.logged for one in reports)
    assert before < log.checkpoint.size


async def test_following_waits_for_a_bus_that_is_away(exercise: Exercise) -> None:
    bus = spoil(exercise)
    log = a_log(exercise)
    reports: list[Progress] = []
    troubles: list[tuple[str, float | None]] = []
    async with following(log, reports, troubles):
        await until(lambda: bool(reports))
        bus.away = True
        await until(lambda: bool(troubles))
        bus.away = False
        await exercise.write()
        await until(lambda: reports[-1].size == len(exercise.federation.messages) + 1)
    assert ("bus-unavailable", 0.5) == troubles[0]


async def test_following_waits_for_a_disk_that_is_full(exercise: Exercise) -> None:
    class FullStore(MemoryTileStore):
        full = False

        def write(self, path: str, data: bytes) -> None:
            if self.full:
                raise LogUnavailable("the disk is full")
            super().write(path, data)

    store = FullStore()
    log = a_log(exercise, store=store)
    reports: list[Progress] = []
    troubles: list[tuple[str, float | None]] = []
    async with following(log, reports, troubles):
        await until(lambda: bool(reports))
        store.full = True
        await exercise.write()
        await until(lambda: bool(troubles))
        store.full = False
        await until(lambda: reports[-1].size == len(exercise.federation.messages) + 1)
    assert ("log-unavailable", 0.5) == troubles[0]


async def test_following_asks_witnesses_that_were_away_again(exercise: Exercise) -> None:
    log = a_log(exercise)
    for witness in log.witnesses:
        witness.away = True
    reports: list[Progress] = []
    troubles: list[tuple[str, float | None]] = []
    async with following(log, reports, troubles):
        await until(lambda: len(troubles) >= 3)
        for witness in log.witnesses:
            witness.away = False
        await until(lambda: bool(reports) and len(reports[-1].witnesses) == 3)
    assert {("witness-unavailable", None)} == set(troubles)


async def test_a_checkpoint_that_is_being_cosigned_is_followed_by_none_until_it_is(exercise: Exercise) -> None:
    gate = asyncio.Event()

    class SlowWitness(InProcessWitness):
        async def add_checkpoint(self, request: bytes) -> Answer:
            self.requests.append(request)
            await gate.wait()
            self.requests.pop()
            return await super().add_checkpoint(request)

    log = a_log(exercise)
    log.witnesses = [
        SlowWitness(exercise.federation, one.name.rsplit("/", 1)[1], exercise.clock) for one in log.witnesses
    ]
    reports: list[Progress] = []
    async with following(log, reports, []):
        await until(lambda: all(one.requests for one in log.witnesses))
        first = log.checkpoint.size
        await exercise.write()
        await until(lambda: sum(one.logged for one in reports) == first + 1)
        assert first == log.checkpoint.size
        gate.set()
        await until(lambda: (reports[-1].size, len(reports[-1].witnesses)) == (first + 1, 3))
    for one in log.witnesses:
        submitted = [parse_note(parse_request(request).checkpoint).text for request in one.requests]
        assert [first, first + 1] == [parse_checkpoint(text).size for text in submitted][-2:]
