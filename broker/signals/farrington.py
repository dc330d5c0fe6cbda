"""Farrington flexible: a weekly count against the same weeks of earlier years, by season and trend.

::

    years back      3                2                1               0
    weeks       ──[─w┼w─]─ 9 blocks ─[─w┼w─]─ 9 blocks ─[─w┼w─]─ 9 ──…26 left out…──y

Every week of the baseline belongs to the window around the same week of its year, or to one of nine blocks between two
windows. A quasi-Poisson regression on block and trend says what to expect; past outbreaks are weighed down by their
Anscombe residuals and the fit is repeated. The count alarms above the upper quantile of a negative binomial with that
mean and dispersion.

Source: Noufaily, Enki, Farrington, Garthwaite, Andrews, Charlett (2013), Statistics in Medicine 32, 1206–1222; first
described by Farrington, Andrews, Beale, Catchpole (1996), Journal of the Royal Statistical Society A 159, 547–563.
"""

from collections.abc import Sequence
from math import exp, sqrt
from typing import Final

import msgspec

from broker.signals import quasi_poisson
from broker.signals.negative_binomial import quantile, tail
from broker.signals.quasi_poisson import Fit

WEEKS_A_YEAR: Final = 365.25 / 7
MOST_YEARS: Final = 5
LEAST_YEARS: Final = 3
"""With less the trend and the seasons cannot be told apart."""
HALF_WINDOW: Final = 3
"""Weeks before and after the same week of an earlier year."""
BLOCKS: Final = 10
"""The window, and the nine blocks between two windows."""
LEFT_OUT: Final = 26
"""Weeks before the one that is judged: an outbreak that begins slowly does not get into its own baseline."""
WEIGHED_DOWN_ABOVE: Final = 2.58
"""Anscombe residual."""
ALPHA: Final = 0.005
"""Probability of a week above the threshold by chance."""
LEAST_RECENT: Final = 5
"""Counts in this and the three weeks before it, without which nothing is said."""
RECENT: Final = 4
"""Weeks."""


class Farrington(msgspec.Struct, frozen=True):
    """What the method says of one week.

    Attributes:
        expected: The mean for the week.
        upper: The count that is not unusual yet.
        dispersion: Variance over mean.
        probability: Of so many or more, by chance.
        years: Of the baseline.
    """

    expected: float
    upper: int
    dispersion: float
    probability: float
    years: int

    def score(self, count: int) -> float:
        """Return how far *count* is on the way from what is expected (0) to the threshold (1) and beyond."""
        return (count - self.expected) / max(self.upper - self.expected, 0.5)


def years_of(weeks: int) -> int:
    """Return how many years of baseline a series with so many *weeks* before the judged one has; at most five."""
    return max((years for years in range(MOST_YEARS + 1) if weeks >= reference(years) + HALF_WINDOW), default=0)


def reference(years: int) -> int:
    """Return how many weeks back the same week lies that many *years* ago."""
    return round(years * WEEKS_A_YEAR)


def blocks(years: int) -> dict[int, int]:
    """Return the block of each week of the baseline, by how many weeks back it lies; block 0 is the window."""
    found: dict[int, int] = {}
    for year in range(1, years + 1):
        back, newer = reference(year), reference(year - 1)
        for week in range(back - HALF_WINDOW, back + HALF_WINDOW + 1):
            found[week] = 0
        between = range(back - HALF_WINDOW - 1, newer + HALF_WINDOW, -1)
        for number, week in enumerate(between):
            found[week] = 1 + number * (BLOCKS - 1) // len(between)
    return {back: block for back, block in found.items() if back > LEFT_OUT}


def farrington(counts: Sequence[int], at: int) -> Farrington | None:
    """Return what the method says of week *at*; None where the past is too short, or no model fits it."""
    years = years_of(at)
    if years < LEAST_YEARS:
        return None
    baseline = [(back, block) for back, block in sorted(blocks(years).items(), reverse=True) if back <= at]
    past = [counts[at - back] for back, _ in baseline]
    if not any(past):
        return Farrington(0.0, 0, 1.0, 0.0 if counts[at] else 1.0, years)
    found = _fitted(baseline, past, trend=True)
    if found is None or exp(found.coefficients[0]) > max(past):
        # A trend that leads beyond everything that was ever counted is not believed.
        found = _fitted(baseline, past, trend=False)
    if found is None:
        return None
    expected = exp(found.coefficients[0])
    upper = quantile(1 - ALPHA, expected, found.dispersion)
    return Farrington(expected, upper, found.dispersion, tail(counts[at], expected, found.dispersion), years)


def is_enough(counts: Sequence[int], at: int) -> bool:
    """Say whether there was enough of late for a week to be judged at all."""
    return sum(counts[max(0, at - RECENT + 1) : at + 1]) >= LEAST_RECENT


def _fitted(baseline: Sequence[tuple[int, int]], past: Sequence[int], *, trend: bool) -> Fit | None:
    """Return the model, fitted twice; its first coefficient is the logarithm of what is expected now."""
    rows = [_terms(back, block, trend=trend) for back, block in baseline]
    first = quasi_poisson.fit(rows, past, [1.0] * len(past))
    return None if first is None else quasi_poisson.fit(rows, past, weights(residuals(first, past)))


def _terms(back: int, block: int, *, trend: bool) -> tuple[float, ...]:
    # Counted from the week that is judged, which lies in the window: for it all terms but the first are zero.
    seasons = (1.0 if block == number else 0.0 for number in range(1, BLOCKS))
    return (1.0, *((-back / WEEKS_A_YEAR,) if trend else ()), *seasons)


def residuals(model: Fit, past: Sequence[int]) -> list[float]:
    """Return the standardised Anscombe residuals of the counts that a model was fitted to."""
    return [
        1.5 * (count ** (2 / 3) * mean ** (-1 / 6) - sqrt(mean)) / sqrt(model.dispersion * (1 - leverage))
        for count, mean, leverage in zip(past, model.expected, model.leverages, strict=True)
    ]


def weights(several: Sequence[float], above: float = WEIGHED_DOWN_ABOVE) -> list[float]:
    """Return the weight of each count by its residual; their sum is how many there are."""
    raw = [one**-2 if one > above else 1.0 for one in several]
    scale = len(raw) / sum(raw)
    return [scale * one for one in raw]
