"""Words that say how an amount is meant: about, more than, almost …"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from broker.notation.tokens import Token, tokens_of
from broker.records.quantity import Qualifier, QuantityBasis

_BEFORE: Final = """
ABOUT: about|approximately|approx|around|circa|ca|c|roughly|some|an estimated|estimated|~|≈|±|quelque|quelques
ABOUT: environ|autour de|aproximadamente|aprox|aprox.|alrededor de|cerca de|unos|unas|por volta de|около|примерно
ABOUT: приблизительно|порядка|ungefähr|etwa|rund|zirka|ongeveer|omstreeks|zowat|приблизно|приблизително|около
ABOUT: 约|大约|約|حوالي|نحو|قرابة|yaklaşık|circa di|asi|přibližně|około|लगभग
ALMOST: almost|nearly|close to|just under|casi|presque|près de|quase|почти|без малого|fast|beinahe|knapp|bijna|近|将近
ALMOST: téměř|skoro|prawie|quasi|neredeyse|ما يقرب من
MORE_THAN: more than|over|above|exceeding|in excess of|upwards of|más de|mas de|más que|plus de|au-dessus de|mais de
MORE_THAN: свыше|более|больше|mehr als|über|meer dan|ruim|超过|逾|أكثر من|повече от|над|více než|přes|ponad|più di|>
LESS_THAN: less than|under|below|fewer than|menos de|moins de|менее|меньше|weniger als|unter|minder dan|不到|أقل من|<
AT_LEAST: at least|no less than|not less than|a minimum of|minimum|al menos|por lo menos|no menos de|au moins|pelo menos
AT_LEAST: не менее|как минимум|mindestens|minstens|ten minste|tenminste|至少|على الأقل|≥|co najmniej|nejméně|almeno
AT_MOST: at most|up to|no more than|not more than|a maximum of|maximum|hasta|como máximo|jusqu'à|au plus|até|не более
AT_MOST: до|höchstens|bis zu|maximaal|hooguit|至多|最多|على الأكثر|≤|nejvýše|najwyżej|fino a
"""
_AFTER: Final = """
AT_LEAST: or more|and more|o más|ou plus|ou mais|или более|oder mehr|of meer|以上
AT_MOST: or less|or fewer|o menos|ou moins|ou menos|или менее|oder weniger|以下
MORE_THAN: 多|余
ABOUT: or so|approximately|approx|左右|上下
"""
_BASES: Final[Mapping[str, QuantityBasis]] = {
    "gross": QuantityBasis.GROSS,
    "brutto": QuantityBasis.GROSS,
    "bruto": QuantityBasis.GROSS,
    "brut": QuantityBasis.GROSS,
    "брутто": QuantityBasis.GROSS,
    "net": QuantityBasis.NET,
    "netto": QuantityBasis.NET,
    "neto": QuantityBasis.NET,
    "нетто": QuantityBasis.NET,
}
_SKIPPED: Final = frozenset("'\"‘’“”«».-()")


class Meant(NamedTuple):
    """How an amount is meant, and the token with which the words for it begin, or the one after them."""

    qualifier: Qualifier
    place: int


def _phrases(block: str) -> Mapping[tuple[str, ...], Qualifier]:
    found: dict[tuple[str, ...], Qualifier] = {}
    for line in block.strip().splitlines():
        name, _, phrases = line.partition(": ")
        for phrase in phrases.split("|"):
            found[_words(tokens_of(phrase))] = Qualifier(name)
    return found


def _words(tokens: Sequence[Token]) -> tuple[str, ...]:
    return tuple(one.folded for one in tokens if one.folded not in _SKIPPED)


_PHRASES: Final = _phrases(_BEFORE)
_LATER: Final = _phrases(_AFTER)
_LONGEST: Final = max(map(len, (*_PHRASES, *_LATER)))


def qualifier_before(tokens: Sequence[Token], index: int, floor: int = 0) -> Meant | None:
    """Return how the amount at *index* is meant by the words before it, not looking before *floor*."""
    places: list[int] = []
    place = index - 1
    while place >= floor and len(places) < _LONGEST:
        if tokens[place].folded not in _SKIPPED:
            places.insert(0, place)
        place -= 1
    for length in range(len(places), 0, -1):
        words = tuple(tokens[one].folded for one in places[-length:])
        if words in _PHRASES:
            return Meant(_PHRASES[words], places[-length])
    return None


def qualifier_after(tokens: Sequence[Token], index: int) -> Meant | None:
    """Return how the amount that ends before *index* is meant by the words after it."""
    for length in range(min(_LONGEST, len(tokens) - index), 0, -1):
        words = tuple(one.folded for one in tokens[index : index + length])
        if words in _LATER:
            return Meant(_LATER[words], index + length)
    return None


def basis_beside(tokens: Sequence[Token], start: int, end: int) -> QuantityBasis:
    """Return whether the amount between *start* and *end* is said to be gross or net, by the words beside it."""
    for token in (*tokens[max(start - 2, 0) : start], *tokens[end : end + 2]):
        if token.folded in _BASES:
            return _BASES[token.folded]
    return QuantityBasis.NOT_STATED
