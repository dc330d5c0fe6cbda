from decimal import Decimal
from typing import Any

import pytest
from pint import UnitRegistry

from broker.notation.measures import BaseAmount, Measure
from broker.notation.units import to_base
from broker.records.quantity import Packages, Qualifier, Quantity, Unit

MASS, VOLUME, PIECES, PACKAGES = Measure.MASS, Measure.VOLUME, Measure.PIECES, Measure.PACKAGES


def an_amount(unit: Unit, value: str = "1") -> Quantity:
    return Quantity(value=Decimal(value), unit=unit)


@pytest.mark.parametrize(
    ("unit", "measure", "low", "high"),
    [
        (Unit.KG, MASS, "1", "1"),
        (Unit.G, MASS, "0.001", "0.001"),
        (Unit.MG, MASS, "0.000001", "0.000001"),
        (Unit.TONNE, MASS, "1000", "1000"),
        (Unit.SHORT_TON, MASS, "907.18474", "907.18474"),
        (Unit.LONG_TON, MASS, "1016.0469088", "1016.0469088"),
        (Unit.TON_UNSPECIFIED, MASS, "907.18474", "1016.0469088"),
        (Unit.POUND, MASS, "0.45359237", "0.45359237"),
        (Unit.OUNCE, MASS, "0.028349523125", "0.028349523125"),
        (Unit.LITRE, VOLUME, "1", "1"),
        (Unit.MILLILITRE, VOLUME, "0.001", "0.001"),
        (Unit.GALLON_US, VOLUME, "3.785411784", "3.785411784"),
        (Unit.GALLON_IMPERIAL, VOLUME, "4.54609", "4.54609"),
        (Unit.GALLON_UNSPECIFIED, VOLUME, "3.785411784", "4.54609"),
        (Unit.DRUM, PACKAGES, "1", "1"),
        (Unit.BARREL, PACKAGES, "1", "1"),
        (Unit.BOX, PACKAGES, "1", "1"),
        (Unit.BAG, PACKAGES, "1", "1"),
        (Unit.CONTAINER, PACKAGES, "1", "1"),
        (Unit.TABLET, PIECES, "1", "1"),
        (Unit.CAPSULE, PIECES, "1", "1"),
        (Unit.COUNT, PIECES, "1", "1"),
    ],
)
def test_one_of_each_unit(unit: Unit, measure: Measure, low: str, high: str) -> None:
    assert BaseAmount(measure, Decimal(low), Decimal(high)) == to_base(an_amount(unit))


def test_every_unit_has_a_measure_or_is_known_to_have_none() -> None:
    without = {unit for unit in Unit if to_base(an_amount(unit)) is None}

    assert {Unit.UNKNOWN, Unit.NOT_STATED, Unit.SHIPMENT} == without


@pytest.mark.parametrize(
    ("unit", "name"),
    [(Unit.KG, "kilogram"), (Unit.G, "gram"), (Unit.MG, "milligram"), (Unit.TONNE, "metric_ton")],
)
def test_powers_of_ten_are_those_of_pint(unit: Unit, name: str) -> None:
    registry: Any = UnitRegistry(non_int_type=Decimal)
    found = to_base(an_amount(unit))

    assert found is not None
    assert registry.Quantity(Decimal(1), name).to("kilogram").magnitude == found.low


def test_no_number_has_no_base() -> None:
    assert to_base(Quantity(unit=Unit.KG)) is None
    assert to_base(an_amount(Unit.KG, "NaN")) is None


def test_a_range_lies_between_its_ends() -> None:
    quantity = Quantity(value=Decimal(5), upper=Decimal(10), unit=Unit.POUND, qualifier=Qualifier.RANGE)

    assert BaseAmount(MASS, Decimal("2.26796185"), Decimal("4.5359237")) == to_base(quantity)


def test_a_count_of_cans_is_one_of_packages() -> None:
    cans = Quantity(value=Decimal(5), unit=Unit.COUNT, packages=(Packages(count=5, kind="cans"),))

    found = to_base(cans)

    assert found is not None
    assert PACKAGES is found.measure
