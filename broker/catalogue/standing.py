"""The status of a substance under one scheme on one day, and how sure that is."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from broker.records.catalogue import CatalogueStatus, Confidence
from broker.records.dates import DatePrecision
from broker.types.vocabulary import Word

UN_1988: Final = "UN-1988"
"""Tables I and II of the 1988 Convention."""
NOTICE: Final = timedelta(days=180)
"""A decision takes effect so long after its notification (1988 Convention, article 12(6))."""
_DOUBT: Final = timedelta(days=366)
"""So near to a first day that nobody verified, an answer says that it rests on it."""


class StandingCertainty(Word):
    """How sure a standing is."""

    UNKNOWN = "UNKNOWN"
    CERTAIN = "CERTAIN"
    UNVERIFIED = "UNVERIFIED"
    """It rests on a day that nobody has verified."""
    UNSURE = "UNSURE"
    """The day lies where the change happened, and which day that was is not known."""


class Scheduled(Word):
    """Whether a substance is listed under a scheme on a day."""

    UNKNOWN = "UNKNOWN"
    YES = "YES"
    NO = "NO"
    UNSURE = "UNSURE"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a substance is under a scheme on a day.

    Attributes:
        class_name: Table, list or category; None where it is in none.
        starts_on: The first day of this; of a month or year, the first; None if it is not known or was always so.
        ends_on: The first day on which it is no more; None while it lasts.
        says: How sure it is and why, in a sentence; empty if there is nothing to say.
    """

    scheme: str
    class_name: str | None
    starts_on: date | None
    ends_on: date | None
    instrument: str = ""
    certainty: StandingCertainty = StandingCertainty.CERTAIN
    says: str = ""


def standings_on(statuses: Sequence[CatalogueStatus], scheme: str, day: date) -> tuple[Standing, ...]:
    """Return what *statuses*, all of one substance and *scheme*, say of *day*; several where it is between them."""
    ordered = sorted(statuses, key=lambda one: one.starts_on)
    sure = [one for one in ordered if _latest_start(one) <= day < (one.ends_on or date.max)]
    if sure:
        return tuple(_listed(one, day) for one in sure)
    possible = [one for one in ordered if _earliest_start(one) <= day < _latest_end(one, ordered)]
    if possible:
        return tuple(_possible(one, ordered, day) for one in possible)
    return (_unlisted(ordered, scheme, day),)


def scheduled_by(standings: Iterable[Standing]) -> Scheduled:
    """Return whether the substance is listed, by its standings under one scheme on one day."""
    given = tuple(standings)
    if all(one.class_name is None for one in given):
        return Scheduled.NO
    if len(given) > 1 or given[0].certainty is not StandingCertainty.UNSURE:
        return Scheduled.YES
    return Scheduled.UNSURE


def first_listed(statuses: Iterable[CatalogueStatus], scheme: str) -> CatalogueStatus | None:
    """Return the earliest listing under *scheme*, None if there is none."""
    return min((one for one in statuses if one.scheme == scheme), key=lambda one: one.starts_on, default=None)


def days_on_which_it_changes(statuses: Iterable[CatalogueStatus]) -> tuple[date, ...]:
    """Return the days on which a status may begin or end, the edges of what is not known exactly included."""
    days = {one.starts_on for one in statuses} | {_latest_start(one) for one in statuses}
    return tuple(sorted(days | {one.ends_on for one in statuses if one.ends_on is not None}))


def _earliest_start(status: CatalogueStatus) -> date:
    return date.min if status.precision is DatePrecision.NOT_KNOWN else status.starts_on


def _latest_start(status: CatalogueStatus) -> date:
    """Return the first day on which it certainly holds."""
    first = status.starts_on
    if status.precision is DatePrecision.YEAR:
        return date(first.year + 1, 1, 1)
    if status.precision is DatePrecision.MONTH:
        return (first.replace(day=1) + timedelta(days=31)).replace(day=1)
    return first


def _latest_end(status: CatalogueStatus, others: Sequence[CatalogueStatus]) -> date:
    """Return the first day on which it certainly holds no more: it ends when the one that follows begins."""
    if status.ends_on is None:
        return date.max
    return max([_latest_start(one) for one in others if one.starts_on == status.ends_on], default=status.ends_on)


def _listed(status: CatalogueStatus, day: date) -> Standing:
    near = status.precision is DatePrecision.DAY and day - status.starts_on < _DOUBT
    return _standing(status, *_doubt(status, near=near))


def _possible(status: CatalogueStatus, ordered: Sequence[CatalogueStatus], day: date) -> Standing:
    if day < _latest_start(status):
        says = f"It is not known exactly since when: {_when(status)}."
    else:
        end = _latest_end(status, ordered)
        says = f"It is not known exactly until when: {status.ends_on} at the earliest, {end} at the latest."
    return _standing(status, StandingCertainty.UNSURE, " ".join(filter(None, (says, _sentence(status.note)))))


def _unlisted(ordered: Sequence[CatalogueStatus], scheme: str, day: date) -> Standing:
    before = [one for one in ordered if one.ends_on is not None and one.ends_on <= day]
    after = [one for one in ordered if one.starts_on > day]
    certainty, says = StandingCertainty.CERTAIN, f"In none of the lists of {scheme}."
    if after:
        near = after[0].precision is DatePrecision.DAY and after[0].starts_on - day < _DOUBT
        certainty, doubt = _doubt(after[0], near=near)
        says = f"Not yet listed; {_when(after[0])}. {doubt if near else ''}".rstrip()
    return Standing(
        scheme=scheme,
        class_name=None,
        starts_on=max((one.ends_on for one in before if one.ends_on is not None), default=None),
        ends_on=after[0].starts_on if after else None,
        certainty=certainty,
        says=says,
    )


def _doubt(status: CatalogueStatus, *, near: bool) -> tuple[StandingCertainty, str]:
    says = _sentence(status.note)
    if near and status.confidence is Confidence.UNVERIFIED:
        return StandingCertainty.UNVERIFIED, says or "The first day is not verified."
    return StandingCertainty.CERTAIN, says


def _standing(status: CatalogueStatus, certainty: StandingCertainty, says: str) -> Standing:
    return Standing(
        scheme=status.scheme,
        class_name=status.class_name,
        starts_on=None if status.precision is DatePrecision.NOT_KNOWN else status.starts_on,
        ends_on=status.ends_on,
        instrument=status.instrument,
        certainty=certainty,
        says=says,
    )


def _when(status: CatalogueStatus) -> str:
    match status.precision:
        case DatePrecision.YEAR:
            return f"listed at some time in {status.starts_on.year}"
        case DatePrecision.MONTH:
            return f"listed at some time in {status.starts_on:%Y-%m}"
        case DatePrecision.NOT_KNOWN:
            return f"listed on {status.starts_on} at the latest"
        case _:
            return f"listed from {status.starts_on} on"


def _sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:]}." if note else ""
