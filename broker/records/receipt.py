"""Receipts: what the readers of a participant did with the messages of the one that they are addressed to."""

from datetime import datetime

import msgspec

from broker.errors import BadName
from broker.records.bounds import Sha256
from broker.records.core import Concerned, Related, digest_problems, head_problems
from broker.records.marking import Marking
from broker.records.problems import Problem, Problems
from broker.records.request import section_problems
from broker.types import names
from broker.types.vocabulary import Purpose, Section, Word


class Receipted(Word):
    """What a reader's node did with a message."""

    UNKNOWN = "UNKNOWN"
    RELEASED = "RELEASED"
    OPENED = "OPENED"
    PURGED = "PURGED"


class PurgedBecause(Word):
    """Why a reader's node has removed what it had."""

    UNKNOWN = "UNKNOWN"
    CORRECTED = "CORRECTED"
    RETENTION_OVER = "RETENTION_OVER"
    RECALLED = "RECALLED"


class ReceiptEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that one reader did with one message."""

    message: Sha256
    reader: str
    what: Receipted
    sections: tuple[Section, ...]
    purpose: Purpose | None = None
    because: PurgedBecause | None = None
    at: datetime

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the entry."""
        yield from digest_problems("message", self.message)
        try:
            names.check_authority(self.reader)
        except BadName as error:
            yield Problem("reader", "bad-name", str(error))
        yield from section_problems("sections", self.sections)
        if (self.what is Receipted.OPENED) != (self.purpose is not None) and self.what is not Receipted.UNKNOWN:
            yield Problem("purpose", "contradiction", "opening is for a purpose, and nothing else is")
        if self.because is not None and self.what not in (Receipted.PURGED, Receipted.UNKNOWN):
            yield Problem("because", "contradiction", "only what is purged has a reason")


class ReceiptCore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done in one period; nothing may have been, so that nobody learns from the number of receipts."""

    marking: Marking
    concerned: tuple[Concerned, ...] = ()
    national_reference: str
    related: tuple[Related, ...] = ()
    period_from: datetime
    period_to: datetime
    entries: tuple[ReceiptEntry, ...] = ()
    padding: bytes = b""

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the receipt."""
        yield from head_problems(self)
        if any(self.padding):
            yield Problem("padding", "bad-padding", "is not all zeros")
        if self.period_from.tzinfo is None or self.period_to.tzinfo is None:
            return  # cannot be compared, and is a problem of its own
        if self.period_to <= self.period_from:
            yield Problem("period_to", "contradiction", "lies before the period begins")
