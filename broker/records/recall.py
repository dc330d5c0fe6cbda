"""Recalls and corrections: a message taken back by its originator, or by the focal point of its participant."""

import msgspec

from broker.records.bounds import Sha256
from broker.records.core import Concerned, Related, digest_problems, head_problems
from broker.records.marking import Marking
from broker.records.problems import Problem, Problems
from broker.records.texts import required_problems
from broker.types.vocabulary import Word


class RecallKind(Word):
    """How a message is taken back."""

    UNKNOWN = "UNKNOWN"
    RECALL = "RECALL"
    CORRECTION = "CORRECTION"


class RecallCore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message that is taken back, and what takes its place."""

    marking: Marking
    concerned: tuple[Concerned, ...] = ()
    national_reference: str
    related: tuple[Related, ...] = ()
    message: Sha256
    kind: RecallKind
    reason: str
    replaced_by: Sha256 | None = None

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the recall."""
        yield from head_problems(self)
        yield from digest_problems("message", self.message)
        if self.replaced_by is not None:
            yield from digest_problems("replaced_by", self.replaced_by)
        if self.replaced_by == self.message:
            yield Problem("replaced_by", "contradiction", "is the message that is taken back")
        if self.kind is RecallKind.RECALL and self.replaced_by is not None:
            yield Problem("replaced_by", "contradiction", "a message that is replaced is corrected, not recalled")
        yield from required_problems("reason", self.reason)
