"""Which substance a name as written may mean, how sure that is, and why.

Nothing is picked silently: a substance is named only where the name is its own (EXACT) or differs from it by salt, form
or a slip of the pen with nothing else near (CLOSE). Everything else gives candidates and leaves the choice to a person.

The steps, the first that finds anything counts:

1. the name itself, folded; of several substances: AMBIGUOUS; a name known to be wrong is never one substance's
2. without words of form, salt and isomer; transliterated into Latin letters; with a name in brackets
3. several names joined by ``and``, commas or strokes: AMBIGUOUS
4. misspelt: few letters differ, no digit does, and no second substance is as near
5. the name within a longer text, or a single word that only one substance's names have: WEAK
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from broker.catalogue.catalogue import Catalogue
from broker.catalogue.folding import fold
from broker.catalogue.spelling import nearest_names
from broker.catalogue.variants import Variant, bracketed, contained, joined, variants
from broker.records.catalogue import NameKind
from broker.types.vocabulary import Word

MAX_CHARACTERS: Final = 300
"""A longer text is a report and no name."""


class Certainty(Word):
    """How sure a match is."""

    UNKNOWN = "UNKNOWN"
    EXACT = "EXACT"
    CLOSE = "CLOSE"
    WEAK = "WEAK"
    AMBIGUOUS = "AMBIGUOUS"
    NONE = "NONE"


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A substance that may be meant.

    Attributes:
        name: The name of it that comes nearest.
        score: Likeness of the writing, 0 to 100.
    """

    id: str
    name: str
    score: int
    why: str


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """What a name as written may mean.

    Attributes:
        substance: Only where the certainty is EXACT or CLOSE.
        candidates: The likeliest first.
    """

    written: str
    certainty: Certainty
    substance: str | None = None
    candidates: tuple[Candidate, ...] = ()


def match_name(catalogue: Catalogue, text: str, *, most: int = 5) -> Match:
    """Return what *text* may mean; at most *most* candidates, of an ambiguous name that is exact all of them."""
    if len(text) > MAX_CHARACTERS or not fold(text):
        return Match(written=text, certainty=Certainty.NONE)
    found = _named(catalogue, text) or _looked_for(catalogue, text, most)
    return msgspec.structs.replace(found, written=text)


def _looked_for(catalogue: Catalogue, text: str, most: int) -> Match:
    """Return the match of a text that is neither a name nor a variant of one."""
    parts = [found for part in joined(text) if (found := _named(catalogue, part)) is not None]
    if len({one.id for found in parts for one in found.candidates}) > 1:
        return _several(parts)
    misspelt = _misspelt(catalogue, text, most)
    if misspelt.certainty in (Certainty.CLOSE, Certainty.AMBIGUOUS):
        return misspelt
    if parts:
        return _weak(parts[0].candidates, "one of several things that are named")
    within = _within(catalogue, text)
    return within if within.candidates else misspelt


def _named(catalogue: Catalogue, text: str) -> Match | None:
    """Return the match of a text that is a name, a variant of one, or has one in brackets."""
    exact = _exact(catalogue, text)
    if exact is not None:
        return exact
    for variant in variants(catalogue, text):
        return _close(variant)
    outside, inside = bracketed(text)
    if not inside:
        return None
    found = [one for part in (outside, inside) if part and (one := _named(catalogue, part)) is not None]
    if not found:
        return None
    if len({one.id for match in found for one in match.candidates}) > 1:
        return _several(found)
    both = len(found) > 1 and all(one.certainty is Certainty.EXACT for one in found)
    return msgspec.structs.replace(found[0], certainty=Certainty.EXACT if both else Certainty.CLOSE)


def _exact(catalogue: Catalogue, text: str) -> Match | None:
    found = catalogue.names.exact(fold(text))
    if not found:
        return None
    candidates = tuple(
        Candidate(id=one.substance, name=one.name.text, score=100, why=_WHY.get(one.name.kind, "its name"))
        for one in found
    )
    if len(found) > 1 or found[0].is_wrong:
        return Match(written=text, certainty=Certainty.AMBIGUOUS, candidates=candidates)
    return Match(written=text, certainty=Certainty.EXACT, substance=found[0].substance, candidates=candidates)


def _close(variant: Variant) -> Match:
    candidates = tuple(
        Candidate(id=one.substance, name=one.name.text, score=variant.score, why=variant.why) for one in variant.named
    )
    if len(candidates) > 1 or variant.named[0].is_wrong:
        return Match(written="", certainty=Certainty.AMBIGUOUS, candidates=candidates)
    return Match(written="", certainty=Certainty.CLOSE, substance=candidates[0].id, candidates=candidates)


def _misspelt(catalogue: Catalogue, text: str, most: int) -> Match:
    near = nearest_names(catalogue.names, text)
    candidates = tuple(Candidate(id=one.substance, name=one.name, score=one.score, why=one.why) for one in near[:most])
    if not near:
        return Match(written=text, certainty=Certainty.NONE)
    if not near[0].is_slip:
        return Match(written=text, certainty=Certainty.WEAK, candidates=candidates)
    rivals = [one for one in near[1:] if one.is_rival_of(near[0])]
    if rivals or near[0].is_wrong:
        return Match(written=text, certainty=Certainty.AMBIGUOUS, candidates=candidates)
    return Match(written=text, certainty=Certainty.CLOSE, substance=near[0].substance, candidates=candidates)


def _within(catalogue: Catalogue, text: str) -> Match:
    found = contained(catalogue, text)
    candidates = tuple(
        Candidate(id=one.named[0].substance, name=one.named[0].name.text, score=one.score, why=one.why) for one in found
    )
    if not candidates:
        return Match(written=text, certainty=Certainty.NONE)
    several = len({one.id for one in candidates}) > 1
    return Match(
        written=text, certainty=Certainty.AMBIGUOUS if several else Certainty.WEAK, candidates=_once(candidates)
    )


def _several(found: Sequence[Match]) -> Match:
    candidates = _once(one for match in found for one in match.candidates)
    marked = tuple(msgspec.structs.replace(one, why=f"{one.why}; several are named") for one in candidates)
    return Match(written="", certainty=Certainty.AMBIGUOUS, candidates=marked)


def _weak(candidates: Iterable[Candidate], why: str) -> Match:
    marked = tuple(msgspec.structs.replace(one, why=why) for one in candidates)
    return Match(written="", certainty=Certainty.WEAK, candidates=marked)


def _once(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    kept: dict[str, Candidate] = {}
    for one in candidates:
        kept.setdefault(one.id, one)
    return tuple(kept.values())


_WHY: Final = {
    NameKind.PREPARATION: "a preparation that contains it",
    NameKind.TRADE: "a trade name of it",
    NameKind.STREET: "a street name of it",
    NameKind.WRONG: "goods are seen under this name, wrongly",
}
