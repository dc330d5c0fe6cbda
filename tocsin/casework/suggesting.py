"""What may be the same event as an incident: found through the index, compared, and suggested with reasons."""

from datetime import date, timedelta
from typing import Final

import msgspec

from broker.cases.facts import IncidentFacts
from broker.cases.linking import WINDOW, Likeness, likeness
from broker.types.names import Originator
from consumers.search.entries import UNNAMED
from consumers.search.finding import Query
from tocsin.casework.search import Found, Search

MOST_COMPARED: Final = 200
"""Candidates that are looked at, the latest first: more would keep a person waiting."""
MOST_SUGGESTED: Final = 10


class Suggestion(msgspec.Struct, frozen=True):
    """Another incident, and what speaks for its being the same event. Nothing is linked by it."""

    found: Found
    likeness: Likeness


def suggest(
    search: Search, authority: Originator, facts: IncidentFacts, *, but: Found | None = None
) -> tuple[Suggestion, ...]:
    """Return what *authority* sees that may be the same event as an incident, the likeliest first.

    Args:
        but: The incident itself, where it is in the index.
    """

    def worth(other: IncidentFacts) -> int:
        like = likeness(facts, other)
        return 0 if like is None else like.score

    # One more, because the incident itself is alike itself.
    best = search.likest(authority, _around(facts), worth, looked_at=MOST_COMPARED, most=MOST_SUGGESTED + 1)
    others = (one for one in best if not _is_same(one, but))
    suggested = [Suggestion(one, like) for one in others if (like := likeness(facts, one.facts)) is not None]
    return tuple(suggested[:MOST_SUGGESTED])


def _around(facts: IncidentFacts) -> Query:
    ids = tuple(dict.fromkeys(one for named in facts.substances for one in named.ids))
    first, last = _window(facts)
    return Query(
        # A total over several substances that are not named may hold this one.
        substances=(*ids, UNNAMED) if ids else (),
        countries=(facts.reporting_country,) if facts.reporting_country else (),
        first=first,
        last=last,
        statuses=(facts.status,),
        undated=True,
    )


def _window(facts: IncidentFacts) -> tuple[date | None, date | None]:
    days = [day for day in (facts.first_day, facts.last_day, facts.reported_on) if day is not None]
    if not days or facts.first_day is None:
        return None, None
    return _moved(min(days), -WINDOW), _moved(max(days), WINDOW)


def _moved(day: date, by: timedelta) -> date:
    try:
        return day + by
    except OverflowError:
        return day


def _is_same(one: Found, other: Found | None) -> bool:
    if other is None:
        return False
    if one.digest is not None and one.digest == other.digest:
        return True
    return (one.originator, one.national_reference) == (other.originator, other.national_reference)
