"""Words as they are compared: of any script, in small Latin letters, without accents and punctuation.

A name that is in no catalogue is counted under itself, less strictly: in its own script, with its accents.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from anyascii import anyascii

_NO_WORD: Final = re.compile(r"[^0-9a-z]+")
_SHORTEST: Final = 2


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Return *text* in small Latin letters and digits, its words separated by one blank."""
    latin = text if text.isascii() else anyascii(text)
    return _NO_WORD.sub(" ", latin.casefold()).strip()


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of *text*, folded, in their order; single letters and digits are none."""
    return tuple(word for word in folded(text).split() if len(word) >= _SHORTEST)


def name_key(text: str) -> str:
    """Return *text* without case, width, punctuation and doubled blanks; accents stay, they tell names apart."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(sign if sign.isalnum() or sign == "-" else " " for sign in plain).split())
