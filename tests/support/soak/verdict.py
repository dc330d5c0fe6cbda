"""What a reading node has, compared with what it should have; pure."""

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import final

import msgspec

Name = tuple[str, int]
"""A message by what numbers it and its number there: the stream, or the authority that gave it a reference."""


@final
class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one reader's inbox, each as a number of messages; all zero is well.

    Attributes:
        arrived: Messages that were published and arrived.
        lost: Published, and not there.
        doubled: There more than once, each further time counted.
        strange: There, and never published.
        disordered: Not behind the one before it there.
    """

    arrived: int
    lost: int
    doubled: int
    strange: int
    disordered: int

    @property
    def is_whole(self) -> bool:
        """Everything arrived once and in order."""
        return not (self.lost or self.doubled or self.strange or self.disordered)


def judge(published: Collection[Name], arrived: Sequence[Name]) -> Verdict:
    """Return what is wrong with *arrived*, a reader's messages in the order of their arrival."""
    wanted, times = set(published), Counter(arrived)
    return Verdict(
        arrived=len(wanted & times.keys()),
        lost=len(wanted - times.keys()),
        doubled=sum(count - 1 for count in times.values()),
        strange=len(times.keys() - wanted),
        disordered=_disordered(arrived),
    )


def _disordered(arrived: Sequence[Name]) -> int:
    streams: dict[str, list[int]] = {}
    for stream, number in arrived:
        streams.setdefault(stream, [0]).append(number)
    return sum(behind != before + 1 for numbers in streams.values() for before, behind in pairwise(numbers))
