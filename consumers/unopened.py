"""The RELEASE messages that had nothing for a node: tried again when a key becomes known that may open one.

Nobody sees whom a RELEASE is for. So one that came before the entry of its issuer's sealing key, or before this node
had a private half back, looks like the many that are for others. With each stands what it was tried with.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from broker.admit import Verified
from broker.directory.directory import Directory
from broker.directory.index import EnrolledKey
from broker.sealing.keys import SealingKey
from broker.types.names import Digest, KeyId, Participant, participant_of
from broker.types.time import to_micros
from consumers import store

AT_ONCE: Final = 64
_COLUMNS: Final[tuple[ColumnElement[Any], ...]] = (
    store.unopened.c.digest,
    store.message.c.envelope,
    store.message.c.late,
)
_GROUP: Final[tuple[ColumnElement[Any], ...]] = (store.unopened.c.participant, store.unopened.c.tried)
_GROUP_COLUMNS: Final[tuple[ColumnElement[Any], ...]] = (
    *_GROUP,
    func.min(store.unopened.c.issued_at).label("first"),
    func.max(store.unopened.c.issued_at).label("last"),
)


def note(connection: Connection, verified: Verified, tried: frozenset[KeyId]) -> None:
    """Note that a RELEASE had nothing for this node with the keys *tried*."""
    row = {
        "digest": verified.opened.digest,
        "participant": participant_of(verified.header.originator),
        "issued_at": to_micros(verified.header.issued_at),
        "tried": _text(tried),
    }
    statement = insert(store.unopened).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["digest"], set_={"tried": row["tried"]}))


def add_tried(connection: Connection, digest: Digest, key: KeyId) -> None:
    """Note that a RELEASE has been tried with one more key, whatever came of it."""
    here = store.unopened.c.digest == digest
    tried = connection.scalar(select(store.unopened.c.tried).where(here))
    if tried is not None:
        more = " ".join(sorted({*tried.split(), key.hex()}))
        connection.execute(update(store.unopened).where(here).values(tried=more))


def forget(connection: Connection, digest: Digest) -> None:
    """Note that a RELEASE has been opened."""
    connection.execute(delete(store.unopened).where(store.unopened.c.digest == digest))


def openable(
    connection: Connection, directory: Directory, keyring: Iterable[SealingKey]
) -> tuple[KeyId, list[Row[Any]]] | None:
    """Return a key that some have not been tried with and may open, and the next few of them; None for no more.

    Returns:
        Rows with ``digest``, ``envelope`` and ``late``.
    """
    for group, key in _untried(connection, directory, keyring):
        here = store.unopened.c
        wanted = (
            select(*_COLUMNS)
            .join(store.message, store.message.c.digest == here.digest)
            .where(here.participant == group.participant, here.tried == group.tried)
            .where(here.issued_at >= to_micros(key.valid_from), here.issued_at < to_micros(key.valid_to))
            .limit(AT_ONCE)
        )
        rows = list(connection.execute(wanted))
        if rows:
            return key.id, rows
    return None


def _untried(
    connection: Connection, directory: Directory, keyring: Iterable[SealingKey]
) -> Iterator[tuple[Row[Any], EnrolledKey]]:
    """Yield what was tried with the same keys, and one more key that was valid when some of that was issued."""
    rows = list(connection.execute(select(*_GROUP_COLUMNS).group_by(*_GROUP)))
    if not rows:
        return
    mine = [key for one in keyring if (key := directory.key(one.id)) is not None]
    theirs: dict[Participant, list[EnrolledKey]] = {}
    for node, keys in directory.parts.sealing.items():
        theirs.setdefault(participant_of(node), []).extend(keys)
    for group in rows:
        tried = set(group.tried.split())
        for key in (*theirs.get(group.participant, ()), *mine):
            overlaps = to_micros(key.valid_from) <= group.last and group.first < to_micros(key.valid_to)
            if overlaps and key.id.hex() not in tried:
                yield group, key


def _text(tried: frozenset[KeyId]) -> str:
    return " ".join(sorted(one.hex() for one in tried))
