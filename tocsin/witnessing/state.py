"""What a witness remembers: the head that it cosigned last of each log, and what it refused that may be proof.

Looking at the old head and putting the new one in its place is one transaction that holds the write lock, so that of
two requests at once, in two processes too, the later one meets the head of the earlier. The lock is the database's, so
all who witness under one key have to share one file, on a disk of their own machine.

A memory from a backup, or a lost one, is no memory: the witness then cosigns whatever grew out of what it still knows.
"""

from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    insert,
    inspect,
    select,
)

from broker.database import open_engine, path_of, reading, writing
from broker.errors import SplitView, StaleDatabase
from broker.log.tree import TreeHead
from broker.log.witness import Objection, Submission, check_growth, format_request
from broker.merkle import Hash

VERSION: Final = 1
"""Of the tables; a file says it in ``user_version``, and one of another version is not touched."""
MOST_REFUSED: Final = 64
"""Refused checkpoints that are kept of one log and one suspicion; each is at most two notes long."""

metadata: Final = MetaData()

cosigned_head: Final = Table(
    "cosigned_head",
    metadata,
    Column("origin", Text, primary_key=True, doc="which log"),
    Column("size", Integer, nullable=False, doc="number of leaves"),
    Column("root", LargeBinary, nullable=False, doc="32 bytes"),
    Column("note", LargeBinary, nullable=False, doc="the checkpoint as it was submitted, exact bytes"),
    Column("cosigned_at", Integer, nullable=False, doc="what the cosignature says, seconds since 1970"),
)

refused_checkpoint: Final = Table(
    "refused_checkpoint",
    metadata,
    Column("id", Integer, primary_key=True, doc="order of arrival"),
    Column("origin", Text, nullable=False, doc="which log"),
    Column("code", Text, nullable=False, doc="the error that it may be proof of"),
    Column("size", Integer, nullable=False, doc="number of leaves"),
    Column("root", LargeBinary, nullable=False, doc="32 bytes"),
    Column("request", LargeBinary, nullable=False, doc="the whole request: proof and checkpoint, exact bytes"),
    Column("cosigned_note", LargeBinary, nullable=False, doc="the checkpoint that had been cosigned, exact bytes"),
    Column("refused_at", Integer, nullable=False, doc="seconds since 1970"),
    UniqueConstraint("origin", "code", "size", "root"),
)


class CosignedHead(msgspec.Struct, frozen=True):
    """The last checkpoint of a log that was cosigned.

    Attributes:
        note: As it was submitted, exact bytes.
        at: What the cosignature says, seconds since 1970.
    """

    origin: str
    head: TreeHead
    note: bytes
    at: int


class RefusedCheckpoint(msgspec.Struct, frozen=True):
    """A checkpoint that a trusted key signed and that was not cosigned.

    Attributes:
        code: ``split-view``: together with *cosigned_note* it is proof. ``not-consistent``: nobody has shown how it
            grew out of what was seen; anybody can send a wrong proof, so this may be the client's fault.
        request: All of it, exact bytes.
        cosigned_note: The checkpoint that had been cosigned before, exact bytes; empty for none.
        at: Seconds since 1970.
    """

    origin: str
    code: str
    head: TreeHead
    request: bytes
    cosigned_note: bytes
    at: int


