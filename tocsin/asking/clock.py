"""Clocks in words: ``5 h 12 min left``, ``overdue by 2 days``."""

from datetime import datetime, timedelta
from typing import Final

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


def remaining(due: datetime, now: datetime) -> str:
    """Return how long it is until *due*, or since; at the moment itself it is overdue."""
    return f"overdue by {span(now - due)}" if due <= now else f"{span(due - now)} left"


def span(length: timedelta) -> str:
    """Return a length of time in its two largest units, rounded down; never negative."""
    if length < _MINUTE:
        return "less than a minute"
    if length < _HOUR:
        return f"{length // _MINUTE} min"
    if length < _DAY:
        return _two(length // _HOUR, "h", length % _HOUR // _MINUTE, "min")
    days = length // _DAY
    return _two(days, "day" if days == 1 else "days", length % _DAY // _HOUR, "h")


def _two(many: int, unit: str, few: int, smaller: str) -> str:
    return f"{many} {unit} {few} {smaller}" if few else f"{many} {unit}"
