"""Amounts in the one unit of their measure, so that two can be compared. Mass and volume are never converted."""

from decimal import Decimal
from typing import Final

from broker.cases.facts import ComparableAmount
from broker.notation.units import to_base
from broker.records.quantity import Qualifier, Quantity

_AT_LEAST: Final = frozenset({Qualifier.AT_LEAST, Qualifier.MORE_THAN})
_AT_MOST: Final = frozenset({Qualifier.AT_MOST, Qualifier.LESS_THAN})


def comparable(quantity: Quantity) -> ComparableAmount | None:
    """Return an amount in kilograms, litres, pieces or packages; None where no number is told, or of no known unit.

    "At most" lies between nothing and that.
    """
    base = to_base(quantity)
    if base is None:
        return None
    return ComparableAmount(
        measure=base.measure,
        low=Decimal() if quantity.qualifier in _AT_MOST else base.low,
        high=base.high,
        is_lower_bound=quantity.qualifier in _AT_LEAST,
        qualifier=quantity.qualifier,
        basis=quantity.basis,
        unit=quantity.unit,
        as_written=quantity.as_written,
        substances=quantity.substances,
    )
