"""Amounts in units that can be added: kilograms, litres, pieces, and packages of one kind; never one as another."""

from collections.abc import Mapping
from typing import Final

from broker.notation.measures import Measure
from broker.notation.units import to_base
from broker.records.quantity import Quantity
from broker.trade.balance import Measured, Span

_UNITS: Final[Mapping[Measure, str]] = {Measure.MASS: "kg", Measure.VOLUME: "L"}


def measured(quantity: Quantity) -> Measured | None:
    """Return an amount in the one unit of its measure; what comes in packages or pieces stays in its own.

    A drum is no box, and no number of them is a weight.
    """
    base = to_base(quantity)
    if base is None:
        return None
    return Measured(_UNITS.get(base.measure, quantity.unit.word), Span(base.low, base.high))
