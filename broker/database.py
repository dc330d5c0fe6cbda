"""The one door that opens SQLite, through SQLAlchemy: durable, fair between writers, with our own errors.

Every connection runs in WAL mode with ``synchronous=FULL`` and foreign keys on, and begins its transactions itself:
the driver's own handling would begin them late, and deferred, so that two writers could deadlock.

Writers queue. SQLite lets a writer that comes back at once overtake those who sleep, so a *turn* (a lock on a file
beside the database) stands before its write lock: one writer at a time waits for SQLite, the rest wait for the turn,
and whoever has waited longest asks most often. The turn is about fairness only; safety is SQLite's own locking.

What is deleted is overwritten (``secure_delete``), and gone from the files after :func:`scrub`.
"""

import fcntl
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from broker.errors import BrokerError, DatabaseBusy, MissingFile, UnusableDatabase

BUSY_SECONDS: Final = 10.0
"""How long anyone waits for a lock before giving up."""

_FIRST_PAUSE: Final = 0.004
_LAST_PAUSE: Final = 0.0003
_SCRUB_SECONDS: Final = 0.2
"""How long one attempt to empty the WAL keeps writers waiting."""
_BEGIN: Final = "sqlite_begin"
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_UNUSABLE: Final = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_AUTH,
        sqlite3.SQLITE_NOTADB,
    }
)


