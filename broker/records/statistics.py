"""Yearly figures, derived from incidents. They are never taken for incidents."""

from datetime import date
from decimal import Decimal

import msgspec

from broker.records.bounds import Count
from broker.records.core import Concerned, Related, head_problems
from broker.records.dates import period_problems
from broker.records.marking import Marking
from broker.records.problems import Problem, Problems
from broker.records.quantity import Unit
from broker.records.texts import country_problems, language_problems, required_problems


class StatisticsLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The amount of one substance in one unit; null is not told, zero is reported to be none."""

    substance_id: str | None = None
    as_written: str
    is_scheduled: bool
    amount: Decimal | None
    unit: Unit
    cases: Count | None = None
    origins: tuple[str, ...] = ()
    remarks: str = ""

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the line."""
        yield from required_problems("as_written", self.as_written)
        if self.amount is not None and self.amount.is_finite() and self.amount < 0:
            yield Problem("amount", "out-of-range", "is negative")
        for index, country in enumerate(self.origins):
            yield from country_problems(f"origins[{index}]", country)


class StatisticsCore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A country's figures of a period."""

    marking: Marking
    concerned: tuple[Concerned, ...] = ()
    national_reference: str
    related: tuple[Related, ...] = ()
    form: str
    country: str
    starts_on: date
    ends_on: date
    lines: tuple[StatisticsLine, ...] = ()
    method: str = ""
    remarks: str = ""
    language: str = ""

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the figures."""
        yield from head_problems(self)
        yield from required_problems("form", self.form)
        yield from country_problems("country", self.country)
        yield from period_problems(self.starts_on, self.ends_on)
        yield from language_problems("language", self.language)
