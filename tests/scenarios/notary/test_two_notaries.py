"""Two notaries by mistake, restored journals and folders: where the log would fork, nothing is signed."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from broker.database import open_engine, writing
from broker.envelope.message import open_envelope
from broker.errors import LogBusy, LogForked
from broker.log.checkpoint import Checkpoint, format_checkpoint
from broker.log.entry import LogEntry
from broker.log.note import Note, format_note, parse_note, sign_note
from broker.log.port import CHECKPOINT
from broker.log.tiles import bundle_path
from broker.log_store import FolderTileStore, MemoryTileStore
from broker.merkle import Hash
from broker.notary import tables
from broker.notary.journal import Journal, append
from tests.scenarios.notary.crashing import WatchedKey, check_signed
from tests.support.exercise import Clock, Exercise
from tests.support.federation import a_seed, a_signing_key
from tests.support.log import Log, a_log


class UnlockedStore(MemoryTileStore):
    """A store whose lock locks nobody out, as on a network drive; remembers every checkpoint that was published."""

    def __init__(self) -> None:
        super().__init__()
        self.published: list[bytes] = []

    def replace_checkpoint(self, new: bytes, *, expected: bytes | None) -> None:
        super().replace_checkpoint(new, expected=expected)
        self.published.append(new)

    @contextmanager
    def lock(self) -> Iterator[None]:
        with nullcontext():
            yield


def copy_journal(log: Log, file: str) -> None:
    """Copy the journal of *log*, which is closed, to *file*."""
    for suffix in ("", "-wal"):
        source = log.exercise.folder / f"{log.file}{suffix}"
        if source.exists():
            shutil.copy(source, log.exercise.folder / f"{file}{suffix}")


async def write_some(exercise: Exercise, count: int) -> None:
    await exercise.send(*[exercise.authors.write() for _ in range(count)])


def check(exercise: Exercise, log: Log, key: WatchedKey, messages: int) -> None:
    logged = [entry.digest for entry in log.entries()]
    assert len(exercise.federation.messages) + messages == len(logged) == len(set(logged))
    check_signed(key.texts, log.store, len(logged))
    assert 3 == len(log.checkpoint.witnesses)


async def test_a_second_notary_is_turned_away(exercise: Exercise, tmp_path: Path) -> None:
    log = a_log(exercise, store=FolderTileStore(tmp_path / "log"))
    other = replace(log, store=FolderTileStore(tmp_path / "log"))
    with log.store.lock(), pytest.raises(LogBusy):
        await other.run_once()
    await other.run_once()
    await log.run_once()


@pytest.mark.parametrize("kind", ["folder", "memory"])
async def test_a_copied_journal_goes_on_where_the_other_is(exercise: Exercise, tmp_path: Path, kind: str) -> None:
    key = WatchedKey(a_seed("notary"))
    log = a_log(exercise, store=FolderTileStore(tmp_path / "log") if kind == "folder" else None)
    log.key = key
    await log.run_once()
    copy_journal(log, "copy.sqlite")
    copy = replace(log, file="copy.sqlite")
    for turn in range(6):
        await write_some(exercise, 90)
        await (log, copy)[turn % 2].run_once()
    await log.run_once()
    check(exercise, log, key, 540)


async def test_what_a_copied_journal_had_in_hand_is_logged_behind_what_is_published(exercise: Exercise) -> None:
    key = WatchedKey(a_seed("notary"))
    log = a_log(exercise)
    log.key = key
    await log.run_once()
    copy_journal(log, "copy.sqlite")
    copy = replace(log, file="copy.sqlite")
    mine = [exercise.authors.write(by="NL/customs") for _ in range(3)]
    await exercise.send(*mine)
    _journal_only(copy, mine)
    await exercise.write(by="BE/police")
    progress = await log.run_once()
    assert 4 == progress.logged
    again = await copy.run_once()
    assert progress.size == again.size
    check(exercise, copy, key, 4)


class TickingClock(Clock):
    """A clock that is never asked at the same time twice, so that no two notaries log the same entries by chance."""

    def __call__(self) -> datetime:
        self.advance(microseconds=1)
        return self.now


async def test_notaries_without_a_lock_publish_one_history(exercise: Exercise) -> None:
    exercise.clock = TickingClock()
    store = UnlockedStore()
    log = a_log(exercise, store=store)
    await log.run_once()
    copy_journal(log, "copy.sqlite")
    others = [log, replace(log), replace(log, file="copy.sqlite"), replace(log, file="copy.sqlite")]
    forked = 0
    for _ in range(6):
        await write_some(exercise, 30)
        results = await asyncio.gather(*(one.run_once() for one in others), return_exceptions=True)
        errors = [one for one in results if isinstance(one, BaseException)]
        assert [] == [one for one in errors if not isinstance(one, LogForked)]
        forked += len(errors)
    assert forked, "they were never at work at the same moment"
    check_signed([parse_note(note).text for note in store.published], store, log.checkpoint.size)


@pytest.mark.parametrize("more", [1, 30, 700])
async def test_a_restored_journal_takes_what_it_lacks_from_the_tiles(exercise: Exercise, more: int) -> None:
    key = WatchedKey(a_seed("notary"))
    log = a_log(exercise)
    log.key = key
    await write_some(exercise, 10)
    await log.run_once()
    copy_journal(log, "backup.sqlite")
    await write_some(exercise, more)
    await log.run_once()
    before = log.entries()
    restored = replace(log, file="backup.sqlite")
    progress = await restored.run_once()
    assert (0, more) == (progress.logged, progress.duplicates)
    await write_some(exercise, 5)
    assert 5 == (await restored.run_once()).logged
    assert before == restored.entries()[: len(before)]
    check(exercise, restored, key, 15 + more)


async def test_a_new_journal_takes_the_whole_log_from_the_tiles(exercise: Exercise) -> None:
    log = a_log(exercise)
    await write_some(exercise, 5)
    await log.run_once()
    before = log.entries()
    progress = await replace(log, file="new.sqlite").run_once()
    assert (0, len(before)) == (progress.logged, progress.duplicates)
    assert before == log.entries()


async def test_a_lost_folder_is_written_again_from_the_journal(exercise: Exercise) -> None:
    log = a_log(exercise)
    await write_some(exercise, 300)
    await log.run_once()
    files = dict(log.files)
    other = replace(log, store=MemoryTileStore())
    progress = await other.run_once()
    assert (0, 3) == (progress.logged, len(progress.witnesses))
    written = other.files
    assert files[CHECKPOINT] == written[CHECKPOINT]
    assert written.items() <= files.items()
    assert 300 < len(other.entries())


async def test_a_folder_from_an_old_backup_is_brought_up_to_date(exercise: Exercise) -> None:
    log = a_log(exercise)
    await write_some(exercise, 30)
    await log.run_once()
    old = MemoryTileStore()
    old.files.update(log.files)
    await write_some(exercise, 300)
    await log.run_once()
    expected = log.raw
    other = replace(log, store=old)
    await other.run_once()
    assert expected == other.raw
    assert log.entries() == other.entries()


async def test_a_checkpoint_that_is_not_ours_stops_the_notary(exercise: Exercise) -> None:
    log = a_log(exercise)
    await log.run_once()
    raw = log.raw
    for forged in (
        b"rubbish",
        raw.replace(b"exercise-2026/log", b"exercise-2027/log"),
        raw[:60] + b"\n",
        bytes(100_000),
    ):
        log.files[CHECKPOINT] = forged
        with pytest.raises(LogForked):
            await log.run_once()
        assert forged == log.files[CHECKPOINT]


async def test_a_checkpoint_that_somebody_else_signed_in_our_name_stops_the_notary(exercise: Exercise) -> None:
    log = a_log(exercise)
    await log.run_once()
    text = parse_note(log.raw).text
    forged = format_note(Note(text, (sign_note(text, a_signing_key("a stranger"), "exercise-2026/log"),)))
    log.files[CHECKPOINT] = forged
    with pytest.raises(LogForked):
        await log.run_once()
    assert forged == log.raw


@pytest.mark.parametrize("less", [0, 1])
async def test_a_checkpoint_of_ours_of_another_history_stops_the_notary(exercise: Exercise, less: int) -> None:
    log = a_log(exercise)
    await log.run_once()
    text = format_checkpoint(Checkpoint("exercise-2026/log", log.checkpoint.size - less, Hash(bytes(32))))
    signed = format_note(Note(text, (sign_note(text, log.key, "exercise-2026/log"),)))
    log.files[CHECKPOINT] = signed
    with pytest.raises(LogForked):
        await log.run_once()
    assert signed == log.raw


async def test_a_signature_is_kept_before_anybody_sees_it(exercise: Exercise) -> None:
    log = a_log(exercise)

    class LookingStore(MemoryTileStore):
        def replace_checkpoint(self, new: bytes, *, expected: bytes | None) -> None:
            engine = open_engine(exercise.folder / log.file)
            kept.append(Journal(engine, "exercise-2026").head().note == new)
            engine.dispose()
            super().replace_checkpoint(new, expected=expected)

    kept: list[bool] = []
    log.store = LookingStore()
    await log.run_once()
    assert [True, True] == kept


async def test_a_journal_of_another_history_stops_the_notary(exercise: Exercise) -> None:
    key = WatchedKey(a_seed("notary"))
    log = a_log(exercise)
    log.key = key
    copy = replace(log, store=MemoryTileStore(), file="copy.sqlite")
    await write_some(exercise, 2)
    await log.run_once()
    exercise.clock.advance(seconds=1)
    await copy.run_once()  # with another time seen, so another tree
    signed = len(key.texts)
    for one in (replace(log, store=copy.store), replace(copy, store=log.store)):
        await write_some(exercise, 1)
        with pytest.raises(LogForked):
            await one.run_once()
    assert signed == len(key.texts)


async def test_changed_tiles_are_not_taken_over(exercise: Exercise) -> None:
    log = a_log(exercise)
    await log.run_once()
    copy_journal(log, "backup.sqlite")
    before = log.checkpoint.size
    await write_some(exercise, 3)
    await log.run_once()
    files = log.files
    path = bundle_path(0, before + 3)
    files[path] = files[path][:-2] + b"7\n"
    with pytest.raises(LogForked):
        await replace(log, file="backup.sqlite").run_once()


@pytest.mark.parametrize("change", ["an entry that is signed", "the head", "the edge"])
async def test_a_journal_that_was_changed_signs_nothing(exercise: Exercise, change: str) -> None:
    key = WatchedKey(a_seed("notary"))
    log = a_log(exercise)
    log.key = key
    await log.run_once()
    engine = open_engine(exercise.folder / log.file)
    with writing(engine) as connection:
        match change:
            case "an entry that is signed":
                connection.execute(update(tables.entry).where(tables.entry.c.place == 3).values(seen_at=0))
            case "the head":
                connection.execute(update(tables.head).values(root=bytes(32)))
            case _:
                connection.execute(delete(tables.entry).where(tables.entry.c.place >= 5))
    engine.dispose()
    signed = len(key.texts)
    await write_some(exercise, 3)
    with pytest.raises(LogForked):
        await log.run_once()
    assert signed == len(key.texts)


def _journal_only(log: Log, raws: list[bytes]) -> None:
    """Enter messages into a journal, as a notary that dies behind its first step."""
    engine = open_engine(log.exercise.folder / log.file)
    headers = [open_envelope(raw) for raw in reversed(raws)]
    with writing(engine) as connection:
        append(
            connection,
            [LogEntry(one.header.federation, one.header.stream, one.header.sequence, one.digest, 0) for one in headers],
        )
    engine.dispose()
