"""What a substance is called where incidents of it are put together: our id, several that it may be, or its name."""

from collections.abc import Iterator
from typing import Final

from broker.cases.facts import IncidentFacts, NamedSubstance
from broker.cases.folding import name_key

_EITHER: Final = "|"
_BY_NAME: Final = "name:"
_LEAST_LETTERS: Final = 4
"""Shorter words are articles, prepositions and units in most languages."""


def key_of(substance: NamedSubstance) -> str:
    """Return what *substance* is counted under; empty where the report names none.

    ``AA`` is our id, ``AA|PA`` one of two that nobody chose between, ``name:…`` a name that is in no catalogue.
    """
    if substance.ids:
        return _EITHER.join(sorted(substance.ids))
    name = name_key(substance.as_written)
    return _BY_NAME + name if name else ""


def keys_of(facts: IncidentFacts) -> tuple[tuple[str, str], ...]:
    """Return each substance of an incident once: what it is counted under, and as it is written there."""
    found: dict[str, str] = {}
    for one in facts.substances:
        key = key_of(one)
        if key:
            found.setdefault(key, one.as_written or key)
    return tuple(found.items())


def ids_in(key: str) -> frozenset[str]:
    """Return the ids that a key may stand for; a name stands for itself."""
    return frozenset((key,)) if is_name(key) else frozenset(key.split(_EITHER))


def is_name(key: str) -> bool:
    """Say whether the catalogue does not know what the key stands for."""
    return key.startswith(_BY_NAME)


def shown(key: str) -> str:
    """Return a key as people read it."""
    return key.removeprefix(_BY_NAME) if is_name(key) else " or ".join(sorted(ids_in(key)))


def words(text: str) -> Iterator[str]:
    """Yield the words of *text* that are long enough to say something, folded; no numbers."""
    for word in name_key(text).split():
        if len(word) >= _LEAST_LETTERS and any(sign.isalpha() for sign in word):
            yield word
