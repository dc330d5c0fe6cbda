"""Unusual amounts: far above what is usual for a substance, by a measure that single large seizures do not move.

The modified z-score 0.6745·(x − median)/MAD of decimal logarithms, as amounts differ by factors rather than by sums.
Only amounts of one measure are compared: kilograms never with litres.

Source: Iglewicz, Hoaglin (1993), How to Detect and Handle Outliers, American Society for Quality Control.
"""

from collections.abc import Iterator, Sequence
from math import log10
from statistics import median
from typing import Final

from broker.cases.facts import IncidentFacts, Measure
from broker.signals.naming import key_of, shown
from broker.signals.observation import Observation
from broker.signals.parameters import Parameters
from broker.signals.signal import Found, SignalKind, figure, named

METHOD: Final = "modified z-score on logarithms (Iglewicz and Hoaglin 1993)"
CONSISTENT: Final = 0.6745
"""Makes the median absolute deviation comparable with a standard deviation."""
_UNITS: Final = {Measure.MASS: "kg", Measure.VOLUME: "L", Measure.PIECES: "pieces", Measure.PACKAGES: "packages"}


def unusual_amounts(past: Sequence[Observation], new: Sequence[Observation], parameters: Parameters) -> Iterator[Found]:
    """Yield each incident of *new* with an amount far above those of its substance in *past*."""
    usual: dict[tuple[str, Measure], list[float]] = {}
    for one in past:
        for key, measure, amount, _ in _amounts(one.facts):
            usual.setdefault((key, measure), []).append(log10(amount))
    for one in new:
        for key, measure, amount, as_written in _amounts(one.facts):
            known = usual.get((key, measure), [])
            if len(known) < parameters.least_amounts:
                continue
            score = modified_score(log10(amount), known, parameters.least_spread)
            if score > parameters.unusual_score:
                middle = 10 ** median(known)
                yield _found(one, (key, as_written), (amount, middle, score, _UNITS[measure], len(known)), parameters)


def modified_score(value: float, known: Sequence[float], least_spread: float) -> float:
    """Return how many robust standard deviations *value* lies above the median of *known*."""
    middle = median(known)
    spread = max(median(abs(one - middle) for one in known), least_spread)
    return CONSISTENT * (value - middle) / spread


def _amounts(facts: IncidentFacts) -> Iterator[tuple[str, Measure, float, str]]:
    """Yield the amount of each substance in each measure; of several that contradict each other the least.

    One total over several substances is no amount of any of them, and is left out.
    """
    least: dict[tuple[str, Measure], tuple[float, str]] = {}
    for one in facts.amounts:
        index = one.substances[0] if one.substances else 0
        single = len(one.substances) == 1 or (not one.substances and len(facts.substances) == 1)
        if not single or one.measure not in _UNITS or one.low <= 0 or index >= len(facts.substances):
            continue
        substance = facts.substances[index]
        at, amount = (key_of(substance), one.measure), float(one.low)
        if at[0] and (at not in least or amount < least[at][0]):
            least[at] = amount, substance.as_written
    for (key, measure), (amount, as_written) in least.items():
        yield key, measure, amount, as_written


def _found(
    one: Observation, substance: tuple[str, str], told: tuple[float, float, float, str, int], parameters: Parameters
) -> Found:
    (key, as_written), (amount, middle, score, unit, known) = substance, told
    return Found(
        kind=SignalKind.UNUSUAL_AMOUNT,
        substance=key,
        as_written=as_written,
        place=one.facts.reporting_country,
        subject=f"{one.digest.hex()} {unit}",
        says=f"{figure(amount)} {unit} of {as_written} ({shown(key)}) is far above the usual {figure(middle)} {unit}.",
        method=METHOD,
        parameters=named(
            limit=parameters.unusual_score,
            least_amounts=parameters.least_amounts,
            least_spread=parameters.least_spread,
        ),
        figures=named(amount=amount, unit=unit, median=middle, score=score, amounts_before=known),
        behind=(one,),
    )
