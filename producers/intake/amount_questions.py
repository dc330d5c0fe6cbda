"""What is asked about a row's amount: what its columns, its text and its packages say beside each other."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from broker.notation.agreement import agree, doubts_about, doubts_about_packages
from broker.notation.amounts import AmountReading
from broker.notation.certainty import Certainty
from broker.notation.density import advise_mass
from broker.notation.measures import Measure
from broker.notation.units import to_base
from broker.records.quantity import Qualifier, Quantity, QuantityBasis, Unit
from producers.intake.rows import FieldProblem

_VALUE: Final = "quantity_value"
_ORDER: Final = ((Measure.MASS, Measure.VOLUME), (Measure.PIECES,), (Measure.PACKAGES,), (None,))
"""Which of several amounts is taken for the row's: goods before pieces before packages."""

_MIXED: Final = frozenset({"several-amounts", "amount-differs"})
"""Questions in which mass may stand beside volume."""


class AmountOfRow(msgspec.Struct, frozen=True):
    """What a row says of its amount.

    Attributes:
        stated: What the columns say.
        readings: What the text tells.
        packages: What the packages tell.
    """

    stated: Quantity
    readings: tuple[AmountReading, ...]
    packages: tuple[AmountReading, ...]
    substance_id: str = ""


def fill(row: AmountOfRow) -> Quantity:
    """Return the amount that counts: the stated one, its number filled from the text where that leaves little doubt."""
    stated = row.stated
    if stated.value is not None:
        basis = _basis(row)
        return stated if basis is stated.basis else msgspec.structs.replace(stated, basis=basis)
    chosen = _chosen(row)
    if chosen is None or not _fits(stated, chosen.quantity):
        return stated
    told = chosen.quantity
    qualifier = told.qualifier if stated.qualifier is Qualifier.NOT_STATED else stated.qualifier
    return msgspec.structs.replace(
        stated, value=told.value, upper=told.upper, unit=told.unit, qualifier=qualifier, basis=told.basis
    )


def questions_about(row: AmountOfRow, counted: Quantity) -> Iterator[FieldProblem]:
    """Yield what a person should look at, *counted* being the amount that counts."""
    if row.stated.value is None:
        yield from _about_missing(row, counted)
    if counted.value is None:
        return
    doubts = (*doubts_about(counted, row.readings), *doubts_about_packages(counted, row.packages))
    for doubt in doubts:
        says = "; ".join((doubt.says, *_advice(row, counted))) if doubt.code in _MIXED else doubt.says
        yield FieldProblem(_VALUE, doubt.code, says)


def _basis(row: AmountOfRow) -> QuantityBasis:
    """Return whether the text says of the stated amount that it is gross or net."""
    for one in row.readings:
        if one.quantity.basis is QuantityBasis.NOT_STATED:
            continue
        base, told = to_base(row.stated), to_base(one.quantity)
        if base and told and agree(base, told):
            return one.quantity.basis
    return row.stated.basis


def _chosen(row: AmountOfRow) -> AmountReading | None:
    """Return the one reading that may fill in the number: sure enough, and not contradicted by another."""
    alike = _first_measure(row.readings)
    if not alike or any(one.certainty is Certainty.UNSURE or one.quantity.value is None for one in alike):
        return None
    first = to_base(alike[0].quantity)
    bases = [to_base(one.quantity) for one in alike[1:]]
    if not bases:
        return alike[0]
    return alike[0] if first and all(base is not None and agree(first, base) for base in bases) else None


def _first_measure(readings: Iterable[AmountReading]) -> list[AmountReading]:
    told = [(one, base.measure if (base := to_base(one.quantity)) else None) for one in readings]
    for measures in _ORDER:
        found = [one for one, measure in told if measure in measures]
        if found:
            return found
    return []


def _fits(stated: Quantity, told: Quantity) -> bool:
    """Return whether what the text tells contradicts neither the unit nor the qualifier that was entered."""
    if stated.unit not in {Unit.NOT_STATED, told.unit}:
        return False
    is_range = told.qualifier is Qualifier.RANGE
    return stated.qualifier is Qualifier.NOT_STATED or (stated.qualifier is Qualifier.RANGE) == is_range


def _about_missing(row: AmountOfRow, counted: Quantity) -> Iterator[FieldProblem]:
    if not row.readings:
        return
    texts = ", ".join(f"“{one.quantity.as_written}”" for one in row.readings)
    if counted.value is not None:
        notes = "".join(f"; {note}" for one in row.readings[:1] for note in one.notes)
        says = f"{counted.value:f} {counted.unit.word} is read from the text {texts}, for none is entered{notes}"
        yield FieldProblem(_VALUE, "read-from-text", says)
        return
    notes = "".join(f"; {note}" for one in row.readings for note in one.notes)
    says = f"no amount is entered, and the text tells {texts}: enter the one that counts{notes}"
    is_several = len(_first_measure(row.readings)) > 1
    yield FieldProblem(_VALUE, "several-amounts" if is_several else "amount-unsure", says)


def _advice(row: AmountOfRow, counted: Quantity) -> Iterator[str]:
    """Yield what a volume would weigh, where mass is told beside it."""
    bases = [base for one in (counted, *(one.quantity for one in row.readings)) if (base := to_base(one))]
    volumes = [base for base in bases if base.measure is Measure.VOLUME]
    if volumes and any(base.measure is Measure.MASS for base in bases):
        advice = advise_mass(volumes[0], row.substance_id)
        if advice is not None:
            yield advice.says
