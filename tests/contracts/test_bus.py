"""What every adapter of the bus port guarantees."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from broker import limits
from broker.bus.port import Bus, Delivered, Outgoing, Subscription
from broker.errors import BadName, BusClosed, PositionOutOfRange, TooLarge, TopicLost, UnknownTopic

pytestmark = pytest.mark.timeout(300)  # a slow disk, processes that have to be loaded, a broker that has to start

MakeBus = Callable[[], Bus]
LONG = 60.0


def some(count: int, *, key: str = "NL/customs/1", first: int = 0) -> list[Outgoing]:
    return [Outgoing(key, b"%d" % number) for number in range(first, first + count)]


async def bus_with(make_bus: MakeBus, *topics: str) -> Bus:
    bus = make_bus()
    await bus.create_topics(topics)
    return bus


async def fetch(subscription: Subscription, count: int) -> list[Delivered]:
    """Fetch until *count* messages came; the test's own time limit ends a wait that is in vain."""
    found: list[Delivered] = []
    while len(found) < count:
        found += await subscription.fetch(most=count - len(found), wait=LONG)
    return found


async def everything(bus: Bus, topic: str) -> list[Delivered]:
    found: list[Delivered] = []
    while more := await bus.read(topic, start=found[-1].offset + 1 if found else 0, most=500):
        found += more
    return found


def values(found: Sequence[Delivered]) -> list[int]:
    return [int(one.value.split()[0]) for one in found]


def after(found: Sequence[Delivered]) -> dict[str, int]:
    return {one.topic: one.offset + 1 for one in found}


