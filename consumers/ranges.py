"""Ranges of sequence numbers that have not arrived.

A range, not a row a number: a writer that jumps ahead by 2⁶² costs one row.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Range(NamedTuple):
    """The numbers from *first* to *last*, both included."""

    first: int
    last: int

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"


def without(ranges: Sequence[Range], number: int) -> list[Range]:
    """Return *ranges* without *number*; the others keep their order."""
    rest: list[Range] = []
    for one in ranges:
        if not one.first <= number <= one.last:
            rest.append(one)
            continue
        if one.first < number:
            rest.append(Range(one.first, number - 1))
        if number < one.last:
            rest.append(Range(number + 1, one.last))
    return rest
