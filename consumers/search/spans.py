"""How long an incident may have lasted, in classes: so that a search by day looks at few rows that are too old.

A search over a window looks, in each class, at those that began in it, or at most the class's length before it. What
nobody says the day of has not happened after it was told.
"""

from datetime import date
from typing import Final, NamedTuple

SPAN_DAYS: Final = (0, 31, 366, 400_000)
"""The longest of each class in days: a day, a month, a year, and anything else."""
UNDATED: Final = len(SPAN_DAYS)
"""The class of what nobody says the day of."""
LAST_DAY: Final = date.max.toordinal()


class DayRange(NamedTuple):
    """Which rows of a class to look at: those that began from *earliest* on and until *latest*."""

    span: int
    earliest: int
    latest: int


def span_of(first: date | None, last: date | None) -> int:
    """Return the class of an incident that happened between two days."""
    if first is None or last is None:
        return UNDATED
    length = (last - first).days
    return next(index for index, most in enumerate(SPAN_DAYS) if length <= most)


def ranges_of(first: date | None, last: date | None, *, undated: bool) -> tuple[DayRange, ...]:
    """Return where to look for what may have happened between two days; None is for ever.

    Args:
        undated: Also where nobody says the day; where no window is given they always count.
    """
    start = 0 if first is None else first.toordinal()
    end = LAST_DAY if last is None else last.toordinal()
    found = [DayRange(span, max(0, start - length), end) for span, length in enumerate(SPAN_DAYS)]
    if undated or (first is None and last is None):
        found.append(DayRange(UNDATED, 0, 0))
    return tuple(found)
