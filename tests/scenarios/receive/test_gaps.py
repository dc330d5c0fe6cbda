"""What the bus cannot give: gone around, on record, and made good when the bus has it again.

A bus that tears and forgets stands before the embedded one; real brokers do the same in ``tests/kafka``.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import pytest

from broker.bus.port import Bus, Delivered, Outgoing, Subscription
from broker.errors import (
    BrokerError,
    BusForbidden,
    BusUnavailable,
    CorruptBatch,
    PositionOutOfRange,
    RetentionPassed,
)
from broker.types.names import directory_topic
from consumers import receive
from consumers.audit import audit_bus
from consumers.deliver import Taken
from consumers.gaps import Gaps
from consumers.receive import Receiver
from tests.support.damage import Damage, DamagedBus, DamagedSubscription
from tests.support.exercise import Exercise, Node, until
from tests.support.patience import ANSWER_SECONDS

Told = list[tuple[str, bool]]


def ignore(taken: Taken) -> None:
    """Tell nobody."""


class RefusedBus(DamagedBus):
    """A bus that is as it should be, but for its groups."""

    def __init__(self, bus: Bus, error: BrokerError) -> None:
        super().__init__(bus, Damage())
        self._refusing = Damage(refuses=error)

    def subscribe(self, group: str, topics: Sequence[str], *, start: Mapping[str, int] | None = None) -> Subscription:
        return DamagedSubscription(self._bus.subscribe(group, topics, start=start), self._refusing)


class FloodedBus(DamagedBus):
    """A bus with a topic to which somebody writes whenever it is read."""

    def __init__(self, exercise: Exercise, topic: str) -> None:
        super().__init__(exercise.bus, Damage())
        self._exercise = exercise
        self._topic = topic

    async def read(self, topic: str, *, start: int, most: int) -> Sequence[Delivered]:
        if topic == self._topic:
            await self._exercise.bus.send(topic, [Outgoing("flood", b"no envelope")])
        return await super().read(topic, start=start, most=most)


class Follower:
    """A node that follows a damaged bus, and what it told the person on duty: codes, and whether it waits."""

    def __init__(self, exercise: Exercise, node: Node, damage: Damage, bus: Bus | None = None) -> None:
        self.node = node
        self.told: Told = []
        self.pauses: list[float] = []
        self.reports = 0
        self.receiver = Receiver(
            node.engine,
            bus or DamagedBus(exercise.bus, damage),
            node=node.name,
            deliverer=node.deliverer,
            follower=node.follower,
            clock=exercise.clock,
        )

    def tell(self, error: BrokerError, seconds: float | None) -> None:
        self.told.append((error.code, seconds is not None))
        self.pauses += [] if seconds is None else [seconds]

    def count(self, _: Taken) -> None:
        self.reports += 1

    def numbers(self) -> list[int]:
        return sorted(one.message.sequence for one in self.node.items("BE/police"))

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        following = asyncio.create_task(self.receiver.follow(self.count, self.tell))
        try:
            await work()
        finally:
            following.cancel()
            await asyncio.wait([following])

    def findings(self) -> list[tuple[str, str]]:
        return [(one.code, one.place) for one in self.node.findings()]


async def write(exercise: Exercise, count: int) -> None:
    for _ in range(count):
        await exercise.write()


async def test_a_torn_part_is_stepped_over_once_and_had_again_when_it_is_whole(exercise: Exercise) -> None:
    damage = Damage(torn={exercise.topic(): (1, 3)})
    follower = Follower(exercise, exercise.node(), damage)
    await write(exercise, 5)
    await follower.receiver.receive()
    await follower.receiver.receive()
    torn = follower.findings()
    damage.torn.clear()
    await follower.receiver.receive()

    assert ("corrupt-batch", f"{exercise.topic()}@1-3") in torn
    assert ([], [1, 2, 3, 4, 5]) == (follower.findings(), follower.numbers())


async def test_a_torn_part_at_the_end_keeps_nothing_that_follows_away(exercise: Exercise) -> None:
    follower = Follower(exercise, exercise.node(), Damage(torn={exercise.topic(): (1, 2)}))
    await write(exercise, 2)
    await follower.receiver.receive()
    await write(exercise, 1)
    await follower.receiver.receive()

    assert [1, 3] == follower.numbers()


async def test_a_follower_steps_over_a_torn_part_and_says_so(exercise: Exercise) -> None:
    follower = Follower(exercise, exercise.node(), Damage(torn={exercise.topic(): (1, 2)}))

    async def work() -> None:
        await until(lambda: follower.node.positions() != {})
        await write(exercise, 3)
        await until(lambda: follower.numbers() == [1, 3])

    await follower.run(work)
    assert [("corrupt-batch", False)] == follower.told
    assert ("corrupt-batch", f"{exercise.topic()}@1-2") in follower.findings()


async def test_deleted_messages_stop_their_topic_alone_until_somebody_accepts_the_loss(exercise: Exercise) -> None:
    damage = Damage(deleted={exercise.topic("BE"): 1})
    node = exercise.node()
    follower = Follower(exercise, node, damage)
    await write(exercise, 1)
    for _ in range(2):
        await exercise.write(by="BE/customs")
    with pytest.raises(RetentionPassed):
        await follower.receiver.receive()
    stopped = follower.findings()
    given_up = await follower.receiver.accept_loss(exercise.topic("BE"))
    await follower.receiver.receive()

    assert [("retention-passed", exercise.topic("BE"))] == stopped
    assert 1 == given_up
    assert [("NL/customs", 1), ("BE/customs", 2)] == [
        (one.message.stream.originator, one.message.sequence) for one in node.items("BE/police")
    ]
    assert "retention-passed" not in [code for code, _ in follower.findings()]


async def test_where_nothing_was_deleted_nothing_is_given_up(exercise: Exercise) -> None:
    follower = Follower(exercise, exercise.node(), Damage())
    await write(exercise, 2)

    assert 0 == await follower.receiver.accept_loss(exercise.topic())
    await follower.receiver.receive()
    assert [1, 2] == follower.numbers()


async def test_a_follower_leaves_a_stopped_topic_aside_and_goes_on_with_the_others(exercise: Exercise) -> None:
    follower = Follower(exercise, exercise.node(), Damage(deleted={exercise.topic("BE"): 1}))
    await exercise.write(by="BE/customs")

    async def work() -> None:
        await until(lambda: follower.told != [])
        await write(exercise, 2)
        await until(lambda: follower.numbers() == [1, 2])

    await follower.run(work)
    assert [("retention-passed", False)] == follower.told


async def test_a_topic_that_ends_early_keeps_a_follower_from_no_other(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    node.stand_at(exercise.topic("BE"), 7)
    follower = Follower(exercise, node, Damage())

    async def work() -> None:
        await until(lambda: follower.told != [])
        await write(exercise, 1)
        await until(lambda: follower.numbers() == [1])

    await follower.run(work)
    assert [(PositionOutOfRange.code, False)] == follower.told


@pytest.mark.parametrize(
    "error", [BusForbidden("not any more"), PositionOutOfRange("rolled back")], ids=lambda error: error.code
)
async def test_what_is_mended_at_the_bus_is_waited_for_once_it_was_reached(
    exercise: Exercise, error: BrokerError
) -> None:
    damage = Damage()
    follower = Follower(exercise, exercise.node(), damage)

    async def work() -> None:
        await until(lambda: follower.reports > 1)  # the second one is of the group
        damage.refuses = error
        await until(lambda: follower.told != [])
        damage.refuses = None
        await write(exercise, 1)
        await until(lambda: follower.numbers() == [1])

    await follower.run(work)
    assert {(error.code, True)} == set(follower.told)


async def test_a_right_that_was_never_there_ends_the_follower(exercise: Exercise) -> None:
    follower = Follower(exercise, exercise.node(), Damage(refuses=BusForbidden("who are you")))
    with pytest.raises(BusForbidden):
        await follower.receiver.follow(ignore)


async def test_a_group_that_was_never_open_to_us_ends_the_follower(exercise: Exercise) -> None:
    bus = RefusedBus(exercise.bus, BusForbidden("not this group"))
    follower = Follower(exercise, exercise.node(), Damage(), bus)
    with pytest.raises(BusForbidden):
        async with asyncio.timeout(ANSWER_SECONDS):
            await follower.receiver.follow(ignore)


async def test_a_bus_that_answers_and_gives_no_group_is_asked_less_and_less(
    exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receive, "_FIRST_PAUSE_SECONDS", 0.01)
    bus = RefusedBus(exercise.bus, BusUnavailable("no coordinator"))
    follower = Follower(exercise, exercise.node(), Damage(), bus)

    async def work() -> None:
        await until(lambda: len(follower.pauses) > 2)

    await follower.run(work)
    assert [0.01, 0.02, 0.04] == follower.pauses[:3]


async def test_a_topic_that_is_written_without_a_pause_keeps_no_other_away(exercise: Exercise) -> None:
    flooded = exercise.topic("BE")
    follower = Follower(exercise, exercise.node(), Damage(), FloodedBus(exercise, flooded))
    await exercise.write(by="BE/customs")
    await write(exercise, 2)
    async with asyncio.timeout(ANSWER_SECONDS):
        await follower.receiver.receive()

    assert [1, 1, 2] == follower.numbers()


async def test_a_torn_part_of_a_topic_that_is_gone_keeps_no_other_away(exercise: Exercise) -> None:
    node = exercise.node()
    gone = CorruptBatch("torn", topic=exercise.topic("DE"), start=1, next=3)
    Gaps(node.engine, exercise.clock).tear(gone)
    await write(exercise, 1)

    assert 1 == (await node.receive()).messages


async def test_a_follower_reads_on_where_the_bus_has_again_what_it_lacked(
    exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receive, "_ASK_AGAIN_SECONDS", 0.0)
    damage = Damage(deleted={exercise.topic("BE"): 1})
    follower = Follower(exercise, exercise.node(), damage)
    await exercise.write(by="BE/customs")

    async def work() -> None:
        await until(lambda: follower.told != [])
        damage.deleted.clear()
        await until(lambda: follower.numbers() == [1] and follower.findings() == [])

    await follower.run(work)


async def test_a_bus_that_is_not_there_yet_is_waited_for(exercise: Exercise) -> None:
    damage = Damage(refuses=BusUnavailable("nobody answers"))
    follower = Follower(exercise, exercise.node(), damage)
    await write(exercise, 1)

    async def work() -> None:
        await until(lambda: follower.told != [])
        damage.refuses = None
        await until(lambda: follower.numbers() == [1])

    await follower.run(work)
    assert {(BusUnavailable.code, True)} == set(follower.told)


async def test_an_audit_names_what_the_bus_cannot_give_and_checks_the_rest(exercise: Exercise) -> None:
    damage = Damage(torn={exercise.topic(): (1, 2)}, deleted={exercise.topic("BE"): 1})
    await write(exercise, 3)
    for _ in range(2):
        await exercise.write(by="BE/customs")
    federation = exercise.federation
    found = await audit_bus(
        DamagedBus(exercise.bus, damage),
        federation=federation.name,
        root_digest=federation.root_digest,
        now=exercise.clock.now,
    )

    assert 3 == found.messages - found.ends[directory_topic(federation.name)]
    assert {("corrupt-batch", f"{exercise.topic()}@1-2"), ("retention-passed", f"{exercise.topic('BE')}@0-1")} <= {
        (one.code, one.place) for one in found.findings
    }
