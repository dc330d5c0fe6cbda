"""Measure ``audit check`` and print a table: ``python -m bench.audit [--messages N]``.

Messages of three sections of about 0.85 KB, sealed, in batches of about 250, with their releases; a log over all of
them; one reading node that has opened, decided and kept what it may have. One process alone is measured in CPU time,
which other work on the machine changes little; two against one in time that passes. The numbers also go to
``bench/results/`` as JSON.
"""

import argparse
import asyncio
import multiprocessing
import resource
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection

from bench.drafts import make_drafts
from bench.machine import Machine, this_machine
from bench.network import AUTHOR, READER, STORE_KEY, make_federation, node_of, now, open_network
from bench.runs import check_count
from broker.admit import Sealed, admit, check_bodies
from broker.bus.embedded import open_embedded_bus
from broker.bus.port import Bus, Outgoing
from broker.database import open_engine, reading
from broker.log.port import LogReader
from broker.log_store import FolderTileStore
from broker.notary import Notary
from broker.sealing.rest import RestKey
from broker.section_keys import SectionKeys
from broker.signing.batch import VerifiedBatches
from broker.types.names import Originator, directory_topic, message_topic, participant_of
from consumers.audit import Means, NodeJob, ProcessCrew, audit_bus, shares, yardstick_of
from producers.draft import Draft
from producers.publish import Taken, take
from tests.support.log import NOTARY_KEY, appoint_log

MESSAGES: Final = 32_000
AT_ONCE: Final = 250
GOAL_QUICK: Final = 15_000
GOAL_WHOLE: Final = 3_000
GOAL_TWO: Final = 1.4
_SHARES: Final = 8
_RESULTS: Final = Path(__file__).parent / "results"


class Line(msgspec.Struct, frozen=True):
    """One figure, and what it should be at least."""

    name: str
    value: float
    unit: str
    goal: float | None = None

    @property
    def verdict(self) -> str:
        """Whether the goal is met; empty without one."""
        if self.goal is None:
            return ""
        return "met" if self.value >= self.goal else "MISSED"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What one invocation measured.

    Attributes:
        messages: On the bus, releases and directory included.
        entries: In the log.
    """

    at: datetime
    machine: Machine
    messages: int
    entries: int
    lines: list[Line]


class BenchStation(msgspec.Struct, frozen=True):
    """The network in *folder*, for a crew."""

    folder: Path

    @asynccontextmanager
    async def bus(self) -> AsyncIterator[Bus]:
        """Give the bus."""
        bus = open_embedded_bus(self.folder / "bus.sqlite", clock=now)
        try:
            yield bus
        finally:
            await bus.close()

    def log(self) -> LogReader:
        """Return the log."""
        return FolderTileStore(self.folder / "log")

    @contextmanager
    def node(self, node: Originator) -> Iterator[tuple[Connection, SectionKeys | None]]:
        """Give the reading node's database and its keys."""
        code = node.partition("/")[0]
        engine = open_engine(self.folder / f"{code}.sqlite", readonly=True)
        rest = RestKey(STORE_KEY)
        keys = SectionKeys(open_engine(self.folder / f"{code}.keys.sqlite", readonly=True), rest, randomness=bytes)
        try:
            with reading(engine) as connection:
                yield connection, keys
        finally:
            keys.close()
            engine.dispose()


async def make_record(folder: Path, messages: int) -> None:
    """Let one authority publish, another receive, and log everything."""
    federation = make_federation()
    known = len(federation.messages)
    appoint_log(federation, witnesses=0)
    async with open_network(folder) as network:
        async with BenchStation(folder).bus() as bus:
            new = [Outgoing("directory", raw) for raw in federation.messages[known:]]
            await bus.send(directory_topic(federation.name), new)
        for first in range(0, messages, AT_ONCE):
            drafts = list(make_drafts(AUTHOR, min(AT_ONCE, messages - first), first=first))
            check_count(len(drafts), sum(isinstance(one, Taken) for one in take(network.outbox, _giving(drafts))))
            await network.flusher.flush()
        await network.receiver.receive()
    engine = open_engine(folder / "notary.sqlite")
    try:
        async with BenchStation(folder).bus() as bus:
            notary = Notary(
                engine,
                bus,
                FolderTileStore(folder / "log"),
                key=NOTARY_KEY,
                federation=federation.name,
                root_digest=federation.root_digest,
                clock=now,
            )
            await notary.run_once()
    finally:
        engine.dispose()


def _giving(drafts: list[Draft]) -> Callable[[], list[Draft]]:
    return lambda: drafts


class Cost(msgspec.Struct, frozen=True):
    """What an audit took: seconds, the CPU time of this process alone, and how large it became."""

    messages: int
    entries: int
    cpu: float
    wall: float
    peak_mib: float


