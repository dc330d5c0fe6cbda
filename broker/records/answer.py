"""Answers to requests for information. Later ones of the same authority complete or replace earlier ones."""

from datetime import datetime
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
from broker.records.texts import check_party, language_problems, name_problems
from broker.types.vocabulary import Word


class AnswerOutcome(Word):
    """What came of a request."""

    UNKNOWN = "UNKNOWN"
    ANSWERED = "ANSWERED"
    PARTLY = "PARTLY"
    NOTHING_KNOWN = "NOTHING_KNOWN"
    REFUSED = "REFUSED"
    MORE_TIME = "MORE_TIME"


class AnswerCore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer to one inquiry."""

    marking: Marking
    concerned: tuple[Concerned, ...] = ()
    national_reference: str
    related: tuple[Related, ...] = ()
    request: Sha256
    outcome: AnswerOutcome
    says: str = ""
    answer_by: datetime | None = None
    ask_next: tuple[str, ...] = ()
    substances: tuple[Substance, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    places: tuple[Place, ...] = ()
    language: str = ""

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the answer."""
        yield from head_problems(self)
        yield from digest_problems("request", self.request)
        if self.outcome in _IN_WORDS and not self.says.strip():
            yield Problem("says", "missing", f"an answer that is {self.outcome.word} has to say something")
        if (self.outcome is AnswerOutcome.MORE_TIME) != (self.answer_by is not None):
            yield Problem("answer_by", "contradiction", "more-time and until when belong together")
        yield from name_problems("ask_next", self.ask_next, check_party)
        yield from index_problems(self.quantities, len(self.substances))
        yield from language_problems("language", self.language)


_IN_WORDS: Final = (AnswerOutcome.ANSWERED, AnswerOutcome.PARTLY, AnswerOutcome.REFUSED)


class AnswerOperational(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the goods moved, as far as the answer tells it."""

    legs: tuple[Leg, ...] = ()
    marks: tuple[str, ...] = ()
    details: str = ""


class AnswerNominal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The persons and companies that the answer names."""

    parties: tuple[Party, ...] = ()
    notes: str = ""
    fictitious: bool = False
