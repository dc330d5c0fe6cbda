"""What stands beside an amount and makes its reading unsure: each, several, a size of packages, money, a year."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

from broker.notation.measured import Measured
from broker.notation.number_parts import is_behind_number, is_behind_unread, is_negative
from broker.notation.tokens import Token, fold
from broker.notation.unit_words import MASSES, VOLUMES, is_package_word, read_unit
from broker.records.quantity import Unit


def _folded(words: str) -> frozenset[str]:
    return frozenset(map(fold, words.split()))


_SEVERAL: Final = _folded(
    "several few many numerous some varios varias muchos unos unas cuantos vários várias plusieurs quelques "
    "mehrere einige viele enkele meerdere несколько عدة بضع několik kilka diversi alcuni"
)
_HAN_SEVERAL: Final = frozenset("数几幾上")
_ROUND: Final = frozenset(map(Decimal, (10, 12, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000)))
_EACH: Final = _folded(
    "each apiece per cada chacun chacune chaque je jeweils elk elke per по каждый каждая каждой каждом 每 كل po každý "
    "każdy ciascuno ciascuna"
)
_MONEY: Final = _folded(
    "worth value valued valor valeur estimated sterling esterlinas стерлингов wert стоимостью price sold fine fined"
)
_TIMES_OF_DAY: Final = _folded(
    "day days month months year years week weeks hour jour mois an día mes año Tag Monat Jahr h hr hrs min s sec ha"
)
_HOLDING: Final = _folded("of de d à по von zu van x × * met with con mit avec com с @")
_SIZED: Final = MASSES | VOLUMES
_PIECES: Final = frozenset({Unit.TABLET, Unit.CAPSULE})
_SIGNS_OF_TIMES: Final = frozenset("x×х*✕")
_NEAR: Final = 3
_YEARS: Final = (1900, 2100)
_PART_DIGITS: Final = 3


def doubts_beside(tokens: Sequence[Token], measured: Measured) -> Iterator[str]:
    """Yield why an amount may not be what it looks like, by the words beside it."""
    yield from (note for find, note in _FINDINGS if find(tokens, measured))


def is_of_several(tokens: Sequence[Token], measured: Measured) -> bool:
    """Return whether how many is not told: several hundred kilos, 数十吨."""
    if measured.start == 0 or measured.value not in _ROUND or tokens[measured.start].kind == "number":
        return False
    before = tokens[measured.start - 1]
    return before.folded in _SEVERAL or (before.kind == "han" and before.folded in _HAN_SEVERAL)


def _is_of_each(tokens: Sequence[Token], measured: Measured) -> bool:
    if measured.unit not in _SIZED or measured.count is not None:
        return False
    near = (*_before(tokens, measured), *_same_clause(tokens[measured.after : measured.after + 2]))
    return any(one.folded in _EACH for one in near)


def _is_size(tokens: Sequence[Token], measured: Measured) -> bool:
    after = measured.after
    if measured.unit not in _SIZED or after >= len(tokens):
        return False
    if measured.count is None and is_package_word(tokens[after]):
        return True
    return _is_pieces(tokens, after)


def _is_joined(tokens: Sequence[Token], measured: Measured) -> bool:
    """Return whether a word hangs on its unit: 5 dl-ephedrine tablets, 25 kg-bags."""
    signs = tokens[measured.after : measured.after + 2]
    if len(signs) < 2 or measured.count is not None or signs[0].folded != "-" or signs[1].kind != "word":
        return False
    return tokens[measured.after - 1].end == signs[0].start and signs[0].end == signs[1].start


def _is_money(tokens: Sequence[Token], measured: Measured) -> bool:
    if measured.unit is not Unit.POUND:
        return False
    near = (*_before(tokens, measured), *tokens[measured.after : measured.after + 1])
    return any(one.folded in _MONEY for one in near)


def _is_year(tokens: Sequence[Token], measured: Measured) -> bool:
    word = tokens[measured.after - 1].folded
    value = measured.value or Decimal()
    return word in {"г", "гг"} and _YEARS[0] <= value <= _YEARS[1] and len(tokens[measured.start].folded) == 4


def _is_rate(tokens: Sequence[Token], measured: Measured) -> bool:
    """Return whether it is of each unit of something else: 10 mg/ml, 50 kg/bag, 5 t/year."""
    after = measured.after
    if after + 1 >= len(tokens) or tokens[after].folded != "/" or tokens[after].start != tokens[after - 1].end:
        return False
    return tokens[after + 1].folded in _TIMES_OF_DAY or read_unit(tokens, after + 1) is not None


def _is_in_packages(tokens: Sequence[Token], measured: Measured) -> bool:
    """Return whether packages stand before it that hold it: 50 boxes of 10 blisters."""
    start = measured.start
    if start == 0:
        return False
    if tokens[start - 1].folded in _SIGNS_OF_TIMES or (measured.unit in _SIZED and _is_pieces(tokens, start - 1)):
        return True
    holds = read_unit(tokens, start - 2) if start > 1 and tokens[start - 1].folded in _HOLDING else None
    return holds is not None and holds.is_package and holds.after == start - 1


def _is_multiplied(tokens: Sequence[Token], measured: Measured) -> bool:
    """Return whether a number of them follows: 5 kg x 3."""
    behind = tokens[measured.after : measured.after + 2]
    is_sized = measured.unit in _SIZED and measured.count is None
    return is_sized and len(behind) == 2 and behind[0].folded in _SIGNS_OF_TIMES and behind[1].kind == "number"


def _is_pieces(tokens: Sequence[Token], index: int) -> bool:
    unit = read_unit(tokens, index)
    return unit is not None and unit.unit in _PIECES


def _has_part(tokens: Sequence[Token], measured: Measured) -> bool:
    """Return whether a number without a unit follows: 3 kg 200 is 3.2 kg."""
    after = measured.after
    if measured.unit not in _SIZED or after >= len(tokens) or tokens[after].kind != "number":
        return False
    if tokens[after].is_glued:
        return True
    is_last = after + 1 >= len(tokens) or tokens[after + 1].kind == "sign"
    return is_last and len(tokens[after].folded) == _PART_DIGITS


def _before(tokens: Sequence[Token], measured: Measured) -> Sequence[Token]:
    near = tokens[max(0, measured.start - _NEAR) : measured.start]
    return tuple(reversed(tuple(_same_clause(reversed(near)))))


def _same_clause(tokens: Iterable[Token]) -> Iterator[Token]:
    for one in tokens:
        if one.folded in {";", "/", ")", "("}:
            return
        yield one


_FINDINGS: Final[tuple[tuple[Callable[[Sequence[Token], Measured], bool], str], ...]] = (
    (_is_of_each, "of each one, it seems: not the whole"),
    (_is_size, "it may be what one package holds"),
    (_is_multiplied, "a number of them follows, it seems: not the whole"),
    (_is_joined, "a word hangs on its unit"),
    (_is_rate, "of each unit of something else, it seems: not the whole"),
    (_is_in_packages, "it may be what one package holds"),
    (_is_money, "these pounds may be money"),
    (_is_year, "it may be a year"),
    (_has_part, "the number behind it may be a part of it"),
    (is_behind_number, "another number stands before it: it may be a part of it, or one of several"),
    (is_behind_unread, "the word before it may be a part of the number"),
    (is_negative, "a minus stands before it"),
)
