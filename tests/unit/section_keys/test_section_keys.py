"""The key store: keys come back, destroyed ones never, and nothing of them is left in its files."""

import hashlib
import multiprocessing
import os
import random
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import text

from broker import database
from broker.database import open_engine, reading, scrub, writing
from broker.errors import DatabaseBusy, MissingFile, MissingKey, StaleDatabase, UnusableDatabase
from broker.sealing.rest import RestKey
from broker.sealing.section import key_commitment
from broker.section_keys import VERSION, SectionKeys, open_section_keys
from broker.types.names import Digest, Participant

REST = RestKey(bytes(range(32)))
NL = Participant("NL")


def a_key(number: int) -> bytes:
    return hashlib.sha256(f"section key {number}".encode()).digest()


def commitments(keys: Sequence[bytes]) -> list[Digest]:
    return [key_commitment(key) for key in keys]


KEYS = [a_key(number) for number in range(40)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sections.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[SectionKeys]:
    found = open_section_keys(path, REST, randomness=os.urandom)
    yield found
    found.close()


def bytes_of(path: Path) -> bytes:
    """Return all bytes in all files of a database; read by another process, which cannot drop this one's locks."""
    files = [str(file) for file in sorted(path.parent.iterdir()) if file.name.startswith(path.name)]
    return subprocess.run(["cat", *files], stdout=subprocess.PIPE, check=True).stdout


def sealed_in(path: Path) -> list[bytes]:
    """Return what stands sealed in a store, as its file has it."""
    connection = sqlite3.connect(path)
    try:
        return [row[0] for row in connection.execute("SELECT sealed FROM section_key WHERE NOT destroyed")]
    finally:
        connection.close()


def test_gives_the_keys_that_it_has(store: SectionKeys) -> None:
    store.put(KEYS[:3], owner=NL)
    assert {key_commitment(key): key for key in KEYS[1:3]} == store.get(commitments(KEYS[1:5]))


def test_takes_a_key_again_and_again(store: SectionKeys) -> None:
    for _ in range(3):
        store.put([*KEYS[:2], *KEYS[:2]], owner=NL)
    assert (2, 0) == store.count()


def test_has_nothing_to_do_for_nothing(store: SectionKeys) -> None:
    store.put([], owner=NL)
    store.destroy([], owner=NL)
    assert ({}, frozenset(), (0, 0)) == (store.get([]), store.destroyed([], owner=NL), store.count())


def test_gives_more_keys_than_one_statement_takes(store: SectionKeys) -> None:
    many = [a_key(number) for number in range(1234)]
    store.put(many, owner=NL)
    assert set(many) == set(store.get(commitments(many)).values())


def test_a_destroyed_key_never_comes_back(store: SectionKeys) -> None:
    store.put(KEYS[:3], owner=NL)
    store.destroy(commitments(KEYS[:1]), owner=NL)
    store.put(KEYS[:3], owner=NL)
    store.destroy(commitments(KEYS[:1]), owner=NL)
    assert set(KEYS[1:3]) == set(store.get(commitments(KEYS[:3])).values())
    assert frozenset(commitments(KEYS[:1])) == store.destroyed(commitments(KEYS), owner=NL)


def test_a_key_that_never_came_may_be_destroyed_too(store: SectionKeys) -> None:
    store.destroy([*commitments(KEYS[:1]), *commitments(KEYS[:1])], owner=NL)
    store.put(KEYS[:1], owner=NL)
    assert ({}, (0, 1)) == (store.get(commitments(KEYS[:1])), store.count())


def test_a_store_that_is_opened_again_has_its_keys_and_its_tombstones(path: Path) -> None:
    for keys, gone in ((KEYS[:2], KEYS[:1]), (KEYS[:3], KEYS[2:3])):
        store = open_section_keys(path, REST, randomness=os.urandom)
        store.put(keys, owner=NL)
        store.destroy(commitments(gone), owner=NL)
        store.close()
    store = open_section_keys(path, REST, randomness=os.urandom)
    assert [KEYS[1]] == list(store.get(commitments(KEYS)).values())
    store.close()


def test_is_for_its_owner_only(store: SectionKeys, path: Path) -> None:
    assert {0o600} == {file.stat().st_mode & 0o777 for file in path.parent.iterdir()}


def test_no_key_stands_in_the_clear(store: SectionKeys, path: Path) -> None:
    store.put(KEYS, owner=NL)
    found = bytes_of(path)
    assert [] == [key for key in KEYS if key in found or key[:8] in found]


def test_two_puts_of_one_key_are_sealed_differently_and_by_fresh_nonces(path: Path) -> None:
    first, second = (path.with_name(name) for name in ("first.sqlite", "second.sqlite"))
    for one in (first, second):
        store = open_section_keys(one, REST, randomness=os.urandom)
        store.put(KEYS, owner=NL)
        store.close()
    sealed = [*sealed_in(first), *sealed_in(second)]
    assert 2 * len(KEYS) == len({one[:24] for one in sealed})


# ── destroyed means gone ─────────────────────────────────────────────────────────────────────────────────────────────


def traces(path: Path, sealed: Sequence[bytes]) -> list[bytes]:
    """Return which of *sealed* has left any part of itself that tells of it, beginning, middle or end."""
    found = bytes_of(path)
    return [one for one in sealed if any(one[start : start + 12] in found for start in range(0, len(one) - 11, 4))]


def test_nothing_of_a_destroyed_key_is_left_in_any_file(store: SectionKeys, path: Path) -> None:
    store.put(KEYS, owner=NL)
    sealed = sealed_in(path)
    assert len(KEYS) == len(traces(path, sealed))
    store.destroy(commitments(KEYS[::2]), owner=NL)
    assert sealed_in(path) == traces(path, sealed)
    assert [] == [key for key in KEYS if key[:8] in bytes_of(path)]


def test_nothing_is_left_of_many_keys_that_came_and_went_in_between(store: SectionKeys, path: Path) -> None:
    """Pages split, rows come in any order: no copy may stay behind in the unused part of a page."""
    every: list[bytes] = []
    for round_number in range(6):
        store.put([a_key(1000 * round_number + number) for number in range(250)], owner=NL)
        every = list(dict.fromkeys([*every, *sealed_in(path)]))
        gone = range(round_number % 3, 250, 3)
        store.destroy(commitments([a_key(1000 * round_number + number) for number in gone]), owner=NL)
    standing = sealed_in(path)
    assert 6 * 250 == len(every)
    assert set(standing) == set(traces(path, every))


def test_nothing_is_left_while_others_have_the_store_open(store: SectionKeys, path: Path) -> None:
    other = open_section_keys(path, REST, randomness=os.urandom)
    other.put(KEYS, owner=NL)
    assert len(KEYS) == len(store.get(commitments(KEYS)))
    sealed = sealed_in(path)
    store.destroy(commitments(KEYS), owner=NL)
    assert ([], {}) == (traces(path, sealed), other.get(commitments(KEYS)))
    other.close()


@pytest.mark.timeout(120)  # as long as the log of a database is waited for, and the rest
def test_says_so_where_somebody_reads_all_the_time_and_ends_it_the_next_time(
    store: SectionKeys, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.3)
    store.put(KEYS, owner=NL)
    sealed = sealed_in(path)
    other = open_engine(path)
    with reading(other) as connection:
        connection.execute(text("SELECT count(*) FROM section_key"))
        with pytest.raises(DatabaseBusy):
            store.destroy(commitments(KEYS), owner=NL)
    assert frozenset(commitments(KEYS)) == store.destroyed(commitments(KEYS), owner=NL)
    store.destroy(commitments(KEYS), owner=NL)
    assert [] == traces(path, sealed)
    other.dispose()


# ── the store key ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_refuses_another_store_key(store: SectionKeys, path: Path) -> None:
    store.put(KEYS[:1], owner=NL)
    with pytest.raises(MissingKey, match="another store key"):
        open_section_keys(path, RestKey(bytes(32)), randomness=os.urandom)


def test_refuses_another_store_key_while_it_is_empty(store: SectionKeys, path: Path) -> None:
    with pytest.raises(MissingKey, match="another store key"):
        open_section_keys(path, RestKey(bytes(32)), randomness=os.urandom)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE section_key SET sealed = zeroblob(length(sealed)) WHERE id = 1",
        "UPDATE section_key SET sealed = (SELECT sealed FROM section_key WHERE id = 2) WHERE id = 1",
        "UPDATE section_key SET sealed = x'' WHERE id = 1",
    ],
    ids=["overwritten", "another's", "cut"],
)
def test_a_damaged_key_is_said_to_be_damaged(store: SectionKeys, path: Path, damage: str) -> None:
    store.put(KEYS[:2], owner=NL)
    engine = open_engine(path)
    with writing(engine) as connection:
        connection.execute(text(damage))
    engine.dispose()
    with pytest.raises(UnusableDatabase, match="does not open"):
        store.get(commitments(KEYS[:1]))
    assert [KEYS[1]] == list(store.get(commitments(KEYS[1:2])).values())


