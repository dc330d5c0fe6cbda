"""Contacts: the desk of an authority that answers at any hour."""

from datetime import date

import msgspec

from broker.records.core import Concerned, Related, head_problems
from broker.records.dates import period_problems
from broker.records.marking import Marking
from broker.records.problems import Problem, Problems
from broker.records.texts import language_problems, name_problems, required_problems
from broker.types import names


class ContactCore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The desk of an authority that answers at any hour."""

    marking: Marking
    concerned: tuple[Concerned, ...] = ()
    national_reference: str
    related: tuple[Related, ...] = ()
    authority: str
    desk: str
    telephone: str
    email: str = ""
    languages: tuple[str, ...]
    starts_on: date
    ends_on: date | None = None

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the contact."""
        yield from head_problems(self)
        for problem in name_problems("", (self.authority,), names.check_authority):
            yield Problem("authority", problem.code, problem.message)
        yield from required_problems("desk", self.desk)
        yield from required_problems("telephone", self.telephone)
        if not self.languages:
            yield Problem("languages", "missing", "name at least one language that is spoken there")
        for index, tag in enumerate(self.languages):
            yield from required_problems(f"languages[{index}]", tag)
            yield from language_problems(f"languages[{index}]", tag)
        yield from period_problems(self.starts_on, self.ends_on)
