"""Four writers, three reading nodes, and a cluster whose nodes are killed all the while."""

import asyncio
import time
from collections import Counter
from collections.abc import Collection, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final, final

import msgspec
from sqlalchemy import select

from broker.database import reading
from consumers import store
from producers.outbox import outbox_state
from tests.kafka.network import Network, Reader, Writer, a_network_on
from tests.support.kafka.cluster import Cluster
from tests.support.soak.killing import Killer
from tests.support.soak.verdict import Name, Verdict, judge

WRITERS: Final = ("NL", "BE", "DE", "FR")
READERS: Final = ("ES", "IT", "PL")
AT_ONCE: Final = 250
"""Drafts that a writer takes before it flushes: about one batch of signatures."""
STANDSTILL_SECONDS: Final = 90.0
"""What has not arrived then, with all brokers up in between, will not."""
_LOOK_SECONDS: Final = 0.5


@final
class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how hard.

    Attributes:
        messages: Of all writers together; a multiple of their number.
        seconds_between_kills: With all nodes up.
        least_kills: Each writer keeps a part of its messages until that many nodes were killed, one part for each.
        limit_seconds: For everything.
    """

    messages: int
    seconds_between_kills: float
    least_kills: int = 0
    limit_seconds: float = 1800.0


@final
class Node(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a reading node.

    Attributes:
        repeated: Messages that the bus gave it again, and that it dropped.
        findings: What it finds wrong with the record, by code; nothing should be.
        told: What its person on duty was told, by code.
        longest_pause: Seconds in which nothing arrived, between the first message and the last.
    """

    code: str
    verdict: Verdict
    repeated: int
    findings: Mapping[str, int]
    told: Mapping[str, int]
    longest_pause: float

    @property
    def is_whole(self) -> bool:
        """Nothing is wrong."""
        return self.verdict.is_whole and not self.findings


@final
class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What a soak came to.

    Attributes:
        seconds: From the first message to the last arrival.
        unconfirmed: Messages of which a writer does not know that the bus has them.
        told: What the writers were told, by code.
    """

    messages: int
    kills: int
    seconds: float
    unconfirmed: int
    told: Mapping[str, int]
    nodes: tuple[Node, ...]

    @property
    def is_whole(self) -> bool:
        """Nothing was lost, doubled or out of order, and everybody knows it."""
        return not self.unconfirmed and all(node.is_whole for node in self.nodes)


async def soak(cluster: Cluster, namespace: str, folder: Path, plan: Plan) -> Run:
    """Publish and receive while nodes are killed, and return what it came to.

    Raises:
        TimeoutError: It takes longer than planned.
        NodeFailed: A node of the cluster does not come back.
    """
    async with (
        asyncio.timeout(plan.limit_seconds),
        a_network_on(cluster, namespace, folder, writers=WRITERS, readers=READERS) as network,
    ):
        began = time.monotonic()
        killer = Killer(cluster, every_seconds=plan.seconds_between_kills)
        async with asyncio.TaskGroup() as group:
            group.create_task(killer.run())
            async with asyncio.TaskGroup() as writing:
                for writer in network.writers.values():
                    writing.create_task(_write(writer, plan, killer))
            seconds = await _settle(network, plan.messages) - began
            killer.end()
        return await asyncio.to_thread(_examine, network, plan, killer.kills, seconds)


async def _write(writer: Writer, plan: Plan, killer: Killer) -> None:
    """Publish a writer's share in parts: each but the first begins when a node has just been killed."""
    share, parts = plan.messages // len(WRITERS), plan.least_kills + 1
    for part in range(parts):
        await killer.reached(part)
        left = share * (part + 1) // parts - share * part // parts
        while left:
            count = min(AT_ONCE, left)
            await writer.publish(count)
            left -= count


async def _settle(network: Network, messages: int) -> float:
    """Wait until every reader has as many reports, or nothing arrives any more; return when that was."""
    seen, changed_at = -1, time.monotonic()
    while True:
        counts = [sum((await asyncio.to_thread(reader.counts)).values()) for reader in network.readers.values()]
        if sum(counts) != seen:
            seen, changed_at = sum(counts), time.monotonic()
        if min(counts) >= messages or time.monotonic() > changed_at + STANDSTILL_SECONDS:
            return changed_at
        for reader in network.readers.values():
            reader.check_running()
        await asyncio.sleep(_LOOK_SECONDS)


def _examine(network: Network, plan: Plan, kills: int, seconds: float) -> Run:
    share = plan.messages // len(WRITERS)
    # Not what the outboxes say: what the writers were given. By reference, for the numbers of messages are shared with
    # the releases of their keys; and a reader has a report only if it can open it.
    wanted = {(writer.authority, number) for writer in network.writers.values() for number in range(1, share + 1)}
    return Run(
        messages=plan.messages,
        kills=kills,
        seconds=seconds,
        unconfirmed=sum(_unconfirmed(writer) for writer in network.writers.values()),
        told=Counter(error.code for writer in network.writers.values() for error in writer.told),
        nodes=tuple(_node(reader, wanted) for reader in network.readers.values()),
    )


def _unconfirmed(writer: Writer) -> int:
    state = outbox_state(writer.engine)
    return state.ready + state.parked + state.unsent


def _node(reader: Reader, wanted: Collection[Name]) -> Node:
    findings = Counter(finding.code for finding in reader.findings())
    if refused := reader.quarantined():
        findings["quarantined"] = refused
    return Node(
        code=reader.code,
        verdict=judge(wanted, reader.opened()),
        repeated=reader.taken.duplicates,
        findings=findings,
        told=Counter(error.code for error in reader.told),
        longest_pause=_longest_pause(reader),
    )


def _longest_pause(reader: Reader) -> float:
    with reading(reader.engine) as connection:
        times = list(connection.scalars(select(store.message.c.received_at).order_by(store.message.c.received_at)))
    return max((after - before for before, after in pairwise(times)), default=0) / 1e6
