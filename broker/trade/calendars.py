"""Days off: the public holidays of a country as the ``holidays`` library has them, and its weekend.

The library is data and arithmetic. It reads its own translations of names, by a language that is fixed here, because
it would else take that of the environment; it asks no clock and no network. What it has no holidays for is refused: a
year without holidays would count as one of work only.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Final

import holidays
import msgspec

from broker.directory.entries import DeadlineRule, Weekday
from broker.errors import NoCalendar

_LANGUAGE: Final = "en_US"
_WEEK: Final = tuple(one for one in Weekday if one is not Weekday.UNKNOWN)
_YEARS_KEPT: Final = 512


class DayOff(msgspec.Struct, frozen=True):
    """A day that a deadline does not count, and why."""

    day: date
    why: str


def day_off(rule: DeadlineRule, day: date) -> DayOff | None:
    """Return why *day* is no working day by the calendar of *rule*; None for a working day.

    Raises:
        NoCalendar: There are no public holidays for this country, part of it, or year.
    """
    year = _year(rule.calendar, rule.subdivision, day.year)
    if day in rule.holidays:
        return DayOff(day, "a day off by the rule itself")
    if day in year.holidays:
        return DayOff(day, year.holidays[day])
    weekday = _WEEK[day.weekday()]
    if rule.weekend:
        return DayOff(day, weekday.word) if weekday in rule.weekend else None
    return DayOff(day, weekday.word) if day in year.weekend else None


def check_calendar(country: str, subdivision: str) -> None:
    """Check that there is a calendar of a country, or of a part of it.

    Raises:
        NoCalendar: There is none.
    """
    known = holidays.list_supported_countries()
    if country not in known:
        raise NoCalendar(
            f"there is no calendar of public holidays for {country[:40]!r}",
            hint="Name the country whose holidays count, or count days instead of working days.",
        )
    if subdivision and subdivision not in known[country]:
        parts = ", ".join(known[country]) or "none"
        raise NoCalendar(
            f"there is no calendar for {subdivision[:40]!r} in {country}", hint=f"Its parts with holidays: {parts}."
        )


class _Year(msgspec.Struct, frozen=True):
    holidays: Mapping[date, str]
    weekend: frozenset[date]


@lru_cache(maxsize=_YEARS_KEPT)
def _year(country: str, subdivision: str, year: int) -> _Year:
    check_calendar(country, subdivision)
    named = holidays.country_holidays(country, subdiv=subdivision or None)
    if not named.start_year <= year <= named.end_year:
        raise NoCalendar(
            f"the calendar of {country} has the years {named.start_year} to {named.end_year}, and not {year}",
            hint="Look at the dates; or count days instead of working days.",
        )
    language = _LANGUAGE if _LANGUAGE in named.supported_languages else named.default_language
    found = holidays.country_holidays(country, subdiv=subdivision or None, years=year, language=language)
    days = (date.fromordinal(one) for one in range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1))
    # Some countries work on a Saturday to have a Monday off; the library knows those days of the years it has.
    rest = frozenset(one for one in days if found.is_weekend(one) and one not in found.weekend_workdays)
    return _Year({day: name for day, name in found.items() if day.year == year}, rest)
