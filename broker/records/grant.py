"""Grants: leave that the originator of a message, or the focal point of its participant, gives or refuses."""

from datetime import datetime

import msgspec

from broker.errors import BadName
from broker.records.bounds import Sha256
from broker.records.core import Concerned, Related, digest_problems, head_problems
from broker.records.marking import Marking
from broker.records.problems import Problem, Problems
from broker.records.request import recipient_problems, section_problems
from broker.records.texts import repetition_problems
from broker.types import names
from broker.types.vocabulary import Action, Purpose, Section, Word


class GrantOutcome(Word):
    """What the answer to a request is."""

    UNKNOWN = "UNKNOWN"
    GRANTED = "GRANTED"
    REFUSED = "REFUSED"


class GrantCore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Leave that is given to one authority, or refused."""

    marking: Marking
    concerned: tuple[Concerned, ...] = ()
    national_reference: str
    related: tuple[Related, ...] = ()
    request: Sha256 | None = None
    message: Sha256
    outcome: GrantOutcome
    action: Action
    sections: tuple[Section, ...]
    grantee: str
    recipients: tuple[str, ...] = ()
    purposes: tuple[Purpose, ...]
    until: datetime | None = None
    reason: str = ""

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the answer."""
        yield from head_problems(self)
        yield from digest_problems("message", self.message)
        if self.request is not None:
            yield from digest_problems("request", self.request)
        yield from section_problems("sections", self.sections)
        yield from recipient_problems(self.action, self.recipients)
        yield from self._grantee_problems()
        if not self.purposes:
            yield Problem("purposes", "missing", "leave is for a purpose: name at least one")
        yield from repetition_problems("purposes", self.purposes)
        yield from self._end_problems()

    def _grantee_problems(self) -> Problems:
        try:
            names.check_authority(self.grantee)
        except BadName as error:
            yield Problem("grantee", "bad-name", str(error))

    def _end_problems(self) -> Problems:
        if self.outcome is GrantOutcome.GRANTED and self.until is None:
            yield Problem("until", "missing", "leave that is given has an end")
        if self.outcome is GrantOutcome.REFUSED and self.until is not None:
            yield Problem("until", "contradiction", "leave that is refused has no end")
