"""EARS C1, C2 and C3: a count against the mean and standard deviation of the seven before it.

::

    step      t-9 t-8 t-7 t-6 t-5 t-4 t-3 t-2 t-1  t
    C1                 └────── baseline ───────┘   y
    C2         └────── baseline ───────┘  (gap)    y
    C3         the part above 1 of C2 at t, t-1 and t-2, added

Made for short histories: no season, no trend. The gap of C2 and C3 keeps the beginning of an outbreak out of its own
baseline. C1 and C2 alarm above 3 standard deviations, C3 above 2.

Source: Hutwagner, Thompson, Seeman, Treadwell (2003), Journal of Urban Health 80, suppl. 1, i89–i96; C3 as written by
Fricker, Hegler, Dunfee (2008), Statistics in Medicine 27, 3407–3429.
"""

from collections.abc import Sequence
from statistics import fmean, stdev
from typing import Final

import msgspec

BASELINE: Final = 7
"""Steps."""
GAP: Final = 2
"""Steps between the baseline of C2 and C3 and what is judged."""
LIMITS: Final = (3.0, 3.0, 2.0)
"""Above which C1, C2 and C3 alarm."""
LEAST_STEPS: Final = (BASELINE, BASELINE + GAP, BASELINE + GAP + 2)
"""How many steps each of them needs before the one that is judged."""
LEAST_DEVIATION: Final = 0.5
"""Standard deviations below this are taken for it: after seven equal counts any other would be infinitely unusual."""


class Ears(msgspec.Struct, frozen=True):
    """What EARS says of one step; None where the past is too short for it.

    Attributes:
        expected: The mean of the baseline of C2, or of C1 where there is none.
    """

    c1: float | None
    c2: float | None
    c3: float | None
    expected: float

    def statistic(self, number: int) -> float | None:
        """Return C1, C2 or C3 by its number."""
        return (self.c1, self.c2, self.c3)[number - 1]

    def is_alarm(self, number: int) -> bool:
        """Say whether C1, C2 or C3 lies above its limit."""
        value = self.statistic(number)
        return value is not None and value > LIMITS[number - 1]


def ears(counts: Sequence[int], at: int) -> Ears | None:
    """Return what EARS says of step *at* of *counts*; None where there are less than seven steps before it."""
    c1 = _standardised(counts, at, gap=0)
    if c1 is None:
        return None
    c2 = _standardised(counts, at, gap=GAP)
    mean = fmean(_baseline(counts, at, GAP if c2 is not None else 0))
    return Ears(c1=c1, c2=c2, c3=_c3(counts, at), expected=mean)


def _c3(counts: Sequence[int], at: int) -> float | None:
    last = [_standardised(counts, at - back, gap=GAP) for back in range(3)]
    known = [one for one in last if one is not None]
    return sum(max(0.0, one - 1) for one in known) if len(known) == len(last) else None


def _standardised(counts: Sequence[int], at: int, *, gap: int) -> float | None:
    if at - gap - BASELINE < 0:
        return None
    baseline = _baseline(counts, at, gap)
    return (counts[at] - fmean(baseline)) / max(stdev(baseline), LEAST_DEVIATION)


def _baseline(counts: Sequence[int], at: int, gap: int) -> Sequence[int]:
    return counts[at - gap - BASELINE : at - gap]
