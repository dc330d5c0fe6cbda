"""What this node has sent, held against the log: who sends alarms when its own message is not logged in time.

Whoever carries messages could keep one from the log, so that nobody can prove later that it was sent.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, Row, exists, select, update

from broker.database import reading, writing
from broker.limits import LOGGED_WITHIN
from broker.logbook import log_entry
from broker.types.names import MessageName, Originator, Stream
from broker.types.time import from_micros, to_micros
from producers.outbox import IS_UNLOGGED, outgoing

_AT_ONCE: Final = 1000
_OVERDUE_TOLD: Final = 50
"""Messages that are named at once; if more are missing, it is not about single ones."""


class Overdue(msgspec.Struct, frozen=True):
    """A message of this node that is not in the log, and should be."""

    name: MessageName
    sent_at: datetime


def mark_logged(engine: Engine) -> None:
    """Note which messages of this node stand in the log now, as far as it was read."""
    while _mark_some(engine):
        pass


def overdue(connection: Connection, read_at: datetime) -> tuple[Overdue, ...]:
    """Return the messages that were sent so long before the log was read that they should be in it, the oldest first.

    Args:
        read_at: When the log was read last, to its end.
    """
    here = outgoing.c
    long_ago = here.sent_at <= to_micros(read_at - LOGGED_WITHIN)
    wanted = select(outgoing).where(IS_UNLOGGED, long_ago).order_by(here.id).limit(_OVERDUE_TOLD)
    return tuple(Overdue(_name(row), from_micros(row.sent_at)) for row in connection.execute(wanted))


def _mark_some(engine: Engine) -> bool:
    is_logged = exists().where(log_entry.c.digest == outgoing.c.digest)
    with reading(engine) as connection:
        ids = connection.scalars(select(outgoing.c.id).where(IS_UNLOGGED, is_logged).limit(_AT_ONCE)).all()
    if ids:
        with writing(engine) as connection:
            for some in _pages(list(ids)):
                connection.execute(update(outgoing).where(outgoing.c.id.in_(some)).values(logged=1))
    return len(ids) == _AT_ONCE


def _pages(ids: list[int]) -> Iterator[list[int]]:
    return (ids[start : start + 500] for start in range(0, len(ids), 500))


def _name(row: Row[Any]) -> MessageName:
    return MessageName(Stream(Originator(row.originator), row.writer), row.sequence)
