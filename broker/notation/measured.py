"""One amount from a place in a text on: number and unit, compound, range, or packages of one size."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from broker.notation.certainty import Certainty, weakest
from broker.notation.numbers import Number, half_after, read_number
from broker.notation.tokens import Token
from broker.notation.unit_words import MASSES, VOLUMES, UnitWord, is_unit_word, read_unit
from broker.records.quantity import Packages, Unit

_TIMES: Final = frozenset("x×хX*✕")
_DASHES: Final = frozenset("-–—~～")
_TO: Final = frozenset({"to", "a", "до", "bis", "tot", "至", "到", "do", "الى", "إلى", "or", "ou", "или", "o"})
_AND: Final = frozenset({"and", "y", "et", "e", "und", "en", "и", "i", "a", "و"})
_OF: Final = frozenset({"of", "de", "d", "à", "a", "по", "von", "zu", "van", "je", "each", "met"})
_BETWEEN: Final = frozenset({"between", "entre", "zwischen", "tussen", "между", "mezi", "między", "tra"})
_SMALLER: Final[Mapping[Unit, tuple[Unit, int]]] = {
    Unit.TONNE: (Unit.KG, 1000),
    Unit.TON_UNSPECIFIED: (Unit.KG, 1000),
    Unit.KG: (Unit.G, 1000),
    Unit.LITRE: (Unit.MILLILITRE, 1000),
    Unit.POUND: (Unit.OUNCE, 16),
}
_SIZED: Final = MASSES | VOLUMES
_DOSES: Final = frozenset({Unit.MG, Unit.G, Unit.MILLILITRE})
_SORTS: Final = frozenset({"kinds", "types", "sorts", "sizes", "kind", "type", "sort", "size", "tipos", "видов"})
_MAX_COUNT: Final = 10**12
_CERTAIN_OF_TON: Final = "tons beside kilograms are taken as metric ones"


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """An amount between two tokens of a text.

    Attributes:
        after: Index of the first token after it.
        packages: Count, and the tokens of kind and size (first and after the last), where packages are told.
    """

    value: Decimal | None
    unit: Unit
    after: int
    certainty: Certainty = Certainty.CERTAIN
    upper: Decimal | None = None
    other: Decimal | None = None
    notes: tuple[str, ...] = ()
    start: int = 0
    count: int | None = None
    kind: tuple[int, int] = (0, 0)
    size: tuple[int, int] = (0, 0)

    def packages_of(self, text: str, tokens: Sequence[Token], written: str) -> tuple[Packages, ...]:
        """Return the packages that *text* tells with the amount, which as a whole is *written* so."""
        if self.count is None:
            return ()
        kind, size = _written(text, tokens, self.kind), _written(text, tokens, self.size)
        return (Packages(count=self.count, kind=kind, size=size, as_written=written),)


def _written(text: str, tokens: Sequence[Token], span: tuple[int, int]) -> str:
    first, after = span
    return text[tokens[first].start : tokens[after - 1].end] if after > first else ""


def measured_at(tokens: Sequence[Token], index: int, language: str) -> Measured | None:
    """Return the amount that begins at *index*, or None where none does."""
    number = read_number(tokens, index, language)
    if number is None:
        return None
    times = _times(tokens, number)
    if times is not None:
        return _sized(tokens, (index, number), times, language)
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
    return _with_more(tokens, _plain(index, number, unit), language)


def _plain(index: int, number: Number, unit: UnitWord) -> Measured:
    notes = (*number.notes, *((unit.note,) if unit.note else ()))
    certainty = weakest(number.certainty, unit.certainty)
    return Measured(
        value=number.value,
        unit=unit.unit,
        after=unit.after,
        certainty=certainty,
        other=number.other if certainty is not Certainty.CERTAIN else None,
        notes=notes,
        start=index,
    )


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
    if is_apart and place + 1 < len(tokens) and tokens[place].kind == "word" and not is_unit_word(tokens[place].folded):
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
    number = _whole(many)
    if number is None or each.value is None:
        return None
    notes = (*each.notes, *((unit.note,) if unit.note else ()), f"{number} × {each.value:f} {unit.unit.word}")
    return Measured(
        value=number * each.value,
        unit=unit.unit,
        after=after,
        certainty=weakest(each.certainty, unit.certainty),
        other=None if each.other is None or each.certainty is Certainty.CERTAIN else number * each.other,
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
    if size is not None and size_unit is not None and size_unit.unit in _SIZED:
        product = _product(count, (size_at, size, size_unit), kind, size_unit.after)
        if product is not None:
            return product
    number = _whole(many)
    has_size = size is not None and size_unit is None
    certainty = Certainty.LIKELY if is_guess else Certainty.CERTAIN
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
    if low.value >= high.value or (unit is not None and unit.unit is not last.unit):
        return None
    notes = (*low.notes, *high.notes, *((last.note,) if last.note else ()))
    certainty = weakest(low.certainty, high.certainty, last.certainty)
    return Measured(
        value=low.value,
        upper=high.value,
        unit=last.unit,
        after=last.after,
        certainty=certainty,
        notes=notes,
        start=start,
    )


def _with_more(tokens: Sequence[Token], measured: Measured, language: str) -> Measured:
    """Return *measured* with its half or its smaller unit: dos toneladas y media, 2 тонны 708 кг."""
    half = half_after(tokens, Number(measured.value, measured.after))
    if half.after > measured.after:
        return msgspec.structs.replace(measured, value=half.value, after=half.after, other=None)
    if measured.unit in {Unit.TABLET, Unit.CAPSULE, Unit.COUNT}:
        return _with_dose(tokens, measured, language)
    smaller, per = _SMALLER.get(measured.unit, (None, 0))
    is_joined = measured.after < len(tokens) and tokens[measured.after].folded in _AND
    index = measured.after + is_joined
    rest = read_number(tokens, index, language) if smaller is not None else None
    unit = read_unit(tokens, rest.after, language) if rest else None
    if rest is None or unit is None or unit.unit is not smaller or rest.value is None or measured.value is None:
        return measured
    is_whole = measured.value == measured.value.to_integral_value()
    if not (is_whole and rest.value < per):
        return measured
    return _compound(measured, (rest, unit, per), is_joined=is_joined)


def _compound(measured: Measured, rest: tuple[Number, UnitWord, int], *, is_joined: bool) -> Measured:
    number, unit, per = rest
    notes = measured.notes
    certainty = weakest(measured.certainty, number.certainty)
    if measured.unit is Unit.TON_UNSPECIFIED:
        notes, certainty = (_CERTAIN_OF_TON,), weakest(certainty, Certainty.LIKELY)
    elif is_joined:
        certainty = weakest(certainty, Certainty.LIKELY)
        notes = (*notes, "two units joined by a word are taken as one amount")
    value = (measured.value or Decimal()) * per + (number.value or Decimal())
    return msgspec.structs.replace(
        measured, value=value, unit=unit.unit, after=unit.after, certainty=certainty, other=None, notes=notes
    )


def _with_dose(tokens: Sequence[Token], measured: Measured, language: str) -> Measured:
    """Return pieces with what each holds kept as a note: 1 200 tablets x 120 mg are not 144 g of anything."""
    times = measured.after < len(tokens) and tokens[measured.after].folded in _TIMES | _OF
    dose = read_number(tokens, measured.after + 1, language) if times else None
    unit = read_unit(tokens, dose.after, language) if dose else None
    if dose is None or unit is None or unit.unit not in _DOSES or dose.value is None:
        return measured
    note = f"each {dose.value:f} {unit.unit.word}; what they hold in all is not worked out"
    return msgspec.structs.replace(measured, after=unit.after, notes=(*measured.notes, note))
