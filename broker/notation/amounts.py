"""Amounts in a text as reports write them: every one that stands there, each with how sure the reading is."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from broker.notation.certainty import Certainty
from broker.notation.doubts import doubts_beside, is_of_several
from broker.notation.measured import Measured
from broker.notation.measuring import measured_at
from broker.notation.numbers import read_number
from broker.notation.qualifier_words import basis_beside, qualifier_after, qualifier_before
from broker.notation.tokens import Token, tokens_of
from broker.notation.unit_words import read_unit
from broker.records.quantity import Qualifier, Quantity, Unit

MAX_READINGS: Final = 50
"""Of one text; a table pasted into a cell has more, and is none of our notations."""
_SINGULAR: Final = frozenset(
    {"тонна", "тонну", "tonne", "ton", "tonelada", "kilo", "kilogram", "kilogramme", "kilogramo", "quilo"}
    | {"килограмм", "литр", "litre", "liter", "litro", "طن"}
)
"""Units that stand for one when they stand alone; in the plural they say only that the number is not told."""


class AmountReading(msgspec.Struct, frozen=True):
    """One amount that a text tells, and how sure that is.

    Attributes:
        quantity: With the words themselves in ``as_written``; its value is None where digits cannot be read.
        other: What its value may be instead, where thousands and decimals cannot be told apart.
        notes: What was taken for granted, in words.
    """

    quantity: Quantity
    certainty: Certainty
    other: Decimal | None = None
    notes: tuple[str, ...] = ()


def read_amounts(text: str, language: str = "") -> tuple[AmountReading, ...]:
    """Return the amounts that *text* tells, in their order; none where it tells none.

    Two amounts are two readings, whether they say the same in other units or contradict each other.

    Args:
        language: BCP 47 tag of the text; decides between point and comma, and what a ton is.
    """
    tokens = tokens_of(text)
    primary = language.partition("-")[0].casefold()
    found = tuple(_readings(text, tokens, primary))
    return found or _alone(text, tokens, primary)


def _readings(text: str, tokens: Sequence[Token], language: str) -> Iterator[AmountReading]:
    index, floor, count = 0, 0, 0
    while index < len(tokens) and count < MAX_READINGS:
        measured = measured_at(tokens, index, language)
        if measured is None:
            index = _next(tokens, index, language)
            continue
        yield _reading(text, tokens, (floor, index), measured)
        index = floor = measured.after
        count += 1


def _next(tokens: Sequence[Token], index: int, language: str) -> int:
    """Return where to go on after *index*, where no amount begins: behind a number, not in its middle."""
    number = read_number(tokens, index, language)
    return index + 1 if number is None else max(number.after, index + 1)


def _reading(text: str, tokens: Sequence[Token], place: tuple[int, int], measured: Measured) -> AmountReading:
    floor, index = place
    before = qualifier_before(tokens, index, floor)
    behind = qualifier_after(tokens, measured.after)
    start, end = before.place if before else index, behind.place if behind else measured.after
    qualifier = before.qualifier if before else behind.qualifier if behind else Qualifier.EXACT
    if measured.upper is not None:
        qualifier = Qualifier.RANGE
    written = text[tokens[start].start : tokens[end - 1].end]
    quantity = Quantity(
        as_written=written,
        value=measured.value,
        upper=measured.upper,
        unit=measured.unit,
        qualifier=qualifier,
        basis=basis_beside(tokens, start, end),
        packages=measured.packages_of(text, tokens, written),
    )
    reading = _doubted(tokens, measured, quantity)
    if text[tokens[measured.after - 1].start : tokens[measured.after - 1].end] == "Mg" and measured.unit is Unit.MG:
        notes = (*reading.notes, "Mg is the megagram, a tonne, or a milligram")
        return msgspec.structs.replace(reading, certainty=Certainty.UNSURE, notes=notes)
    return reading


def _doubted(tokens: Sequence[Token], measured: Measured, quantity: Quantity) -> AmountReading:
    """Return the reading of *measured*, unsure where something beside it says that it may be another amount."""
    if is_of_several(tokens, measured):
        untold = msgspec.structs.replace(quantity, value=None, upper=None)
        return AmountReading(untold, Certainty.UNSURE, None, (*measured.notes, "how many is not told"))
    doubts = tuple(doubts_beside(tokens, measured))
    certainty = Certainty.UNSURE if doubts else measured.certainty
    return AmountReading(quantity, certainty, measured.other, (*measured.notes, *doubts))


def _alone(text: str, tokens: Sequence[Token], language: str) -> tuple[AmountReading, ...]:
    """Return the reading of a text that is nothing but one unit (a tonne), or one number without a unit."""
    start = 0
    while (start < len(tokens)) and (qualifier_before(tokens, start + 1) is not None):
        start += 1
    before = qualifier_before(tokens, start) if start else None
    qualifier = before.qualifier if before else Qualifier.EXACT
    if start == len(tokens) - 1 and tokens[start].folded in _SINGULAR:
        return _one_of_unit(text, tokens, (start, qualifier), language)
    number = read_number(tokens, start, language)
    if number is None or not _is_remark(tokens, number.after):
        return ()
    quantity = Quantity(as_written=text.strip(), value=number.value, qualifier=qualifier)
    return (AmountReading(quantity, Certainty.UNSURE, number.other, (*number.notes, "a number without a unit")),)


def _one_of_unit(
    text: str, tokens: Sequence[Token], said: tuple[int, Qualifier], language: str
) -> tuple[AmountReading, ...]:
    unit = read_unit(tokens, said[0], language)
    if unit is None:
        return ()
    quantity = Quantity(as_written=text.strip(), value=Decimal(1), unit=unit.unit, qualifier=said[1])
    return (AmountReading(quantity, Certainty.LIKELY, None, ("the unit stands alone: taken as one",)),)


def _is_remark(tokens: Sequence[Token], index: int) -> bool:
    """Return whether nothing but a remark in brackets begins at *index*."""
    return index >= len(tokens) or tokens[index].folded == "("
