"""Packages as reports write them: 13 drums, 346 x 20 L, 320 drums in 4 containers."""

from collections.abc import Sequence
from typing import Final

from broker.notation.amounts import AmountReading, read_amounts
from broker.notation.tokens import MAX_CHARACTERS, tokens_of
from broker.records.quantity import Packages

_BETWEEN: Final = frozenset({"and", "y", "et", "e", "и", "und", "و"})
"""Words that add one kind of package to another. A word that puts them into each other tells something more."""


def read_packages(text: str, language: str = "") -> tuple[Packages, ...]:
    """Return the packages that *text* tells; what is not understood of it is kept as one more, without a count.

    Args:
        language: BCP 47 tag of the text.
    """
    return packages_of(text, read_amounts(text, language))


def packages_of(text: str, amounts: Sequence[AmountReading]) -> tuple[Packages, ...]:
    """Return the packages that *text* tells, whose *amounts* have been read already; as :func:`read_packages`."""
    if not text.strip():
        return ()
    readings = tuple(one for one in amounts if one.quantity.packages)
    found = tuple(packages for one in readings for packages in one.quantity.packages)
    if not found:
        return (Packages(as_written=text),)
    return found if _is_all(text, readings) else (*found, Packages(as_written=text))


def _is_all(text: str, readings: tuple[AmountReading, ...]) -> bool:
    """Return whether *readings* hold all that *text* says, but for words that only join them."""
    rest = text
    for one in readings:
        rest = rest.replace(one.quantity.as_written, " ", 1)
    left = [token.folded for token in tokens_of(rest) if token.kind != "sign"]
    return _BETWEEN.issuperset(left) and len(text) <= MAX_CHARACTERS