@asynccontextmanager
async def actor(address: str, *words: str) -> AsyncIterator[Process]:
    """Run a child process; kill it at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.contracts.actors", address, *words, stdin=PIPE, stdout=PIPE
    )
    try:
        yield process
    finally:
        await killed(process)


async def killed(process: Process) -> list[str]:
    """Kill *process* with SIGKILL and return the lines that were not read yet."""
    if process.returncode is None:
        process.kill()
    out, _ = await process.communicate()
    return out.decode().splitlines()


async def line(process: Process) -> str:
    assert process.stdout is not None
    return (await process.stdout.readline()).decode().strip()


# ── topics ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_new_bus_has_no_topics(make_bus: MakeBus) -> None:
    assert frozenset() == await make_bus().topics()


async def test_creating_a_topic_again_keeps_what_it_holds(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    await bus.send("a", some(3))
    await bus.create_topics(["a", "b", "b"])
    assert (frozenset({"a", "b"}), 3) == (await bus.topics(), await bus.end("a"))


@pytest.mark.parametrize("name", ["", "a b", "a/b", "ü", "a" * 250, "a\n"])
async def test_refuses_a_name_that_no_topic_can_have(make_bus: MakeBus, name: str) -> None:
    bus = make_bus()
    with pytest.raises(BadName):
        await bus.create_topics(["good", name])
    assert frozenset() == await bus.topics()


async def test_an_unknown_topic_is_refused_by_every_call(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    known = bus.subscribe("g", ["a"])
    calls = [
        bus.send("b", some(1)),
        bus.read("b", start=0, most=1),
        bus.end("b"),
        bus.subscribe("g", ["a", "b"]).fetch(most=1, wait=0),
        known.follow(["b"]),
    ]
    for call in calls:
        with pytest.raises(UnknownTopic, match="b"):
            await call


# ── sending and reading ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_message_comes_back_byte_for_byte(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    await bus.send("a", [Outgoing("schlüssel/☂", bytes(range(256))), Outgoing("", b"")])
    assert [("schlüssel/☂", bytes(range(256))), ("", b"")] == [
        (one.key, one.value) for one in await everything(bus, "a")
    ]


async def test_keeps_the_order_of_a_key_across_calls(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    for first in range(0, 40, 10):
        await bus.send("a", some(10, key="x", first=first) + some(10, key="y", first=first))
    found = await everything(bus, "a")
    assert [list(range(40))] * 2 == [values([one for one in found if one.key == key]) for key in "xy"]


async def test_overlapping_calls_keep_the_order_in_which_they_were_made(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    await asyncio.gather(*(bus.send("a", some(2, first=2 * number)) for number in range(20)))
    assert list(range(40)) == values(await everything(bus, "a"))


async def test_sending_nothing_writes_nothing(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    await bus.send("a", [])
    assert 0 == await bus.end("a")


async def test_takes_a_big_batch(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    await bus.send("a", some(5_000))
    assert list(range(5_000)) == values(await everything(bus, "a"))


async def test_takes_a_message_of_the_largest_size(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    await bus.send("a", [Outgoing("k", bytes(limits.MAX_RECORD_BYTES - 1))])
    assert [limits.MAX_RECORD_BYTES - 1] == [len(one.value) for one in await everything(bus, "a")]


async def test_refuses_a_batch_with_an_oversize_message_and_writes_none_of_it(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    with pytest.raises(TooLarge):
        await bus.send("a", [*some(3), Outgoing("k", bytes(limits.MAX_RECORD_BYTES))])
    await bus.send("a", some(1))
    assert 1 == await bus.end("a")


async def test_reading_large_messages_returns_fewer_but_loses_none(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    for number in range(20):
        await bus.send("a", [Outgoing("k", b"%d " % number + bytes(1024 * limits.KIB))])
    assert len(await bus.read("a", start=0, most=20)) < 20
    assert list(range(20)) == values(await everything(bus, "a"))


async def test_reads_from_a_position(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    await bus.send("a", some(10))
    found = await bus.read("a", start=0, most=10)
    assert found[7:9] == await bus.read("a", start=found[7].offset, most=2)


async def test_offsets_grow_and_end_is_after_the_last(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a", "b")
    await bus.send("a", some(3))
    await bus.send("b", some(2))
    await bus.send("a", some(3))
    offsets = [one.offset for one in await everything(bus, "a")]
    assert (sorted(set(offsets)), offsets[-1] + 1) == (offsets, await bus.end("a"))


async def test_reading_at_the_end_returns_nothing_and_beyond_it_is_refused(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    await bus.send("a", some(2))
    assert [] == await bus.read("a", start=await bus.end("a"), most=5)
    with pytest.raises(PositionOutOfRange):
        await bus.read("a", start=3, most=5)


async def test_another_client_sees_what_was_sent(make_bus: MakeBus) -> None:
    await (await bus_with(make_bus, "a")).send("a", some(5))
    assert list(range(5)) == values(await everything(make_bus(), "a"))


# ── groups ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_uncommitted_message_is_delivered_again_to_the_next_member(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    await bus.send("a", some(6))
    first = bus.subscribe("g", ["a"])
    found = await fetch(first, 6)
    await first.commit({"a": found[3].offset})
    await first.close()
    assert [3, 4, 5] == values(await fetch(bus.subscribe("g", ["a"]), 3))


async def test_resumes_after_what_was_committed(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    await bus.send("a", some(4))
    first = bus.subscribe("g", ["a"])
    await first.commit(after(await fetch(first, 4)))
    await bus.close()
    again = make_bus()
    await again.send("a", some(1, first=4))
    assert [4] == values(await fetch(again.subscribe("g", ["a"]), 1))


async def test_starts_where_it_is_told_unless_the_group_has_committed(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    await bus.send("a", some(6))
    first = bus.subscribe("g", ["a"], start={"a": 2})
    found = await fetch(first, 1)
    assert [2] == values(found)
    await first.commit(after(found))
    await first.close()
    assert [3] == values(await fetch(bus.subscribe("g", ["a"], start={"a": 0}), 1))


async def test_two_groups_read_independently(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    await bus.send("a", some(4))
    one, two = bus.subscribe("one", ["a"]), bus.subscribe("two", ["a"])
    await one.commit(after(await fetch(one, 4)))
    assert [0, 1, 2, 3] == values(await fetch(two, 4))


async def test_an_empty_topic_gives_an_empty_fetch(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    assert [] == await bus.subscribe("g", ["a"]).fetch(most=5, wait=0.01)


async def test_a_waiting_fetch_returns_what_another_client_sends(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    subscription = bus.subscribe("g", ["a"])
    waiting = asyncio.create_task(subscription.fetch(most=5, wait=LONG))
    await make_bus().send("a", some(1))
    assert [0] == values(await waiting)


async def test_a_busy_topic_does_not_keep_others_waiting(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a", "b", "c")
    for topic in "abc":
        await bus.send(topic, some(50))
    subscription = bus.subscribe("g", ["a", "b", "c"])
    served = [(await subscription.fetch(most=10, wait=LONG))[0].topic for _ in range(3)]
    assert {"a", "b", "c"} == set(served)


async def test_a_cancelled_fetch_loses_nothing(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    await bus.send("a", some(3))
    subscription = bus.subscribe("g", ["a"])
    found: list[Delivered] = []
    for turns in range(30):
        task = asyncio.create_task(subscription.fetch(most=1, wait=LONG))
        for _ in range(turns % 5):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        found += [] if task.cancelled() else task.result()
    assert [0, 1, 2] == values([*found, *await fetch(subscription, 3 - len(found))])


async def test_seeks_back_and_forth(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    await bus.send("a", some(5))
    subscription = bus.subscribe("g", ["a"])
    await fetch(subscription, 4)
    await subscription.seek("a", 1)
    assert [1] == values(await fetch(subscription, 1))
    await subscription.seek("a", 4)
    assert [4] == values(await fetch(subscription, 1))
    with pytest.raises(PositionOutOfRange):
        await subscription.seek("a", 6)
    with pytest.raises(TopicLost):
        await subscription.seek("other", 0)


async def test_a_position_beyond_the_end_is_an_error_not_a_silent_wait(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    with pytest.raises(PositionOutOfRange):
        await bus.subscribe("g", ["a"], start={"a": 7}).fetch(most=1, wait=LONG)


async def test_follows_a_topic_that_is_new_while_running(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    subscription = bus.subscribe("g", ["a"])
    waiting = asyncio.create_task(subscription.fetch(most=5, wait=LONG))
    other = make_bus()
    await other.create_topics(["b"])
    await other.send("b", some(3))
    await subscription.follow(["a", "b"], start={"b": 1})
    assert [("b", 1), ("b", 2)] == [(one.topic, one.offset) for one in await waiting]


async def test_two_members_share_the_topics_and_nothing_is_doubled(make_bus: MakeBus) -> None:
    topics = [f"t{number}" for number in range(6)]
    bus = await bus_with(make_bus, *topics)
    members = [bus.subscribe("g", topics), make_bus().subscribe("g", topics)]
    seen: dict[str, list[int]] = defaultdict(list)
    who: dict[int, set[str]] = {0: set(), 1: set()}

    written = 0

    async def run(number: int) -> None:
        while not writing.done() or sum(map(len, seen.values())) < len(topics) * written:
            found = await members[number].fetch(most=7, wait=0.02)
            for one in found:
                seen[one.topic].append(one.offset)
                who[number].add(one.topic)
            if found:
                await members[number].commit(after(found))

    async def write() -> None:
        nonlocal written
        while written < 40 or not all(who.values()):  # whoever joins late finds something too
            for topic in topics:
                await bus.send(topic, some(4, first=written))
            written += 4

    writing = asyncio.create_task(write())
    await asyncio.gather(run(0), run(1), writing)
    assert {topic: list(range(written)) for topic in topics} == seen


async def test_a_member_that_leaves_hands_over_at_once(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    first, second = bus.subscribe("g", ["a"]), make_bus().subscribe("g", ["a"])
    await first.fetch(most=1, wait=0)
    waiting = asyncio.create_task(second.fetch(most=5, wait=LONG))
    await bus.send("a", some(2))
    await first.close()
    assert [0, 1] == values(await waiting)


async def test_a_topic_in_hand_is_not_given_away_before_it_is_committed(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a", "b")
    first, second = bus.subscribe("g", ["a", "b"]), make_bus().subscribe("g", ["a", "b"])
    await bus.send("a", some(2))
    await bus.send("b", some(2))
    found = await fetch(first, 4)
    assert [] == await second.fetch(most=5, wait=0)
    assert [] == await first.fetch(most=5, wait=0)
    await first.commit(after(found))
    await first.fetch(most=1, wait=0)
    await second.fetch(most=1, wait=0)
    for topic in "ab":
        await bus.send(topic, some(1, first=2))
    assert [[2], [2]] == [values(await one.fetch(most=5, wait=LONG)) for one in (first, second)]


async def test_another_member_takes_over_from_one_that_was_killed(make_bus: MakeBus, address: str) -> None:
    bus = await bus_with(make_bus, "a")
    await bus.send("a", some(3))
    async with actor(address, "hold", "g", "a") as process:
        assert "a 0" == await line(process)
        survivor = bus.subscribe("g", ["a"])
        assert [] == await survivor.fetch(most=5, wait=0)
        await killed(process)
        assert [0, 1, 2] == values(await fetch(survivor, 3))


async def test_a_member_that_was_frozen_and_replaced_overwrites_nothing(make_bus: MakeBus, address: str) -> None:
    bus = await bus_with(make_bus, "a")
    await bus.send("a", some(3))
    async with actor(address, "commit-late", "g", "a") as process:
        assert "a 2" == await line(process)
        process.send_signal(signal.SIGSTOP)
        successor = bus.subscribe("g", ["a"])
        found = await fetch(successor, 3)
        await successor.commit({"a": found[1].offset})
        process.send_signal(signal.SIGCONT)
        assert process.stdin is not None
        process.stdin.write(b"\n")
        assert "refused" == await line(process)
    await successor.close()
    assert [1, 2] == values(await fetch(bus.subscribe("g", ["a"]), 2))


async def test_refuses_the_commit_of_a_member_that_lost_its_topic(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    await bus.send("a", some(5))
    stale = bus.subscribe("g", ["a"])
    old = await fetch(stale, 2)
    await stale.close()
    owner = make_bus().subscribe("g", ["a"])
    await owner.commit(after(await fetch(owner, 4)))
    back = bus.subscribe("g", ["a"])
    with pytest.raises(TopicLost):
        await back.commit(after(old))
    await owner.close()
    assert [4] == values(await fetch(back, 1))


# ── closing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("what", ["bus", "subscription"])
async def test_closing_ends_a_waiting_fetch(make_bus: MakeBus, what: str) -> None:
    bus = await bus_with(make_bus, "a")
    subscription = bus.subscribe("g", ["a"])
    await subscription.fetch(most=1, wait=0)
    waiting = asyncio.create_task(subscription.fetch(most=1, wait=3600))
    await asyncio.sleep(0)
    await {"bus": bus.close, "subscription": subscription.close}[what]()
    with pytest.raises(BusClosed):
        await waiting


async def test_a_closed_bus_refuses_every_call(make_bus: MakeBus) -> None:
    bus = await bus_with(make_bus, "a")
    subscription = bus.subscribe("g", ["a"])
    await bus.close()
    await bus.close()
    await subscription.close()
    with pytest.raises(BusClosed):
        bus.subscribe("g", ["a"])
    for call in [
        bus.topics(),
        bus.create_topics(["b"]),
        bus.send("a", some(1)),
        bus.read("a", start=0, most=1),
        bus.end("a"),
        subscription.fetch(most=1, wait=0),
        subscription.commit({"a": 0}),
    ]:
        with pytest.raises(BusClosed):
            await call


# ── many writers, and their death ────────────────────────────────────────────────────────────────────────────────────


def places(found: Sequence[Delivered], key: str) -> list[tuple[int, int]]:
    """Return batch and place of what one actor wrote."""
    return [(int(one.value.split()[0]), int(one.value.split()[1])) for one in found if one.key == key]


async def test_writers_in_threads_and_processes_keep_order_and_lose_nothing(make_bus: MakeBus, address: str) -> None:
    bus = await bus_with(make_bus, "a")
    near = [make_bus() for _ in range(3)]

    async def write(number: int) -> None:
        for batch in range(20):
            await near[number].send("a", [Outgoing(f"t{number}", b"%d %d" % (batch, place)) for place in range(5)])

    async with (
        actor(address, "write", "a", "p0", "5", "20") as one,
        actor(address, "write", "a", "p1", "5", "20") as two,
    ):
        await asyncio.gather(*(write(number) for number in range(3)), one.wait(), two.wait())
    found = await everything(bus, "a")
    wanted = [(batch, place) for batch in range(20) for place in range(5)]
    assert [wanted] * 5 == [places(found, key) for key in ("t0", "t1", "t2", "p0", "p1")]


@pytest.mark.parametrize("after_batches", [0, 1, 2, 5, 9])
async def test_a_writer_that_is_killed_leaves_a_prefix_with_all_that_was_acknowledged(
    make_bus: MakeBus, address: str, after_batches: int
) -> None:
    bus = await bus_with(make_bus, "a")
    async with actor(address, "write", "a", "w", "50", "1000000") as process:
        told = [await line(process) for _ in range(after_batches + 1)]
        told += await killed(process)
    found = places(await everything(bus, "a"), "w")
    assert [divmod(number, 50) for number in range(len(found))] == found
    assert len(found) >= 50 * (len(told) - 1)
    await bus.send("a", some(1, key="next"))
    assert len(found) + 1 == len(await everything(bus, "a"))
