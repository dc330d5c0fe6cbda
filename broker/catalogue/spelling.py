"""Names that are misspelt: how near a text comes to one, and when that is only a slip of the pen."""

import re
from collections import Counter
from typing import Final

import msgspec
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from broker.catalogue.folding import digits_of, fold, has_characters, transliterate
from broker.catalogue.names import NameIndex
from broker.catalogue.words import CLASSES, ENDINGS, STEMS

MIN_LETTERS: Final = 6
"""A shorter text is not compared: one letter more or less makes another abbreviation."""
MIN_SCORE: Final = 82
_LOOKED_AT: Final = 40
_SLIPS: Final = ((14, 2), (0, 1))
"""Letters that may differ in a slip, by the length of the name."""
_STEM: Final = re.compile("|".join(sorted(STEMS, key=len, reverse=True)))
_CLASS: Final = re.compile("|".join(sorted(CLASSES, key=len, reverse=True)))
_MARGIN: Final = 1
"""A second substance is a rival if it is at most so many letters further away than the nearest one."""


class NearName(msgspec.Struct, frozen=True, kw_only=True):
    """A name near a text.

    Attributes:
        score: Likeness, 0 to 100: twice the letters in common, in order, over all letters of both.
        distance: Letters put in, left out, changed or exchanged with their neighbour.
        is_slip: So few letters differ, and none that makes another chemical, that it may be taken for the name.
    """

    substance: str
    name: str
    score: int
    distance: int
    is_slip: bool
    is_wrong: bool

    @property
    def why(self) -> str:
        """What differs."""
        letters = "letter differs" if self.distance == 1 else "letters differ"
        return f"{self.distance} {letters}" if self.is_slip else "like it"

    def is_rival_of(self, nearest: "NearName") -> bool:
        """Return whether the text may as well be a slip of this name."""
        return self.distance <= nearest.distance + _MARGIN


def nearest_names(index: NameIndex, text: str, *, min_score: int = MIN_SCORE) -> tuple[NearName, ...]:
    """Return the names near *text*, of each substance the nearest, the nearest substance first."""
    written = fold(text) if text.isascii() else transliterate(text)
    if len(written) < MIN_LETTERS:
        return ()
    # One character more or less is another substance, however little it differs in Latin letters; so are two that
    # sound alike.
    is_of_characters = has_characters(text)
    found: dict[str, NearName] = {}
    for key, score, _ in process.extract(
        written, index.latin.keys(), scorer=fuzz.ratio, score_cutoff=min_score, limit=_LOOKED_AT
    ):
        distance = OSA.distance(written, key)
        for named in index.latin[key]:
            near = NearName(
                substance=named.substance,
                name=named.name.text,
                score=int(score),
                distance=distance,
                is_slip=not (is_of_characters or has_characters(named.name.text)) and _is_slip(written, key, distance),
                is_wrong=named.is_wrong,
            )
            known = found.get(named.substance)
            if known is None or _order(near) < _order(known):
                found[named.substance] = near
    return tuple(sorted(found.values(), key=_order))


def _order(near: NearName) -> tuple[bool, int, int, str]:
    return (not near.is_slip, near.distance, -near.score, near.substance)


def _is_slip(written: str, name: str, distance: int) -> bool:
    telling = len(_CLASS.sub("", name))
    allowed = next(letters for length, letters in _SLIPS if telling >= length)
    return (
        distance <= allowed
        and len(name) >= MIN_LETTERS
        and digits_of(written) == digits_of(name)
        and _ending(written) in ("", _ending(name))
        and not Counter(_STEM.findall(written)) - Counter(_STEM.findall(name))
    )


def _ending(folded: str) -> str:
    return next((one for one in ENDINGS if folded.rstrip("aeo").endswith(one)), "")
