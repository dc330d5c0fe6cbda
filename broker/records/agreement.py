"""Agreements to share, each a record sealed to those concerned."""

from datetime import date

import msgspec

from broker.records.core import Concerned, Related, head_problems
from broker.records.dates import period_problems
from broker.records.marking import Marking
from broker.records.problems import Problem, Problems
from broker.records.texts import check_party, name_problems, repetition_problems, required_problems
from broker.types.vocabulary import RecordKind


class AgreementCore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agreement of the originator's participant to share with others."""

    marking: Marking
    concerned: tuple[Concerned, ...] = ()
    national_reference: str
    related: tuple[Related, ...] = ()
    reference: str
    title: str = ""
    parties: tuple[str, ...]
    kinds: tuple[RecordKind, ...] = ()
    starts_on: date
    ends_on: date | None = None
    contact: str = ""

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the agreement."""
        yield from head_problems(self)
        yield from required_problems("reference", self.reference)
        if not self.parties:
            yield Problem("parties", "missing", "an agreement is made with somebody: name at least one")
        yield from name_problems("parties", self.parties, check_party)
        yield from repetition_problems("kinds", self.kinds)
        yield from period_problems(self.starts_on, self.ends_on)