def test_a_file_that_is_no_database(path: Path) -> None:
    path.write_bytes(b"no database at all, and long enough to be read as one" * 20)
    with pytest.raises(UnusableDatabase):
        open_section_keys(path, REST, randomness=os.urandom)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        open_section_keys(tmp_path / "none" / "sections.sqlite", REST, randomness=os.urandom)


# ── its version ──────────────────────────────────────────────────────────────────────────────────────────────────────


def run_sql(path: Path, *statements: str) -> None:
    """Change a store as another program would."""
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def version_of(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
    finally:
        connection.close()


def test_a_new_store_says_its_version(store: SectionKeys, path: Path) -> None:
    assert VERSION == version_of(path)


def test_an_empty_file_is_made_whole(path: Path) -> None:
    path.touch(0o600)
    store = open_section_keys(path, REST, randomness=os.urandom)
    store.put(KEYS[:1], owner=NL)
    assert (VERSION, (1, 0)) == (version_of(path), store.count())
    store.close()


def test_a_store_of_before_it_said_its_version_is_the_first(store: SectionKeys, path: Path) -> None:
    store.put(KEYS[:1], owner=NL)
    store.close()
    run_sql(path, "PRAGMA user_version=0")
    again = open_section_keys(path, REST, randomness=os.urandom)
    assert (VERSION, [KEYS[0]]) == (version_of(path), list(again.get(commitments(KEYS[:1])).values()))
    again.close()


STALE = {
    "newer": ["PRAGMA user_version=2"],
    "older columns": ["PRAGMA user_version=0", "ALTER TABLE section_key DROP COLUMN destroyed"],
    "newer columns": ["PRAGMA user_version=0", "ALTER TABLE section_key ADD COLUMN later TEXT"],
    "half of the tables": ["PRAGMA user_version=0", "DROP TABLE rest_check"],
    "another program's": [
        "PRAGMA user_version=0", "DROP TABLE rest_check", "DROP TABLE section_key", "CREATE TABLE theirs (id)",
    ],
}  # fmt: skip


@pytest.mark.parametrize("changes", STALE.values(), ids=STALE)
def test_refuses_a_store_of_another_version_and_changes_nothing(
    store: SectionKeys, path: Path, changes: list[str]
) -> None:
    store.close()
    run_sql(path, *changes)
    before = version_of(path)
    with pytest.raises(StaleDatabase, match="key store of another version") as refused:
        open_section_keys(path, REST, randomness=os.urandom)
    assert (True, before) == ("move" in refused.value.hint, version_of(path))


# ── two processes ────────────────────────────────────────────────────────────────────────────────────────────────────


def _work(path: Path, first: int, count: int) -> None:
    store = open_section_keys(path, REST, randomness=os.urandom)
    for number in range(first, first + count):
        store.put([a_key(number), a_key(number + 1)], owner=NL)
        if number % 5 == 0:
            store.destroy(commitments([a_key(number)]), owner=NL)
    store.close()


def _run(works: Sequence[tuple[Callable[..., None], tuple[object, ...]]]) -> list[int | None]:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=target, args=arguments) for target, arguments in works]
    for process in processes:
        process.start()
    for process in processes:
        process.join(100)
    return [process.exitcode for process in processes]


