"""Dates as reports write them, never more exact than written; two readings are both kept."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec

from broker.notation.certainty import Certainty, weakest
from broker.notation.month_names import month_of
from broker.notation.tokens import Token, tokens_of
from broker.records.dates import DatePrecision

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199
MAX_CHARACTERS: Final = 80
"""A longer text is a sentence and no date."""
_MAX_TOKENS: Final = 24
"""Of two dates and what joins them; each place where they may part is tried with each part of the second."""
_FILLERS: Final = frozenset(
    {"de", "del", "do", "da", "of", "the", "г", "года", "году", "год", "le", "du", "den", "el", "on", "в", "во", "in"}
    | {"th", "st", "nd", "rd", "er", "em", "º", "°", ",", ".", "year", "roku", "na", "a", "ano", "año"}
)
_RANGE_SIGNS: Final = frozenset(
    {"–", "—", "~", "～", "to", "until", "bis", "tot", "до", "по", "至", "a", "au", "al", "إلى"}
)
_LEADING: Final = frozenset({"from", "between", "c", "с", "von", "van", "vom", "desde", "du", "od", "от", "de", "del"})
_HAN_UNITS: Final = "年月日"


class Span(msgspec.Struct, frozen=True):
    """Two days, both included, and how exactly they are known."""

    first: date
    last: date
    precision: DatePrecision


class DateReading(msgspec.Struct, frozen=True):
    """What a text says of when.

    Attributes:
        other: What it may say instead, where day and month cannot be told apart.
    """

    span: Span
    certainty: Certainty
    other: Span | None = None
    notes: tuple[str, ...] = ()


def read_date(text: str, language: str = "") -> DateReading | None:
    """Return what *text*, all of it, says of when; None where it is no date.

    Args:
        language: BCP 47 tag; ``en-US`` makes the month of 03/04/2020 come first, and it is unsure all the same.
    """
    if len(text) > MAX_CHARACTERS:
        return None
    tokens = tokens_of(text)
    if len(tokens) > _MAX_TOKENS:
        return None
    whole = _single(tokens, language)
    return whole if whole is not None else _range(tokens, language)


def day_span(year: int, month: int, day: int) -> Span | None:
    """Return one day, or None where there is no such day."""
    if not (_is_month(year, month) and 1 <= day <= monthrange(year, month)[1]):
        return None
    one = date(year, month, day)
    return Span(one, one, DatePrecision.DAY)


def month_span(year: int, month: int) -> Span | None:
    """Return one month from its first day to its last, or None where there is no such month."""
    if not _is_month(year, month):
        return None
    return Span(date(year, month, 1), date(year, month, monthrange(year, month)[1]), DatePrecision.MONTH)


def year_span(year: int) -> Span | None:
    """Return one year from its first day to its last, or None where it is too far away."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    return Span(date(year, 1, 1), date(year, 12, 31), DatePrecision.YEAR)


def _is_month(year: int, month: int) -> bool:
    return FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12


def _single(tokens: Sequence[Token], language: str) -> DateReading | None:
    signs = {one.folded for one in tokens if one.kind == "sign"}
    parts = [one for one in tokens if one.folded not in _FILLERS and one.kind != "sign"]
    numbers = _numbers(parts)
    names = [month for one in parts if one.kind == "word" and (month := month_of(one.folded)) is not None]
    if any(one.folded in _HAN_UNITS for one in parts):
        return _han(parts)
    if len(names) == 1 and len(parts) == len(names) + _count(parts) and not signs - {",", ".", "/", "-", "º", "°"}:
        return _named(numbers, names[0])
    if names or not numbers or len(parts) != _count(parts) or signs - {".", "/", "-"}:
        return None
    return _numeric(numbers, "".join(sorted(signs | _inner_signs(parts))), language)


def _count(parts: Sequence[Token]) -> int:
    return sum(one.kind == "number" for one in parts)


