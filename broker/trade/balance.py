"""How much was notified, shipped and is left, per substance and measure; mass is never set against volume."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Final, TypeAlias

import msgspec

from broker.records.quantity import Qualifier, Quantity, Unit
from broker.records.substances import Substance
from broker.types.vocabulary import Word

_NOTHING: Final = Decimal(0)
_TWO_ENDS: Final = (Qualifier.RANGE, Qualifier.CONFLICTING)
_NO_UNIT: Final = (Unit.UNKNOWN, Unit.NOT_STATED)


class Span(msgspec.Struct, frozen=True):
    """An amount as far as it is known: between two ends, which are equal for one number."""

    low: Decimal = _NOTHING
    high: Decimal = _NOTHING

    def __add__(self, other: "Span") -> "Span":
        return Span(self.low + other.low, self.high + other.high)

    def less(self, other: "Span") -> "Span":
        """Return what is left of this when *other* is taken from it; below zero where that was more."""
        return Span(self.low - other.high, self.high - other.low)


class Measured(msgspec.Struct, frozen=True):
    """An amount in a unit that others of the same name can be added to."""

    unit: str
    span: Span


Measuring: TypeAlias = Callable[[Quantity], Measured | None]
"""Returns an amount in a unit that can be compared; None for one that cannot."""


class Overshoot(Word):
    """Whether more was shipped than was notified."""

    UNKNOWN = "UNKNOWN"
    NO = "NO"
    POSSIBLE = "POSSIBLE"
    CERTAIN = "CERTAIN"


class BalanceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One substance in one measure.

    Attributes:
        substance: As the notification names it; as the shipment does where the notification does not.
        notified: None where the notification has no amount in this unit.
        missing: What was said to be missing on arrival.
    """

    substance: str
    unit: str
    notified: Span | None
    shipped: Span
    missing: Span

    @property
    def left(self) -> Span | None:
        """What may still be shipped; below zero where it was too much."""
        return None if self.notified is None else self.notified.less(self.shipped)

    @property
    def overshoot(self) -> Overshoot:
        """Whether more was shipped than was notified; amounts that cannot be compared are possibly too much."""
        if self.left is None:
            return Overshoot.POSSIBLE if self.shipped.high > 0 else Overshoot.NO
        if self.left.high < 0:
            return Overshoot.CERTAIN
        return Overshoot.POSSIBLE if self.left.low < 0 else Overshoot.NO


class Goods(msgspec.Struct, frozen=True):
    """Substances and amounts of one record."""

    substances: tuple[Substance, ...]
    quantities: tuple[Quantity, ...]


def as_stated(quantity: Quantity) -> Measured | None:
    """Return an amount in its own unit: only what was stated alike is compared."""
    if quantity.value is None or quantity.unit in _NO_UNIT:
        return None
    upper = quantity.upper if quantity.qualifier in _TWO_ENDS and quantity.upper is not None else quantity.value
    return Measured(quantity.unit.word, Span(min(quantity.value, upper), max(quantity.value, upper)))


def balance(
    notified: Goods, shipped: Iterable[Goods], missing: Iterable[Goods], *, measure: Measuring = as_stated
) -> tuple[BalanceLine, ...]:
    """Return a line for each substance and unit that was notified or shipped, in the order in which they occur."""
    names = _Names(notified.substances)
    told = _sums([notified], names, measure)
    sent = _sums(shipped, names, measure)
    lost = _sums(missing, names, measure)
    return tuple(
        BalanceLine(
            substance=key[0],
            unit=key[1],
            notified=told.get(key),
            shipped=sent.get(key, Span()),
            missing=lost.get(key, Span()),
        )
        for key in dict.fromkeys((*told, *sent, *lost))
    )


class _Names:
    """What the substances of a notification are called, by identifier and by name as written."""

    def __init__(self, notified: tuple[Substance, ...]) -> None:
        self._known: dict[str, str] = {}
        for one in notified:
            for alias in _aliases(one):
                self._known.setdefault(alias, one.as_written)
        self._all = " + ".join(one.as_written for one in notified)

    def of(self, quantity: Quantity, substances: tuple[Substance, ...]) -> str:
        """Return what an amount is of; an amount that names no substance is of all of them."""
        named = [substances[index] for index in quantity.substances if 0 <= index < len(substances)] or substances
        return " + ".join(self._name(one) for one in named) or self._all

    def _name(self, substance: Substance) -> str:
        known = (self._known[alias] for alias in _aliases(substance) if alias in self._known)
        return next(known, substance.as_written)


def _aliases(substance: Substance) -> tuple[str, ...]:
    written = " ".join(substance.as_written.casefold().split())
    return (written,) if substance.substance_id is None else (f"id:{substance.substance_id}", written)


def _sums(goods: Iterable[Goods], names: _Names, measure: Measuring) -> Mapping[tuple[str, str], Span]:
    found: dict[tuple[str, str], Span] = {}
    for one in goods:
        for quantity in one.quantities:
            amount = measure(quantity)
            if amount is not None:
                key = (names.of(quantity, one.substances), amount.unit)
                found[key] = found.get(key, Span()) + amount.span
    return found
