"""What a volume may weigh: advice for people, never part of a record or a total."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from broker.notation.measures import BaseAmount, Measure


class _Density(NamedTuple):
    name: str
    kg_per_litre: Decimal
    celsius: int


_SOURCE: Final = "CRC Handbook of Chemistry and Physics, physical constants of organic compounds, rounded"
_SOLUTION_SOURCE: Final = "usual commercial strength; another strength has another density; rounded"

_DENSITIES: Final[Mapping[str, _Density]] = {
    "AA": _Density("acetic anhydride", Decimal("1.08"), 20),
    "ACE": _Density("acetone", Decimal("0.79"), 20),
    "ETH": _Density("ethyl ether", Decimal("0.71"), 20),
    "MEK": _Density("methyl ethyl ketone", Decimal("0.80"), 20),
    "TOL": _Density("toluene", Decimal("0.87"), 20),
    "P2P": _Density("1-phenyl-2-propanone", Decimal("1.02"), 20),
}
_SOLUTIONS: Final[Mapping[str, _Density]] = {
    "H2SO4": _Density("sulphuric acid, 95 to 98 %", Decimal("1.84"), 20),
    "HCL": _Density("hydrochloric acid, 37 %", Decimal("1.18"), 20),
}


class Advice(msgspec.Struct, frozen=True):
    """What a volume may weigh, and where that comes from; to be shown with its words, and never added up.

    Attributes:
        low, high: Kilograms, if the substance is pure or of the strength that ``says`` names.
        kg_per_litre: The density that was taken.
        celsius: The temperature at which it holds.
        says: The advice in words, labelled as such.
    """

    low: Decimal
    high: Decimal
    kg_per_litre: Decimal
    celsius: int
    source: str
    says: str


def advise_mass(volume: BaseAmount, substance_id: str) -> Advice | None:
    """Return what *volume* of a liquid may weigh; None where it is no volume, or no density is held for it."""
    if volume.measure is not Measure.VOLUME:
        return None
    pure = _DENSITIES.get(substance_id)
    density = pure or _SOLUTIONS.get(substance_id)
    if density is None:
        return None
    low, high = volume.low * density.kg_per_litre, volume.high * density.kg_per_litre
    says = (
        f"advice, not part of the report: {_span(volume.low, volume.high)} L of {density.name} would weigh about "
        f"{_span(low, high)} kg ({density.kg_per_litre} kg/L at {density.celsius} °C)"
    )
    source = _SOURCE if pure else _SOLUTION_SOURCE
    return Advice(low, high, density.kg_per_litre, density.celsius, source, says)


def _span(low: Decimal, high: Decimal) -> str:
    return _rounded(low) if low == high else f"{_rounded(low)} to {_rounded(high)}"


def _rounded(amount: Decimal) -> str:
    return f"{amount:.3g}" if amount < 1 else f"{amount:.0f}"