def _numbers(parts: Sequence[Token]) -> list[str]:
    """Return the numbers of a date; a numeral like 24.01.2018 is three."""
    return [piece for one in parts if one.kind == "number" for piece in one.folded.split(".")]


def _inner_signs(parts: Sequence[Token]) -> set[str]:
    return {"."} if any("." in one.folded for one in parts if one.kind == "number") else set()


def _numeric(numbers: Sequence[str], signs: str, language: str) -> DateReading | None:
    if not all(one.isdigit() and len(one) in {1, 2, 4} for one in numbers):
        return None
    values = [int(one) for one in numbers]
    if len(numbers[0]) == 4:
        return _certain(_year_first(values))
    if len(numbers[-1]) != 4 or len(signs) > 1:
        return None
    if len(numbers) == 2:
        return _certain(month_span(values[1], values[0]))
    return _day_or_month_first(values, signs, language) if len(numbers) == 3 else None


def _year_first(values: Sequence[int]) -> Span | None:
    match values:
        case [year]:
            return year_span(year)
        case [year, month]:
            return month_span(year, month)
        case [year, month, day]:
            return day_span(year, month, day)
        case _:
            return None


def _day_or_month_first(values: Sequence[int], signs: str, language: str) -> DateReading | None:
    first, second, year = values
    by_day, by_month = day_span(year, second, first), day_span(year, first, second)
    if by_day == by_month or by_month is None or signs == ".":
        return _certain(by_day)
    if by_day is None:
        return _certain(by_month)
    span, other = (by_month, by_day) if language == "en-US" else (by_day, by_month)
    note = f"{first}/{second}/{year} is {by_day.first} or {by_month.first}"
    return DateReading(span, Certainty.UNSURE, other, (note,))


def _named(numbers: Sequence[str], month: int) -> DateReading | None:
    years = [one for one in numbers if len(one) == 4]
    days = [one for one in numbers if len(one) <= 2]
    if len(years) != 1 or len(days) > 1 or len(numbers) != len(years) + len(days):
        return None
    year = int(years[0])
    return _certain(day_span(year, month, int(days[0])) if days else month_span(year, month))


def _han(parts: Sequence[Token]) -> DateReading | None:
    text = "".join(one.folded for one in parts)
    rest, _, day = text.rpartition("月") if "月" in text else (text, "", "")
    year, _, month = rest.partition("年")
    numbers = [year, month, day.removesuffix("日").removesuffix("号")]
    present = [one for one in numbers if one]
    if not all(one.isdigit() and len(one) <= 4 for one in present):
        return None
    return _certain(_year_first([int(one) for one in present])) if year else None


def _certain(span: Span | None) -> DateReading | None:
    return None if span is None else DateReading(span, Certainty.CERTAIN)


def _range(tokens: Sequence[Token], language: str) -> DateReading | None:
    """Return a span between two dates; the first may leave out what the second says: 12-15 March 2020."""
    start = 1 if tokens and tokens[0].folded in _LEADING else 0
    for place in range(start + 1, len(tokens) - 1):
        sign = tokens[place].folded
        if sign not in _RANGE_SIGNS and sign not in {"-", "/", "and", "y", "et", "und", "и"}:
            continue
        last = _single(tokens[place + 1 :], language)
        first = _single(tokens[start:place], language) or _completed(tokens[start:place], tokens[place + 1 :], language)
        if first is not None and last is not None and first.span.first < last.span.last:
            span = Span(first.span.first, last.span.last, DatePrecision.RANGE)
            return DateReading(span, weakest(first.certainty, last.certainty), notes=first.notes + last.notes)
    return None


def _completed(first: Sequence[Token], last: Sequence[Token], language: str) -> DateReading | None:
    """Return the first date of a range with what only the second one says: its month, its year."""
    for dropped in range(1, len(last)):
        found = _single((*first, *last[dropped:]), language)
        if found is not None:
            return found
    return None
