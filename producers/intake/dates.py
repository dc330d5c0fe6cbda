"""Dates as reports give them: a day, a month, a year, a range; never more exact than written."""

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple

from broker.notation.dates import FIRST_YEAR, LAST_YEAR
from broker.notation.meant_dates import meant_date
from broker.records.dates import DateKind, DatePrecision, DateStatement
from producers.intake.rows import FieldProblem
from producers.intake.words import read_word

_DATE: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:[T ][0-9]{2}:[0-9]{2}\S*)?)?)?")
_HINT: Final = "expected 2018-01-31, 2018-01, 2018, or a range like 2015-11/2016-10"
_PRECISIONS: Final[Mapping[str, DatePrecision | None]] = {
    "day": DatePrecision.DAY,
    "month": DatePrecision.MONTH,
    "year": DatePrecision.YEAR,
    "range": DatePrecision.RANGE,
    "unknown": DatePrecision.NOT_KNOWN,
}
_FINENESS: Final = (DatePrecision.YEAR, DatePrecision.MONTH, DatePrecision.DAY)


class _Span(NamedTuple):
    first: date
    last: date
    precision: DatePrecision


def read_dates(values: Mapping[str, str], today: date, problems: list[FieldProblem]) -> tuple[DateStatement, ...]:
    """Return the dates of a row; *today* is where the future begins (a day later, for other time zones)."""
    statements = [
        _statement("date_incident", DateKind.OCCURRED, values, today, problems),
        _statement("date_reported", DateKind.REPORTED, values, today, problems),
    ]
    return tuple(statement for statement in statements if statement)


def _statement(
    field: str, kind: DateKind, values: Mapping[str, str], today: date, problems: list[FieldProblem]
) -> DateStatement | None:
    text = values.get(field, "")
    wanted = read_word("date_precision", values, _PRECISIONS, None, problems) if kind is DateKind.OCCURRED else None
    if not text:
        if wanted not in {None, DatePrecision.NOT_KNOWN}:
            problems.append(
                FieldProblem(field, "missing", f"the precision says {values['date_precision']}: which one?")
            )
        return None
    span = _span(text)
    if span is None:
        message = f"{text[:40]!r} is no date{asked(text, values.get('source_lang', ''))}; {_HINT}"
        problems.append(FieldProblem(field, "bad-date", message))
        return None
    if span.first > today + timedelta(days=1):
        problems.append(FieldProblem(field, "future-date", f"{text[:40]} lies in the future"))
    if wanted is not None:
        span = _coarsened(span, wanted) or span
        if span.precision is not wanted:
            problems.append(FieldProblem("date_precision", "date-precision", _misfit(text, span.precision, wanted)))
    return DateStatement(kind=kind, precision=span.precision, earliest=span.first, latest=span.last, as_written=text)


def asked(text: str, language: str = "") -> str:
    """Return the question what *text* means in another notation, behind a semicolon; nothing where it is no date."""
    meant = meant_date(text, language)
    return f"; {meant}" if meant else ""


def _misfit(text: str, written: DatePrecision, wanted: DatePrecision) -> str:
    return f"{text[:40]!r} is written as {written.word}, and the precision says {wanted.word}"


def _coarsened(span: _Span, wanted: DatePrecision) -> _Span | None:
    """Return *span* widened to a coarser precision: a spreadsheet makes a day of each month; the precision knows."""
    if wanted not in _FINENESS or span.precision not in _FINENESS:
        return None
    if _FINENESS.index(wanted) > _FINENESS.index(span.precision):
        return None
    return _span(span.first.isoformat()[: {DatePrecision.YEAR: 4, DatePrecision.MONTH: 7}.get(wanted, 10)])


def _span(text: str) -> _Span | None:
    start, slash, end = text.partition("/")
    first = _one(start.strip())
    if not slash or first is None:
        return first
    last = _one(end.strip())
    if last is None or last.last <= first.first:
        return None
    return _Span(first.first, last.last, DatePrecision.RANGE)


def _one(text: str) -> _Span | None:
    found = _DATE.fullmatch(text)
    if not found:
        return None
    year, month, day = (int(part) if part else 0 for part in found.groups())
    if not FIRST_YEAR <= year <= LAST_YEAR or (found[2] and not 1 <= month <= 12):
        return None
    if not month:
        return _Span(date(year, 1, 1), date(year, 12, 31), DatePrecision.YEAR)
    days = monthrange(year, month)[1]
    if not found[3]:
        return _Span(date(year, month, 1), date(year, month, days), DatePrecision.MONTH)
    if not 1 <= day <= days:
        return None
    return _Span(date(year, month, day), date(year, month, day), DatePrecision.DAY)
