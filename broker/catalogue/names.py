"""An index of all names of a catalogue by what they fold to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from broker.catalogue.folding import fold, transliterate, words_of
from broker.records.catalogue import CatalogueSubstance, NameKind, SubstanceName

_DISTINCTIVE: Final = 8
"""Letters that a single word needs to stand for a name on its own."""


class Named(msgspec.Struct, frozen=True):
    """A name and whose it is."""

    substance: str
    name: SubstanceName

    @property
    def is_wrong(self) -> bool:
        """Whether the name is seen on goods and names another substance."""
        return self.name.kind is NameKind.WRONG


class NameIndex(msgspec.Struct, frozen=True):
    """Names by their folded text, by that in Latin letters, and by the words that only one substance's names have."""

    folded: Mapping[str, tuple[Named, ...]]
    latin: Mapping[str, tuple[Named, ...]]
    words: Mapping[str, str]

    def exact(self, folded: str) -> tuple[Named, ...]:
        """Return the names that are written so, of each substance one; none for an empty text."""
        return self.folded.get(folded, ())


def index_names(substances: Iterable[CatalogueSubstance]) -> NameIndex:
    """Return the index of all names of *substances*."""
    folded: dict[str, list[Named]] = defaultdict(list)
    latin: dict[str, list[Named]] = defaultdict(list)
    words: dict[str, set[str]] = defaultdict(set)
    for substance in substances:
        for name in substance.names:
            _put(folded[fold(name.text)], named := Named(substance.id, name))
            _put(latin[transliterate(name.text)], named)
            for word in words_of(name.text):
                words[word].add(substance.id)
    return NameIndex(
        {text: tuple(found) for text, found in folded.items() if text},
        {text: tuple(found) for text, found in latin.items() if text},
        {word: min(ids) for word, ids in words.items() if len(ids) == 1 and len(word) >= _DISTINCTIVE},
    )


def _put(found: list[Named], named: Named) -> None:
    if all(one.substance != named.substance for one in found):
        found.append(named)
