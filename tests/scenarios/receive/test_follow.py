"""Following a bus: ends promptly, outlives the bus, and is shared by the processes of one node."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest

from broker.bus.port import Bus, Delivered, Outgoing, Subscription
from broker.errors import BusClosed, BusUnavailable, UnusableDatabase
from consumers import receive, store
from consumers.deliver import Taken
from consumers.receive import Receiver
from tests.support.exercise import CUSTOMS, NOW, Exercise, Node, until
from tests.support.federation import a_key_entry, a_signing_key, admin_stream
from tests.support.patience import ANSWER_SECONDS
from tests.support.records import a_core, a_marking, an_incident


@asynccontextmanager
async def following(
    node: Node, receiver: Receiver | None = None
) -> AsyncIterator[tuple[asyncio.Task[None], list[Taken]]]:
    """Follow in a task; ended by cancelling."""
    told: list[Taken] = []
    task = asyncio.create_task((receiver or node.receiver).follow(told.append))
    try:
        yield task, told
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, BusClosed):
            async with asyncio.timeout(ANSWER_SECONDS):
                await task


def received(node: Node) -> int:
    return len(node.rows(store.message))


async def test_takes_what_was_there_and_what_comes(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write()
    async with following(node) as (_, told):
        await until(lambda: received(node) == 1)
        await exercise.write()
        await exercise.write()
        await until(lambda: received(node) == 3)
        await until(lambda: sum(one.messages for one in told) == 3)
    assert 2 == len(node.alerts("BE/police")), "the first was history"


async def test_what_was_read_outside_the_group_is_not_read_again_within_it(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write()
    async with following(node):
        await until(lambda: received(node) == 1)
        await exercise.write()
        await until(lambda: received(node) == 2)
        await exercise.write()
        await until(lambda: received(node) == 3)  # before the third was fetched, the second was committed
    await exercise.write()
    async with following(node) as (_, told):
        await until(lambda: received(node) == 4)
        await exercise.write()
        await until(lambda: sum(one.messages for one in told) == 2)
    assert 0 == sum(one.duplicates for one in told)


@pytest.fixture
def waits_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a follower wait for longer than any test, so that what ends it is not that its wait is over."""
    monkeypatch.setattr(receive, "_WAIT_SECONDS", 10.0 * ANSWER_SECONDS)


@pytest.mark.usefixtures("waits_long")
async def test_ends_promptly_when_it_is_cancelled_while_it_waits(exercise: Exercise) -> None:
    node = exercise.node()
    async with following(node) as (task, told):
        await until(lambda: told != [])
        task.cancel()
        async with asyncio.timeout(ANSWER_SECONDS):
            with pytest.raises(asyncio.CancelledError):
                await task


@pytest.mark.usefixtures("waits_long")
async def test_ends_when_the_bus_is_closed_while_it_waits(exercise: Exercise) -> None:
    node = exercise.node()
    async with following(node) as (task, told):
        await until(lambda: told != [])
        await exercise.bus.close()
        async with asyncio.timeout(ANSWER_SECONDS):
            with pytest.raises(BusClosed):
                await task


async def test_reads_the_topic_of_a_new_participant_as_soon_as_it_is_there(exercise: Exercise) -> None:
    node = exercise.node()
    async with following(node) as (_, told):
        await until(lambda: told != [])
        exercise.federation.join("DE")
        await exercise.announce()
        await exercise.open_topic("DE")
        await exercise.write(an_incident("DE").sections, by="DE/police")
        await exercise.write()
        await until(lambda: received(node) == 2)
    assert 2 == len(node.alerts("BE/police"))


async def test_tries_quarantine_again_when_the_directory_grows(exercise: Exercise) -> None:
    node = exercise.node()
    new = a_signing_key("a new key of NL")
    async with following(node):
        await exercise.write(key=new)
        await until(lambda: node.quarantine() == {0: "unknown-key"})
        exercise.federation.say(a_key_entry(new, [CUSTOMS]), admin_stream("NL"))
        await exercise.announce()
        await until(lambda: received(node) == 1)
    assert {} == node.quarantine()


async def test_tries_quarantine_again_when_time_has_passed(exercise: Exercise) -> None:
    node = exercise.node()
    async with following(node):
        exercise.clock.now = NOW
        await exercise.write(issued_at=NOW.replace(hour=13))
        await until(lambda: node.quarantine() == {0: "clock-ahead"})
        exercise.clock.advance(hours=1)
        await until(lambda: received(node) == 1)
    assert {} == node.quarantine()


