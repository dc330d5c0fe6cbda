"""By when an answer to a pre-export notification is asked for: the rule of the exporting country, counted."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import msgspec

from broker.directory.entries import DeadlineRule, DeadlineUnit
from broker.errors import NoCalendar
from broker.trade.calendars import DayOff, day_off

_DAY: Final = timedelta(days=1)
_UNIT_WORDS: Final[Mapping[DeadlineUnit, str]] = {
    DeadlineUnit.UNKNOWN: "of an unknown unit",
    DeadlineUnit.DAYS: "days",
    DeadlineUnit.WORKING_DAYS: "working days",
    DeadlineUnit.BUSINESS_DAYS: "business days",
}
_SILENCE_UNSAID: Final = "The rule does not say what follows when no answer comes."


class Deadline(msgspec.Struct, frozen=True):
    """The last day of a deadline, and the days between that did not count."""

    answer_by: date
    days_off: tuple[DayOff, ...]


def answer_by(rule: DeadlineRule, sent_on: date) -> date:
    """Return the last day on which the importing country is asked to answer.

    Args:
        sent_on: Day on which the notification was sent; it is not counted.

    Raises:
        NoCalendar: The calendar does not have the country or the year, so nothing can be said.
    """
    return deadline(rule, sent_on).answer_by


def deadline(rule: DeadlineRule, sent_on: date) -> Deadline:
    """Return the last day by *rule*, and what was not counted on the way to it.

    Days are counted as they come, and the last may be a day off; working days never end on one.

    Raises:
        NoCalendar: The calendar does not have the country or the year, so nothing can be said.
    """
    try:
        if rule.unit is DeadlineUnit.DAYS:
            return Deadline(sent_on + rule.number * _DAY, ())
        return _working_days(rule, sent_on)
    except OverflowError:
        raise NoCalendar(f"no calendar goes so far beyond {sent_on}") from None


def working_days_between(rule: DeadlineRule, first: date, last: date) -> int:
    """Return how many working days lie after *first*, up to and with *last*; by days, each one counts.

    Raises:
        NoCalendar: The calendar does not have the country or the year.
    """
    days = (last - first).days
    if rule.unit is DeadlineUnit.DAYS or days <= 0:
        return max(days, 0)
    return sum(day_off(rule, first + number * _DAY) is None for number in range(1, days + 1))


def in_words(rule: DeadlineRule) -> str:
    """Return *rule* in a sentence for people, with the law that it comes from."""
    number = f"{rule.number} {_UNIT_WORDS[rule.unit]}"
    if rule.unit is DeadlineUnit.DAYS:
        return f"{number} after the notification was sent, that day not counted ({rule.law})"
    place = f"{rule.calendar}-{rule.subdivision}" if rule.subdivision else rule.calendar
    rest = f", days of rest: {', '.join(one.word for one in rule.weekend)}" if rule.weekend else ""
    more = f", and {len(rule.holidays)} more days off" if rule.holidays else ""
    return (
        f"{number} after the notification was sent, that day not counted, by the calendar of {place}{rest}{more} "
        f"({rule.law})"
    )


def on_silence(rule: DeadlineRule | None) -> str:
    """Return what the law of a rule says of silence; never more than it says."""
    if rule is None or not rule.silence.strip():
        return _SILENCE_UNSAID
    return f"{rule.law} says: {rule.silence.strip()}"


def _working_days(rule: DeadlineRule, sent_on: date) -> Deadline:
    day, left, off = sent_on, rule.number, list[DayOff]()
    while left:
        day += _DAY
        found = day_off(rule, day)
        if found is None:
            left -= 1
        else:
            off.append(found)
    return Deadline(day, tuple(off))
