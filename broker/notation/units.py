"""Units brought to the one unit of their measure, so that amounts can be compared."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final, NamedTuple

from broker.notation.measures import BaseAmount, Measure
from broker.records.quantity import Quantity, Unit

KILOGRAM: Final = "kilogram"
LITRE: Final = "liter"
_NAMES: Final[Mapping[Unit, tuple[str, str]]] = {
    Unit.SHORT_TON: ("short_ton", KILOGRAM),
    Unit.LONG_TON: ("long_ton", KILOGRAM),
    Unit.POUND: ("pound", KILOGRAM),
    Unit.OUNCE: ("ounce", KILOGRAM),
    Unit.GALLON_US: ("gallon", LITRE),
    Unit.GALLON_IMPERIAL: ("imperial_gallon", LITRE),
}
"""What pint calls the units that are no power of ten, and what they are brought to."""


class _Factors(NamedTuple):
    measure: Measure
    low: Decimal
    high: Decimal


_ONE: Final = Decimal(1)
_POWERS_OF_TEN: Final[Mapping[Unit, tuple[Measure, Decimal]]] = {
    Unit.KG: (Measure.MASS, _ONE),
    Unit.G: (Measure.MASS, Decimal("0.001")),
    Unit.MG: (Measure.MASS, Decimal("0.000001")),
    Unit.TONNE: (Measure.MASS, Decimal(1000)),
    Unit.LITRE: (Measure.VOLUME, _ONE),
    Unit.MILLILITRE: (Measure.VOLUME, Decimal("0.001")),
    Unit.DRUM: (Measure.PACKAGES, _ONE),
    Unit.BARREL: (Measure.PACKAGES, _ONE),
    Unit.BOX: (Measure.PACKAGES, _ONE),
    Unit.BAG: (Measure.PACKAGES, _ONE),
    Unit.CONTAINER: (Measure.PACKAGES, _ONE),
    Unit.TABLET: (Measure.PIECES, _ONE),
    Unit.CAPSULE: (Measure.PIECES, _ONE),
    Unit.COUNT: (Measure.PIECES, _ONE),
}
_FACTORS: Final = {unit: _Factors(measure, one, one) for unit, (measure, one) in _POWERS_OF_TEN.items()}
_CUSTOMARY: Final = frozenset((*_NAMES, Unit.TON_UNSPECIFIED, Unit.GALLON_UNSPECIFIED))


def to_base(quantity: Quantity) -> BaseAmount | None:
    """Return *quantity* in kilograms, litres, pieces or packages; mass and volume never become each other.

    A ton of no stated kind lies between a short and a long one, a gallon between a US and an imperial one. None where
    there is no number, or where its unit is not stated or counts shipments.
    """
    low = quantity.value
    if low is None or not low.is_finite():
        return None
    factors = _FACTORS.get(quantity.unit)
    if factors is None:
        if quantity.unit not in _CUSTOMARY:
            return None
        factors = _customary()[quantity.unit]
    upper = quantity.upper
    high = low if upper is None or not upper.is_finite() else max(low, upper)
    low = min(low, upper) if upper is not None and upper.is_finite() else low
    return BaseAmount(_measure(quantity, factors), low * factors.low, high * factors.high)


def _measure(quantity: Quantity, factors: _Factors) -> Measure:
    """Return what is measured: a count of cans, which have no unit of their own, is one of packages."""
    is_packages = quantity.unit is Unit.COUNT and [one.count for one in quantity.packages] == [quantity.value]
    return Measure.PACKAGES if is_packages else factors.measure


@cache
def _customary() -> Mapping[Unit, _Factors]:
    """Return the factors that pint defines; once, because its registry takes a third of a second to build."""
    from pint import UnitRegistry  # noqa: PLC0415 - a fifth of a second, and amounts in kg and L never need it

    registry: Any = UnitRegistry(non_int_type=Decimal)
    exact: dict[Unit, Decimal] = {
        unit: registry.Quantity(_ONE, name).to(base).magnitude.normalize() for unit, (name, base) in _NAMES.items()
    }
    measures = {KILOGRAM: Measure.MASS, LITRE: Measure.VOLUME}
    found = {unit: _Factors(measures[_NAMES[unit][1]], one, one) for unit, one in exact.items()}
    found[Unit.TON_UNSPECIFIED] = _Factors(Measure.MASS, exact[Unit.SHORT_TON], exact[Unit.LONG_TON])
    found[Unit.GALLON_UNSPECIFIED] = _Factors(Measure.VOLUME, exact[Unit.GALLON_US], exact[Unit.GALLON_IMPERIAL])
    return found
