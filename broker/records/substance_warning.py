"""Substance warnings: something new or unusual that others have to know of before it is listed anywhere."""

from datetime import date

import msgspec

from broker.records.core import Concerned, Related, head_problems
from broker.records.dates import DateStatement
from broker.records.evidence import IncidentEvidence
from broker.records.marking import Basis, Marking
from broker.records.places import Place
from broker.records.problems import Problem, Problems
from broker.records.quantity import Quantity
from broker.records.shipment import index_problems
from broker.records.substances import Substance
from broker.records.texts import language_problems, required_problems
from broker.types.vocabulary import Word


class WarningType(Word):
    """What is new or unusual."""

    UNKNOWN = "UNKNOWN"
    NEW_SUBSTANCE = "NEW_SUBSTANCE"
    NEW_ROUTE = "NEW_ROUTE"
    NEW_CONCEALMENT = "NEW_CONCEALMENT"
    NEW_USE = "NEW_USE"
    UNUSUAL_COUNT = "UNUSUAL_COUNT"
    UNUSUAL_AMOUNT = "UNUSUAL_AMOUNT"


class SubstanceWarningCore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A warning; its substance may have no CAS number, no HS code and no listing yet."""

    marking: Marking
    concerned: tuple[Concerned, ...] = ()
    national_reference: str
    related: tuple[Related, ...] = ()
    warning_type: WarningType
    title: str
    says: str
    basis: Basis = Basis.NOT_STATED
    substances: tuple[Substance, ...] = ()
    cas_numbers: tuple[str, ...] = ()
    hs_codes: tuple[str, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    dates: tuple[DateStatement, ...] = ()
    places: tuple[Place, ...] = ()
    drugs: tuple[str, ...] = ()
    method: str = ""
    parameters: str = ""
    review_by: date | None = None
    language: str = ""

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the warning: a computed one names its method and its parameters."""
        yield from head_problems(self)
        yield from required_problems("title", self.title)
        yield from required_problems("says", self.says)
        if self.warning_type is WarningType.NEW_SUBSTANCE and not self.substances:
            yield Problem("substances", "missing", "which substance is new? A description will do")
        if bool(self.method.strip()) != bool(self.parameters.strip()):
            yield Problem("parameters", "contradiction", "a method and its parameters belong together")
        yield from index_problems(self.quantities, len(self.substances))
        yield from language_problems("language", self.language)


class SubstanceWarningEvidence(IncidentEvidence, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a warning rests on: sources, laboratory findings, attachments."""
