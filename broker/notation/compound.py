"""What belongs to an amount behind its unit: a half, the smaller unit, what each piece holds."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from broker.notation.certainty import Certainty, weakest
from broker.notation.measured import Measured
from broker.notation.numbers import Number, half_after, read_number
from broker.notation.scaled_units import times
from broker.notation.tokens import Token
from broker.notation.unit_words import UnitWord, read_unit
from broker.records.quantity import Unit

_TIMES: Final = frozenset("x×хX*✕")
_OF: Final = frozenset({"of", "de", "d", "à", "a", "по", "von", "zu", "van", "je", "each", "met"})
_AND: Final = frozenset({"and", "y", "et", "e", "und", "en", "и", "i", "a", "و"})
_SMALLER: Final[Mapping[Unit, tuple[Unit, int]]] = {
    Unit.TONNE: (Unit.KG, 1000),
    Unit.TON_UNSPECIFIED: (Unit.KG, 1000),
    Unit.KG: (Unit.G, 1000),
    Unit.LITRE: (Unit.MILLILITRE, 1000),
    Unit.POUND: (Unit.OUNCE, 16),
}
_DOSES: Final = frozenset({Unit.MG, Unit.G, Unit.MILLILITRE})
_CERTAIN_OF_TON: Final = "tons beside kilograms are taken as metric ones"


def with_more(tokens: Sequence[Token], measured: Measured, language: str) -> Measured:
    """Return *measured* with its half or its smaller unit: dos toneladas y media, 2 тонны 708 кг."""
    half = half_after(tokens, Number(Decimal(), measured.after))
    if half.after > measured.after and half.value is not None and measured.value is not None:
        value = measured.value + times(half.value, measured.factor)
        return msgspec.structs.replace(measured, value=value, after=half.after, other=None)
    if measured.unit in {Unit.TABLET, Unit.CAPSULE, Unit.COUNT}:
        return _with_dose(tokens, measured, language)
    return (_with_smaller if measured.factor > 1 else _with_thousandths)(tokens, measured, language)


def _with_thousandths(tokens: Sequence[Token], measured: Measured, language: str) -> Measured:
    smaller, per = _SMALLER.get(measured.unit, (None, 0))
    is_joined = measured.after < len(tokens) and tokens[measured.after].folded in _AND
    index = measured.after + is_joined
    rest = read_number(tokens, index, language) if smaller is not None else None
    unit = read_unit(tokens, rest.after, language) if rest else None
    if rest is None or unit is None or rest.value is None or measured.value is None:
        return measured
    is_smaller = unit.unit is smaller and unit.factor == 1
    is_whole = measured.value == measured.value.to_integral_value()
    if not (is_smaller and is_whole and rest.value < per):
        return measured
    return _compound(measured, (rest, unit, per), is_joined=is_joined)


def _with_smaller(tokens: Sequence[Token], measured: Measured, language: str) -> Measured:
    """Return *measured* with the smaller units of the same measure behind it: 3 cwt 2 stone 4 lb, 2 m³ 300 L."""
    rest = read_number(tokens, measured.after, language)
    unit = read_unit(tokens, rest.after, language) if rest else None
    if rest is None or unit is None or rest.value is None or measured.value is None:
        return measured
    more = times(rest.value, unit.factor)
    is_smaller = unit.unit is measured.unit and unit.factor < measured.factor
    if not is_smaller or more >= measured.factor:
        return measured
    longer = msgspec.structs.replace(
        measured,
        value=measured.value + more,
        after=unit.after,
        certainty=weakest(measured.certainty, rest.certainty, unit.certainty),
        other=None,
        factor=unit.factor,
    )
    return _with_smaller(tokens, longer, language) if unit.factor > 1 else longer


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
    has_dose = measured.after < len(tokens) and tokens[measured.after].folded in _TIMES | _OF
    dose = read_number(tokens, measured.after + 1, language) if has_dose else None
    unit = read_unit(tokens, dose.after, language) if dose else None
    if dose is None or unit is None or unit.unit not in _DOSES or dose.value is None:
        return measured
    note = f"each {dose.value:f} {unit.unit.word}; what they hold in all is not worked out"
    return msgspec.structs.replace(measured, after=unit.after, notes=(*measured.notes, note))
