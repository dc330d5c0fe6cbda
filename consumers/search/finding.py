"""Find incidents in the index: by substance, country, day, type and status."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from heapq import merge
from itertools import groupby, islice, product
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.sql import Select

from broker.records.incident import IncidentType
from broker.types.names import Originator
from broker.types.vocabulary import Status
from consumers.search.entries import ANY, STATUSES, TYPES, Words
from consumers.search.index import facet
from consumers.search.spans import UNDATED, DayRange, ranges_of


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for: an incident that has one of each. Nothing named is anything.

    Attributes:
        substances: Our ids.
        first, last: It may have happened on a day between them.
        undated: Also those of which nobody says when they happened; without a window they always count.
        told_from: But of those only what was told on this day or later, or nobody knows when.
    """

    substances: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    types: tuple[IncidentType, ...] = ()
    statuses: tuple[Status, ...] = ()
    undated: bool = False
    told_from: date | None = None


def find_entries(connection: Connection, reader: Originator, query: Query, *, most: int | None = None) -> Iterator[int]:
    """Yield the entries that *reader* may see and that are looked for: the latest day first, each once.

    Args:
        most: How many; None for all.
    """
    words = Words(connection)
    by = words.find(reader)
    if by is None:
        return
    pairs = product(_numbers(words, query.substances), _numbers(words, query.countries))
    found = [
        _matches(connection, query, (by, substance, country), part, _ALL if most is None else most)
        for substance, country in pairs
        for part in ranges_of(query.first, query.last, undated=query.undated)
    ]
    latest_first: Iterator[tuple[int, int]] = merge(*found)
    for place, _ in islice(groupby(latest_first), most):
        yield -place[1]


def _numbers(words: Words, texts: tuple[str, ...]) -> list[int]:
    if not texts:
        return [ANY]
    return [number for text in texts if (number := words.find(text)) is not None]


def _matches(
    connection: Connection, query: Query, key: tuple[int, int, int], part: DayRange, most: int
) -> Iterator[tuple[int, int]]:
    """Yield day and entry, both negative, in ascending order: so that several of them can be merged."""
    statement = _statement(bool(query.types), bool(query.statuses))
    values: dict[str, object] = {
        "reader": key[0],
        "substance": key[1],
        "country": key[2],
        "span": part.span,
        "earliest": part.earliest,
        "latest": part.latest,
        "first": 0 if query.first is None else query.first.toordinal(),
        "types": [TYPES[one] for one in query.types],
        "most": most,
        "statuses": [STATUSES[one] for one in query.statuses],
    }
    if part.span == UNDATED:
        values["first"] = 0 if query.told_from is None else query.told_from.toordinal()
    for rows in connection.execute(statement, values).partitions():
        for day, number in rows:
            yield -day, -number


_PAGE: Final = 1000
_ALL: Final = -1
"""As SQLite has it."""


@cache
def _statement(types: bool, statuses: bool) -> Select[Any]:  # noqa: FBT001 - which of four statements
    here = facet.c
    statement = (
        select(here.day, here.entry)
        .where(
            here.reader == bindparam("reader"),
            here.substance == bindparam("substance"),
            here.country == bindparam("country"),
            here.span == bindparam("span"),
            here.day >= bindparam("earliest"),
            here.day <= bindparam("latest"),
            here.last_day >= bindparam("first"),
        )
        .order_by(here.day.desc(), here.entry.desc())
        .limit(bindparam("most"))
        .execution_options(yield_per=_PAGE)
    )
    if types:
        statement = statement.where(here.type.in_(bindparam("types", expanding=True)))
    if statuses:
        statement = statement.where(here.status.in_(bindparam("statuses", expanding=True)))
    return statement
