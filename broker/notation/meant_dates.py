"""What a date in another notation may mean, as a question: nothing of it is ever taken for a date.

Two-digit years, weeks, and years that are not counted from the common era: Buddhist, Solar and lunar Hijri, of the
Republic of China, of Japanese emperors. A year of another calendar is not brought to ours by the day: months differ,
and for lunar ones the day depends on who saw the moon. Only the years are named.

Sources: ISO 8601 (weeks); the Buddhist year of Thailand is 543 more than ours; the Solar Hijri year begins in March of
the 621st year after its number; 33 lunar Hijri years are 32 of ours; eras begin in 1912, 1926, 1989 and 2019.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from broker.notation.dates import MAX_CHARACTERS, Span, day_span, read_date
from broker.notation.month_names import month_of
from broker.notation.tokens import ascii_digits, fold
from broker.records.dates import DatePrecision

_SHORT: Final = re.compile(r"(\d{1,2})\s?([./ -])\s?(\d{1,2}|[^\W\d_]{3,12}\.?)\s?\2\s?['’]?(\d{2})\.?")
_WEEK: Final = re.compile(
    r"(?:(?P<year>\d{4})\s?-?\s?W(?P<week>\d{1,2})(?:-?(?P<day>[1-7]))?"
    r"|(?:W|KW|CW|week|Woche|semaine|semana|неделя|第)\s?\.?(?P<week_first>\d{1,2})(?:周|週)?(?:\s?[/-]\s?|\s+(?:of\s+)?)"
    r"(?P<year_last>\d{4}))",
    re.IGNORECASE,
)
_YEAR: Final = re.compile(r"(?<!\d)(1[2-5]\d{2}|2[2-6]\d{2})(?!\d)")
_ERA: Final = re.compile(r"(民国|民國|令和|平成|昭和)\s?(元|\d{1,3})\s?年?")
_ERAS: Final = {"民国": 1911, "民國": 1911, "令和": 2018, "平成": 1988, "昭和": 1925}
_BUDDHIST: Final = 543
_SOLAR: Final = 621
_LUNAR: Final = (32, 33, 622)
_MOST_WEEKS: Final = 53
_CENTURY: Final = 2000


def meant_date(text: str, language: str = "") -> str:
    """Return in words what *text* may mean where a column takes no such date; nothing where it is no date at all."""
    reading = read_date(text, language)
    if reading is not None:
        spans = [reading.span] if reading.other is None else [reading.span, reading.other]
        return f"is {' or '.join(map(as_column, spans))} meant?"
    if len(text) > MAX_CHARACTERS:
        return ""
    plain = ascii_digits(text.strip())
    return _week(plain) or _short_year(plain) or _other_calendar(plain)


def as_column(span: Span) -> str:
    """Return *span* as columns take it."""
    if span.precision is DatePrecision.RANGE:
        return f"{span.first.isoformat()}/{span.last.isoformat()}"
    length = {DatePrecision.YEAR: 4, DatePrecision.MONTH: 7}.get(span.precision, 10)
    return span.first.isoformat()[:length]


def _week(text: str) -> str:
    found = _WEEK.fullmatch(text)
    if found is None:
        return ""
    year, week = int(found["year"] or found["year_last"]), int(found["week"] or found["week_first"])
    if not 1 <= week <= _MOST_WEEKS:
        return ""
    try:
        first, last = (date.fromisocalendar(year, week, day) for day in (1, 7))
    except ValueError:
        return ""
    if found["day"]:
        return f"is {date.fromisocalendar(year, week, int(found['day']))} meant, as ISO 8601 counts weeks?"
    return f"is {first}/{last} meant, the week from Monday to Sunday as ISO 8601 counts them?"


def _short_year(text: str) -> str:
    found = _SHORT.fullmatch(text)
    if found is None:
        return ""
    first, middle, last = found[1], found[3], found[4]
    days = list(dict.fromkeys(_days(int(first), middle, int(last))))
    if not days:
        return ""
    return f"its year has two digits: is {' or '.join(map(str, days))} meant, or another century?"


def _days(first: int, middle: str, last: int) -> Iterator[date]:
    """Yield the days of this century that three short numbers may mean: day first, month first, year first."""
    if middle.isdigit():
        second = int(middle)
        orders = ((last, second, first), (last, first, second), (first, second, last))
    else:
        month = month_of(fold(middle.rstrip("."))) or 0
        orders = ((last, month, first), (first, month, last), (0, 0, 0))
    for year, month, day in orders:
        span = day_span(_CENTURY + year, month, day)
        if span is not None:
            yield span.first


def _other_calendar(text: str) -> str:
    era = _ERA.search(text)
    if era is not None:
        year = _ERAS[era[1]] + (1 if era[2] == "元" else int(era[2]))
        return f"{era[1]}{era[2]} is the year {year}: write the day with that year"
    found = _YEAR.search(text)
    if found is None:
        return ""
    year = int(found[1])
    if year >= _CENTURY:
        says = f"{year} may be a year of the Buddhist era, in Thailand {year - _BUDDHIST} of the common one"
    else:
        years, months, offset = _LUNAR
        lunar = year * years // months + offset
        says = (
            f"{year} may be a year of the Solar Hijri calendar, {year + _SOLAR}/{year + _SOLAR + 1} of the common one, "
            f"or of the lunar one, about {lunar}"
        )
    return f"{says}: write the day of the Gregorian calendar"
