"""Measure the notary and print a table: ``python -m bench.notary [--messages N]``.

Records of three sections of one author, signed 64 at once as a flush does it, lie on the embedded bus. The notary reads
them, verifies every signature, drops what it knows, journals, writes tiles, signs a checkpoint each second, and asks
three witnesses in this process; everything is synced to the disk. Beside it, in the same run, a table of the same rows
with one index, inserted in transactions of 256: what a disk and SQLite allow at most. Then all messages again, as
duplicates. Times pass on the wall; the numbers also go to ``bench/results/`` as JSON.
"""

import argparse
import asyncio
import hashlib
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table as Grid
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text, insert

from bench.machine import Machine, resident_mib, this_machine
from bench.network import now
from broker.bus.embedded import open_embedded_bus
from broker.bus.port import Bus, Outgoing
from broker.database import open_engine, writing
from broker.envelope.message import Unsigned
from broker.log_store import FolderTileStore
from broker.notary import Notary, Progress
from broker.types.names import Participant, directory_topic, message_topic
from tests.support.exercise import Clock
from tests.support.federation import a_federation
from tests.support.log import NOTARY_KEY, InProcessWitness, appoint_log
from tests.support.messages import a_chain, enclosed

MESSAGES: Final = 20_000
GOAL: Final = 2_000.0
"""Messages a second."""
_FLUSH: Final = 64
_AT_ONCE: Final = 256
_RESULTS: Final = Path(__file__).parent / "results"


class Block(msgspec.Struct, frozen=True):
    """A tenth of the run.

    Attributes:
        messages: In the log at its end.
        rate: Messages a second.
        resident_mib: Memory in use at its end.
    """

    messages: int
    rate: float
    resident_mib: float


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What one invocation measured.

    Attributes:
        logged: Messages a second, from the bus to a witnessed checkpoint.
        single: The same where each message was signed by itself.
        duplicates: Messages a second of those that had a leaf already.
        inserted: Rows a second of the bare table.
    """

    at: datetime
    machine: Machine
    messages: int
    logged: float
    single: float
    duplicates: float
    inserted: float
    blocks: list[Block]


class Rig:
    """A federation, its bus, and a notary with three witnesses, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.federation = a_federation()
        appoint_log(self.federation)
        self.key = self.federation.signing_key("NL/customs")
        self.bus: Bus = open_embedded_bus(folder / "bus.sqlite", clock=now)
        self._engine = open_engine(folder / "notary.sqlite")
        codes = [one.name.rsplit("/", 1)[1] for one in self.federation.directory.root.witnesses]
        self.notary = Notary(
            self._engine,
            self.bus,
            FolderTileStore(folder / "log"),
            key=NOTARY_KEY,
            federation=self.federation.name,
            root_digest=self.federation.root_digest,
            clock=now,
            witnesses=[InProcessWitness(self.federation, code, Clock(now())) for code in codes],
        )
        self.topic = message_topic(self.federation.name, Participant("NL"))

    async def begin(self) -> None:
        """Announce the directory, and log it."""
        topic = directory_topic(self.federation.name)
        await self.bus.create_topics([topic, self.topic])
        await self.bus.send(topic, [Outgoing("directory", raw) for raw in self.federation.messages])
        await self.notary.run_once()

    def envelopes(self, messages: Sequence[Unsigned], *, flush: int) -> list[bytes]:
        """Return *messages* signed, *flush* at once."""
        starts = range(0, len(messages), flush)
        return [raw for start in starts for raw in enclosed(messages[start : start + flush], keys=[self.key])]

    async def send(self, envelopes: Sequence[bytes]) -> None:
        """Put messages on the bus."""
        for start in range(0, len(envelopes), _AT_ONCE):
            await self.bus.send(self.topic, [Outgoing("stream", raw) for raw in envelopes[start : start + _AT_ONCE]])

    async def run(self) -> tuple[Progress, float]:
        """Let the notary work; return what it did, and how many seconds it took."""
        began = time.perf_counter()
        progress = await self.notary.run_once()
        return progress, time.perf_counter() - began

    async def close(self) -> None:
        """Close all files."""
        await self.bus.close()
        self._engine.dispose()


