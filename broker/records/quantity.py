"""Amounts as a report tells them: text, number, unit and how each is meant. Nothing is converted."""

from decimal import Decimal

import msgspec

from broker.records.bounds import Count, Index
from broker.records.problems import Problem, Problems
from broker.records.texts import repetition_problems
from broker.types.vocabulary import Word


class Unit(Word):
    """The unit of an amount."""

    UNKNOWN = "UNKNOWN"
    KG = "KG"
    G = "G"
    MG = "MG"
    TONNE = "TONNE"
    SHORT_TON = "SHORT_TON"
    LONG_TON = "LONG_TON"
    TON_UNSPECIFIED = "TON_UNSPECIFIED"
    POUND = "POUND"
    OUNCE = "OUNCE"
    LITRE = "LITRE"
    MILLILITRE = "MILLILITRE"
    GALLON_US = "GALLON_US"
    GALLON_IMPERIAL = "GALLON_IMPERIAL"
    GALLON_UNSPECIFIED = "GALLON_UNSPECIFIED"
    DRUM = "DRUM"
    BARREL = "BARREL"
    BOX = "BOX"
    BAG = "BAG"
    CONTAINER = "CONTAINER"
    TABLET = "TABLET"
    CAPSULE = "CAPSULE"
    COUNT = "COUNT"
    SHIPMENT = "SHIPMENT"
    NOT_STATED = "NOT_STATED"


class Qualifier(Word):
    """How an amount is meant."""

    UNKNOWN = "UNKNOWN"
    EXACT = "EXACT"
    ABOUT = "ABOUT"
    AT_LEAST = "AT_LEAST"
    AT_MOST = "AT_MOST"
    MORE_THAN = "MORE_THAN"
    LESS_THAN = "LESS_THAN"
    ALMOST = "ALMOST"
    RANGE = "RANGE"
    CONFLICTING = "CONFLICTING"
    NOT_STATED = "NOT_STATED"


class QuantityBasis(Word):
    """What an amount counts: with packing, without, or the pure substance alone."""

    UNKNOWN = "UNKNOWN"
    GROSS = "GROSS"
    NET = "NET"
    PURE_BASE = "PURE_BASE"
    NOT_STATED = "NOT_STATED"


class QuantityForm(Word):
    """The form that was weighed or measured."""

    UNKNOWN = "UNKNOWN"
    SOLID = "SOLID"
    LIQUID = "LIQUID"
    GAS = "GAS"
    SOLUTION = "SOLUTION"
    PREPARATION = "PREPARATION"
    MIXTURE = "MIXTURE"
    NOT_STATED = "NOT_STATED"


class Packages(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Packages of one kind and size."""

    count: Count | None = None
    kind: str = ""
    size: str = ""
    as_written: str = ""


class Quantity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount as the report tells it; two amounts in one report are two quantities."""

    as_written: str = ""
    value: Decimal | None = None
    upper: Decimal | None = None
    unit: Unit = Unit.NOT_STATED
    qualifier: Qualifier = Qualifier.NOT_STATED
    basis: QuantityBasis = QuantityBasis.NOT_STATED
    form: QuantityForm = QuantityForm.NOT_STATED
    concentration_percent: Decimal | None = None
    packages: tuple[Packages, ...] = ()
    substances: tuple[Index, ...] = ()

    def broken_rules(self) -> Problems:
        """Yield what contradicts itself in the amount."""
        yield from _sign_problems("value", self.value)
        yield from _sign_problems("upper", self.upper)
        yield from self._range_problems()
        if self.concentration_percent is not None and not 0 <= _comparable(self.concentration_percent) <= 100:
            yield Problem("concentration_percent", "out-of-range", "is no percentage: expected 0 to 100")
        yield from repetition_problems("substances", self.substances)

    def _range_problems(self) -> Problems:
        if self.qualifier is Qualifier.RANGE:
            if self.value is None or self.upper is None or _comparable(self.value) > _comparable(self.upper):
                yield Problem("upper", "bad-range", "a range needs both its ends, the lower one in value")
        elif self.upper is not None and self.qualifier is not Qualifier.CONFLICTING:
            yield Problem("upper", "bad-range", "is for ranges and conflicting amounts only")


def _sign_problems(field: str, amount: Decimal | None) -> Problems:
    if amount is not None and _comparable(amount) < 0:
        yield Problem(field, "out-of-range", "is negative")


def _comparable(amount: Decimal) -> Decimal:
    # What is not finite cannot be ordered; that it is there at all is a problem of its own.
    return amount if amount.is_finite() else Decimal()
