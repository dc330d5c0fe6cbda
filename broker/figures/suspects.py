"""Incidents that count twice, perhaps: nobody linked them, and they look like one event. For a person to look at."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from broker.figures.amounts import Addend
from broker.figures.reported import Reported

DAYS_APART: Final = timedelta(days=7)
"""Between the days on which two reports say that it happened."""
AMOUNTS_APART: Final = Decimal("0.1")
"""Of the larger amount."""
LEAST: Final = Decimal(10)
"""Kilograms or litres: smaller amounts are alike by chance."""


def suspected_duplicates(counted: Iterable[tuple[Reported, Addend]]) -> Iterator[tuple[str, str, str]]:
    """Yield pairs of names, and why they may be one event: one substance, nearly one day, nearly one amount.

    Only neighbours by date and amount are compared, so that a year of many incidents stays quick to look at.

    Args:
        counted: Incidents, each with every amount that it adds.
    """
    by_substance: defaultdict[tuple[object, ...], list[tuple[Reported, Addend]]] = defaultdict(list)
    for one, addend in counted:
        if addend.low is not None and addend.low >= LEAST:
            by_substance[(addend.substances, addend.unit)].append((one, addend))
    for _, several in sorted(by_substance.items(), key=lambda item: str(item[0])):
        several.sort(key=_by_amount)
        for (one, addend), (other, again) in pairwise(several):
            if one.order != other.order and _is_near(one, addend, other, again):
                substance = "|".join(addend.substances)
                yield one.name, other.name, f"{substance}, nearly the same day and amount"


def _by_amount(one: tuple[Reported, Addend]) -> tuple[Decimal, tuple[str, bytes]]:
    return one[1].low or Decimal(), one[0].order


def _is_near(one: Reported, addend: Addend, other: Reported, again: Addend) -> bool:
    small, large = sorted((addend.low or Decimal(), again.low or Decimal()))
    if large - small > large * AMOUNTS_APART:
        return False
    ours, theirs = one.facts, other.facts
    if ours.first_day is None or ours.last_day is None or theirs.first_day is None or theirs.last_day is None:
        return False
    return ours.first_day <= theirs.last_day + DAYS_APART and theirs.first_day <= ours.last_day + DAYS_APART
