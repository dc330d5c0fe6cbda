"""Counts that scatter more than by chance: negative binomial with mean μ and variance φμ; Poisson where φ is 1."""

from collections.abc import Iterator
from math import exp, lgamma, log
from typing import Final

_LONGEST: Final = 1_000_000
"""Counts above which a quantile is not looked for."""


def tail(count: int, mean: float, dispersion: float) -> float:
    """Return the probability of *count* or more."""
    below = sum(probability for _, probability in zip(range(count), _probabilities(mean, dispersion), strict=False))
    return max(0.0, 1.0 - below)


def quantile(share: float, mean: float, dispersion: float) -> int:
    """Return the least count that is not exceeded with a probability of *share* or more.

    Raises:
        ValueError: It would be beyond a million.
    """
    total = 0.0
    for count, probability in zip(range(_LONGEST), _probabilities(mean, dispersion), strict=False):
        total += probability
        if total >= share:
            return count
    raise ValueError(f"no quantile below {_LONGEST} for a mean of {mean:g}")


def _probabilities(mean: float, dispersion: float) -> Iterator[float]:
    """Yield the probabilities of 0, 1, 2 … for ever; by logarithms, as that of 0 may be too small for a float."""
    count = 0
    if mean <= 0:
        yield 1.0
        while True:
            yield 0.0
    while True:
        yield exp(_log_probability(count, mean, dispersion))
        count += 1


def _log_probability(count: int, mean: float, dispersion: float) -> float:
    if dispersion <= 1:
        return count * log(mean) - mean - lgamma(count + 1)
    size, share = mean / (dispersion - 1), 1 / dispersion
    binomial = lgamma(count + size) - lgamma(size) - lgamma(count + 1)
    return binomial + size * log(share) + count * log(1 - share)
