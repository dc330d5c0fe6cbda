"""Who asked after which container, telephone or company: every question goes on record, before its answer is shown.

An authority may ask after so many different ones in a day: more than a desk needs, and too few to try out numbers.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import groupby

import msgspec
from sqlalchemy import Connection, func, select

from broker.errors import TooManyQuestions
from broker.limits import MATCH_QUESTIONS_WITHIN, MAX_MATCH_QUESTIONS
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


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """How much one person of an authority asked on one day, in UTC.

    Attributes:
        different: How many different numbers and names.
        matched: Questions that something was found for, or somebody named to ask.
    """

    day: date
    person: str
    questions: int
    different: int
    matched: int


def note_query(connection: Connection, asked: Asked) -> None:
    """Put a question on record; in the same transaction it is seen whether it may be asked.

    Raises:
        TooManyQuestions: The authority has asked after as many different ones as it may. What it asked before it may
            ask again.
    """
    _check_number(connection, asked)
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


def _check_number(connection: Connection, asked: Asked) -> None:
    here = store.query.c
    last = func.max(here.asked_at)
    rows = connection.execute(
        select(here.term, last.label("last"))
        .where(
            here.authority == asked.authority,
            here.asked_at > to_micros(asked.asked_at - MATCH_QUESTIONS_WITHIN),
            # A clock that was put back lets nobody ask more; one that ran a year ahead once stops nobody for a year.
            here.asked_at < to_micros(asked.asked_at + MATCH_QUESTIONS_WITHIN),
        )
        .group_by(here.term)
        .order_by(last)
    ).all()
    if len(rows) < MAX_MATCH_QUESTIONS or bytes.fromhex(asked.term) in {row.term for row in rows}:
        return
    again = from_micros(rows[len(rows) - MAX_MATCH_QUESTIONS].last) + MATCH_QUESTIONS_WITHIN
    again += -timedelta(seconds=again.second, microseconds=again.microsecond) % timedelta(minutes=1)  # never too early
    raise TooManyQuestions(
        f"{asked.authority} has asked after {len(rows)} different numbers and names within "
        f"{MATCH_QUESTIONS_WITHIN.total_seconds() / 3600:.0f} hours, and may ask after another one from "
        f"{again:%Y-%m-%d %H:%M} UTC on",
        hint="tocsin case queries --days shows who asked how much; tocsin request new --type match asks others.",
    )


def askings(queries: Iterable[Asked]) -> Iterator[Asking]:
    """Yield how much each person asked on each day, by day and person.

    Args:
        queries: Of one authority.
    """
    ordered = sorted(queries, key=_day_and_person)
    for (day, person), several in groupby(ordered, key=_day_and_person):
        found = list(several)
        yield Asking(
            day=day,
            person=person,
            questions=len(found),
            different=len({one.term for one in found}),
            matched=sum(1 for one in found if one.hits or one.elsewhere),
        )


def _day_and_person(asked: Asked) -> tuple[date, str]:
    return asked.asked_at.date(), asked.person


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
