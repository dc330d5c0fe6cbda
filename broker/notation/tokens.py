"""Texts cut into numerals, words and signs, in one pass, whatever the script."""

import re
import unicodedata
from typing import Final, NamedTuple

MAX_CHARACTERS: Final = 4_000
"""Of one text; what comes after is not looked at, and stays in the text."""

# A space stands between thousands only before exactly three digits; every part is taken once, so time is linear.
_SPACE: Final = " \u00a0\u2009\u202f"
_SEPARATORS: Final = ".,'\u2019\u02bc\u066b\u066c\uff0e"
_LIST_COMMAS: Final = "\uff0c\u060c"
"""Commas of lists, which stand between thousands as well."""
_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff"
_MARKS: Final = (
    "\u0300-\u036f\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0981-\u0983\u09bc-\u09d7"
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u102b-\u103e\u3300-\u33ff"
)
"""Accents and vowel signs: of Latin, Arabic, Devanagari, Bengali, Thai and Burmese; and squared units."""
_TIMES: Final = frozenset("xх")
_TOKEN: Final = re.compile(
    rf"(?P<number>\d{{1,3}}(?:[{_SPACE}]\d{{3}}(?!\d))+(?:[.,\u066b]\d+)?"
    rf"|\d{{1,3}}(?:[{_LIST_COMMAS}]\d{{3}}(?!\d))+(?:[.\u066b\uff0e]\d+)?|\d+(?:[{_SEPARATORS}]\d+)*)"
    rf"|(?P<dotted>(?:[A-Za-z]\.){{2}})"
    rf"|(?P<han>[{_HAN}])"
    rf"|(?P<word>(?:(?![{_HAN}])[^\W\d_]|[{_MARKS}])+)"
    r"|(?P<sign>\S)"
)


class Token(NamedTuple):
    """One numeral, word or sign.

    Attributes:
        kind: ``number``, ``word``, ``han`` (one character of a script without spaces) or ``sign``.
        folded: As it is compared: no case, no accents, digits of any script as ASCII ones.
        is_glued: It follows a letter directly, as the 1 of ``Fenil1``.
    """

    kind: str
    folded: str
    start: int
    end: int
    is_glued: bool


def tokens_of(text: str) -> tuple[Token, ...]:
    """Return the tokens of the first :data:`MAX_CHARACTERS` characters of *text*."""
    found: list[Token] = []
    before = ""
    for match in _TOKEN.finditer(text[:MAX_CHARACTERS]):
        kind = match.lastgroup or "sign"
        is_glued = bool(found) and found[-1].end == match.start() and before == "word" and not _is_times(found)
        before = kind
        if kind == "number":
            folded = ascii_digits(match[0])
        elif kind == "dotted":
            kind, folded = "word", match[0].replace(".", "").casefold()
        else:
            folded = fold(match[0])
        found.append(Token(kind, folded, match.start(), match.end(), is_glued))
    return tuple(found)


def _is_times(found: list[Token]) -> bool:
    """Return whether the last token is the sign of 20x25kg."""
    return found[-1].folded in _TIMES and len(found) > 1 and found[-2].kind == "number"


def fold(word: str) -> str:
    """Return *word* without case and accents; names and units are compared so."""
    if word.isascii():
        return word.casefold()
    decomposed = unicodedata.normalize("NFKD", word).casefold()
    return "".join(one for one in decomposed if unicodedata.category(one) != "Mn")


def ascii_digits(text: str) -> str:
    """Return *text* with the digits of any script as ASCII ones."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in text)
