"""Scheduling: how a substance comes under control, and how each country carries that out.

A decision of the Commission on Narcotic Drugs has three dates: decided, notified, and effective 180 days after the
notification (1988 Convention, article 12(6)).
"""

import itertools
from datetime import date

import msgspec

from broker.records.bounds import Sha256
from broker.records.core import Concerned, Related, digest_problems, head_problems
from broker.records.marking import Marking
from broker.records.problems import Problem, Problems
from broker.records.substances import Substance
from broker.records.texts import language_problems, optional_country_problems, required_problems
from broker.types.vocabulary import Word


class SchedulingStage(Word):
    """How far it is."""

    UNKNOWN = "UNKNOWN"
    PROPOSAL = "PROPOSAL"
    DECISION = "DECISION"
    NOTIFICATION = "NOTIFICATION"
    IMPLEMENTATION = "IMPLEMENTATION"


class SchedulingCore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step: a proposal, a decision, its notification, or a country's implementation of it."""

    marking: Marking
    concerned: tuple[Concerned, ...] = ()
    national_reference: str
    related: tuple[Related, ...] = ()
    stage: SchedulingStage
    scheme: str
    substances: tuple[Substance, ...]
    from_class: str = ""
    to_class: str = ""
    instrument: str = ""
    decision: Sha256 | None = None
    country: str = ""
    decided_on: date | None = None
    notified_on: date | None = None
    effective_on: date | None = None
    scope: str = ""
    reservation: str = ""
    remarks: str = ""
    language: str = ""

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the step."""
        yield from head_problems(self)
        yield from required_problems("scheme", self.scheme)
        if not self.substances:
            yield Problem("substances", "missing", "which substance?")
        yield from optional_country_problems("country", self.country)
        yield from self._stage_problems()
        yield from self._order_problems()
        yield from language_problems("language", self.language)

    def _stage_problems(self) -> Problems:
        if self.stage is SchedulingStage.IMPLEMENTATION:
            if not self.country:
                yield Problem("country", "missing", "an implementation is a country's: which?")
            if not self.instrument.strip():
                yield Problem("instrument", "missing", "by which law or order?")
        elif self.reservation:
            yield Problem("reservation", "contradiction", "only a country's implementation has one")
        if self.stage is SchedulingStage.DECISION and self.decided_on is None:
            yield Problem("decided_on", "missing", "when was it decided?")
        if self.stage is SchedulingStage.NOTIFICATION and self.notified_on is None:
            yield Problem("notified_on", "missing", "when was it notified?")
        if self.decision is not None:
            yield from digest_problems("decision", self.decision)

    def _order_problems(self) -> Problems:
        named = (
            ("decided_on", self.decided_on),
            ("notified_on", self.notified_on),
            ("effective_on", self.effective_on),
        )
        known = [(name, day) for name, day in named if day is not None]
        for (earlier, first), (later, second) in itertools.pairwise(known):
            if second < first:
                yield Problem(later, "contradiction", f"lies before {earlier}")
