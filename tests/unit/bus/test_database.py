import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, OperationalError

from broker import database
from broker.database import open_engine, reading, translated, watching, writing
from broker.errors import BusUnavailable, DatabaseBusy, MissingFile, UnusableDatabase


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(tmp_path / "a ?#%.sqlite")
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE t (n INTEGER PRIMARY KEY, p INTEGER REFERENCES t)")
    yield engine
    engine.dispose()


def numbers(engine: Engine) -> list[int]:
    with reading(engine) as connection:
        return [row[0] for row in connection.exec_driver_sql("SELECT n FROM t ORDER BY n")]


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 10_000)]
)
def test_every_connection_is_durable_and_strict(engine: Engine, pragma: str, value: str | int) -> None:
    with writing(engine) as connection:
        assert value == connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one()
    with reading(engine) as connection:
        assert value == connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one()


def test_the_file_is_for_its_owner_only(engine: Engine) -> None:
    assert 0o600 == stat.S_IMODE(database.path_of(engine).stat().st_mode)


def test_an_exception_rolls_everything_back(engine: Engine) -> None:
    def fail() -> None:
        with writing(engine) as connection:
            connection.exec_driver_sql("INSERT INTO t VALUES (1, NULL)")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert [] == numbers(engine)


def test_a_writer_holds_the_lock_from_its_beginning(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.02)
    with writing(engine), pytest.raises(DatabaseBusy), writing(engine):
        pass
    with writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1, NULL)")
    assert [1] == numbers(engine)


def test_a_reader_sees_one_state_while_another_writes(engine: Engine) -> None:
    with reading(engine) as reader, watching(engine) as watcher:
        count = "SELECT count(*) FROM t"
        assert 0 == reader.exec_driver_sql(count).scalar_one()
        with writing(engine) as writer:
            writer.exec_driver_sql("INSERT INTO t VALUES (1, NULL)")
        assert (0, 1) == (reader.exec_driver_sql(count).scalar_one(), watcher.exec_driver_sql(count).scalar_one())


def test_a_constraint_is_the_callers_business(engine: Engine) -> None:
    with pytest.raises(IntegrityError), writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1, 99)")


def test_a_mistake_in_a_statement_is_not_dressed_up(engine: Engine) -> None:
    with pytest.raises(OperationalError), reading(engine) as connection:
        connection.exec_driver_sql("SELECT nothing FROM nowhere")


def test_a_full_disk_is_said_so(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=3")
    with pytest.raises(UnusableDatabase, match="full"), writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE big AS SELECT zeroblob(100000) AS b")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"surely no database" * 100)
    with pytest.raises(UnusableDatabase):
        open_engine(tmp_path / "x")


def test_missing_folders_and_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        open_engine(tmp_path / "no" / "x.sqlite")
    with pytest.raises(MissingFile):
        open_engine(tmp_path / "x.sqlite", readonly=True)
    assert [] == list(tmp_path.iterdir())


def test_readonly_reads_and_refuses_to_write(engine: Engine) -> None:
    other = open_engine(database.path_of(engine), readonly=True)
    assert [] == numbers(other)
    with pytest.raises(UnusableDatabase, match="readonly"), writing(other) as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1, NULL)")
    other.dispose()


def test_errors_can_be_given_another_kind(tmp_path: Path) -> None:
    with pytest.raises(BusUnavailable), translated(tmp_path, into=BusUnavailable):
        raise DatabaseBusy("x")
    busy = sqlite3.OperationalError("database is locked")
    busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
    with pytest.raises(BusUnavailable), translated(tmp_path, into=BusUnavailable):
        raise busy


def test_opening_again_does_not_drop_this_processs_locks(engine: Engine) -> None:
    path = database.path_of(engine)
    numbers(engine)
    again = open_engine(path)
    code = "import sys, sqlite3; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM t').fetchall(); c.close()"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    # Without our locks the other process takes itself for the last one, and removes what we are writing to.
    assert path.with_name(f"{path.name}-wal").exists()
    again.dispose()


def test_many_openers_of_a_new_file_and_many_writers_all_succeed(tmp_path: Path) -> None:
    def work(name: int) -> None:
        engine = open_engine(tmp_path / "new.sqlite")
        with writing(engine) as connection:
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS t (n INTEGER)")
        for _ in range(10):
            with writing(engine) as connection:
                connection.exec_driver_sql("INSERT INTO t VALUES (?)", (name,))
        engine.dispose()

    threads = [threading.Thread(target=work, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine = open_engine(tmp_path / "new.sqlite")
    assert sorted(list(range(6)) * 10) == sorted(numbers(engine))
    engine.dispose()