def open_engine(path: Path, *, readonly: bool = False) -> Engine:
    """Open the database at *path*, made with access for its owner only if it is not there.

    Close it with ``engine.dispose()``, after every connection has been given back.

    Raises:
        MissingFile: The folder, or with *readonly* the file, is not there.
        UnusableDatabase: The file is no database, or cannot be opened.
        DatabaseBusy: Another process holds it.
    """
    _check_there(path, readonly=readonly)
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        creator=lambda: _connect(path, readonly=readonly),
        poolclass=QueuePool,
    )
    event.listen(engine, "begin", _begin)
    try:
        with reading(engine) as connection:
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection whose statements all see one state of the database.

    Raises:
        UnusableDatabase, DatabaseBusy: As :func:`translated` says.
    """
    with translated(path_of(engine)), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection that holds the write lock; commit at the end, roll back on an exception.

    Raises:
        UnusableDatabase, DatabaseBusy: As :func:`translated` says.
    """
    with (
        translated(path_of(engine)),
        engine.connect().execution_options(**{_BEGIN: "IMMEDIATE"}) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def watching(engine: Engine) -> Iterator[Connection]:
    """Give a connection that begins no transactions: each statement sees the newest state.

    Raises:
        UnusableDatabase, DatabaseBusy: As :func:`translated` says.
    """
    with translated(path_of(engine)), engine.connect() as connection:
        yield connection.execution_options(**{_BEGIN: ""})


def scrub(engine: Engine, *, rebuild: bool = False, patience_seconds: float = BUSY_SECONDS) -> None:
    """Empty the write-ahead log, so that no byte that was deleted or overwritten is left in it.

    Args:
        rebuild: Write the database anew first. Where rows grow, move or are deleted SQLite may leave copies of them in
            the unused part of a page, in spite of ``secure_delete``; rows that are only overwritten by others of
            their own length leave none. Takes time and space for the whole of the database.
        patience_seconds: How long to wait for a moment at which nobody reads an older state.

    Raises:
        DatabaseBusy: Somebody read or wrote all the time; what was deleted may still be in the log.
        UnusableDatabase: As :func:`translated` says.
    """
    deadline = time.monotonic() + patience_seconds
    with watching(engine) as connection:
        if rebuild:
            connection.exec_driver_sql("VACUUM")
        try:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={int(_SCRUB_SECONDS * 1000)}")
            while _is_log_left(connection):
                if time.monotonic() > deadline:
                    raise _busy(path_of(engine))
                time.sleep(_FIRST_PAUSE)
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")


@contextmanager
def translated(path: Path, *, into: type[BrokerError] | None = None) -> Iterator[None]:
    """Raise what SQLite says about its file and its locks as errors of ours; let every other error through.

    Args:
        path: Named in the message.
        into: Raised instead of the two below, by those who have an error of their own for both.

    Raises:
        DatabaseBusy: A lock was not to be had in time.
        UnusableDatabase: The file is damaged, read-only, out of reach or on a full disk.
    """
    try:
        yield
    except (DatabaseBusy, UnusableDatabase) as error:
        if into is None:
            raise
        raise into(str(error), hint=error.hint) from error
    except (DBAPIError, sqlite3.Error) as error:
        ours = _ours(error, path)
        if ours is None:
            raise
        raise (into or type(ours))(str(ours), hint=ours.hint) from error


def path_of(engine: Engine) -> Path:
    """Return the file that *engine* was opened on."""
    return Path(engine.url.database or "")


def _is_log_left(connection: Connection) -> bool:
    try:
        busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    except DBAPIError as error:
        if error.orig is None or _primary_code(error.orig) not in _BUSY:
            raise
        return True
    return bool(busy)


def _check_there(path: Path, *, readonly: bool) -> None:
    needed = path if readonly else path.parent
    if not needed.exists():
        raise MissingFile(f"{needed} is not there", hint="Check the path, or run the command that makes it.")


def _connect(path: Path, *, readonly: bool) -> sqlite3.Connection:
    if not readonly and not path.exists():
        _make_file(path)
    mode = "ro" if readonly else "rw"
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode={mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        if not readonly:
            _make_wal(connection)
            connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _make_file(path: Path) -> None:
    """Make an empty file for its owner only, without ever opening it under its own name.

    Closing any descriptor of a database file drops all locks that this process has on it (POSIX), and SQLite relies on
    them: that is how databases get damaged. For the same reason nobody may read the file by other means.
    """
    descriptor, made = tempfile.mkstemp(prefix=f"{path.name}-", dir=path.parent)
    os.close(descriptor)
    try:
        os.link(made, path)
    except FileExistsError:
        return  # another process was faster
    finally:
        Path(made).unlink()


def _make_wal(connection: sqlite3.Connection) -> None:
    # Two processes that both make the file: the change of mode is refused at once, whatever the busy timeout is.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(_FIRST_PAUSE)
        else:
            return


def _begin(connection: Connection) -> None:
    mode = connection.get_execution_options().get(_BEGIN, "DEFERRED")
    if mode == "IMMEDIATE":
        _begin_in_turn(connection)
    elif mode:
        connection.exec_driver_sql(f"BEGIN {mode}")


def _begin_in_turn(connection: Connection) -> None:
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError(f"expected a connection of sqlite3, not {type(driver)}")
    path = path_of(connection.engine)
    deadline = time.monotonic() + BUSY_SECONDS
    turn = os.open(f"{path}-turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take_turn(turn, path, deadline)
        _begin_immediate(driver, deadline)
    finally:
        os.close(turn)


def _take_turn(turn: int, path: Path, deadline: float) -> None:
    # Never a blocking lock: one stopped process would hang all others for ever.
    pause = _FIRST_PAUSE
    while True:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise _busy(path) from None
            time.sleep(pause)
            pause = max(pause * 0.8, _LAST_PAUSE)
        else:
            return


def _begin_immediate(driver: sqlite3.Connection, deadline: float) -> None:
    # SQLite's own waiting sleeps up to 100 ms between two looks; we are alone here, so we can look often.
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() > deadline:
                    raise
                time.sleep(_LAST_PAUSE)
            else:
                return
    finally:
        driver.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")


def _is_busy(error: sqlite3.Error) -> bool:
    return _primary_code(error) in _BUSY


def _primary_code(error: BaseException | None) -> int:
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF


def _busy(path: Path) -> DatabaseBusy:
    return DatabaseBusy(
        f"{path} stayed locked by another process for {BUSY_SECONDS:.0f} s",
        hint="Try again; if it stays so, look for a process that was stopped in the middle of writing.",
    )


def _ours(error: DBAPIError | sqlite3.Error, path: Path) -> BrokerError | None:
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = _primary_code(cause)
    if code in _BUSY:
        return _busy(path)
    if code in _UNUSABLE:
        return UnusableDatabase(
            f"{path} cannot be used: {cause}",
            hint="Check the disk's free space, the file's owner and mode, and that it is a database of ours.",
        )
    return None
