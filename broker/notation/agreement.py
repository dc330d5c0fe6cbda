"""Whether an amount that was entered is the one that the text tells; slips are asked about, never mended."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from broker.notation.amounts import AmountReading
from broker.notation.certainty import Certainty
from broker.notation.measures import BaseAmount, Measure
from broker.notation.units import to_base
from broker.records.quantity import Quantity, Unit

SAME_WITHIN: Final = Decimal("0.01")
"""Two numbers closer than this tell the same amount."""
_THOUSAND: Final = Decimal(1000)
_SLIP_WITHIN: Final = Decimal("0.05")
_KIND_NOT_SAID: Final = frozenset({Unit.TON_UNSPECIFIED, Unit.GALLON_UNSPECIFIED})
_TELLING: Final = frozenset({Measure.MASS, Measure.VOLUME, Measure.PIECES})


class Doubt(msgspec.Struct, frozen=True):
    """Something about an amount that looks wrong and may be right.

    Args:
        code: ``thousand-slip``, ``amount-differs``, ``amount-unsure``, ``unit-kind``, ``unit-missing``,
            ``several-amounts``, ``sum-of-parts`` or ``packages-differ``.
    """

    code: str
    says: str


def other_amounts(counted: Quantity, readings: Sequence[AmountReading]) -> tuple[Quantity, ...]:
    """Return what *readings* tell besides *counted*: other numbers, other measures; not how goods were packed."""
    if not readings:
        return ()
    bases = [to_base(counted)]
    parts = parts_of(counted, readings)
    found = []
    for one in readings:
        base = to_base(one.quantity)
        is_other = base is not None and base.measure in _TELLING and base not in bases
        if base is not None and is_other and one not in parts and not _is_same_number(counted, one.quantity):
            bases.append(base)
            found.append(one.quantity)
    return tuple(found)


def parts_of(counted: Quantity, readings: Sequence[AmountReading]) -> tuple[AmountReading, ...]:
    """Return those of *readings* that make up *counted* together, as packages of several sizes do; else none."""
    base = to_base(counted) if len(readings) > 1 else None
    if base is None:
        return ()
    alike = [(one, its) for one in readings if (its := to_base(one.quantity)) and its.measure is base.measure]
    if len(alike) < 2:
        return ()
    low, high = sum(its.low for _, its in alike), sum(its.high for _, its in alike)
    total = BaseAmount(base.measure, Decimal(low), Decimal(high))
    return tuple(one for one, _ in alike) if agree(base, total) else ()


def _is_same_number(counted: Quantity, told: Quantity) -> bool:
    """Return whether *told* is *counted* without the kind of its ton or gallon."""
    if counted.value != told.value or told.unit not in _KIND_NOT_SAID:
        return False
    base, its = to_base(counted), to_base(told)
    return base is not None and its is not None and agree(base, its)


def doubts_about(stated: Quantity, readings: Sequence[AmountReading]) -> tuple[Doubt, ...]:
    """Return what is doubtful about the *stated* amount beside the *readings* of its text."""
    base = to_base(stated)
    if base is None:
        return tuple(_without_unit(stated))
    parts = parts_of(stated, readings)
    if parts:
        return tuple(_about_parts(parts, readings))
    told = [(one, to_base(one.quantity)) for one in readings]
    agreeing = [one for one, its in told if its is not None and agree(base, its)]
    doubts = list(_disagreement(base, told)) if told and not agreeing else []
    if agreeing:
        doubts += _uncertainty(stated, agreeing)
    others = [f"“{one.as_written}”" for one in other_amounts(stated, readings)] if agreeing else []
    if others:
        says = f"the text also tells {', '.join(others)}: other words of the same goods, not to be added to the amount"
        doubts.append(Doubt("several-amounts", says))
    return tuple(doubts)


def doubts_about_packages(stated: Quantity, readings: Sequence[AmountReading]) -> tuple[Doubt, ...]:
    """Return whether packages of a told size hold another amount than the *stated* one."""
    base = to_base(stated) if readings else None
    if base is None:
        return ()
    bases = [its for one in readings if (its := to_base(one.quantity)) is not None]
    sized = [one for one in bases if one.measure is base.measure]
    if not sized or base.measure not in {Measure.MASS, Measure.VOLUME}:
        return ()
    low, high = sum(one.low for one in sized), sum(one.high for one in sized)
    hold = BaseAmount(base.measure, Decimal(low), Decimal(high))
    # Packages whose size is not told may hold the rest.
    if agree(base, hold) or (len(sized) < len(bases) and hold.high < base.low and not is_slip(base, hold)):
        return ()
    code = "thousand-slip" if is_slip(base, hold) else "packages-differ"
    return (Doubt(code, f"the packages hold {shown(hold)}, and the amount is {shown(base)}"),)


def agree(one: BaseAmount, other: BaseAmount) -> bool:
    """Return whether two amounts may be the same one, within :data:`SAME_WITHIN`."""
    if one.measure is not other.measure:
        return False
    return one.low * (1 - SAME_WITHIN) <= other.high and other.low * (1 - SAME_WITHIN) <= one.high


def is_slip(one: BaseAmount, other: BaseAmount) -> bool:
    """Return whether one amount is a thousand times the other: a separator misread, or kg and t mistaken."""
    small, large = sorted((one.low, other.low))
    if one.measure is not other.measure or small <= 0:
        return False
    return abs(large / small / _THOUSAND - 1) <= _SLIP_WITHIN


def shown(amount: BaseAmount) -> str:
    """Return *amount* for people, in its base unit."""
    unit = {Measure.MASS: "kg", Measure.VOLUME: "L"}.get(amount.measure, amount.measure.word)
    ends = dict.fromkeys(f"{end:,.6f}".rstrip("0").rstrip(".") for end in (amount.low, amount.high))
    return f"{' to '.join(ends)} {unit}"


def _about_parts(parts: Sequence[AmountReading], readings: Sequence[AmountReading]) -> Iterable[Doubt]:
    sum_of = " + ".join(f"“{one.quantity.as_written}”" for one in parts)
    rest = ", ".join(f"“{one.quantity.as_written}”" for one in readings if one not in parts)
    beside = f"; the text also tells {rest}, which is not in it" if rest else ""
    yield Doubt("sum-of-parts", f"the entered amount is the sum of {sum_of}{beside}")


def _without_unit(stated: Quantity) -> Iterable[Doubt]:
    if stated.value is not None and stated.unit is Unit.NOT_STATED:
        yield Doubt("unit-missing", f"{stated.value:f} of what? No unit is told, and none is taken for granted")


def _disagreement(base: BaseAmount, told: Sequence[tuple[AmountReading, BaseAmount | None]]) -> Iterable[Doubt]:
    comparable = [(one, its) for one, its in told if its is not None]
    if not comparable:
        return
    texts = ", ".join(f"“{one.quantity.as_written}”" for one, _ in comparable)
    if any(is_slip(base, its) or _is_other(base, one) for one, its in comparable):
        yield Doubt("thousand-slip", f"{shown(base)} is entered, and the text tells {texts}: a thousand times apart")
    else:
        yield Doubt("amount-differs", f"{shown(base)} is entered, and the text tells {texts}")


def _is_other(base: BaseAmount, reading: AmountReading) -> bool:
    """Return whether *base* is what the reading may be instead: 83,390 for 83.390."""
    if reading.other is None:
        return False
    its = to_base(msgspec.structs.replace(reading.quantity, value=reading.other, upper=None))
    return its is not None and agree(base, its)


def _uncertainty(stated: Quantity, agreeing: Sequence[AmountReading]) -> Iterable[Doubt]:
    best = [one for one in agreeing if one.certainty is not Certainty.UNSURE]
    if not best:
        yield Doubt("amount-unsure", "; ".join(agreeing[0].notes))
    if stated.unit not in _KIND_NOT_SAID and all(one.quantity.unit in _KIND_NOT_SAID for one in agreeing):
        says = f"{stated.unit.word} is entered, and the text does not say which {_stem(agreeing[0])}"
        yield Doubt("unit-kind", f"{says}: “{agreeing[0].quantity.as_written}”")


def _stem(reading: AmountReading) -> str:
    return "ton" if reading.quantity.unit is Unit.TON_UNSPECIFIED else "gallon"
