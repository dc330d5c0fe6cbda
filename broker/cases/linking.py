"""Whether two incidents may be the same event, or one a part of the other, with all that speaks for and against it.

A suggestion and no more: the same event is reported in other words, another language and with another amount, and two
seizures at one border post in one week look alike. A person decides.

::

    substance   +25 the same        −60 another
    country     +15 the same        −60 another
    days        +5 … +30 by how close and how exact they are        −40 too far apart
    place       +15 a word in common, +12 one almost alike          −15 none in common
    amounts     +25 the same, +15 may be, +20 as many packages      −30 two exact ones, −15 others, −5 where doubted
    route       +5 for each end                                     −10 another destination
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import product
from typing import Final, NamedTuple

import msgspec
from rapidfuzz import fuzz

from broker.cases.amount_likeness import Point, amount_points, part_point
from broker.cases.facts import IncidentFacts
from broker.cases.folding import folded
from broker.records.core import RelatedAs
from broker.types.vocabulary import Word


class LinkCertainty(Word):
    """How sure a suggestion is."""

    UNKNOWN = "UNKNOWN"
    LIKELY = "LIKELY"
    POSSIBLE = "POSSIBLE"


class Likeness(msgspec.Struct, frozen=True, kw_only=True):
    """That one incident may be another one, or a part of it.

    Attributes:
        relation: What the first would be to the second: DUPLICATES, PART_OF, or FOLLOWS for goods that were seized
            before.
        score: 0 to 100; it orders suggestions and means nothing else.
        reasons: What speaks for it, in words.
        against: What speaks against it, in words.
    """

    relation: RelatedAs
    certainty: LinkCertainty
    score: int
    reasons: tuple[str, ...]
    against: tuple[str, ...]


POSSIBLE_FROM: Final = 60
LIKELY_FROM: Final = 80
WINDOW: Final = timedelta(days=45)
"""How far apart two incidents may be dated and still be one: the date of the report is often given for that of the
event, and goods are found weeks after they landed."""
_CLOSE_DAYS: Final = 7
_MONTH_DAYS: Final = 31
_WRITTEN_ALIKE: Final = 88
_PLACES_ALIKE: Final = 78


class _Days(NamedTuple):
    """Between which days something happened, as ordinals."""

    first: int
    last: int

    @property
    def is_long(self) -> bool:
        return self.last - self.first > _MONTH_DAYS


def likeness(one: IncidentFacts, other: IncidentFacts) -> Likeness | None:
    """Return in what *one* may be the same event as *other*; None where that is not worth a look.

    Whichever of the two was told first is for the caller to know.
    """
    if one.status is not other.status:
        return None  # an exercise is never the world
    points = [point for compare in _COMPARISONS for point in compare(one, other)]
    relation = _relation(one, other)
    if relation is RelatedAs.PART_OF:
        points = [point for point in points if point.worth >= 0 or not point.is_amount]
        points.extend(part_point(one, other))
    score = max(0, min(100, sum(point.worth for point in points)))
    if score < POSSIBLE_FROM:
        return None
    return Likeness(
        relation=relation,
        certainty=LinkCertainty.LIKELY if score >= LIKELY_FROM else LinkCertainty.POSSIBLE,
        score=score,
        reasons=tuple(point.says for point in points if point.worth > 0),
        against=tuple(point.says for point in points if point.worth < 0),
    )


def _relation(one: IncidentFacts, other: IncidentFacts) -> RelatedAs:
    if one.seen_before and not other.seen_before:
        return RelatedAs.FOLLOWS
    return RelatedAs.PART_OF if any(part_point(one, other)) else RelatedAs.DUPLICATES


def _substance_points(one: IncidentFacts, other: IncidentFacts) -> Iterator[Point]:
    mine = {name for named in one.substances for name in named.ids}
    theirs = {name for named in other.substances for name in named.ids}
    if mine & theirs:
        yield Point(25, f"the same substance: {', '.join(sorted(mine & theirs))}")
    elif mine and theirs:
        yield Point(-60, f"another substance: {', '.join(sorted(mine))}, and {', '.join(sorted(theirs))}")
    elif _are_written_alike(one, other):
        yield Point(20, "the substance is written alike")


def _are_written_alike(one: IncidentFacts, other: IncidentFacts) -> bool:
    pairs = product((named.as_written for named in one.substances), (named.as_written for named in other.substances))
    return any(fuzz.ratio(folded(mine), folded(theirs)) >= _WRITTEN_ALIKE for mine, theirs in pairs)


def _country_points(one: IncidentFacts, other: IncidentFacts) -> Iterator[Point]:
    here, there = one.reporting_country, other.reporting_country
    if here and here == there:
        yield Point(15, f"the same country: {here}")
    elif here and there:
        yield Point(-60, f"another country: {here}, and {there}")


def _day_points(one: IncidentFacts, other: IncidentFacts) -> Iterator[Point]:
    mine, theirs = _days(one), _days(other)
    if mine is None or theirs is None:
        return
    apart = max(mine.first - theirs.last, theirs.first - mine.last, 0)
    if apart == 0:
        yield _overlap(mine, theirs)
    elif _is_report_of(one, other) or _is_report_of(other, one):
        yield Point(18, "one is dated when the other was reported")
    elif apart <= _CLOSE_DAYS:
        # Two exact days are two days; a month is told by who does not know the day.
        is_exact = mine.first == mine.last and theirs.first == theirs.last
        yield Point(5 if is_exact else 15, f"{apart} days apart")
    elif apart <= WINDOW.days:
        yield Point(5, f"{apart} days apart, as far as they are dated")
    else:
        yield Point(-40, f"at least {apart} days apart")


def _overlap(mine: _Days, theirs: _Days) -> Point:
    if mine.is_long or theirs.is_long:
        return Point(5, "the days do not contradict each other")
    if mine == theirs and mine.first == mine.last:
        return Point(30, "the same day")
    return Point(20, "the days fit")


def _days(facts: IncidentFacts) -> _Days | None:
    if facts.first_day is None or facts.last_day is None:
        return None
    return _Days(facts.first_day.toordinal(), facts.last_day.toordinal())


def _is_report_of(told: IncidentFacts, event: IncidentFacts) -> bool:
    """Say whether *told* is dated when *event* was reported: that day is often given for the other."""
    days = _days(told)
    if days is None or event.reported_on is None or days.is_long:
        return False
    return days.first <= event.reported_on.toordinal() <= days.last


def _place_points(one: IncidentFacts, other: IncidentFacts) -> Iterator[Point]:
    mine, theirs = set(one.place_words), set(other.place_words)
    if not mine or not theirs:
        return
    if shared := {word for word in mine & theirs if len(word) > 2}:
        yield Point(15, f"the same place: {' '.join(sorted(shared))}")
    elif any(fuzz.ratio(a, b) >= _PLACES_ALIKE for a, b in product(mine, theirs) if min(len(a), len(b)) > 3):
        yield Point(12, "the places are written almost alike")
    else:
        yield Point(-15, "another place")


def _route_points(one: IncidentFacts, other: IncidentFacts) -> Iterator[Point]:
    if shared := set(one.origins) & set(other.origins):
        yield Point(5, f"the same origin: {', '.join(sorted(shared))}")
    if shared := set(one.destinations) & set(other.destinations):
        yield Point(5, f"the same destination: {', '.join(sorted(shared))}")
    elif one.destinations and other.destinations:
        yield Point(-10, "another destination")


def _hiding_points(one: IncidentFacts, other: IncidentFacts) -> Iterator[Point]:
    for mine, theirs, what in (
        (one.concealment, other.concealment, "hidden"),
        (one.declared_as, other.declared_as, "declared"),
    ):
        if mine and theirs and fuzz.token_sort_ratio(folded(mine), folded(theirs)) >= _WRITTEN_ALIKE:
            yield Point(5, f"{what} alike")


_COMPARISONS: Final[tuple[Callable[[IncidentFacts, IncidentFacts], Iterator[Point]], ...]] = (
    _substance_points,
    _country_points,
    _day_points,
    _place_points,
    amount_points,
    _route_points,
    _hiding_points,
)
