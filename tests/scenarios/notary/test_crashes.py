"""A notary that dies at each step of its work, one step later each time; the next one goes on as if nothing had been.

The log is 13 entries short of its first full tile when it begins, so that full and partial tiles of two levels, bundles
and the checkpoint are all written in the stretch that is cut off.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from broker import limits
from broker.bus.port import Bus
from broker.database import open_engine
from broker.envelope.message import open_envelope
from broker.log.entry import parse_entry
from broker.log.hashes import TileHashes
from broker.log.port import CHECKPOINT
from broker.log.trust import check_checkpoint
from broker.log_store import FolderTileStore
from broker.notary import Notary, Progress
from broker.types.names import Digest
from tests.scenarios.notary.crashing import (
    Died,
    Steps,
    WatchedBus,
    WatchedKey,
    check_signed,
    watch_database,
    watched_files,
)
from tests.support.exercise import Exercise
from tests.support.federation import a_seed
from tests.support.log import InProcessWitness, Log, a_log

SHORT_OF_A_TILE = 256 - 13
MORE = 20


@dataclass
class Case:
    """A log that is to be grown by some messages, and what it has to have then."""

    exercise: Exercise
    log: Log
    folder: Path
    expected: list[Digest]

    def trial(self, number: int) -> "Trial":
        folder = self.folder.with_name(f"trial {number}")
        shutil.copytree(self.folder, folder)
        return Trial(self, folder)


class Trial:
    """A copy of the log, its journal, and witnesses that have seen what is in it."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.case = case
        self.folder = folder
        self.key = WatchedKey(a_seed("notary"))
        self.store = FolderTileStore(folder / "log")
        self.witnesses = [
            InProcessWitness(case.exercise.federation, one.name.rsplit("/", 1)[1], case.exercise.clock)
            for one in case.log.witnesses
        ]
        for mine, theirs in zip(self.witnesses, case.log.witnesses, strict=True):
            mine.heads.update(theirs.heads)

    @contextmanager
    def notary(self, steps: Steps, watched: str) -> Iterator[Notary]:
        engine = open_engine(self.folder / "notary.sqlite")
        exercise = self.case.exercise
        bus: Bus = WatchedBus(exercise.bus, steps) if watched == "bus" else exercise.bus
        with ExitStack() as stack:
            stack.callback(engine.dispose)
            notary = Notary(
                engine,
                bus,
                self.store,
                key=self.key,
                federation=exercise.federation.name,
                root_digest=exercise.federation.root_digest,
                clock=exercise.clock,
                witnesses=self.witnesses,
            )
            if watched == "database":
                watch_database(engine, steps)
            if watched == "files":
                stack.enter_context(watched_files(self.folder / "log", steps))
            yield notary

    def check(self, progress: Progress) -> None:
        """Check that every message has one leaf, and that all that was signed grew into what is published."""
        raw = self.store.read(CHECKPOINT, most=limits.MAX_NOTE_BYTES)
        checkpoint = check_checkpoint(raw or b"", self.witnesses[0].trust)
        entries = TileHashes(self.store, checkpoint.size).entries(0, checkpoint.size)
        assert self.case.expected == [parse_entry(entry).digest for entry in entries]
        assert len(self.case.expected) == progress.size
        assert {one.name for one in self.witnesses} == set(checkpoint.witnesses) == set(progress.witnesses)
        assert ((), ()) == (progress.troubles, progress.equivocations)
        check_signed(self.key.texts, self.store, progress.size)


@pytest.fixture
async def case(exercise: Exercise, tmp_path: Path) -> Case:
    """A log of 243 entries, and 20 messages more on the bus: for the first time it is fully witnessed."""
    folder = tmp_path / "base"
    folder.mkdir()
    log = a_log(exercise, store=FolderTileStore(folder / "log"))
    log.file = "base/notary.sqlite"
    before = len(exercise.federation.messages)
    sent = [exercise.authors.write() for _ in range(SHORT_OF_A_TILE - before + MORE)]
    await exercise.send(*sent[: SHORT_OF_A_TILE - before])
    await log.run_once()
    await exercise.send(*sent[SHORT_OF_A_TILE - before :])
    expected = [open_envelope(raw).digest for raw in [*exercise.federation.messages, *sent]]
    return Case(exercise, log, folder, expected)


@pytest.mark.timeout(600)  # a hundred notaries, each in a folder of its own
@pytest.mark.parametrize("again", ["another process", "the same one"])
@pytest.mark.parametrize("watched", ["bus", "database", "files"])
async def test_a_log_that_was_cut_off_anywhere_grows_on(case: Case, watched: str, again: str) -> None:
    last = 0
    while True:
        last += 1
        trial, steps = case.trial(last), Steps(last)
        with trial.notary(steps, watched) as notary:
            try:
                progress = await notary.run_once()
            except Died:
                if again == "the same one":
                    steps.recover()
                    trial.check(await notary.run_once())
            else:
                steps.recover()
                trial.check(progress)
                break
        if again == "another process":
            with trial.notary(Steps(), "nothing") as notary:
                trial.check(await notary.run_once())
        shutil.rmtree(trial.folder)
    assert last > 8, "hardly anything was watched"
