"""Dates with the precision that a report gives them. A date that is not told is not guessed."""

from calendar import monthrange
from datetime import date

import msgspec

from broker.records.problems import Problem, Problems
from broker.types.vocabulary import Word


class DateKind(Word):
    """What happened on a date."""

    UNKNOWN = "UNKNOWN"
    OCCURRED = "OCCURRED"
    FOUND = "FOUND"
    OPENED = "OPENED"
    ANNOUNCED = "ANNOUNCED"
    REPORTED = "REPORTED"


class DatePrecision(Word):
    """How exactly a date is known."""

    UNKNOWN = "UNKNOWN"
    DAY = "DAY"
    MONTH = "MONTH"
    YEAR = "YEAR"
    RANGE = "RANGE"
    NOT_KNOWN = "NOT_KNOWN"


class DateStatement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A date as far as the report tells it: between two days, both included.

    A month or year is from its first day to its last. A range may be open at one end.
    """

    kind: DateKind
    precision: DatePrecision = DatePrecision.NOT_KNOWN
    earliest: date | None = None
    latest: date | None = None
    as_written: str = ""

    def broken_rules(self) -> Problems:
        """Yield a problem if the two days are not what the precision says."""
        expected = _expected_days(self.precision, self.earliest, self.latest)
        if expected:
            yield Problem("precision", "bad-date", f"{self.precision.word} does not fit its days: expected {expected}")


def month_statement(kind: DateKind, year: int, month: int, *, as_written: str = "") -> DateStatement:
    """Return the statement that something happened in one month."""
    first, last = date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return DateStatement(kind=kind, precision=DatePrecision.MONTH, earliest=first, latest=last, as_written=as_written)


def year_statement(kind: DateKind, year: int, *, as_written: str = "") -> DateStatement:
    """Return the statement that something happened in one year."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    return DateStatement(kind=kind, precision=DatePrecision.YEAR, earliest=first, latest=last, as_written=as_written)


def _expected_days(precision: DatePrecision, first: date | None, last: date | None) -> str:
    """Say what was expected of the days, or nothing if they fit."""
    match precision:
        case DatePrecision.NOT_KNOWN:
            return "" if first is None and last is None else "no days at all"
        case DatePrecision.DAY:
            return "" if first is not None and first == last else "one and the same day twice"
        case DatePrecision.MONTH:
            return "" if _is_month(first, last) else "the first and last day of one month"
        case DatePrecision.YEAR:
            return "" if _is_year(first, last) else "the first and last day of one year"
        case DatePrecision.RANGE:
            return "" if _is_range(first, last) else "at least one day, and the earliest before the latest"
        case _:
            return ""  # UNKNOWN is a problem of its own


def _is_month(first: date | None, last: date | None) -> bool:
    if first is None or last is None:
        return False
    return first.day == 1 and last == first.replace(day=monthrange(first.year, first.month)[1])


def _is_year(first: date | None, last: date | None) -> bool:
    if first is None or last is None:
        return False
    return (first.month, first.day) == (1, 1) and last == first.replace(month=12, day=31)


def _is_range(first: date | None, last: date | None) -> bool:
    if first is None or last is None:
        return first is not last
    return first < last


def period_problems(starts_on: date, ends_on: date | None) -> Problems:
    """Yield a problem if a period ends before it starts; both days belong to it."""
    if ends_on is not None and ends_on < starts_on:
        yield Problem("ends_on", "contradiction", "lies before the first day")
