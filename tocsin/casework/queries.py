"""Who asked after which container, telephone or company: every question goes on record, before its answer is shown."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from broker.types.names import Originator
from broker.types.time import from_micros, to_micros
from consumers import store


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One question.

    Attributes:
        person: Who asked, as the authority calls its people; empty where nobody said.
        kind: Of term, as a word.
        term: What tells two questions for the same apart from others, in hexadecimal; the term itself is not kept.
        hits: Messages that the authority may see.
        elsewhere: Originators of others that it may not see.
    """

    asked_at: datetime
    authority: Originator
    person: str
    purpose: str
    kind: str
    term: str
    hits: int
    elsewhere: int


def note_query(connection: Connection, asked: Asked) -> None:
    """Put a question on record."""
    connection.execute(
        store.query.insert().values(
            asked_at=to_micros(asked.asked_at),
            authority=asked.authority,
            person=asked.person,
            purpose=asked.purpose,
            kind=asked.kind,
            term=bytes.fromhex(asked.term),
            hits=asked.hits,
            cross_hits=asked.elsewhere,
        )
    )


def queries_of(connection: Connection, authority: Originator) -> tuple[Asked, ...]:
    """Return what *authority* has asked, oldest first."""
    here = store.query.c
    rows = connection.execute(select(store.query).where(here.authority == authority).order_by(here.asked_at, here.id))
    return tuple(
        Asked(
            asked_at=from_micros(row.asked_at),
            authority=authority,
            person=row.person,
            purpose=row.purpose,
            kind=row.kind,
            term=row.term.hex(),
            hits=row.hits,
            elsewhere=row.cross_hits,
        )
        for row in rows
    )
