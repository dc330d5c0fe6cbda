"""The facts that a decision rests on: each with a closed list of words.

A fact holds exactly one of its words (``tlp``), or any set of them (``relation``). The order of the facts is the order
in which tables are printed.
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from broker.types.vocabulary import (
    Action,
    Handling,
    Purpose,
    RecordKind,
    Relation,
    Role,
    Section,
    Sector,
    Status,
    Tlp,
)

YES_NO: Final = ("yes", "no")
EMBARGO: Final = ("before", "over")
GRANT: Final = ("none", "valid")


class Fact(msgspec.Struct, frozen=True):
    """One fact: its name, the words it may take, and whether it holds a set of them."""

    name: str
    words: tuple[str, ...]
    is_set: bool = False


FACTS: Final[tuple[Fact, ...]] = (
    Fact("action", Action.words()),
    Fact("kind", RecordKind.words()),
    Fact("section", Section.words()),
    Fact("tlp", Tlp.words()),
    Fact("relation", Relation.words(), is_set=True),
    Fact("addressed", YES_NO),
    Fact("sector", Sector.words()),
    Fact("role", Role.words(), is_set=True),
    Fact("purpose", Purpose.words()),
    Fact("purpose-allowed", YES_NO),
    Fact("handling", Handling.words(), is_set=True),
    Fact("grant", GRANT),
    Fact("embargo", EMBARGO),
    Fact("status", Status.words()),
    Fact("takes-part", YES_NO),
)
FACT_BY_NAME: Final[Mapping[str, Fact]] = {fact.name: fact for fact in FACTS}


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that looks most like *word*, or all known words where none does."""
    words = list(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known are {', '.join(words)}"
