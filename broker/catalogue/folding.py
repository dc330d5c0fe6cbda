"""How names are compared: without case, accents and punctuation; digits and their grouping stay, for they are locants.

``1,4-BD`` folds to ``1 4bd`` and ``14-BD`` to ``14bd``: two digits that stood apart are kept apart.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from anyascii import anyascii

_GREEK: Final = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ω": "omega"}
_LONE_GREEK: Final = re.compile(r"(?<![\u0370-\u03ff])[αβγδω](?![\u0370-\u03ff])")
_LATIN_MARKS: Final = re.compile(r"[\u0300-\u036f\u064b-\u0652\u0640]")
"""Accents, Arabic vowel signs and the lengthening stroke; other scripts' marks are letters of theirs."""
_TRADITIONAL: Final = str.maketrans(
    "鹽塩錳鉀鈉氫環鄰麥黃偽異內紅亞鹼絡鈣銨縮", "盐盐锰钾钠氢环邻麦黄伪异内红亚碱络钙铵缩"
)
"""Characters of names of chemicals as Taiwan, Hong Kong and Japan write them, and as the names of the catalogue do."""
_REMEMBERED: Final = 65_536
_HAN: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")


@lru_cache(_REMEMBERED)
def fold(text: str) -> str:
    """Return *text* as it is compared, in its own script; folding it again changes nothing."""
    folded = _fold_once(text)
    while (again := _fold_once(folded)) != folded:
        folded = again
    return folded


@lru_cache(_REMEMBERED)
def transliterate(text: str) -> str:
    """Return *text* folded in Latin letters; different words of other scripts may become the same."""
    return fold(anyascii(fold(text)))


def has_characters(text: str) -> bool:
    """Return whether *text* has Chinese characters: many sound alike, so their Latin letters name nothing."""
    return _HAN.search(text) is not None


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of *text*, each folded."""
    return tuple(word for word in (fold(one) for one in re.split(r"[\s/()\[\],;:]+", text)) if word)


def digits_of(folded: str) -> tuple[str, ...]:
    """Return the groups of digits in a folded text."""
    return tuple(re.findall(r"\d+", folded))


def _fold_once(text: str) -> str:
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold().translate(_TRADITIONAL))
    plain = _LATIN_MARKS.sub("", unicodedata.normalize("NFKC", plain).casefold())
    plain = _LATIN_MARKS.sub("", unicodedata.normalize("NFD", plain))
    plain = _LONE_GREEK.sub(lambda found: _GREEK[found[0]], unicodedata.normalize("NFC", plain))
    return _join("".join(one if _is_letter(one) else " " for one in plain).split())


def _is_letter(one: str) -> bool:
    return one.isalnum() or unicodedata.category(one).startswith("M")


def _join(parts: list[str]) -> str:
    joined = ""
    for part in parts:
        joined += f" {part}" if joined and joined[-1].isdigit() and part[0].isdigit() else part
    return joined