async def test_an_embargo_that_ends_while_it_follows_lets_the_message_through(exercise: Exercise) -> None:
    node = exercise.node()
    async with following(node) as (_, told):
        await until(lambda: told != [])
        await exercise.write({"core": a_core(marking=a_marking(release_after=NOW.replace(hour=13)))})
        await until(lambda: received(node) == 1)
        assert [] == node.items("BE/police")
        exercise.clock.advance(hours=1)
        await until(lambda: len(node.alerts("BE/police")) == 1)


async def test_two_processes_of_a_node_share_the_work_without_doubling(exercise: Exercise) -> None:
    first = exercise.node()
    await first.receive()
    second = exercise.node()
    async with following(first) as (_, one), following(second) as (_, other):
        await until(lambda: one != [] and other != [])
        for number in range(40):
            if number % 2:
                await exercise.write()
            else:
                await exercise.write(an_incident("BE").sections, by="BE/customs")
        await until(lambda: received(first) == 40)
        await until(lambda: sum(taken.messages for taken in one + other) == 40)
    assert 40 == len(first.items("BE/police"))
    assert 20 == len(first.alerts("BE/police"))
    assert [] == await exercise.audit_node(first)


async def test_what_a_stranger_in_the_group_took_is_read_all_the_same(exercise: Exercise) -> None:
    """A copy of the node, started elsewhere by mistake, shares its group and not its database."""
    node = exercise.node()
    written = 0
    async with following(node) as (_, told):
        await until(lambda: told != [])
        stranger = exercise.bus.subscribe("node-BE-1", [exercise.topic("NL"), exercise.topic("BE")])
        taken: Sequence[Delivered] = []
        async with asyncio.timeout(ANSWER_SECONDS):
            while not taken:
                await write_for_both(exercise)
                written += 2
                taken = await stranger.fetch(most=10, wait=0.05)
        await stranger.commit({one.topic: one.offset + 1 for one in taken})
        await stranger.close()
        await write_for_both(exercise)
        await until(lambda: received(node) == written + 2)


async def write_for_both(exercise: Exercise) -> None:
    await exercise.write()
    await exercise.write(an_incident("BE").sections, by="BE/customs")


class Failing:
    """A bus that is away for its first calls."""

    def __init__(self, bus: Bus, failures: int, error: type[Exception] = BusUnavailable) -> None:
        self._bus = bus
        self.failures = failures
        self._error = error

    def _fail(self) -> None:
        if self.failures > 0:
            self.failures -= 1
            raise self._error("away")

    async def topics(self) -> frozenset[str]:
        self._fail()
        return await self._bus.topics()

    async def end(self, topic: str) -> int:
        self._fail()
        return await self._bus.end(topic)

    async def read(self, topic: str, *, start: int, most: int) -> Sequence[Delivered]:
        self._fail()
        return await self._bus.read(topic, start=start, most=most)

    def subscribe(self, group: str, topics: Sequence[str], *, start: dict[str, int] | None = None) -> Subscription:
        self._fail()
        return self._bus.subscribe(group, topics, start=start)

    async def create_topics(self, topics: Sequence[str]) -> None:
        await self._bus.create_topics(topics)

    async def send(self, topic: str, messages: Sequence[Outgoing]) -> None:
        self._fail()
        await self._bus.send(topic, messages)

    async def close(self) -> None:
        await self._bus.close()


def receiver_on(exercise: Exercise, node: Node, bus: Failing) -> Receiver:
    return Receiver(
        node.engine,
        bus,  # type: ignore[arg-type]
        node=node.name,
        deliverer=node.deliverer,
        follower=node.follower,
        clock=exercise.clock,
    )


async def test_a_bus_that_is_away_is_waited_for(exercise: Exercise, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive, "_FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(receive, "_LAST_PAUSE_SECONDS", 0.004)
    node = exercise.node()
    await exercise.write()
    bus = Failing(exercise.bus, failures=12)
    async with following(node, receiver_on(exercise, node, bus)):
        await until(lambda: received(node) == 1)
        bus.failures = 12
        await exercise.write()
        await until(lambda: received(node) == 2 and bus.failures == 0)
        await exercise.write()
        await until(lambda: received(node) == 3)
    assert [] == node.findings()


async def test_a_mistake_of_this_installation_halts(exercise: Exercise) -> None:
    node = exercise.node()
    bus = Failing(exercise.bus, failures=1, error=UnusableDatabase)
    with pytest.raises(UnusableDatabase):
        await receiver_on(exercise, node, bus).follow(lambda _: None)


async def test_two_processes_of_a_node_may_both_read_the_directory_for_the_first_time(exercise: Exercise) -> None:
    first, second = exercise.node(), exercise.node()
    await exercise.write()
    assert 1 == (await first.receive()).messages
    assert Taken() == await second.receive()
    assert first.follower.directory == second.follower.directory
