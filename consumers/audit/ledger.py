"""What an audit has found out so far, on disk: so that memory stays flat, and an interrupted audit goes on.

Each piece of work is entered in one transaction, together with the note that it is done. Nothing in here is secret: it
has digests and names, no content; only HEADS are kept whole.
"""

import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Connection, Engine

from broker.database import open_engine, reading, writing
from broker.errors import StaleDatabase
from broker.types.names import Digest
from consumers.audit import tables
from consumers.audit.units import Bundles, LeavesResult, Part, PartResult

T = TypeVar("T", str, bytes)

_ROWS_AT_ONCE: Final = 2000


_HOLDS: Final = "SELECT 1 FROM message WHERE digest = ? UNION ALL SELECT 1 FROM broken WHERE digest = ? LIMIT 1"


class Ledger:
    """The working ledger of one audit."""

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        """Open the ledger at *path*; it is made if it is not there and not only to be read.

        Raises:
            StaleDatabase: The file is something else, or of another version.
            UnusableDatabase, MissingFile: As ``broker.database`` says.
        """
        self.path: Final = path
        self._engine: Engine = open_engine(path, readonly=readonly)
        try:
            if not readonly:
                self._prepare()
        except BaseException:
            self._engine.dispose()
            raise
        self._streams: dict[str, int] = {}
        self._signers: dict[bytes, int] = {}
        weakref.finalize(self, self._engine.dispose)

    def close(self) -> None:
        """Give the file back; reading again opens it again."""
        self._engine.dispose()

    # ── what has been done ───────────────────────────────────────────────────────────────────────────────────────────

    def keep(self, name: str, value: bytes) -> None:
        """Keep something that does not change while the audit runs."""
        with writing(self._engine) as connection:
            connection.exec_driver_sql("INSERT INTO about (name, value) VALUES (?, ?)", (name, value))

    def kept(self, name: str) -> bytes | None:
        """Return what was kept under *name*."""
        found = self._one("SELECT value FROM about WHERE name = ?", name)
        return None if found is None else bytes(found)

    def done(self, piece: Part | Bundles) -> int | None:
        """Return how many messages a piece of work that was entered had; None where it was not."""
        found = self._one("SELECT read FROM done WHERE piece = ?", _name(piece))
        return None if found is None else int(found)

    def enter(self, piece: Part | Bundles, result: PartResult | LeavesResult) -> None:
        """Enter what came of a piece of work, and that it is done: both or nothing."""
        with writing(self._engine) as connection:
            if isinstance(result, PartResult):
                self._enter_messages(connection, result)
                read = result.read
            else:
                self._enter_leaves(connection, result)
                read = len(result.leaves)
            connection.exec_driver_sql("INSERT OR REPLACE INTO done (piece, read) VALUES (?, ?)", (_name(piece), read))

    def index(self) -> None:
        """Make it quick to look things up: once, behind the last piece."""
        with writing(self._engine) as connection:
            for statement in filter(str.strip, tables.INDEXES.split(";")):
                connection.exec_driver_sql(statement)

    # ── what was found ───────────────────────────────────────────────────────────────────────────────────────────────

    def rows(self, statement: str, *values: object) -> Iterator[Any]:
        """Yield what a query comes to, row by row, in one state of the ledger."""
        with reading(self._engine) as connection:
            found = connection.execution_options(yield_per=_ROWS_AT_ONCE).exec_driver_sql(statement, values)
            yield from found

    def row(self, statement: str, *values: object) -> Any:
        """Return the first row that a query comes to; None for nothing."""
        with reading(self._engine) as connection:
            return connection.exec_driver_sql(statement, values).first()

    def stream(self, number: int) -> str:
        """Return the name of a stream."""
        return str(self._one("SELECT name FROM stream WHERE id = ?", number))

    def holds(self, digest: Digest) -> bool:
        """Say whether a message is on the bus, valid or not."""
        return self._one(_HOLDS, digest, digest) is not None

    def number(self, statement: str, *values: object) -> int:
        """Return the one number that a query comes to; 0 for nothing."""
        return int(self._one(statement, *values) or 0)

    def change(self, work: Callable[[Connection], None]) -> None:
        """Let *work* change the ledger in one transaction."""
        with writing(self._engine) as connection:
            work(connection)

    def _one(self, statement: str, *values: object) -> Any:
        with reading(self._engine) as connection:
            return connection.exec_driver_sql(statement, values).scalar()

    def _prepare(self) -> None:
        with writing(self._engine) as connection:
            there = set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars())
            if not there:
                for statement in filter(str.strip, tables.TABLES.split(";")):
                    connection.exec_driver_sql(statement)
                connection.exec_driver_sql(f"PRAGMA user_version = {tables.VERSION}")
            elif "done" not in there or connection.exec_driver_sql("PRAGMA user_version").scalar() != tables.VERSION:
                raise StaleDatabase(
                    f"{self.path.name} is not the work of an audit of this version",
                    hint="Name another file, which is made anew.",
                )

    def _enter_messages(self, connection: Connection, result: PartResult) -> None:
        streams = _ids(connection, tables.STREAMS, self._streams, (row.stream for row in result.messages))
        signers = _ids(connection, tables.SIGNERS, self._signers, (row.signers for row in result.messages))
        rows = [
            (
                row.place,
                row.digest,
                streams[row.stream],
                row.sequence,
                row.previous,
                row.issued_at,
                row.outline,
                signers[row.signers],
                row.is_whole,
            )
            for row in result.messages
        ]
        _many(connection, tables.MESSAGE, rows)
        _many(connection, tables.BROKEN, [_values(row) for row in result.broken])
        _many(connection, tables.SAID, [_values(row) for row in result.said])
        _many(connection, tables.MISSING, [_values(row) for row in result.missing])
        _many(connection, tables.SPOKEN, [(name, *times) for name, times in result.spoken.items()])

    def _enter_leaves(self, connection: Connection, result: LeavesResult) -> None:
        streams = _ids(connection, tables.STREAMS, self._streams, (row.stream for row in result.leaves))
        rows = [
            (row.index, row.digest, streams[row.stream], row.sequence, row.seen_at, row.federation)
            for row in result.leaves
        ]
        _many(connection, tables.LEAF, rows)
        _many(connection, tables.TILE_ROOT, list(result.roots.items()))
        _many(connection, tables.FLAW, [_values(row) for row in result.flaws])
        _many(connection, tables.MALFORMED, list(result.malformed))


def temporary_ledger() -> Ledger:
    """Return a ledger that goes when nobody holds it any more."""
    folder = Path(tempfile.mkdtemp(prefix="tocsin-audit-"))
    ledger = Ledger(folder / "ledger.sqlite")
    weakref.finalize(ledger, shutil.rmtree, folder, ignore_errors=True)
    return ledger


def remove_ledger(path: Path) -> None:
    """Remove a ledger whose work is done, and what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm", "-turn"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _ids(connection: Connection, statements: tuple[str, str], known: dict[T, int], wanted: Iterable[T]) -> dict[T, int]:
    """Return *known* with the numbers of those in *wanted* that it lacks."""
    enter, find = statements
    for one in set(wanted) - known.keys():
        connection.exec_driver_sql(enter, (one,))
        known[one] = connection.exec_driver_sql(find, (one,)).scalar_one()
    return known


def _name(piece: Part | Bundles) -> str:
    if isinstance(piece, Part):
        return f"{piece.topic}@{piece.start}-{piece.end}"
    return f"log@{piece.start}-{piece.end}"


def _values(row: msgspec.Struct) -> tuple[Any, ...]:
    return msgspec.structs.astuple(row)


def _many(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        connection.exec_driver_sql(statement, list(rows))
