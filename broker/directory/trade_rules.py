"""Rules of what a government says of pre-export notifications.

Only what every version judges alike, because a directory follows from its messages alone: whether a calendar or a
substance exists depends on what is installed, so who writes an entry checks that, and no reader refuses it for that.
"""

import re
from collections.abc import Iterable
from typing import Final

from broker.directory.entries import (
    AgreedField,
    Asked,
    AskedScope,
    DeadlineRule,
    DeadlineUnit,
    TradeEntry,
    Weekday,
)
from broker.errors import InvalidRecord
from broker.limits import MAX_DEADLINE_DAYS

_CALENDAR: Final = re.compile(r"[A-Z]{2}")
_SIMPLIFIED_MONTHS: Final = (0, 6, 12)
_MOST_WEEKEND_DAYS: Final = 6


def check_trade(entry: TradeEntry) -> None:
    """Check that *entry* can be true by itself.

    Raises:
        InvalidRecord: A field has a value that it cannot have.
    """
    if entry.simplified_months not in _SIMPLIFIED_MONTHS:
        raise InvalidRecord(f"simplified notifications for {entry.simplified_months} months: expected 0, 6 or 12")
    if AgreedField.UNKNOWN in entry.agreed:
        raise InvalidRecord("a field was agreed upon that this version does not know")
    _check_distinct(entry.agreed)
    _check_distinct((one.scope.word, one.substance, one.from_day) for one in entry.asks)
    for one in entry.asks:
        _check_asked(one)
    if entry.rule is not None:
        _check_deadline(entry.rule)


def _check_asked(asked: Asked) -> None:
    if asked.scope is AskedScope.UNKNOWN:
        raise InvalidRecord("notifications are asked for in a scope that this version does not know")
    if (asked.scope is AskedScope.SUBSTANCE) != bool(asked.substance):
        raise InvalidRecord("a substance is named where the scope is substance, and nowhere else")


def _check_deadline(rule: DeadlineRule) -> None:
    if rule.unit is DeadlineUnit.UNKNOWN or Weekday.UNKNOWN in rule.weekend:
        raise InvalidRecord("a deadline counts in a unit, or has a day of rest, that this version does not know")
    if rule.number > MAX_DEADLINE_DAYS:
        raise InvalidRecord(f"a deadline of {rule.number} {rule.unit.word}: at most {MAX_DEADLINE_DAYS} are meant")
    if not _CALENDAR.fullmatch(rule.calendar):
        raise InvalidRecord(f"{rule.calendar[:40]!r} is no calendar: expected the code of a country, like NL")
    if not rule.law:
        raise InvalidRecord("a deadline has to name the law that it comes from")
    _check_distinct(rule.weekend)
    _check_distinct(rule.holidays)
    if len(rule.weekend) > _MOST_WEEKEND_DAYS:
        raise InvalidRecord("every day of the week would be a day of rest: nothing could ever be due")


def _check_distinct(values: Iterable[object]) -> None:
    seen = list(values)
    if len(set(seen)) != len(seen):
        raise InvalidRecord(f"something is said twice among {', '.join(map(str, seen))[:200]}")
