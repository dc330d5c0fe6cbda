"""The runs: each takes a fresh folder and returns CPU microseconds a message."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, and_, func, select

from bench.drafts import make_drafts
from bench.machine import resident_mib
from bench.network import AUTHOR, Buses, Network, open_network
from bench.phases import OTHER, timed_phases
from bench.plain import Plain
from broker.database import reading
from broker.types.vocabulary import Kind
from consumers import store
from producers.draft import Draft
from producers.publish import Taken, take

COMMITTED_AT_ONCE: Final = 64
_BLOCKS: Final = 10


class Speed(msgspec.Struct, frozen=True):
    """CPU microseconds a message, over all threads, and seconds that passed for all of them."""

    publish_us: float
    receive_us: float
    publish_seconds: float
    receive_seconds: float


class Block(msgspec.Struct, frozen=True):
    """One of the ten parts of a long run.

    Attributes:
        messages: That have passed at its end.
        resident_mib: Memory in use at its end.
    """

    messages: int
    publish_us: float
    receive_us: float
    resident_mib: float


class Stopwatch:
    """Adds up CPU and wall time of what is done inside ``with``."""

    def __init__(self) -> None:
        self.cpu = self.wall = 0.0

    def __enter__(self) -> None:
        self._began = time.process_time(), time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.cpu += time.process_time() - self._began[0]
        self.wall += time.perf_counter() - self._began[1]


class PathRun(NamedTuple):
    """What a run of the whole path came to.

    Attributes:
        opened: Messages that the reading node could open, by keys that were released to it or because everybody can.
    """

    speed: Speed
    blocks: list[Block]
    opened: int


async def run_path(folder: Path, messages: int, buses: Buses | None = None) -> PathRun:
    """Publish, sealed, and receive and open *messages*, in ten blocks; over *buses*, or the embedded bus."""
    publishing, receiving = Stopwatch(), Stopwatch()
    blocks: list[Block] = []
    passed = 0
    async with open_network(folder, buses) as network:
        await _warm_up(network)
        opened = _count_opened(network)
        for size in _block_sizes(messages):
            before, there = (publishing.cpu, receiving.cpu), _count_records(network)
            await _publish(network, size, first=passed, stopwatch=publishing)
            with receiving:
                await network.receiver.receive()
            passed += size
            check_count(size, _count_records(network) - there)
            costs = [
                (now - then) / size * 1e6 for now, then in zip((publishing.cpu, receiving.cpu), before, strict=True)
            ]
            blocks.append(Block(passed, costs[0], costs[1], resident_mib()))
        opened = _count_opened(network) - opened
    return PathRun(_speed(publishing, receiving, messages), blocks, opened)


async def run_plain(folder: Path, messages: int) -> Speed:
    """Run the loop without signing and policy."""
    publishing, receiving = Stopwatch(), Stopwatch()
    plain = Plain(folder)
    try:
        await plain.begin()
        for batch in _batches(messages, first=0):
            with publishing:
                await plain.publish(batch)
        with receiving:
            received = await plain.receive()
        check_count(messages, received)
    finally:
        await plain.close()
    return _speed(publishing, receiving, messages)


async def run_phases(folder: Path, messages: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return CPU microseconds a message by phase, of publishing and of receiving."""
    publishing, receiving = Stopwatch(), Stopwatch()
    async with open_network(folder) as network:
        await _warm_up(network)
        with timed_phases() as sending:
            await _publish(network, messages, first=0, stopwatch=publishing)
        with timed_phases() as taking, receiving:
            await network.receiver.receive()
    return _phases(sending.seconds, publishing.cpu, messages), _phases(taking.seconds, receiving.cpu, messages)


async def _warm_up(network: Network) -> None:
    """Let both nodes read the directory, and everything be compiled that is compiled once."""
    await _publish(network, COMMITTED_AT_ONCE, first=900_000_000, stopwatch=Stopwatch())
    await network.receiver.receive()


async def _publish(network: Network, count: int, *, first: int, stopwatch: Stopwatch) -> None:
    for batch in _batches(count, first=first):
        with stopwatch:
            outcomes = list(take(network.outbox, _giving(batch)))
            report = await network.flusher.flush()
        check_count(len(batch), sum(isinstance(one, Taken) for one in outcomes))
        check_count(len(batch), report.sent)


def _count_records(network: Network) -> int:
    return _count(network, store.message.c.kind == Kind.RECORD.value)


def _count_opened(network: Network) -> int:
    return _count(network, and_(store.message.c.kind == Kind.RECORD.value, ~store.message.c.pending))


def _count(network: Network, condition: ColumnElement[bool]) -> int:
    with reading(network.inbox) as connection:
        return connection.scalar(select(func.count()).select_from(store.message).where(condition)) or 0


def _giving(batch: list[Draft]) -> Callable[[], list[Draft]]:
    return lambda: batch


def _batches(count: int, *, first: int) -> Iterator[list[Draft]]:
    for start in range(0, count, COMMITTED_AT_ONCE):
        yield list(make_drafts(AUTHOR, min(COMMITTED_AT_ONCE, count - start), first=first + start))


def _block_sizes(messages: int) -> list[int]:
    size = max(COMMITTED_AT_ONCE, messages // _BLOCKS // COMMITTED_AT_ONCE * COMMITTED_AT_ONCE)
    sizes = [size] * (messages // size)
    return [*sizes, messages % size] if messages % size else sizes


def check_count(expected: int, actual: int) -> None:
    """Check that nothing was lost or doubled.

    Raises:
        RuntimeError: Something was.
    """
    if expected != actual:
        raise RuntimeError(f"expected {expected} messages, not {actual}: the numbers would mean nothing")


def _speed(publishing: Stopwatch, receiving: Stopwatch, messages: int) -> Speed:
    return Speed(publishing.cpu / messages * 1e6, receiving.cpu / messages * 1e6, publishing.wall, receiving.wall)


def _phases(seconds: dict[str, float], total: float, messages: int) -> dict[str, float]:
    known = {phase: spent / messages * 1e6 for phase, spent in seconds.items() if spent > 0}
    rest = total / messages * 1e6 - sum(known.values())
    return dict(sorted(known.items(), key=lambda one: -one[1])) | {OTHER: rest}
