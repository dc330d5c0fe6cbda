"""Other ways to write a name: with its form, its salt or its isomer, in other letters, in brackets, among others."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from broker.catalogue.catalogue import Catalogue
from broker.catalogue.folding import digits_of, fold, has_characters, transliterate, words_of
from broker.catalogue.names import Named
from broker.catalogue.words import CJK_FORMS, CJK_SALTS, FORMS, ISOMERS, SALTS, SMALL
from broker.records.catalogue import CatalogueSubstance, SaltScope

_BRACKETS: Final = re.compile(r"^(.*?)\s*[(\[（]([^()\[\]（）]*)[)\]）]\s*$", re.DOTALL)
_JOINTS: Final = re.compile(
    r"\s*(?:;|/|\+|&|、|，|,\s|\s(?:and|y|e|et|und|en|и|or|with|mit|con|avec)\s|[与和])\s*", re.IGNORECASE
)
_WORD: Final = re.compile(r"[\s()\[\],;:/]+")
_PERCENT: Final = re.compile(r"\d+([.,]\d+)?\s*%")
_LONG_ENOUGH: Final = 6
"""Letters of a name that may be found inside a longer text; a shorter one is part of too many words."""
_WORD_LETTERS, _CAPITALS = 5, 3
"""Letters of a word, and of an abbreviation, that may be one in another script: a Cyrillic "la" is nothing."""
_LONGEST: Final = 6
"""Words of a name that is looked for inside a longer text."""
_FORM, _SALT, _LATIN, _WITHIN, _WORD_ONLY = 97, 92, 90, 70, 60
"""Scores: how much of the writing is the name's."""


class Variant(msgspec.Struct, frozen=True):
    """Names that a text is another way to write."""

    named: tuple[Named, ...]
    score: int
    why: str


def variants(catalogue: Catalogue, text: str) -> Iterator[Variant]:
    """Yield what *text* is a variant of, the surest first."""
    words = [word for word in _WORD.split(_PERCENT.sub(" ", text)) if fold(word)]
    without_form = _drop(words, FORMS)
    found = _written(catalogue, without_form)
    if found:
        yield Variant(found, _FORM, "with a word of its form")
    isomer = _written(catalogue, _drop(without_form, ISOMERS, prefix=True))
    if isomer:
        yield Variant(isomer, _SALT, "an isomer of it")
    bare = _bare(without_form)
    for words in (bare, _drop(bare, ISOMERS, prefix=True)):
        salts = _with_salts(catalogue, fold(" ".join(words)))
        if salts and len(bare) < len(without_form):
            yield Variant(salts, _SALT, "a salt of it")
    chinese = _with_salts(catalogue, _without_cjk(fold(text)))
    if chinese:
        yield Variant(chinese, _SALT, "a salt or a form of it")
    latin = _in_latin_letters(catalogue, text)
    if latin:
        yield Variant(latin, _LATIN, "the same in Latin letters")


def bracketed(text: str) -> tuple[str, str]:
    """Return what stands outside and inside the last brackets of *text*; inside is empty where there are none."""
    found = _BRACKETS.match(text.strip())
    return (found[1], found[2]) if found else (text, "")


def joined(text: str) -> tuple[str, ...]:
    """Return the parts of a text that names several things; none where it names one."""
    parts = tuple(part for part in _JOINTS.split(text) if fold(part))
    return parts if len(parts) > 1 else ()


def contained(catalogue: Catalogue, text: str) -> tuple[Variant, ...]:
    """Return the names found in a longer text, the longest first; else those that a single word of it points to."""
    words = [word for word in _WORD.split(text) if fold(word)]
    found: list[Variant] = []
    at = 0
    while at < len(words):
        size, named = _longest_at(catalogue, words, at)
        if named:
            found.append(Variant(named, _WITHIN, "named within a longer text"))
        at += max(size, 1)
    if found:
        return tuple(found)
    bare = [word for word in words_of(text) if word not in FORMS and word not in SMALL]
    if len(bare) != 1 or bare[0] not in catalogue.names.words:
        return ()
    key = catalogue.names.words[bare[0]]
    named = (Named(key, catalogue.substance(key).names[0]),)
    return (Variant(named, _WORD_ONLY, "only its names have this word"),)


def _longest_at(catalogue: Catalogue, words: Sequence[str], at: int) -> tuple[int, tuple[Named, ...]]:
    for size in range(min(_LONGEST, len(words) - at), 0, -1):
        folded = fold(" ".join(words[at : at + size]))
        named = catalogue.names.exact(folded)
        if named and len(folded) >= _LONG_ENOUGH and not digits_of(folded):
            return size, named
    return 0, ()


def _bare(words: Sequence[str]) -> list[str]:
    """Return the words without those of a salt; what joins them goes only with one of them."""
    kept = _drop(words, SALTS)
    if len(kept) == len(words):
        return list(words)
    while kept and fold(kept[0]) in SMALL:
        kept = kept[1:]
    return kept


def _drop(words: Sequence[str], among: frozenset[str], *, prefix: bool = False) -> list[str]:
    kept = [_without_prefix(word) if prefix else word for word in words if fold(word) not in among]
    while kept and fold(kept[-1]) in SMALL:
        kept.pop()
    return kept


def _without_prefix(word: str) -> str:
    """Return ``d-pseudoephedrine`` without its isomer."""
    first, dash, rest = word.partition("-")
    return rest if dash and rest and (not fold(first) or fold(first) in ISOMERS) else word


def _in_latin_letters(catalogue: Catalogue, text: str) -> tuple[Named, ...]:
    """Return the names that *text* is in Latin letters; of a short word only capitals are an abbreviation."""
    latin = transliterate(text)
    is_told_apart = len(latin) >= _WORD_LETTERS or (text.isupper() and len(latin) >= _CAPITALS)
    if text.isascii() or has_characters(text) or not is_told_apart:
        return ()
    return tuple(one for one in catalogue.names.latin.get(latin, ()) if not has_characters(one.name.text))


def _without_cjk(folded: str) -> str:
    for salt in CJK_SALTS:
        folded = folded.removeprefix(salt)
    for form in CJK_FORMS:
        folded = folded.removesuffix(form)
    return folded


def _written(catalogue: Catalogue, words: Sequence[str]) -> tuple[Named, ...]:
    return catalogue.names.exact(fold(" ".join(words)))


def _with_salts(catalogue: Catalogue, folded: str) -> tuple[Named, ...]:
    """Return those names written so whose listing covers salts, or of which the catalogue knows one."""
    return tuple(one for one in catalogue.names.exact(folded) if _has_salts(catalogue.substance(one.substance)))


def _has_salts(substance: CatalogueSubstance) -> bool:
    return substance.salts is SaltScope.INCLUDED or any(one.form for one in substance.cas)
