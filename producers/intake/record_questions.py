"""What is asked about a record that was handed in nested: the same as about a row, from the same code.

A nested record is taken as it is written: nothing is filled in and no amount is added, so what its texts tell besides
is only asked about.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from broker.catalogue import Catalogue
from broker.notation.agreement import agree
from broker.notation.amounts import AmountReading
from broker.notation.measures import BaseAmount
from broker.notation.units import to_base
from broker.records.quantity import Packages, Quantity
from broker.records.statistics import StatisticsLine
from broker.records.substances import Substance
from producers.intake.amount_questions import AmountOfRow, questions_about
from producers.intake.quantities import readings_in
from producers.intake.rows import FieldProblem
from producers.intake.substance_questions import ids_of, questions_about_names, read_cas

MAX_ASKED: Final = 50
"""Amounts of one record that are looked at; each is compared with all others."""


def questions_about_record(
    core: msgspec.Struct, catalogue: Catalogue, problems: list[FieldProblem], *, is_amount_read: bool
) -> Iterator[FieldProblem]:
    """Yield what looks wrong in the substances, CAS numbers and amounts of *core* and may be right.

    A CAS number with a wrong check digit is noted in *problems*.

    Args:
        is_amount_read: The text of an amount counts beside its number; in a trade it does not.
    """
    substances: Sequence[Substance] = getattr(core, "substances", ())
    yield from _about_names(catalogue, substances, "core.substances")
    lines: Sequence[StatisticsLine] = getattr(core, "lines", ())
    named = [Substance(as_written=one.as_written, substance_id=one.substance_id) for one in lines]
    yield from _about_names(catalogue, named, "core.lines")
    for index, number in enumerate(getattr(core, "cas_numbers", ())):
        noted: list[FieldProblem] = []
        asked = [*read_cas(catalogue, {"cas": number}, substances, noted)]
        problems += _placed(noted, f"core.cas_numbers[{index}]")
        yield from _placed(asked, f"core.cas_numbers[{index}]")
    if is_amount_read:
        yield from _about_amounts(getattr(core, "quantities", ()), substances, getattr(core, "language", ""))


def _about_names(catalogue: Catalogue, substances: Sequence[Substance], path: str) -> Iterator[FieldProblem]:
    for index, one in enumerate(substances):
        yield from _placed(questions_about_names(catalogue, (one,)), f"{path}[{index}].substance_id")


def _about_amounts(
    quantities: Sequence[Quantity], substances: Sequence[Substance], language: str
) -> Iterator[FieldProblem]:
    looked_at = quantities[:MAX_ASKED]
    bases = [to_base(one) for one in looked_at]
    for index, stated in enumerate(looked_at):
        others = [base for place, base in enumerate(bases) if base is not None and place != index]
        row = AmountOfRow(
            stated=stated,
            readings=_not_told_elsewhere(readings_in(stated.as_written, language), bases[index], others),
            packages=tuple(one for text in _packed(stated) for one in readings_in(text, language)),
            substance_id=_substance_of(stated, substances),
        )
        yield from _placed(questions_about(row, stated), f"core.quantities[{index}].value")


def _not_told_elsewhere(
    readings: tuple[AmountReading, ...], own: BaseAmount | None, others: Sequence[BaseAmount]
) -> tuple[AmountReading, ...]:
    """Return *readings* without those that another amount of the record states.

    Where none is the amount's *own*, all stay: it may have got the number of another.
    """
    bases = [to_base(one.quantity) for one in readings]
    if own is not None and not any(base is not None and agree(own, base) for base in bases):
        return readings
    told = zip(readings, bases, strict=True)
    return tuple(one for one, base in told if base is None or not _is_of_another(base, own, others))


def _is_of_another(base: BaseAmount, own: BaseAmount | None, others: Sequence[BaseAmount]) -> bool:
    if own is not None and agree(own, base):
        return base != own and base in others  # the same weight in pounds, which the record states as well
    return any(agree(base, other) for other in others)


def _packed(stated: Quantity) -> Iterator[str]:
    """Yield in words how an amount is packed, but what its own text tells already."""
    counted = [one for one in stated.packages if one.count is not None]
    for one in counted or stated.packages:
        text = one.as_written or _in_words(one)
        if text and text not in stated.as_written:
            yield text


def _in_words(packages: Packages) -> str:
    return f"{packages.count} x {packages.size}" if packages.count is not None and packages.size else ""


def _substance_of(stated: Quantity, substances: Sequence[Substance]) -> str:
    """Return whose amount it is, by our id, if it is of one."""
    of_it = [substances[index] for index in stated.substances if index < len(substances)]
    ids = ids_of(of_it or substances)
    return ids[0] if len(ids) == 1 else ""


def _placed(found: Iterator[FieldProblem] | Sequence[FieldProblem], path: str) -> Iterator[FieldProblem]:
    return (FieldProblem(path, one.code, one.message) for one in found)
