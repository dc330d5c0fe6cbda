"""Several processes of one node: they come and go, die, freeze and dawdle, and every message counts once."""

import asyncio
import signal
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import pytest

from broker.bus.kafka.bus import open_kafka_bus
from broker.bus.kafka.connection import Address, parse_address
from broker.bus.port import Bus, Delivered, Outgoing
from broker.errors import TopicLost
from consumers.deliver import Deliverer, Taken
from tests.kafka.network import SHORT, Network, a_network
from tests.support.exercise import until
from tests.support.kafka.connecting import in_the_clear

TOPICS: Final = ("t.1", "t.2", "t.3", "t.4")
EACH: Final = 375
CHILD: Final = "tests.kafka.stopping_reader"

pytestmark = pytest.mark.timeout(360)


@pytest.fixture
def address(kafka_address: str) -> Address:
    return parse_address(kafka_address)


# ── one group, several members ───────────────────────────────────────────────────────────────────────────────────────


class Worker:
    """A member that notes each message and commits it, a few at a time."""

    def __init__(self, bus: Bus, effects: list[tuple[str, bytes]]) -> None:
        self._subscription = bus.subscribe("g", TOPICS)
        self._effects = effects
        self.done = 0
        self._leaving = False
        self._task = asyncio.create_task(self._work())

    async def _work(self) -> None:
        while not self._leaving:
            for one in await self._subscription.fetch(most=5, wait=0.5):
                await self._handle(one)

    async def _handle(self, one: Delivered) -> None:
        self._effects.append((one.topic, one.value))
        self.done += 1
        await self._subscription.commit({one.topic: one.offset + 1})

    def check(self) -> None:
        """Raise what work has ended with, if it has ended."""
        if self._task.done():
            self._task.result()

    async def leave(self) -> None:
        """Finish what is in hand and leave; all else comes to others.

        Raises:
            TopicLost: A topic was taken away while a message of it was in hand.
        """
        self._leaving = True
        await self._task
        await self._subscription.close()


async def test_members_that_come_and_go_while_there_is_work_double_nothing(address: Address) -> None:
    effects: list[tuple[str, bytes]] = []
    buses = [open_kafka_bus(in_the_clear(address, pace=SHORT)) for _ in range(3)]
    try:
        await buses[0].create_topics(TOPICS)
        for topic in TOPICS:
            await buses[0].send(topic, [Outgoing("k", b"%d" % number) for number in range(EACH)])
        workers = [Worker(buses[0], effects)]
        for bus, begin in zip(buses[1:], (200, 500), strict=True):
            await reach(workers, effects, begin)
            workers.append(Worker(bus, effects))
        await reach(workers, effects, 900)
        await workers[0].leave()
        await reach(workers, effects, len(TOPICS) * EACH)
        for worker in workers[1:]:
            await worker.leave()
    finally:
        for bus in buses:
            await bus.close()
    per_topic = {topic: [value for name, value in effects if name == topic] for topic in TOPICS}
    assert {topic: [b"%d" % number for number in range(EACH)] for topic in TOPICS} == per_topic
    assert all(worker.done for worker in workers)


async def reach(workers: Sequence[Worker], effects: Sequence[object], count: int) -> None:
    def is_reached() -> bool:
        for worker in workers:
            worker.check()
        return len(effects) >= count

    await until(is_reached, within=120)


# ── one node, several processes ──────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def a_plain_network(address: Address, folder: Path, idle: float = SHORT.idle) -> AsyncIterator[Network]:
    pace = msgspec.structs.replace(SHORT, idle=idle)
    async with a_network(
        lambda _: in_the_clear(address, pace=pace), folder, writers=("NL", "BE", "FR"), readers=("DE",)
    ) as network:
        yield network


async def test_processes_of_one_node_that_come_and_go_share_one_inbox(address: Address, tmp_path: Path) -> None:
    async with a_plain_network(address, tmp_path) as network:
        async with asyncio.TaskGroup() as group:
            for code in network.writers:
                group.create_task(network.publish(code, 500))
            await network.progress(100)
            second = network.add_reader("DE")
            second.start()
            await network.progress(400)
            third = network.add_reader("DE")
            third.start()
            await network.readers["DE"].stop()
            await network.progress(300)
            await second.stop()
        await network.settled()
        network.assert_whole()


@asynccontextmanager
async def a_child(address: Address, network: Network, folder: Path, commits: int) -> AsyncIterator["Child"]:
    """Give a further process of the node DE that freezes itself between effect and commit."""
    words = [str(address), str(folder), "DE", str(commits), *network.federation.admin_keys]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", CHILD, *words, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    child = Child(process)
    try:
        yield child
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await child.ended()


class Child:
    """What a process says, line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.said: list[str] = []
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.said.append(line.decode().strip())

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def ended(self) -> None:
        await self._listening


async def test_a_process_killed_between_effect_and_commit_doubles_nothing(address: Address, tmp_path: Path) -> None:
    async with a_plain_network(address, tmp_path) as network:
        await network.readers["DE"].stop()
        async with a_child(address, network, tmp_path, commits=2) as child:
            await network.until(lambda: "following" in child.said, "the process follows")
            for _ in range(3):
                await asyncio.gather(*(network.publish(code, 100) for code in network.writers))
            await network.until(lambda: "taken" in child.said, "the process has taken and not committed")
            child.send(signal.SIGKILL)
        await succeed(network)
        network.assert_whole()


async def test_a_frozen_process_is_replaced_and_what_it_commits_late_is_refused(
    address: Address, tmp_path: Path
) -> None:
    async with a_plain_network(address, tmp_path) as network:
        await network.readers["DE"].stop()
        async with a_child(address, network, tmp_path, commits=1) as child:
            await network.until(lambda: "following" in child.said, "the process follows")
            await asyncio.gather(*(network.publish(code, 150) for code in network.writers))
            await network.until(lambda: "taken" in child.said, "the process is frozen")
            await succeed(network)
            child.send(signal.SIGCONT)
            await network.until(lambda: TopicLost.code in child.said, "the late commit is refused")
            await network.publish("BE", 50)
            await network.settled()
        network.assert_whole()


async def succeed(network: Network) -> None:
    """Start another process of the node DE; return when the group has given it all topics."""
    network.add_reader("DE").start()
    await network.settled()  # that was read outside the group, from where the database stands
    for code in network.writers:
        await network.publish(code, 20)
    await network.settled()


class SlowDeliverer(Deliverer):
    """Takes longer than a member of a group may be silent."""

    seconds: Final = 1.6

    def take(self, batch: Sequence[Delivered], now: datetime) -> Taken:
        taken = super().take(batch, now)
        threading.Event().wait(self.seconds)
        return taken


async def test_a_handler_slower_than_the_poll_interval_makes_progress_and_doubles_nothing(
    address: Address, tmp_path: Path
) -> None:
    async with a_plain_network(address, tmp_path, idle=1.0) as network:
        reader = network.readers["DE"]
        await reader.stop()
        reader.receiver = reader.receiver_of(SlowDeliverer)
        reader.start()
        await network.publish("NL", 1)
        await network.settled()
        for code in network.writers:
            await network.publish(code, 80)
        await network.settled()
        network.assert_whole()
        assert {TopicLost.code} >= set(network.troubles["DE"])
