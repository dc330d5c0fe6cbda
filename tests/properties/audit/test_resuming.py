"""An audit that is interrupted behind any piece, and goes on with the same ledger, finds what one in one go finds."""

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from broker.bus.port import Bus, Outgoing
from broker.directory.directory import Directory
from broker.errors import StaleDatabase
from broker.log.port import LogReader
from broker.log_store import MemoryTileStore
from consumers.audit import BusAudit, Ledger, Means, audit_bus, leaves, topics
from consumers.audit.pieces import Piece, Result
from consumers.audit.record import Alone
from consumers.audit.units import AuditPlan
from tests.support.exercise import Exercise, an_exercise
from tests.support.federation import a_signing_key
from tests.support.log import Log, a_log
from tests.support.records import a_core

pytestmark = pytest.mark.timeout(600)  # interrupted at every place in turn


class Interrupted(Exception):
    """The audit was ended here."""


class Interruptible:
    """Does the work of an audit in this process, up to so many pieces, the last ones first."""

    def __init__(self, bus: Bus, log: LogReader, most: int) -> None:
        self._alone = Alone(bus, log)
        self._most = most

    async def work(
        self, pieces: Sequence[Piece], directory: Directory, plan: AuditPlan, progress: Callable[[int], None]
    ) -> AsyncIterator[tuple[Piece, Result]]:
        async for piece, result in self._alone.work(list(reversed(pieces)), directory, plan, progress):
            if not self._most:
                raise Interrupted
            self._most -= 1
            yield piece, result


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "AT_ONCE", 3)
    monkeypatch.setattr(leaves, "AT_ONCE", 1)


@pytest_asyncio.fixture
async def exercise(tmp_path: Path) -> AsyncIterator[Exercise]:
    async with an_exercise(tmp_path) as made:
        yield made


async def faulty(exercise: Exercise) -> Log:
    """Return the log of a record in which more than one thing is wrong."""
    log = a_log(exercise)
    for number in range(7):
        by = ("NL/customs", "NL/police", "BE/police")[number % 3]
        await exercise.write({"core": a_core(by[:2], national_reference=f"{by}-{number}")}, by=by)
    log.run()
    exercise.authors.write()  # is not sent: a gap
    await exercise.write({"core": a_core()})
    await exercise.bus.send(exercise.topic(), [Outgoing("key", b"rubbish")])
    await exercise.send(exercise.authors.write(key=a_signing_key("a forger")))
    return log


async def audit(exercise: Exercise, log: Log, ledger: Ledger | None, most: int | None = None) -> BusAudit:
    federation = exercise.federation
    crew = None if most is None else Interruptible(exercise.bus, log.store, most)
    return await audit_bus(
        exercise.bus,
        federation=federation.name,
        root_digest=federation.root_digest,
        now=exercise.clock.now,
        means=Means(log=log.store, ledger=ledger, crew=crew),
    )


def outcome(found: BusAudit) -> tuple[object, ...]:
    return found.findings, found.messages, found.signatures, found.repeated, found.unlogged, found.checkpoint


async def test_an_interrupted_audit_goes_on_to_the_same_findings(exercise: Exercise, tmp_path: Path) -> None:
    log = await faulty(exercise)
    expected = outcome(await audit(exercise, log, None))
    assert {"gap", "bad-framing", "unknown-key"} == {one.code for one in (await audit(exercise, log, None)).findings}
    interruptions = 0
    for most in range(10):
        ledger = Ledger(tmp_path / f"ledger {most}")
        try:
            await audit(exercise, log, ledger, most)
        except Interrupted:
            interruptions += 1
            ledger.close()
            ledger = Ledger(tmp_path / f"ledger {most}")
        assert expected == outcome(await audit(exercise, log, ledger))
        ledger.close()
    assert interruptions > 4


async def test_what_was_sent_meanwhile_is_left_to_the_next_audit(exercise: Exercise, tmp_path: Path) -> None:
    log = await faulty(exercise)
    expected = outcome(await audit(exercise, log, None))
    ledger = Ledger(tmp_path / "ledger")
    with pytest.raises(Interrupted):
        await audit(exercise, log, ledger, 2)
    await exercise.write({"core": a_core("BE")}, by="BE/customs")
    log.run()
    assert expected == outcome(await audit(exercise, log, ledger))
    ledger.close()


async def test_a_log_that_was_rolled_back_meanwhile_is_refused(exercise: Exercise, tmp_path: Path) -> None:
    log = await faulty(exercise)
    assert isinstance(log.store, MemoryTileStore)
    before = dict(log.store.files)
    await exercise.write({"core": a_core("BE")}, by="BE/customs")
    log.run()
    ledger = Ledger(tmp_path / "ledger")
    with pytest.raises(Interrupted):
        await audit(exercise, log, ledger, 1)
    log.store.files.clear()
    log.store.files.update(before)
    with pytest.raises(StaleDatabase):
        await audit(exercise, log, ledger)
    ledger.close()
