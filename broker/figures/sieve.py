"""Which incidents count, once each: another country's, exercises, destroyed goods, second reports and parts do not.

::

    all that is in hand ──▶ of this kind, country and reporter ──▶ not corrected ──▶ no second report, no part
                                                                                  ──▶ in this year, or unplaced
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

import msgspec

from broker.cases.facts import IncidentFacts
from broker.figures.amounts import substance_key
from broker.figures.chains import Chains
from broker.figures.reported import Left, LeftOut, Reported
from broker.records.incident import IncidentType
from broker.types.vocabulary import Status, Word


class Heading(Word):
    """Under which heading of the form an incident's goods are told. Amounts of two headings are never added."""

    UNKNOWN = "UNKNOWN"
    SEIZED = "SEIZED"
    STOPPED = "STOPPED"
    DIVERTED = "DIVERTED"


HEADINGS: Final[Mapping[IncidentType, Heading]] = {
    IncidentType.SEIZURE: Heading.SEIZED,
    IncidentType.CLANDESTINE_LABORATORY: Heading.SEIZED,
    IncidentType.STOPPED_SHIPMENT: Heading.STOPPED,
    IncidentType.SUSPICIOUS_SHIPMENT: Heading.STOPPED,
    IncidentType.DIVERSION: Heading.DIVERTED,
    IncidentType.ATTEMPTED_DIVERSION: Heading.DIVERTED,
    IncidentType.THEFT_OR_LOSS: Heading.DIVERTED,
}


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What a form is about.

    Args:
        reporter: The participant whose reports count; empty for all that the authority sees.
        status: ACTUAL, but for a form that is made for training.
        drafts: Whether reports that are not sent yet count as well.
    """

    country: str
    year: int
    reporter: str = ""
    status: Status = Status.ACTUAL
    drafts: bool = False

    @property
    def first(self) -> date:
        """The first day of the year."""
        return date(self.year, 1, 1)

    @property
    def last(self) -> date:
        """The last day of the year."""
        return date(self.year, 12, 31)


class Sifted(msgspec.Struct, frozen=True, kw_only=True):
    """What counts in a year, and what does not and why; each in an order of its own, whatever came first."""

    counted: tuple[Reported, ...]
    left_out: tuple[LeftOut, ...]
    warnings: tuple[str, ...]


def sift(records: Iterable[Reported], scope: Scope) -> Sifted:
    """Return which *records* count in the year; those that certainly are of other years are not mentioned.

    Records of other years have to be among them where one of this year relates to them.
    """
    ordered = sorted(records, key=lambda one: one.order)
    left: list[LeftOut] = []
    eligible: list[Reported] = []
    for one in ordered:
        found = _unfit(one, scope)
        if found is None:
            eligible.append(one)
        elif _may_be_of(one.facts, scope):
            left.append(left_out(one, *found))
    chains = Chains(ordered, eligible, heard=lambda one: _is_heard(one, scope))
    counted: list[Reported] = []
    warnings: list[str] = []
    for one in eligible:
        if not _may_be_of(one.facts, scope):
            continue
        found = chains.told_elsewhere(one) or _unplaced(one, scope)
        if found is None:
            counted.append(one)
            if one.facts.related:  # few are; the others have nothing to doubt
                warnings += chains.doubts(one)
        else:
            left.append(left_out(one, *found))
    return Sifted(counted=tuple(counted), left_out=tuple(left), warnings=tuple(warnings))


def left_out(one: Reported, reason: Left, says: str) -> LeftOut:
    """Return that an incident is left out, with the substances by which a form opens to it."""
    substances = tuple(dict.fromkeys("|".join(substance_key((named,))) for named in one.facts.substances))
    return LeftOut(name=one.name, reason=reason, says=says, substances=substances)


def _unfit(one: Reported, scope: Scope) -> tuple[Left, str] | None:
    """Return why a record is none of those that this form is about, whatever else it relates to."""
    facts = one.facts
    if facts.status is not scope.status:
        reason = Left.ANOTHER_STATUS if facts.status is Status.ACTUAL else Left.EXERCISE
        return reason, f"it is {facts.status.word}, and this form counts what is {scope.status.word}"
    if scope.reporter and one.participant != scope.reporter:
        return Left.ANOTHER_REPORTER, f"{one.originator} reported it, and is not of {scope.reporter}"
    if one.is_draft and not scope.drafts:
        return Left.NOT_SENT, "it is a draft, and not sent yet"
    return _elsewhere(facts, scope) or _no_goods(facts)


def _elsewhere(facts: IncidentFacts, scope: Scope) -> tuple[Left, str] | None:
    if facts.reporting_country == scope.country:
        return None
    if facts.reporting_country:
        return Left.ANOTHER_COUNTRY, f"it happened in {facts.reporting_country}"
    return Left.NO_COUNTRY, "it does not say in which country it happened"


def _no_goods(facts: IncidentFacts) -> tuple[Left, str] | None:
    if facts.incident_type in HEADINGS:
        return None
    if facts.seen_before:
        destroyed = facts.incident_type is IncidentType.DESTROYED_GOODS
        reason = Left.DESTROYED if destroyed else Left.TRANSFERRED
        return reason, f"{reason.word} goods were seized before"
    return Left.NO_GOODS, f"{facts.incident_type.word}: no goods were seized, stopped or diverted"


def _is_heard(one: Reported, scope: Scope) -> bool:
    """Say whether a record may correct others: an exercise corrects nothing that happened, a draft nothing yet."""
    return one.facts.status is scope.status and (scope.drafts or not one.is_draft)


def _may_be_of(facts: IncidentFacts, scope: Scope) -> bool:
    """Say whether an incident may have happened in the year, as far as its dates tell."""
    if facts.first_day is not None and facts.first_day.year > scope.year:
        return False
    latest = facts.last_day or facts.reported_on  # what was reported on a day did not happen after it
    return latest is None or latest.year >= scope.year


def _unplaced(one: Reported, scope: Scope) -> tuple[Left, str] | None:
    first, last = one.facts.first_day, one.facts.last_day
    if first is None and last is None:
        return Left.UNPLACED, "its date is not known"
    if first is None or first.year != scope.year or last is None or last.year != scope.year:
        ends = f"{first or 'an unknown day'} to {last or 'an unknown day'}"
        return Left.UNPLACED, f"it happened within {ends}, which may be another year"
    return None
