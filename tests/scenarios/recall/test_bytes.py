"""What is purged is in no file of the node any more, and comes back in no way that the node has."""

import hashlib
import random
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from broker.database import path_of, scrub, writing
from broker.errors import DatabaseBusy
from broker.types.vocabulary import Section, Tlp
from consumers import purge, store
from tests.scenarios.recall.files import files_with
from tests.scenarios.recall.writing import a_recall_of, digest_of
from tests.support.exercise import Exercise, Node
from tests.support.records import a_core

PLANTED = "FICTITIOUS-PLANTED-CONTAINER-7"


def a_planted_core() -> Mapping[str, msgspec.Struct]:
    return {"core": a_core(summary=PLANTED)}


async def everybody_reads(exercise: Exercise, number: int = 40) -> None:
    """Have other messages come and go, so that pages are split and filled again."""
    for place in range(number):
        await exercise.write(
            {"core": a_core(national_reference=f"NL-{place}", summary="x" * (place * 37))}, tlp=Tlp.CLEAR
        )


async def test_leaves_no_byte_of_an_unsealed_text_in_any_file(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    await everybody_reads(exercise)
    raw = await exercise.write(a_planted_core(), tlp=Tlp.CLEAR)
    await node.receive()
    await everybody_reads(exercise)
    await node.receive()
    assert [] != files_with(node, PLANTED.encode())
    await exercise.send(a_recall_of(exercise, raw))
    await node.receive()
    assert [] == files_with(node, PLANTED.encode())
    assert [] == [row.digest for row in node.rows(store.tombstone) if row.scrubbed_at is None]


async def test_leaves_no_byte_of_a_sealed_section_nor_of_its_key_at_rest(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    raw = await exercise.write()
    await node.receive()
    (message,) = [row for row in node.rows(store.message) if row.digest == digest_of(raw)]
    sealed = message.envelope[-200:-100]
    assert [] != files_with(node, sealed)
    await exercise.send(a_recall_of(exercise, raw))
    await node.receive()
    assert [] == files_with(node, sealed)


async def test_a_copy_in_quarantine_goes_too(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    raw = exercise.authors.write(a_planted_core(), tlp=Tlp.CLEAR)
    spoilt = raw[:-3] + bytes([raw[-3] ^ 1]) + raw[-2:]
    await exercise.send(spoilt, raw)
    await node.receive()
    assert 1 == len(node.quarantine())
    await exercise.send(a_recall_of(exercise, raw))
    await node.receive()
    assert ({}, []) == (node.quarantine(), files_with(node, PLANTED.encode()))


async def test_a_backup_from_before_does_not_open_it_again(exercise: Exercise, tmp_path: Path) -> None:
    node = exercise.node()
    await node.receive()
    raw = await exercise.write()
    await node.receive()
    database = path_of(node.engine)
    node.engine.dispose()
    shutil.copy(database, tmp_path / "backup")
    await exercise.send(a_recall_of(exercise, raw))
    await exercise.node().receive()
    for path in (database, database.with_name(f"{database.name}-wal"), database.with_name(f"{database.name}-shm")):
        path.unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup", database)
    restored = exercise.node()
    (item,) = [one for one in restored.items("BE/police") if one.digest == digest_of(raw)]
    assert {None} == set(item.sections.values()), "before it has read anything"
    await restored.receive()
    (item,) = [one for one in restored.items("BE/police") if one.digest == digest_of(raw)]
    assert ({None}, True) == (set(item.sections.values()), item.withdrawn is not None)


@pytest.mark.parametrize("place", ["_remove_bodies", "_leave_tombstone", "_settle_readers"])
async def test_a_crash_after_the_keys_are_destroyed_heals_at_the_next_run(
    exercise: Exercise, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = exercise.node()
    await node.receive()
    raw = await exercise.write()
    await node.receive()
    await exercise.send(a_recall_of(exercise, raw))
    with monkeypatch.context() as patched:
        patched.setattr(purge, place, _crash)
        with pytest.raises(_Crash):
            await node.receive()
    again = exercise.node()
    (item,) = [one for one in again.items("BE/police") if one.digest == digest_of(raw)]
    assert (None, None) == (item.sections[Section.CORE], item.withdrawn)
    await again.receive()
    (item,) = [one for one in again.items("BE/police") if one.digest == digest_of(raw)]
    assert item.withdrawn is not None
    assert [] == await exercise.audit_node(again)


async def test_a_crash_before_the_files_are_scrubbed_heals_at_the_next_run(
    exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = exercise.node()
    await node.receive()
    raw = await exercise.write(a_planted_core(), tlp=Tlp.CLEAR)
    await node.receive()
    await exercise.send(a_recall_of(exercise, raw))
    with monkeypatch.context() as patched:
        patched.setattr(purge, "scrub", _crash)
        with pytest.raises(_Crash):
            await node.receive()
    assert [None] == [row.scrubbed_at for row in node.rows(store.tombstone)]
    await exercise.node().receive()
    assert [] == files_with(node, PLANTED.encode())


async def test_somebody_who_reads_all_the_time_stops_no_message(
    exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise DatabaseBusy("somebody reads")

    node = exercise.node()
    await node.receive()
    raw = await exercise.write(a_planted_core(), tlp=Tlp.CLEAR)
    await exercise.send(a_recall_of(exercise, raw))
    with monkeypatch.context() as patched:
        patched.setattr(purge, "scrub", busy)
        taken = await node.receive()
    assert (1, [None]) == (taken.purged, [row.scrubbed_at for row in node.rows(store.tombstone)])
    await node.receive()
    assert [] == files_with(node, PLANTED.encode())


def move_rows_about(node: Node) -> None:
    """Have SQLite move rows of all lengths from page to page, and delete half of them."""
    chance = random.Random(1)
    planted, kept = PLANTED * 12, set(chance.sample(range(800), 400))
    keys = [hashlib.sha256(b"%d" % number).digest()[:16] for number in range(800)]
    texts = ["kept" * 80 if number in kept else planted for number in range(800)]
    rows = [
        {"key": key, "text": one[: 24 + chance.randrange(300)].encode()} for key, one in zip(keys, texts, strict=True)
    ]
    with writing(node.engine) as connection:
        connection.execute(text("CREATE TABLE other (key BLOB PRIMARY KEY, text BLOB) WITHOUT ROWID"))
        connection.execute(text("INSERT INTO other VALUES (:key, :text)"), rows)
    with writing(node.engine) as connection:
        gone = [{"key": key} for number, key in enumerate(keys) if number not in kept]
        connection.execute(text("DELETE FROM other WHERE key = :key"), gone)


async def test_copies_that_moving_rows_left_in_unused_parts_of_pages_go_too(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    raw = await exercise.write()
    await node.receive()
    move_rows_about(node)
    scrub(node.engine)
    assert [] != files_with(node, PLANTED.encode()), "else this shows nothing"
    await exercise.send(a_recall_of(exercise, raw))
    await node.receive()
    assert [] == files_with(node, PLANTED.encode())


async def test_a_follower_rebuilds_its_database_at_most_once_an_hour(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    for minutes in (0, 30, 31):
        exercise.clock.advance(minutes=minutes)
        raw = await exercise.write()
        await exercise.send(a_recall_of(exercise, raw, national_reference=f"recall {minutes}"))
        await node.receive()
        scrubbed = [row.scrubbed_at is not None for row in node.rows(store.tombstone)]
        assert {0: [True], 30: [True, False], 31: [True, True, False]}[minutes] == scrubbed
    await exercise.node().receive()
    assert [True] * 3 == [row.scrubbed_at is not None for row in node.rows(store.tombstone)], "a new process does it"


class _Crash(Exception):
    pass


def _crash(*_: object, **__: object) -> None:
    raise _Crash
