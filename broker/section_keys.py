"""A node's section keys: sealed at rest, apart from its database and its backups, and really gone once destroyed.

A row is never deleted, moved or made longer: destroying overwrites its sealed key with zeros of the same length, where
it stands. The row stays as a tombstone, also for a key that never came, so that a key which arrives later, in a RELEASE
that is read again, stays destroyed.

A key is kept for the participant whose messages it opens. Everybody sees which keys a header names, and may name them
in a header of his own; whatever becomes of his message, the keys of others stay.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    insert,
    inspect,
    select,
    update,
)

from broker.database import open_engine, path_of, reading, scrub, writing
from broker.errors import BrokenSeal, MissingKey, StaleDatabase, UnusableDatabase
from broker.sealing.chunks import KEY_BYTES
from broker.sealing.rest import NONCE_BYTES, RestKey
from broker.sealing.section import key_commitment
from broker.types.names import ZERO_DIGEST, Digest, Participant

_AT_ONCE: Final = 500
"""Commitments in one statement; SQLite takes 999 at least."""

metadata: Final = MetaData()

section_key: Final = Table(
    "section_key",
    metadata,
    Column("id", Integer, primary_key=True, doc="order of arrival; ever growing, so that no row is ever moved"),
    Column("commitment", LargeBinary, nullable=False, doc="key commitment, 32 bytes, as in the header"),
    Column("owner", Text, nullable=False, doc="the participant whose messages it opens"),
    Column("sealed", LargeBinary, nullable=False, doc="the key, sealed at rest; zeros once destroyed"),
    Column("destroyed", Boolean, nullable=False, doc="a tombstone: the key is gone and never comes back"),
    UniqueConstraint("commitment", "owner"),
)

rest_check: Final = Table(
    "rest_check",
    metadata,
    Column("id", Integer, primary_key=True, doc="1"),
    Column(
        "sealed", LargeBinary, nullable=False, doc="32 zeros sealed at rest: shows whether a store key is this one's"
    ),
)


VERSION: Final = 1
"""Of the tables; a store says it in ``user_version``, and one of another version is not touched."""

_COLUMNS: Final = {table.name: frozenset(table.columns.keys()) for table in metadata.tables.values()}


class SectionKeys:
    """The key store of one node; several processes may use it at once."""

    def __init__(self, engine: Engine, rest: RestKey, *, randomness: Callable[[int], bytes]) -> None:
        self._engine = engine
        self._rest = rest
        self._randomness = randomness

    def get(self, commitments: Collection[Digest], *, owner: Participant | None = None) -> dict[Digest, bytes]:
        """Return those of the keys that are here.

        Args:
            owner: The participant whose messages they are to open; None where nobody else can have named them.

        Raises:
            UnusableDatabase: A key does not open, so the file is damaged.
        """
        with reading(self._engine) as connection:
            return {
                row.commitment: self._open(row.commitment, row.sealed)
                for row in _rows(connection, commitments, owner)
                if not row.destroyed
            }

    def put(self, keys: Iterable[bytes], *, owner: Participant) -> None:
        """Keep *keys* of messages of *owner*; one that was destroyed stays destroyed."""
        found = {key_commitment(key): key for key in keys}
        if not found:
            return
        with writing(self._engine) as connection:
            for row in _rows(connection, found, owner):
                del found[row.commitment]
            _enter(connection, [self._row(commitment, owner, key) for commitment, key in found.items()])

    def keyed_digests(self, tag: bytes) -> Callable[[bytes], Digest]:
        """Return digests under a key of their own, see :meth:`broker.sealing.rest.RestKey.keyed_digests`."""
        return self._rest.keyed_digests(tag)

    def destroy(self, commitments: Collection[Digest], *, owner: Participant) -> None:
        """Overwrite keys of messages of *owner* on the disk, and never take them again; also those that are not here.

        Raises:
            DatabaseBusy: They are destroyed, but somebody reads all the time: bytes may be left; destroy them again.
        """
        if not commitments:
            return
        with writing(self._engine) as connection:
            found = {row.commitment: row for row in _rows(connection, commitments, owner)}
            standing = [row for row in found.values() if not row.destroyed]
            if standing:
                zeros = [{"row": row.id, "zeros": bytes(len(row.sealed))} for row in standing]
                connection.execute(_OVERWRITE, zeros)
            strangers = dict.fromkeys(one for one in commitments if one not in found)
            tombstone = {"owner": owner, "sealed": b"", "destroyed": True}
            _enter(connection, [{"commitment": one, **tombstone} for one in strangers])
        # Also where all were destroyed before: an earlier attempt may have ended here.
        scrub(self._engine)

    def destroyed(self, commitments: Collection[Digest], *, owner: Participant) -> frozenset[Digest]:
        """Return those of the keys of messages of *owner* that were destroyed."""
        with reading(self._engine) as connection:
            return frozenset(Digest(row.commitment) for row in _rows(connection, commitments, owner) if row.destroyed)

    def count(self) -> tuple[int, int]:
        """Return how many keys are here, and how many tombstones."""
        statement = select(func.count(), func.coalesce(func.sum(section_key.c.destroyed), 0)).select_from(section_key)
        with reading(self._engine) as connection:
            rows, tombstones = connection.execute(statement).one()
        return rows - tombstones, int(tombstones)

    def check(self) -> None:
        """Check that the store was sealed under this store key; a new one is from now on.

        Raises:
            MissingKey: It was sealed under another one.
        """
        sealed = self._checked_seal()
        try:
            self._rest.open(sealed, commitment=ZERO_DIGEST)
        except BrokenSeal:
            raise MissingKey(
                f"the key store {path_of(self._engine).name} was sealed under another store key",
                hint="Bring that one back from a copy; without it no key in the store can be opened by anybody.",
            ) from None

    def close(self) -> None:
        """Close the store's file."""
        self._engine.dispose()

    def _checked_seal(self) -> bytes:
        statement = select(rest_check.c.sealed)
        with reading(self._engine) as connection:
            sealed: bytes | None = connection.scalar(statement)
        if sealed is None:
            with writing(self._engine) as connection:
                # Another process may have been faster.
                sealed = connection.scalar(statement)
                if sealed is None:
                    sealed = self._seal(ZERO_DIGEST, bytes(KEY_BYTES))
                    connection.execute(insert(rest_check).values(id=1, sealed=sealed))
        return sealed

    def _row(self, commitment: Digest, owner: Participant, key: bytes) -> dict[str, object]:
        return {"commitment": commitment, "owner": owner, "sealed": self._seal(commitment, key), "destroyed": False}

    def _seal(self, commitment: Digest, key: bytes) -> bytes:
        return self._rest.seal(key, commitment=commitment, nonce=self._randomness(NONCE_BYTES))

    def _open(self, commitment: Digest, sealed: bytes) -> bytes:
        try:
            return self._rest.open(sealed, commitment=commitment)
        except BrokenSeal:
            raise UnusableDatabase(
                f"the key {commitment.hex()[:16]}… in {path_of(self._engine).name} does not open: the file is damaged",
                hint="Bring the key store back from a copy, or ask the originators to release their messages again.",
            ) from None


