"""Requests: an authority asks the originator of a message for leave to use it otherwise than its marking says."""

from datetime import datetime

import msgspec

from broker.records.bounds import Sha256
from broker.records.core import Concerned, Related, digest_problems, head_problems
from broker.records.marking import Marking
from broker.records.problems import Problem, Problems
from broker.records.texts import check_party, name_problems, repetition_problems, required_problems
from broker.types.vocabulary import Action, Purpose, Section


class RequestCore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an authority asks of the originator of a message."""

    marking: Marking
    concerned: tuple[Concerned, ...] = ()
    national_reference: str
    related: tuple[Related, ...] = ()
    message: Sha256
    action: Action
    sections: tuple[Section, ...]
    recipients: tuple[str, ...] = ()
    purpose: Purpose
    until: datetime
    reason: str

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the request."""
        yield from head_problems(self)
        yield from digest_problems("message", self.message)
        yield from section_problems("sections", self.sections)
        yield from recipient_problems(self.action, self.recipients)
        yield from required_problems("reason", self.reason)


def section_problems(field: str, sections: tuple[Section, ...]) -> Problems:
    """Yield what is wrong with the sections that a record speaks of: at least one, each once."""
    if not sections:
        yield Problem(field, "missing", "name at least one section")
    yield from repetition_problems(field, sections)


def recipient_problems(action: Action, recipients: tuple[str, ...]) -> Problems:
    """Yield what is wrong with those to whom a message would be passed on: somebody has to be named, never a group.

    The members of a group change; whoever gives leave has to know to whom.
    """
    if action is Action.FORWARD and not recipients:
        yield Problem("recipients", "missing", "passing on is to somebody: name at least one participant or authority")
    if recipients and action not in (Action.FORWARD, Action.UNKNOWN):
        yield Problem("recipients", "contradiction", f"nobody is passed anything on by {action.word}: name nobody")
    yield from name_problems("recipients", recipients, check_party)
