"""More waits for the directory than the notary keeps: its disk is bounded, it says so, and nothing is lost."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Row, Table, select

from broker.database import open_engine, reading, writing
from broker.envelope.message import open_envelope
from broker.errors import CorruptBatch
from broker.notary import tables
from broker.notary.registrar import Room
from broker.types.names import Digest
from tests.scenarios.notary.test_topics import spoil
from tests.support.exercise import Exercise
from tests.support.federation import a_key_entry, a_signing_key, admin_stream
from tests.support.log import Log, a_log

LATER = a_signing_key("a key that the directory does not know yet")
SMALL = Room(messages=3)
CODE = "too-many-waiting"


def a_crowded_log(exercise: Exercise, room: Room = SMALL) -> Log:
    log = a_log(exercise)
    log.room = room
    return log


async def write(exercise: Exercise, count: int, writer: int = 2, by: str = "NL/customs") -> list[Digest]:
    sent = [await exercise.write(by=by, key=LATER, writer=writer) for _ in range(count)]
    return [open_envelope(raw).digest for raw in sent]


async def enrol(exercise: Exercise) -> None:
    exercise.federation.say(a_key_entry(LATER, ["NL/customs"]), admin_stream("NL"))
    await exercise.announce()


def rows(exercise: Exercise, table: Table) -> Sequence[Row[Any]]:
    engine = open_engine(exercise.folder / "notary.sqlite")
    with reading(engine) as connection:
        found = connection.execute(select(table)).all()
    engine.dispose()
    return found


def logged(log: Log) -> set[Digest]:
    return {one.digest for one in log.entries()}


async def test_no_more_is_kept_than_there_is_room_for_and_the_hub_is_told(exercise: Exercise) -> None:
    log = a_crowded_log(exercise)
    await write(exercise, 10)
    progress = await log.run_once()

    assert (3, [CODE]) == (progress.waiting, [one.code for one in progress.troubles])
    assert "exercise-2026.msg.NL" in str(progress.troubles[0])
    assert 3 == len(rows(exercise, tables.waiting))
    assert [("exercise-2026.msg.NL", 3, 10)] == [tuple(one) for one in rows(exercise, tables.deferred)]


async def test_all_of_it_is_logged_once_the_directory_knows_the_key(exercise: Exercise) -> None:
    log = a_crowded_log(exercise)
    sent = await write(exercise, 10)
    await log.run_once()
    honest = open_envelope(await exercise.write()).digest
    await enrol(exercise)
    await log.run_once()
    progress = await log.run_once()

    assert {*sent, honest} <= logged(log)
    assert (0, ()) == (progress.waiting, progress.troubles)
    assert [] == rows(exercise, tables.deferred)
    assert len(logged(log)) == len(log.entries()), "none twice"


async def test_what_never_will_be_signed_for_holds_back_nothing_behind_it(exercise: Exercise) -> None:
    log = a_crowded_log(exercise)
    for _ in range(8):
        await exercise.write(key=a_signing_key("a stranger"), writer=3)
    sent = await write(exercise, 4)
    await log.run_once()
    await enrol(exercise)
    await log.run_once()

    assert set(sent) <= logged(log)
    assert [CODE] == [one.code for one in (await log.run_once()).troubles], "it is said as long as it is so"
    assert 3 == len(rows(exercise, tables.waiting))


async def test_one_participant_does_not_fill_the_room_of_another(exercise: Exercise) -> None:
    log = a_crowded_log(exercise)
    await write(exercise, 10)
    await write(exercise, 3, by="BE/customs")
    progress = await log.run_once()

    assert 6 == progress.waiting
    assert ["exercise-2026.msg.NL"] == [one.topic for one in rows(exercise, tables.deferred)]


@pytest.mark.parametrize(("size_bytes", "kept"), [(1, 0), (10_000_000, 10)])
async def test_the_room_is_bounded_in_bytes_too(exercise: Exercise, size_bytes: int, kept: int) -> None:
    log = a_crowded_log(exercise, Room(size_bytes=size_bytes))
    await write(exercise, 10)

    assert kept == (await log.run_once()).waiting


async def test_what_was_deferred_and_cannot_be_had_any_more_is_gone_around(exercise: Exercise) -> None:
    bus = spoil(exercise)
    log = a_crowded_log(exercise)
    sent = await write(exercise, 10)
    await log.run_once()
    await enrol(exercise)
    bus.torn[exercise.topic()] = (4, 6, CorruptBatch)
    await log.run_once()
    assert {*sent[:4], *sent[6:]} <= logged(log)
    assert not {*sent[4:6]} & logged(log)
    bus.torn.clear()
    await log.run_once()
    assert set(sent) <= logged(log)


async def test_a_journal_that_is_older_gets_the_table(exercise: Exercise) -> None:
    log = a_crowded_log(exercise)
    await log.run_once()
    engine = open_engine(exercise.folder / "notary.sqlite")
    with writing(engine) as connection:
        tables.deferred.drop(connection)
    engine.dispose()
    await write(exercise, 4)

    assert 3 == (await log.run_once()).waiting
