"""Weeks and months: the steps in which incidents are counted."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

from broker.types.vocabulary import Word


class Grain(Word):
    """How long one step is. A week begins on Monday (ISO 8601)."""

    WEEK = "WEEK"
    MONTH = "MONTH"


def start_of(day: date, grain: Grain) -> date:
    """Return the first day of the step that *day* lies in."""
    if grain is Grain.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1)


def end_of(start: date, grain: Grain) -> date:
    """Return the last day of the step that begins on *start*."""
    if grain is Grain.WEEK:
        return start + timedelta(days=6)
    return start.replace(day=monthrange(start.year, start.month)[1])


def steps(first: date, last: date, grain: Grain) -> Iterator[date]:
    """Yield the first days of all steps from the one of *first* to the one of *last*."""
    start = start_of(first, grain)
    while start <= last:
        yield start
        start = end_of(start, grain) + timedelta(days=1)


def step_within(first: date | None, last: date | None, grain: Grain) -> date | None:
    """Return the step that holds both days; None where they are not known so exactly."""
    if first is None or last is None:
        return None
    start = start_of(first, grain)
    return start if start == start_of(last, grain) else None