async def measure(folder: Path, messages: int) -> tuple[float, float, float, list[Block]]:
    """Return the rates of batches, of messages signed one by one, of duplicates, and the tenths of the first."""
    rig = Rig(folder)
    try:
        await rig.begin()
        single = messages // 10
        chain = a_chain(messages + single, keys=[rig.key], sections=("core", "operational", "nominal"))
        raws = rig.envelopes(chain[:messages], flush=_FLUSH)
        blocks, seconds = [], 0.0
        for start in range(0, messages, messages // 10):
            part = raws[start : start + messages // 10]
            await rig.send(part)
            size, took = await _run(rig, logged=len(part))
            blocks.append(Block(size, len(part) / took, resident_mib()))
            seconds += took
        await rig.send(rig.envelopes(chain[messages:], flush=1))
        _, singly = await _run(rig, logged=single)
        await rig.send(raws)
        _, again = await _run(rig, duplicates=messages)
        return messages / seconds, single / singly, messages / again, blocks
    finally:
        await rig.close()


async def _run(rig: Rig, *, logged: int = 0, duplicates: int = 0) -> tuple[int, float]:
    progress, seconds = await rig.run()
    if (progress.logged, progress.duplicates, progress.waiting, progress.refused) != (logged, duplicates, 0, 0):
        raise RuntimeError(f"expected {logged} logged and {duplicates} duplicates: {progress}")
    if not progress.is_witnessed:
        raise RuntimeError(f"not witnessed: {progress.troubles}")
    return progress.size, seconds


def insert_rows(folder: Path, rows: int) -> float:
    """Return how many rows like those of the journal a bare table takes in a second."""
    table = Table(
        "bare",
        MetaData(),
        Column("place", Integer, primary_key=True),
        Column("digest", LargeBinary, nullable=False, unique=True),
        Column("stream", Text, nullable=False),
        Column("sequence", Integer, nullable=False),
        Column("seen_at", Integer, nullable=False),
    )
    engine = open_engine(folder / "bare.sqlite")
    table.metadata.create_all(engine)
    made = [
        {
            "place": place,
            "digest": hashlib.sha256(place.to_bytes(8, "big")).digest(),
            "stream": "NL/customs/1",
            "sequence": place,
            "seen_at": place,
        }
        for place in range(rows)
    ]
    began = time.perf_counter()
    for start in range(0, rows, _AT_ONCE):
        with writing(engine) as connection:
            connection.execute(insert(table), made[start : start + _AT_ONCE])
    seconds = time.perf_counter() - began
    engine.dispose()
    return rows / seconds


def show(result: Result, console: Console) -> None:
    """Print *result* as tables."""
    machine = result.machine
    console.print(f"{machine.cpu}, {machine.cores} cores, Python {machine.python}, fsync {machine.fsync_ms:.2f} ms")
    console.print(f"{result.messages} messages of three sections; a checkpoint each second, cosigned by three\n")
    table = Grid(title="messages a second", title_justify="left")
    for heading in ("", "measured", "goal", "", "of bare inserts"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, rate, goal in (
        (f"logged, signed {_FLUSH} at once", result.logged, GOAL),
        ("logged, signed one by one", result.single, GOAL),
        ("duplicates", result.duplicates, None),
        ("rows into a bare table", result.inserted, None),
    ):
        verdict = "" if goal is None else "met" if rate >= goal else "MISSED"
        aim = "" if goal is None else f"≥ {goal:,.0f}"
        table.add_row(name, f"{rate:,.0f}", aim, verdict, f"{rate / result.inserted:.2f}")
    console.print(table)
    grown = Grid(title="as the log grows: the rate and the memory should stay as they are", title_justify="left")
    for heading in ("entries", "messages/s", "memory MiB"):
        grown.add_column(heading, justify="right")
    for one in result.blocks:
        grown.add_row(str(one.messages), f"{one.rate:,.0f}", f"{one.resident_mib:.0f}")
    console.print(grown)


def save(result: Result) -> Path:
    """Write *result* as JSON, and return where."""
    _RESULTS.mkdir(exist_ok=True)
    path = _RESULTS / f"notary-{result.at:%Y%m%dT%H%M%SZ}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result)))
    return path


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description="Measure the notary.")
    parser.add_argument("--messages", type=int, default=MESSAGES)
    messages = parser.parse_args().messages
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        machine = this_machine(folder)
        inserted = insert_rows(folder, messages)
        logged, single, duplicates, blocks = asyncio.run(measure(folder, messages))
    result = Result(
        at=datetime.now(UTC),
        machine=machine,
        messages=messages,
        logged=logged,
        single=single,
        duplicates=duplicates,
        inserted=inserted,
        blocks=blocks,
    )
    show(result, Console(width=100))
    save(result)


if __name__ == "__main__":
    main()