async def audit(folder: Path, *, content: bool, workers: int) -> Cost:
    """Audit bus and log; with *content* the reading node too, its keys and its decisions.

    Raises:
        RuntimeError: It finds something: the numbers would mean nothing.
    """
    federation, station, reader = make_federation(), BenchStation(folder), node_of(READER)
    crew = ProcessCrew(station, workers=workers, alone_below=0)
    began, cpu = time.perf_counter(), time.process_time()
    try:
        async with station.bus() as bus:
            means = Means(log=station.log(), content=content, crew=crew)
            found = await audit_bus(
                bus, federation=federation.name, root_digest=federation.root_digest, now=now(), means=means
            )
        yardstick = yardstick_of(found, reader)
        jobs = [
            NodeJob(yardstick.ledger.path, yardstick.topics, reader, yardstick.serves, yardstick.is_logged, share)
            for share in (shares(_SHARES) if content else ())
        ]
        findings = [*found.findings, *await crew.check_nodes(jobs)]
    finally:
        crew.close()
    if findings or found.checkpoint is None or found.unlogged:
        raise RuntimeError(f"{len(findings)} findings in a good record, the first: {findings[:1]}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Cost(found.messages, found.checkpoint.size, time.process_time() - cpu, time.perf_counter() - began, peak)


async def check_one_by_one(folder: Path) -> Cost:
    """Take the signature checklist of a receiving node, message after message: what the windows save."""
    federation = make_federation()
    directory, batches, began, cpu = federation.directory, VerifiedBatches(), time.perf_counter(), time.process_time()
    topic, start = message_topic(federation.name, participant_of(AUTHOR)), 0
    async with BenchStation(folder).bus() as bus:
        while batch := await bus.read(topic, start=start, most=256):
            for one in batch:
                check_bodies(admit(Sealed(topic, one.value), directory=directory, now=now(), verified=batches))
            start = batch[-1].offset + 1
    return Cost(start, 0, time.process_time() - cpu, time.perf_counter() - began, 0)


def _one_by_one(folder: Path) -> Cost:
    return asyncio.run(check_one_by_one(folder))


def _audit(folder: Path, *, content: bool, workers: int) -> Cost:
    return asyncio.run(audit(folder, content=content, workers=workers))


def _apart(folder: Path, *, content: bool, workers: int) -> Cost:
    return _in_its_own_process(partial(_audit, content=content, workers=workers), folder)


def _in_its_own_process(work: Callable[[Path], Cost], folder: Path) -> Cost:
    """Measure in a process of its own: its memory is its own then, and nothing is warm."""
    # Not a daemon's: it starts processes itself.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, folder).result()


def measure(folder: Path, messages: int) -> tuple[Cost, list[Line]]:
    """Make a record and a smaller one, and audit them."""
    small, large = folder / "small", folder / "large"
    for path, count in ((small, messages // 4), (large, messages)):
        path.mkdir()
        (path / "log").mkdir()
        asyncio.run(make_record(path, count))
    plain = _in_its_own_process(_one_by_one, large)
    quick = _apart(large, content=False, workers=1)
    whole = _apart(large, content=True, workers=1)
    little = _apart(small, content=True, workers=1)
    two = _apart(large, content=True, workers=2)
    return quick, [
        Line("without content: bus and log, messages a second and core", quick.messages / quick.cpu, "", GOAL_QUICK),
        Line("with content and decisions, a second and core", whole.messages / whole.cpu, "", GOAL_WHOLE),
        Line("one by one, log and whole not checked, a second and core", plain.messages / plain.cpu, ""),
        Line(
            "without content: as many times as fast as that",
            plain.cpu / plain.messages * quick.messages / quick.cpu,
            "×",
        ),
        Line("with content: as many times as fast without", whole.cpu / quick.cpu, "×"),
        Line("two processes for one", whole.wall / two.wall, "×", GOAL_TWO),
        Line(f"memory at {little.messages} messages", little.peak_mib, "MiB"),
        Line(f"memory at {whole.messages} messages", whole.peak_mib, "MiB"),
    ]


def _ratio(slow: Cost, fast: Cost) -> float:
    return slow.cpu / slow.messages / (fast.cpu / fast.messages)


def show(result: Result, console: Console) -> None:
    """Print *result* as a table."""
    machine = result.machine
    console.print(f"{machine.cpu}, {machine.cores} cores, Python {machine.python}, fsync {machine.fsync_ms:.2f} ms")
    console.print(f"{result.messages} messages in batches of about {AT_ONCE}, {result.entries} entries in the log\n")
    table = Table(title="audit check", title_justify="left")
    for heading in ("", "measured", "goal", ""):
        table.add_column(heading, justify="right" if heading else "left")
    for one in result.lines:
        goal = "" if one.goal is None else f"≥ {one.goal:g}"
        value = f"{one.value:.2f}" if one.value < 100 else f"{one.value:.0f}"
        table.add_row(one.name, f"{value} {one.unit}", goal, one.verdict)
    console.print(table)


def save(result: Result) -> Path:
    """Write *result* as JSON, and return where."""
    _RESULTS.mkdir(exist_ok=True)
    path = _RESULTS / f"audit-{result.at:%Y%m%dT%H%M%SZ}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result)))
    return path


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(prog="python -m bench.audit", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=MESSAGES, help=f"how many are audited (default {MESSAGES})")
    messages = parser.parse_args().messages
    if messages < AT_ONCE * 8:
        parser.error(f"--messages has to be {AT_ONCE * 8} or more")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole, lines = measure(folder, messages)
        machine = this_machine(folder)
    result = Result(at=datetime.now(UTC), machine=machine, messages=whole.messages, entries=whole.entries, lines=lines)
    show(result, Console(width=100))
    save(result)


if __name__ == "__main__":
    main()
