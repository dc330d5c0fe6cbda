"""Incidents as they are watched: each event once, on the day it happened, and from the day it was known here."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from broker.cases.facts import IncidentFacts
from broker.records.core import RelatedAs
from broker.types.names import Digest
from broker.types.vocabulary import Status

_SAME_EVENT: Final = (RelatedAs.DUPLICATES, RelatedAs.PART_OF)
_REPLACES: Final = (RelatedAs.SUPERSEDES, RelatedAs.CORRECTS)


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """One report of an incident, as a node has it.

    Attributes:
        message: As people name it.
        known_on: From which day it counts as known here.
    """

    facts: IncidentFacts
    message: str
    digest: Digest
    known_on: date


class Window(msgspec.Struct, frozen=True):
    """The days that are looked at, both included; what was known before is the past to compare with."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        """Say whether *day* lies in the window."""
        return self.first <= day <= self.last


def known_on(facts: IncidentFacts, received_on: date, *, history_after: timedelta) -> date:
    """Return the day from which a report counts as known.

    That is when it was received. But a report of long ago that arrives now, such as the archive of a new participant,
    is history and no news: it counts from the day it was reported, or happened.

    Args:
        history_after: What is received later than this after it was reported or happened is history.
    """
    told = facts.reported_on or facts.last_day
    return told if told is not None and received_on - told > history_after else received_on


def countable(observations: Iterable[Observation], status: Status) -> tuple[Observation, ...]:
    """Return each event once, in order of the days on which they were known.

    Left out are reports of another status (an exercise among actual ones), goods that were seized before, what a
    correction replaced, and second reports and parts. Of these, one stands for an event whose first report is not here.
    """
    mine = sorted((one for one in observations if one.facts.status is status), key=_order)
    replaced = {to for one in mine for to in _related(one, _REPLACES)}
    primary = [one for one in mine if not one.facts.seen_before and one.digest not in replaced]
    here = {one.digest for one in primary}
    kept: list[Observation] = []
    stood_for: set[Digest] = set()
    for one in primary:
        same = _related(one, _SAME_EVENT)
        if any(to in here or to in stood_for for to in same):
            continue
        stood_for.update(same)
        kept.append(one)
    return tuple(kept)


def beside_events(
    observations: Iterable[Observation], events: Iterable[Observation], window: Window
) -> tuple[Observation, ...]:
    """Return the reports from before *window* that are none of the *events* and still tell what was there before.

    Destroyed goods were seized once, and a second report names what the first one left out. What a correction replaced
    tells nothing: it was wrong.
    """
    given = tuple(observations)
    replaced = {to for one in given for to in _related(one, _REPLACES)}
    counted = {one.digest for one in events}
    return tuple(
        one for one in given if one.known_on < window.first and one.digest not in replaced and one.digest not in counted
    )


def split(observations: Sequence[Observation], window: Window) -> tuple[list[Observation], list[Observation]]:
    """Return what was known before *window*, and what came to be known in it."""
    past = [one for one in observations if one.known_on < window.first]
    return past, [one for one in observations if one.known_on in window]


def reach(observations: Iterable[Observation]) -> date | None:
    """Return the earliest day on which anything happened that is known; None where no day is known."""
    return min((one.facts.first_day for one in observations if one.facts.first_day is not None), default=None)


def _order(one: Observation) -> tuple[date, bytes]:
    return one.known_on, one.digest


def _related(one: Observation, relations: Sequence[RelatedAs]) -> list[Digest]:
    return [to.digest for to in one.facts.related if to.relation in relations]
