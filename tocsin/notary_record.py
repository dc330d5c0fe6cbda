"""What a notary's journal says, only looked at: how far it is, what waits, what it refused, who told two stories."""

from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, Table, func, inspect, select

from broker.database import reading
from broker.notary import tables
from broker.types.names import MessageName, parse_stream

SHOWN: Final = 20


class RefusedMessage(msgspec.Struct, frozen=True):
    """Something on the bus that never can be logged."""

    topic: str
    offset: int
    code: str
    says: str


class TwoStories(msgspec.Struct, frozen=True):
    """Two validly signed messages under one name, by their places in the log."""

    message: str
    first: int
    second: int


class SeenElsewhere(msgspec.Struct, frozen=True):
    """A witness that has seen another log under this notary's key."""

    witness: str
    size: int
    says: str


class NotaryRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a journal says.

    Attributes:
        entries: All, those included that no checkpoint covers yet.
        signed: Size of the newest checkpoint.
        waiting: How many messages wait for the directory, by what they lack.
        refused: How many were refused, by code.
        newest_refused: The last of them.
        gaps: Parts of topics that the bus does not give.
    """

    entries: int = 0
    signed: int = 0
    waiting: Mapping[str, int] = {}
    refused: Mapping[str, int] = {}
    newest_refused: tuple[RefusedMessage, ...] = ()
    equivocations: tuple[TwoStories, ...] = ()
    split_views: tuple[SeenElsewhere, ...] = ()
    gaps: int = 0


def read_record(journal: Engine) -> NotaryRecord:
    """Return what *journal* says; nothing where the notary has never run.

    Raises:
        UnusableDatabase, DatabaseBusy: It cannot be read.
    """
    with reading(journal) as connection:
        if tables.entry.name not in inspect(connection).get_table_names():
            return NotaryRecord()
        return NotaryRecord(
            entries=_count(connection, tables.entry),
            signed=connection.scalar(select(tables.head.c.size)) or 0,
            waiting=_by_code(connection, tables.waiting),
            refused=_by_code(connection, tables.refused),
            newest_refused=_newest_refused(connection),
            equivocations=_equivocations(connection),
            split_views=_split_views(connection),
            gaps=_count(connection, tables.gap),
        )


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _by_code(connection: Connection, table: Table) -> Mapping[str, int]:
    rows = connection.execute(select(table.c.code, func.count()).group_by(table.c.code).order_by(table.c.code))
    return {row.code: row[1] for row in rows}


def _newest_refused(connection: Connection) -> tuple[RefusedMessage, ...]:
    newest = select(tables.refused).order_by(tables.refused.c.offset.desc(), tables.refused.c.topic).limit(SHOWN)
    return tuple(RefusedMessage(one.topic, one.offset, one.code, one.says) for one in connection.execute(newest))


def _equivocations(connection: Connection) -> tuple[TwoStories, ...]:
    here = tables.equivocation.c
    return tuple(
        TwoStories(str(MessageName(parse_stream(one.stream), one.sequence)), one.first_place, one.second_place)
        for one in connection.execute(select(tables.equivocation).order_by(here.second_place))
    )


def _split_views(connection: Connection) -> tuple[SeenElsewhere, ...]:
    here = tables.split_view.c
    return tuple(
        SeenElsewhere(one.witness, one.size, one.says)
        for one in connection.execute(select(tables.split_view).order_by(here.witness, here.size))
    )