class WitnessState:
    """The memory of one witness; several threads and processes may use it at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def advance(self, submission: Submission, now: int) -> int | Objection:
        """Put the head of a submission in the place of the one before, for good.

        Args:
            now: Seconds since 1970.

        Returns:
            The time to cosign it with, *now* or that of the newest cosignature, whichever is later; or what stands
            against it. What may be proof of a fault of the log is kept.

        Raises:
            UnusableDatabase, DatabaseBusy: Nothing was kept.
        """
        with writing(self._engine) as connection:
            row = connection.execute(
                select(cosigned_head).where(cosigned_head.c.origin == submission.checkpoint.origin)
            ).one_or_none()
            objection = check_growth(submission, None if row is None else _head(row))
            if objection is not None:
                if objection.suspicion:
                    _keep_refused(connection, submission, objection.suspicion, b"" if row is None else row.note, now)
                return objection
            at = max(now, connection.scalar(select(func.max(cosigned_head.c.cosigned_at))) or 0)
            _keep_head(connection, submission, at)
        return at

    def heads(self) -> tuple[CosignedHead, ...]:
        """Return what was cosigned last of each log, by origin."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(cosigned_head).order_by(cosigned_head.c.origin))
            return tuple(CosignedHead(row.origin, _head(row), row.note, row.cosigned_at) for row in rows)

    def refused(self) -> tuple[RefusedCheckpoint, ...]:
        """Return what was refused and may be proof of a fault, oldest first."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(refused_checkpoint).order_by(refused_checkpoint.c.id))
            return tuple(
                RefusedCheckpoint(row.origin, row.code, _head(row), row.request, row.cosigned_note, row.refused_at)
                for row in rows
            )

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()


def open_witness_state(path: Path) -> WitnessState:
    """Open the memory of a witness in the file *path*, made for its owner only if it is not there; close it after use.

    Raises:
        MissingFile: The folder is not there.
        StaleDatabase: Another version made it, or another program.
        UnusableDatabase, DatabaseBusy: It cannot be used.
    """
    engine = open_engine(path)
    try:
        _make_tables(engine)
    except BaseException:
        engine.dispose()
        raise
    return WitnessState(engine)


def _keep_head(connection: Connection, submission: Submission, at: int) -> None:
    head = submission.checkpoint
    connection.execute(delete(cosigned_head).where(cosigned_head.c.origin == head.origin))
    connection.execute(
        insert(cosigned_head).values(
            origin=head.origin, size=head.size, root=head.root, note=submission.request.checkpoint, cosigned_at=at
        )
    )
    # Where a wrong proof came for this head it was the client's fault, as the right one shows.
    connection.execute(delete(refused_checkpoint).where(*_same(submission)))


def _keep_refused(connection: Connection, submission: Submission, code: str, cosigned_note: bytes, now: int) -> None:
    """Keep a refused checkpoint, once."""
    here = refused_checkpoint.c
    if connection.scalar(select(here.id).where(*_same(submission), here.code == code)) is not None:
        return
    kind = (here.origin == submission.checkpoint.origin, here.code == code)
    kept = connection.scalars(select(here.id).where(*kind).order_by(here.id)).all()
    if len(kept) >= MOST_REFUSED:
        if code == SplitView.code:
            return  # what is proof for good is never displaced, and there is enough of it
        connection.execute(delete(refused_checkpoint).where(here.id == kept[0]))
    connection.execute(
        insert(refused_checkpoint).values(
            origin=submission.checkpoint.origin,
            code=code,
            size=submission.checkpoint.size,
            root=submission.checkpoint.root,
            request=format_request(submission.request),
            cosigned_note=cosigned_note,
            refused_at=now,
        )
    )


def _same(submission: Submission) -> tuple[ColumnElement[bool], ...]:
    head, here = submission.checkpoint, refused_checkpoint.c
    return here.origin == head.origin, here.size == head.size, here.root == head.root


def _head(row: Row[Any]) -> TreeHead:
    return TreeHead(row.size, Hash(row.root))


def _make_tables(engine: Engine) -> None:
    with reading(engine) as connection:
        version = _version(connection)
    if version == VERSION:
        return
    with writing(engine) as connection:
        # Another process may have been faster.
        if _version(connection) == VERSION:
            return
        if _version(connection) or inspect(connection).get_table_names():
            raise _stale(engine)
        metadata.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA user_version={VERSION}")


def _version(connection: Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def _stale(engine: Engine) -> StaleDatabase:
    return StaleDatabase(
        f"{path_of(engine).name} is no memory of a witness, or another version's; this program is at {VERSION}",
        hint="Use the version that made it. A witness that forgets what it has seen must not go on under the same key.",
    )
