"""Groups: joint teams and operations with members from several participants and an end."""

from datetime import date

import msgspec

from broker.errors import BadName
from broker.records.core import Concerned, Related, head_problems
from broker.records.dates import period_problems
from broker.records.marking import Marking
from broker.records.problems import Problem, Problems
from broker.records.texts import check_party, name_problems, required_problems
from broker.types import names


class GroupCore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A joint team or operation, led by the originator's participant."""

    marking: Marking
    concerned: tuple[Concerned, ...] = ()
    national_reference: str
    related: tuple[Related, ...] = ()
    name: str
    title: str
    members: tuple[str, ...]
    starts_on: date
    ends_on: date

    def full_name(self, leader: names.Participant) -> str:
        """Return the name that markings use, such as ``@NL/lionfish``."""
        return f"@{leader}/{self.name}"

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the group."""
        yield from head_problems(self)
        try:
            names.check_recipient(self.full_name(names.HUB))
        except BadName:
            yield Problem("name", "bad-name", f"{self.name[:60]!r} is no group's own name: expected one like lionfish")
        yield from required_problems("title", self.title)
        if not self.members:
            yield Problem("members", "missing", "a group has members: name at least one")
        yield from name_problems("members", self.members, check_party)
        yield from period_problems(self.starts_on, self.ends_on)