@pytest.mark.timeout(120)  # three processes, and each has to be loaded
def test_processes_that_write_and_destroy_at_once_agree(path: Path) -> None:
    assert [0, 0, 0] == _run([(_work, (path, 0, 40)), (_work, (path, 20, 40)), (_work, (path, 0, 40))])
    store = open_section_keys(path, REST, randomness=os.urandom)
    every = [a_key(number) for number in range(61)]
    gone = {key_commitment(a_key(number)) for number in range(0, 60, 5)}
    assert gone == store.destroyed(commitments(every), owner=NL)
    assert {key for key in every if key_commitment(key) not in gone} == set(store.get(commitments(every)).values())
    store.close()


# ── the database below ───────────────────────────────────────────────────────────────────────────────────────────────


def test_scrubbing_a_rebuilt_database_leaves_nothing_of_rows_that_were_deleted(tmp_path: Path) -> None:
    """Rows of all lengths, out of order: without rebuilding, SQLite leaves copies of some where it moved them from."""
    file, chance = tmp_path / "other.sqlite", random.Random(1)
    engine = open_engine(file)
    rows = [hashlib.shake_256(f"row {number}".encode()).digest(40 + chance.randrange(300)) for number in range(800)]
    gone = chance.sample(rows, 400)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE one (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID"))
        inserted = [{"key": row[:16], "value": row[16:]} for row in rows]
        connection.execute(text("INSERT INTO one VALUES (:key, :value)"), inserted)
    with writing(engine) as connection:
        connection.execute(text("DELETE FROM one WHERE key = :key"), [{"key": row[:16]} for row in gone])
    scrub(engine, rebuild=True)
    found = bytes_of(file)
    assert [] == [row for row in gone if any(row[at : at + 12] in found for at in range(16, len(row) - 11, 8))]
    assert 400 == sum(row[16:] in found for row in rows)
    engine.dispose()
