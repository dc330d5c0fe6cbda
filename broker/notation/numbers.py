"""A number where it stands in a text: digits, words, scales (mil, lakh, 万), halves."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import islice, takewhile
from typing import Final, NamedTuple

from broker.notation.certainty import Certainty, weakest
from broker.notation.number_words import SCALES, is_number_word, read_spelled
from broker.notation.numerals import read_numeral
from broker.notation.tokens import Token, fold
from broker.notation.unit_words import read_unit
from broker.records.quantity import Unit

_FRACTIONS: Final[Mapping[str, Decimal]] = {
    "1⁄2": Decimal("0.5"),
    "1⁄4": Decimal("0.25"),
    "3⁄4": Decimal("0.75"),
}
_HALVES: Final = frozenset(
    tuple(fold(phrase).split())
    for phrase in (
        "and a half", "and one half", "y media", "y medio", "et demi", "et demie", "e meia", "e meio", "с половиной",
        "und ein halb", "und eine halbe", "en een half", "en een halve", "e mezza", "e mezzo", "и половина",
        "и половиной", "a půl",
    )
)  # fmt: skip
_ABBREVIATED: Final = frozenset({"тыс", "млн", "tsd", "mio", "tis", "tys", "mln", "mn", "bn"})
_HALF: Final = Decimal("0.5")
_BEHIND_HALF: Final = frozenset("的多左")
_DECIMAL_SIGNS: Final = frozenset(".,")
_PARTING: Final = frozenset("/⁄^*")
_LETTERS: Final[Mapping[str, Decimal]] = {"k": Decimal(1000), "m": Decimal(10) ** 6, "mn": Decimal(10) ** 6}
_ARTICLES: Final = frozenset({"a", "an"})
_NUMERATORS: Final = frozenset({"1", "3"})
_DENOMINATORS: Final = frozenset({"2", "4"})
_LARGEST: Final = Decimal(10) ** 40
"""More is no amount of anything, and arithmetic on it would take memory."""


class Number(NamedTuple):
    """A number in a text.

    Attributes:
        value: None where digits stand there that no rule makes a number of.
        other: What it may be instead, where thousands and decimals cannot be told apart.
        after: Index of the first token after it.
    """

    value: Decimal | None
    after: int
    certainty: Certainty = Certainty.CERTAIN
    other: Decimal | None = None
    notes: tuple[str, ...] = ()


def read_number(tokens: Sequence[Token], index: int, language: str = "") -> Number | None:
    """Return the number that begins at *index*, or None where none does."""
    if index >= len(tokens):
        return None
    token = tokens[index]
    if token.kind == "number":
        return None if token.is_glued else _of_number(tokens, index, language)
    if token.folded in _FRACTIONS:
        return Number(_FRACTIONS[token.folded], index + 1)
    spelled = read_spelled(tokens, index, language)
    if spelled is None:
        return None
    after = spelled.after
    if spelled.value == _HALF and after < len(tokens) and tokens[after].folded in _ARTICLES:
        after += 1
    last = SCALES.get(tokens[spelled.after - 1].folded)
    if spelled.value is None:
        return Number(None, after, Certainty.UNSURE, notes=("how many is not told by these characters",))
    number = Number(spelled.value, after)
    if last is not None and tokens[index].kind != "han":
        number = _with_rest(tokens, number, last, language)
    return half_after(tokens, number)


def half_after(tokens: Sequence[Token], number: Number) -> Number:
    """Return *number* with the half that the next words add, if they do: two and a half, dos toneladas y media."""
    for length in (2, 3):
        words = tuple(one.folded for one in tokens[number.after : number.after + length])
        if words in _HALVES and number.value is not None:
            return number._replace(value=number.value + _HALF, other=None, after=number.after + length)
    if _is_han_half(tokens, number.after) and number.value is not None:
        return number._replace(value=number.value + _HALF, other=None, after=number.after + 1)
    return number


def _is_han_half(tokens: Sequence[Token], index: int) -> bool:
    """Return whether 半 stands at *index* as a half, and not as the first character of a word."""
    if index >= len(tokens) or tokens[index].folded != "半":
        return False
    return index + 1 >= len(tokens) or tokens[index + 1].kind != "han" or tokens[index + 1].folded in _BEHIND_HALF


def _of_number(tokens: Sequence[Token], index: int, language: str) -> Number:
    fraction = _fraction(tokens, index)
    if fraction is not None:
        return fraction
    number = _of_digits(tokens[index], index, language)
    part = _fraction(tokens, number.after)
    if part is not None and part.value is not None and part.value < 1 and number.value is not None:
        return number._replace(value=number.value + part.value, after=part.after)
    return _less_sure(tokens, index, _with_scale(tokens, number, language))


def _fraction(tokens: Sequence[Token], index: int) -> Number | None:
    """Return 1/2 as what it is, where its parts stand close together."""
    parts = tokens[index : index + 3]
    if len(parts) < 3 or parts[1].folded not in {"/", "⁄"} or parts[2].folded not in _DENOMINATORS:
        return None
    if parts[0].end != parts[1].start or parts[1].end != parts[2].start or parts[0].folded not in _NUMERATORS:
        return None
    return Number(Decimal(parts[0].folded) / Decimal(parts[2].folded), index + 3)


def _less_sure(tokens: Sequence[Token], index: int, number: Number) -> Number:
    """Return *number* as unsure where a sign stands close before it that may belong to it: -5, .5, 10/20, 10^3."""
    if index == 0 or tokens[index - 1].end != tokens[index].start:
        return number
    sign = tokens[index - 1].folded
    is_first = index == 1 or tokens[index - 2].end != tokens[index - 1].start
    if sign in {"-", "−"} and is_first:
        note = "a minus sign stands before it"
    elif sign in _DECIMAL_SIGNS and is_first:
        note = f"“{sign}” stands before it: it may be a decimal fraction"
    elif sign in _PARTING and not is_first:
        note = f"“{sign}” stands before it: it may be a part of another number"
    else:
        return number
    return number._replace(certainty=Certainty.UNSURE, notes=(*number.notes, note))


def _of_digits(token: Token, index: int, language: str) -> Number:
    numeral = read_numeral(token.folded, language)
    return Number(numeral.value, index + 1, numeral.certainty, numeral.other, numeral.notes)


def _with_scale(tokens: Sequence[Token], number: Number, language: str) -> Number:
    """Return *number* times the scales after it: 60 lakh, 3.3 million, 25 mil, 6 mil 602, 2½."""
    value, after = number.value, number.after
    if value is not None and after < len(tokens) and tokens[after].folded in _FRACTIONS:
        return number._replace(value=value + _FRACTIONS[tokens[after].folded], after=after + 1)
    factor, least = Decimal(1), Decimal()
    if value is not None and (letter := _glued_scale(tokens, after)) is not None:
        note = f"{tokens[after].folded} after the number is taken as {letter:f}"
        notes = (*number.notes, note)
        sure = weakest(number.certainty, Certainty.LIKELY)
        return Number(_plain(value * letter), after + 1, sure, None, notes)
    while value is not None and after < len(tokens) and _is_scale(tokens[after], language):
        least = SCALES[tokens[after].folded]
        factor, after = factor * least, after + 1
        after += after < len(tokens) and tokens[after].folded == "." and tokens[after - 1].folded in _ABBREVIATED
        if value * factor > _LARGEST:
            return number._replace(value=None, after=after, other=None, certainty=Certainty.UNSURE)
    if after == number.after:
        return half_after(tokens, number)
    other = None if number.other is None else number.other * factor
    scaled = number._replace(value=None if value is None else _plain(value * factor), after=after, other=other)
    return half_after(tokens, _with_rest(tokens, scaled, least, language))


def _glued_scale(tokens: Sequence[Token], index: int) -> Decimal | None:
    """Return what the letter of 5k and 2.5m means, where a word follows that it can be a number of."""
    if index >= len(tokens) or tokens[index].start != tokens[index - 1].end:
        return None
    scale, unit = _LETTERS.get(tokens[index].folded), read_unit(tokens, index + 1)
    if scale is None or unit is None:
        return None
    is_of_pieces = unit.unit in {Unit.TABLET, Unit.CAPSULE}
    return scale if is_of_pieces or tokens[index].folded == "k" else None  # 5m containers are five metres long


def _plain(value: Decimal) -> Decimal:
    """Return *value* without the noughts that a scale leaves behind the point."""
    whole = value.to_integral_value()
    return whole if whole == value else value


def _is_scale(token: Token, language: str) -> bool:
    return token.folded in SCALES and is_number_word(token.folded, language)


def _largest_scale(tokens: Sequence[Token], index: int, language: str) -> Decimal:
    scales = takewhile(lambda one: _is_scale(one, language), islice(tokens, index, None))
    return max(SCALES[one.folded] for one in scales)


def _with_rest(tokens: Sequence[Token], number: Number, least: Decimal, language: str) -> Number:
    """Return *number* with what follows its thousands: 6 mil 602, 1 millón 200 mil, 2 lakh 50 thousand."""
    if number.after >= len(tokens) or tokens[number.after].kind != "number" or number.value is None:
        return number
    rest = tokens[number.after].folded
    if not (rest.isascii() and rest.isdigit() and len(rest) <= 9 and 0 < int(rest) < least):
        return number
    following = number.after + 1
    if following < len(tokens) and _is_scale(tokens[following], language):
        # Each step has smaller scales only, so a hostile text of a thousand lakhs makes no thousand steps.
        is_less = _largest_scale(tokens, following, language) < least
        more = _with_scale(tokens, Number(Decimal(rest), following), language) if is_less else None
        if more is None or more.value is None or more.value >= least:
            return number._replace(certainty=Certainty.UNSURE, notes=(*number.notes, "two numbers follow each other"))
        return number._replace(value=number.value + more.value, after=more.after)
    is_place_untold = tokens[number.after - 1].kind == "han" and len(rest) == 1  # 1万5 is 15,000 to many
    if is_place_untold:
        note = f"the place of {rest} is not told"
        return Number(None, following, Certainty.UNSURE, notes=(*number.notes, note))
    return number._replace(value=number.value + int(rest), after=following)
