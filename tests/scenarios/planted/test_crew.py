"""Several processes find what one finds; and where one of them is lost, the others' work and the rest still count."""

import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress

import pytest

from broker.directory.directory import Directory
from broker.log_store import FolderTileStore
from consumers.audit import Means, NodeJob, ProcessCrew, audit_bus, shares, topics, yardstick_of
from consumers.audit.pieces import Piece, Result
from consumers.audit.units import AuditPlan
from consumers.findings import Finding
from tests.scenarios.planted.faults import a_logbook_that_was_changed, decisions_that_were_removed
from tests.scenarios.planted.stage import Stage, whole_record
from tests.support.exercise import Exercise
from tests.support.stations import ExerciseStation

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "AT_ONCE", 2)


async def faulty(exercise: Exercise) -> Stage:
    stage = await whole_record(exercise)
    store = FolderTileStore(exercise.folder / "log")
    for path, data in stage.files.items():
        if path != "checkpoint":
            store.write(path, data)
    store.replace_checkpoint(stage.files["checkpoint"], expected=None)
    stage.topic().remove(2)
    await a_logbook_that_was_changed(stage)
    await decisions_that_were_removed(stage)
    return stage


async def audit(stage: Stage, crew: ProcessCrew) -> Sequence[Finding]:
    exercise, station = stage.exercise, ExerciseStation(stage.exercise.folder)
    audited = await audit_bus(
        exercise.bus,
        federation=exercise.federation.name,
        root_digest=exercise.federation.root_digest,
        now=exercise.clock.now,
        means=Means(log=station.log(), crew=crew),
    )
    jobs = []
    for node in stage.nodes.values():
        held = yardstick_of(audited, node.name)
        jobs += [
            NodeJob(held.ledger.path, held.topics, held.node, held.serves, held.is_logged, share) for share in shares(3)
        ]
    return [*audited.findings, *await crew.check_nodes(jobs)]


async def test_two_processes_find_what_one_finds(exercise: Exercise) -> None:
    stage, station = await faulty(exercise), ExerciseStation(exercise.folder)
    alone, two = ProcessCrew(station, workers=1), ProcessCrew(station, workers=2, alone_below=0)
    try:
        expected = await audit(stage, alone)
        assert {"gap", "leaf-without-message", "changed-logbook", "missing-decision"} <= {one.code for one in expected}
        assert expected == await audit(stage, two)
    finally:
        two.close()


async def test_a_process_that_is_lost_leaves_its_work_to_the_one_that_began(exercise: Exercise) -> None:
    stage, station = await faulty(exercise), ExerciseStation(exercise.folder)
    alone, lost = ProcessCrew(station, workers=1), LosingCrew(station, workers=2, alone_below=0)
    try:
        assert await audit(stage, alone) == await audit(stage, lost)
        assert lost.pool is None
    finally:
        lost.close()


class LosingCrew(ProcessCrew):
    """A crew whose processes are killed as soon as one of them has done a piece."""

    @property
    def pool(self) -> object:
        return self._pool

    async def work(
        self, pieces: Sequence[Piece], directory: Directory, plan: AuditPlan, progress: Callable[[int], None]
    ) -> AsyncIterator[tuple[Piece, Result]]:
        async for piece, result in super().work(pieces, directory, plan, progress):
            yield piece, result
            for process in list(getattr(self._pool, "_processes", None) or {}):
                with suppress(ProcessLookupError):  # lost already, and its end seen
                    os.kill(process, signal.SIGKILL)
