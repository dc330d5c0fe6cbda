"""One amount from a place in a text on: number and unit, compound, range, or packages of one size."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from broker.notation.certainty import Certainty, weakest
from broker.notation.compound import with_more
from broker.notation.measured import Measured
from broker.notation.number_parts import NOT_OF_PACKAGES
from broker.notation.numbers import Number, read_number
from broker.notation.scaled_units import times
from broker.notation.tokens import Token
from broker.notation.unit_words import MASSES, VOLUMES, UnitWord, is_unit_word, read_unit
from broker.records.quantity import Unit

_TIMES: Final = frozenset("x×хX*✕")
_DASHES: Final = frozenset("-–—~～")
_TO: Final = frozenset({"to", "a", "до", "bis", "tot", "至", "到", "do", "الى", "إلى", "or", "ou", "или", "o"})
_AND: Final = frozenset({"and", "y", "et", "e", "und", "en", "и", "i", "a", "و"})
_OF: Final = frozenset({"of", "de", "d", "à", "a", "по", "von", "zu", "van", "je", "each", "met"})
_BETWEEN: Final = frozenset({"between", "entre", "zwischen", "tussen", "между", "mezi", "między", "tra"})
_SIZED: Final = MASSES | VOLUMES
_SORTS: Final = frozenset({"kinds", "types", "sorts", "sizes", "kind", "type", "sort", "size", "tipos", "видов"})
_HELD: Final = _SIZED | {Unit.TABLET, Unit.CAPSULE}
"""What packages are said to hold of."""
_MAX_COUNT: Final = 10**12


def measured_at(tokens: Sequence[Token], index: int, language: str) -> Measured | None:
    """Return the amount that begins at *index*, or None where none does."""
    number = read_number(tokens, index, language)
    if number is None:
        return None
    size_at = _times(tokens, number)
    if size_at is not None:
        return _sized(tokens, (index, number), size_at, language)
    return _range(tokens, (index, number), language) or _with_unit(tokens, (index, number), language)


def _with_unit(tokens: Sequence[Token], first: tuple[int, Number], language: str) -> Measured | None:
    index, number = first
    unit, is_guess = _unit_after(tokens, number.after, language)
    if unit is None:
        return _counted_sizes(tokens, first, language)
    if unit.after < len(tokens) and tokens[unit.after].folded in _SORTS:
        return None  # five package kinds are not five packages
    if unit.is_package:
        return _packages(tokens, first, unit, is_guess=is_guess, language=language)
    return with_more(tokens, _plain(index, number, unit), language)


def _plain(index: int, number: Number, unit: UnitWord) -> Measured:
    notes = (*number.notes, *((unit.note,) if unit.note else ()))
    certainty = weakest(number.certainty, unit.certainty)
    return Measured(
        value=_scaled(number.value, unit),
        unit=unit.unit,
        after=unit.after,
        certainty=certainty,
        other=_scaled(number.other, unit) if certainty is not Certainty.CERTAIN else None,
        notes=notes,
        start=index,
        factor=unit.factor,
    )


def _scaled(value: Decimal | None, unit: UnitWord) -> Decimal | None:
    """Return *value* in the unit of records."""
    return value if value is None or unit.factor == 1 else times(value, unit.factor)


def _unit_after(tokens: Sequence[Token], index: int, language: str) -> tuple[UnitWord | None, bool]:
    """Return the unit after a number, and whether one other word stands between: 700 plastic cans."""
    place = index
    is_stop = place < len(tokens) and tokens[place].folded == "."
    if place < len(tokens) and tokens[place].folded in {".", "-", "("} and not tokens[place].is_glued:
        place += tokens[place].folded != "("
    unit = read_unit(tokens, place, language)
    if unit is not None:
        note = "a full stop after the number is passed over"
        return (_less_sure(unit, note) if is_stop else unit), False
    is_apart = place == index or tokens[place - 1].folded != "-"  # a 200-litre one is no number of them
    is_word = is_apart and place + 1 < len(tokens) and tokens[place].kind == "word"
    if is_word and not is_unit_word(tokens[place].folded) and tokens[place].folded not in NOT_OF_PACKAGES:
        unit = read_unit(tokens, place + 1, language)
        if unit is not None and (unit.is_package or unit.unit in {Unit.TABLET, Unit.CAPSULE}):
            return _less_sure(unit, f"“{tokens[place].folded}” stands between number and unit"), True
    return None, False


def _less_sure(unit: UnitWord, note: str) -> UnitWord:
    notes = "; ".join(filter(None, (unit.note, note)))
    return unit._replace(certainty=weakest(unit.certainty, Certainty.LIKELY), note=notes)


def _times(tokens: Sequence[Token], number: Number) -> int | None:
    """Return where the size begins in 346 x 20 L."""
    after = number.after
    return after + 1 if after < len(tokens) and tokens[after].folded in _TIMES else None


def _sized(tokens: Sequence[Token], count: tuple[int, Number], index: int, language: str) -> Measured | None:
    """Return packages of one size: 346 x 20 L, 5 x 1000-litre containers; without a unit it is no amount."""
    size = read_number(tokens, index, language)
    unit, _ = _unit_after(tokens, size.after, language) if size else (None, False)
    if size is None or unit is None or unit.unit not in _SIZED:
        return None
    kind = read_unit(tokens, unit.after, language)
    kinds = (unit.after, kind.after) if kind is not None and kind.is_package else (0, 0)
    return _product(count, (index, size, unit), kinds, max(unit.after, kinds[1]))


def _product(
    count: tuple[int, Number], size: tuple[int, Number, UnitWord], kind: tuple[int, int], after: int
) -> Measured | None:
    start, many = count
    first, each, unit = size
    number, held = _whole(many), _scaled(each.value, unit)
    if number is None or held is None:
        return None
    notes = (*each.notes, *((unit.note,) if unit.note else ()), f"{number} × {held:f} {unit.unit.word}")
    other = None if each.certainty is Certainty.CERTAIN else _scaled(each.other, unit)
    return Measured(
        value=number * held,
        unit=unit.unit,
        after=after,
        certainty=weakest(each.certainty, unit.certainty),
        other=None if other is None else number * other,
        notes=notes,
        start=start,
        count=number,
        kind=kind,
        size=(first, unit.after),
    )


def _whole(number: Number) -> int | None:
    """Return how many; a count has no decimals, so 1.160 drums are 1160."""
    for value in (number.value, number.other):
        if value is not None and value == value.to_integral_value() and value < _MAX_COUNT:
            return int(value)
    return None


def _counted_sizes(tokens: Sequence[Token], count: tuple[int, Number], language: str) -> Measured | None:
    """Return two 45 kg barrels: a count, then a number with a unit, then what holds them."""
    start, many = count
    size = read_number(tokens, many.after, language)
    if size is None:
        return None
    unit, _ = _unit_after(tokens, size.after, language)
    kind = read_unit(tokens, unit.after, language) if unit is not None and unit.unit in _SIZED else None
    if unit is None or kind is None or not kind.is_package:
        return None
    return _product((start, many), (many.after, size, unit), (unit.after, kind.after), kind.after)


def _packages(
    tokens: Sequence[Token], count: tuple[int, Number], unit: UnitWord, *, is_guess: bool, language: str
) -> Measured:
    """Return packages, with their size if it is told: 346 jerrycans of 20 litres, 533 packets of 1,500."""
    start, many = count
    kind = (many.after, unit.after)
    size_at = unit.after + (unit.after < len(tokens) and tokens[unit.after].folded in _OF | _TIMES)
    size = read_number(tokens, size_at, language) if size_at > unit.after else None
    size_unit = read_unit(tokens, size.after, language) if size else None
    if size is not None and size_unit is not None and size_unit.unit in _HELD:
        product = _product(count, (size_at, size, size_unit), kind, size_unit.after)
        if product is not None:
            return product
    number = _whole(many)
    has_size = size is not None and size_unit is None
    certainty = weakest(unit.certainty, Certainty.LIKELY) if is_guess else unit.certainty
    return Measured(
        value=many.value if number is None else Decimal(number),
        unit=unit.unit,
        after=size.after if size is not None and has_size else unit.after,
        certainty=weakest(certainty, many.certainty) if number is None else certainty,
        notes=() if number is not None else many.notes,
        start=start,
        count=number,
        kind=kind,
        size=(size_at, size.after) if size is not None and has_size else (0, 0),
    )


def _range(tokens: Sequence[Token], first: tuple[int, Number], language: str) -> Measured | None:
    """Return a range: 5-10 kg, 5 to 10 kg, between 5 kg and 10 kg; None where the lower end is not the first."""
    start, low = first
    unit = read_unit(tokens, low.after, language)
    link = unit.after if unit is not None else low.after
    if link >= len(tokens):
        return None
    is_between = start > 0 and tokens[start - 1].folded in _BETWEEN
    word = tokens[link].folded
    if not (word in _DASHES or word in _TO or (is_between and word in _AND)):
        return None
    high = read_number(tokens, link + 1, language)
    last, _ = _unit_after(tokens, high.after, language) if high else (None, False)
    if high is None or last is None or last.is_package or low.value is None or high.value is None:
        return None
    if low.value >= high.value or (unit is not None and (unit.unit, unit.factor) != (last.unit, last.factor)):
        return None
    notes = (*low.notes, *high.notes, *((last.note,) if last.note else ()))
    certainty = weakest(low.certainty, high.certainty, last.certainty)
    return Measured(
        value=_scaled(low.value, last),
        upper=_scaled(high.value, last),
        unit=last.unit,
        after=last.after,
        certainty=certainty,
        notes=notes,
        start=start,
    )
