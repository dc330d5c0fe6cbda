"""Requests for information, with a clock: who shipped this lot, what do you know of this container?

Leave to use a message otherwise than its marking says is a request of another kind (:mod:`broker.records.request`).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import msgspec

from broker.records.bounds import Sha256
from broker.records.core import Concerned, Related, digest_problems, head_problems
from broker.records.marking import Marking
from broker.records.nominal import Party
from broker.records.operational import Leg
from broker.records.places import Place
from broker.records.problems import Problem, Problems
from broker.records.quantity import Quantity
from broker.records.shipment import index_problems
from broker.records.substances import Substance
from broker.records.texts import language_problems, required_problems
from broker.types.vocabulary import Purpose, Word


class InquiryType(Word):
    """What is asked."""

    UNKNOWN = "UNKNOWN"
    INFORMATION = "INFORMATION"
    BACKTRACKING = "BACKTRACKING"
    MATCH = "MATCH"
    CONFIRMATION = "CONFIRMATION"
    SUBSTANCE = "SUBSTANCE"


class Urgency(Word):
    """How soon an answer is needed: urgent within 8 hours, normal within 3 days, else within 7."""

    UNKNOWN = "UNKNOWN"
    URGENT = "URGENT"
    NORMAL = "NORMAL"
    ROUTINE = "ROUTINE"


ANSWER_WITHIN: Final[Mapping[Urgency, timedelta]] = MappingProxyType(
    {
        Urgency.URGENT: timedelta(hours=8),
        Urgency.NORMAL: timedelta(days=3),
        Urgency.ROUTINE: timedelta(days=7),
    }
)
"""How long those who are asked have, from when the request was written; nights and holidays count."""


class InquiryCore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an authority asks of others; they are the recipients of its marking."""

    marking: Marking
    concerned: tuple[Concerned, ...] = ()
    national_reference: str
    related: tuple[Related, ...] = ()
    inquiry_type: InquiryType
    urgency: Urgency
    answer_by: datetime
    message: Sha256 | None = None
    question: str
    purpose: Purpose
    substances: tuple[Substance, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    places: tuple[Place, ...] = ()
    lot: str = ""
    language: str = ""

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the inquiry."""
        yield from head_problems(self)
        if self.message is not None:
            yield from digest_problems("message", self.message)
        if not self.marking.recipients:
            yield Problem("marking.recipients", "missing", "whom do you ask? Name at least one")
        if self.inquiry_type is InquiryType.BACKTRACKING and self.message is None and not self.lot.strip():
            yield Problem("message", "missing", "backtracking begins with a seizure or a lot: name one")
        yield from required_problems("question", self.question)
        yield from index_problems(self.quantities, len(self.substances))
        yield from language_problems("language", self.language)


class InquiryOperational(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the goods that are asked about moved, and what stood on them."""

    legs: tuple[Leg, ...] = ()
    marks: tuple[str, ...] = ()
    details: str = ""


class InquiryNominal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The persons and companies that are asked about."""

    parties: tuple[Party, ...] = ()
    notes: str = ""
    fictitious: bool = False
