"""How far the notary read each topic, and what it read and could not log: each function in its caller's transaction."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from broker.bus.port import Delivered
from broker.errors import Gap
from broker.notary import tables
from broker.notary.judging import Refused, Waiting
from broker.types.names import Digest, KeyId

_MOST_SAYS: Final = 200
_AT_ONCE: Final = 256


class Position(msgspec.Struct, frozen=True):
    """Where to read on in a topic.

    Attributes:
        last: SHA-256 of the message before; empty where that was not had.
    """

    next: int = 0
    last: bytes = b""


class Torn(msgspec.Struct, frozen=True):
    """Part of a topic that the bus did not give; it is asked again."""

    topic: str
    start: int
    next: int


def behind(delivered: Delivered) -> Position:
    """Return the position behind a message."""
    return Position(delivered.offset + 1, hashlib.sha256(delivered.value).digest())


def load_positions(connection: Connection) -> dict[str, Position]:
    """Return where to read on, by topic."""
    return {row.topic: Position(row.next, row.last) for row in connection.execute(select(tables.position))}


def save_positions(connection: Connection, positions: Mapping[str, Position]) -> None:
    """Keep where to read on."""
    if not positions:
        return
    rows = [{"topic": topic, "next": one.next, "last": one.last} for topic, one in positions.items()]
    statement = insert(tables.position)
    changed = {"next": statement.excluded.next, "last": statement.excluded.last}
    connection.execute(statement.on_conflict_do_update(index_elements=["topic"], set_=changed), rows)


def enter_waiting(connection: Connection, waiting: Sequence[Waiting]) -> None:
    """Keep messages that wait; of the same copy one, whatever it waits for now."""
    if not waiting:
        return
    rows = [msgspec.structs.asdict(one) for one in waiting]
    statement = insert(tables.waiting)
    changed = {"key": statement.excluded.key, "code": statement.excluded.code}
    connection.execute(statement.on_conflict_do_update(index_elements=["copy"], set_=changed), rows)


def enter_refused(connection: Connection, refused: Sequence[Refused]) -> None:
    """Note what never can be logged, and why."""
    if refused:
        rows = [msgspec.structs.asdict(one) | {"says": one.says[:_MOST_SAYS]} for one in refused]
        connection.execute(insert(tables.refused).on_conflict_do_nothing(), rows)


def count_waiting(connection: Connection) -> int:
    """Return how many messages wait."""
    return connection.scalar(select(func.count()).select_from(tables.waiting)) or 0


def awaited_keys(connection: Connection) -> list[KeyId]:
    """Return the keys that messages wait for."""
    return [KeyId(key) for key in connection.scalars(select(tables.waiting.c.key).distinct())]


def load_waiting(connection: Connection, keys: Sequence[KeyId]) -> Iterator[list[Waiting]]:
    """Yield the messages that wait for one of *keys*, page by page; their order is that of the bus."""
    here = tables.waiting.c
    wanted = [key for start in range(0, len(keys), _AT_ONCE) for key in keys[start : start + _AT_ONCE]]
    for key in wanted:
        rows = connection.execute(select(tables.waiting).where(here.key == key).order_by(here.topic, here.offset))
        for page in rows.partitions(_AT_ONCE):
            yield [
                Waiting(row.topic, row.offset, row.envelope, Digest(row.copy), KeyId(row.key), row.code) for row in page
            ]


def known_copies(connection: Connection, copies: Sequence[Digest]) -> frozenset[Digest]:
    """Return those of at most 256 copies that are kept already."""
    here = tables.waiting.c.copy
    return (
        frozenset(Digest(one) for one in connection.scalars(select(here).where(here.in_(copies))))
        if copies
        else frozenset()
    )


def load_taken(connection: Connection) -> dict[str, tuple[int, int]]:
    """Return how many messages of each topic wait, and their bytes."""
    here = tables.waiting.c
    sizes = select(here.topic, func.count(), func.sum(func.length(here.envelope))).group_by(here.topic)
    return {topic: (count, size) for topic, count, size in connection.execute(sizes)}


def defer(connection: Connection, topic: str, start: int, end: int) -> None:
    """Note that messages from *start* up to *end* are to be read again; one stretch a topic, with all between."""
    statement = insert(tables.deferred).values({"topic": topic, "start": start, "next": end})
    new, here = statement.excluded, tables.deferred.c
    wider = {"start": func.min(here.start, new.start), "next": func.max(here.next, new.next)}
    connection.execute(statement.on_conflict_do_update(index_elements=["topic"], set_=wider))


def load_deferred(connection: Connection) -> list[Torn]:
    """Return what is to be read again."""
    rows = connection.execute(select(tables.deferred).order_by(tables.deferred.c.topic))
    return [Torn(row.topic, row.start, row.next) for row in rows]


def end_deferred(connection: Connection, topic: str) -> None:
    """Forget what was to be read again: none of it waits any more without being kept."""
    connection.execute(delete(tables.deferred).where(tables.deferred.c.topic == topic))


def end_waiting(connection: Connection, copies: Collection[Digest]) -> None:
    """Forget messages that wait no more."""
    if copies:
        connection.execute(delete(tables.waiting).where(tables.waiting.c.copy.in_(copies)))


def tear(connection: Connection, gap: Gap) -> None:
    """Note a part of a topic that the bus does not give."""
    row = {"topic": gap.topic, "start": gap.start, "next": gap.next, "code": gap.code}
    connection.execute(insert(tables.gap).values(row).on_conflict_do_nothing())


def load_torn(connection: Connection) -> list[Torn]:
    """Return the parts of topics that were not had."""
    rows = connection.execute(select(tables.gap).order_by(tables.gap.c.topic, tables.gap.c.start))
    return [Torn(row.topic, row.start, row.next) for row in rows]


def mend(connection: Connection, torn: Torn) -> None:
    """Forget a gap: all of it was had."""
    here = tables.gap.c
    connection.execute(delete(tables.gap).where(here.topic == torn.topic, here.start == torn.start))