_OVERWRITE: Final = (
    update(section_key).where(section_key.c.id == bindparam("row")).values(sealed=bindparam("zeros"), destroyed=True)
)


def open_section_keys(path: Path, rest: RestKey, *, randomness: Callable[[int], bytes]) -> SectionKeys:
    """Open the key store in the file *path*, made for its owner only if it is not there; close it after use.

    Raises:
        MissingFile: The folder is not there.
        MissingKey: It was sealed under another store key.
        StaleDatabase: Another version made it, or another program.
        UnusableDatabase, DatabaseBusy: It cannot be used.
    """
    engine = open_engine(path)
    try:
        _make_tables(engine)
        store = SectionKeys(engine, rest, randomness=randomness)
        store.check()
    except BaseException:
        engine.dispose()
        raise
    return store


def _make_tables(engine: Engine) -> None:
    with reading(engine) as connection:
        is_whole = _version(connection) == VERSION
    if is_whole:
        return
    with writing(engine) as connection:
        # Another process may have been faster.
        version, columns = _version(connection), _columns(connection)
        if version == VERSION:
            return
        # The first stores did not say their version.
        if version or (columns and columns != _COLUMNS):
            raise _stale(path_of(engine))
        metadata.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA user_version={VERSION}")


def _version(connection: Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def _columns(connection: Connection) -> dict[str, frozenset[str]]:
    """Return the names of the columns of all tables in the file."""
    inspector = inspect(connection)
    return {name: frozenset(one["name"] for one in inspector.get_columns(name)) for name in inspector.get_table_names()}


def _stale(path: Path) -> StaleDatabase:
    return StaleDatabase(
        f"{path.name} is a key store of another version, or no key store; this program is at version {VERSION}",
        hint="Use the version that made it. Without one, move it away and keep it: a new one is made, and the "
        "originators have to release their messages again.",
    )


def _rows(
    connection: Connection, commitments: Collection[Digest], owner: Participant | None = None
) -> Iterator[Row[Any]]:
    wanted = list(commitments)
    statement = select(section_key) if owner is None else select(section_key).where(section_key.c.owner == owner)
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        yield from connection.execute(statement.where(section_key.c.commitment.in_(some)))


def _enter(connection: Connection, rows: Sequence[dict[str, object]]) -> None:
    if rows:
        connection.execute(insert(section_key), rows)
