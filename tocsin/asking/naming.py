"""Substances, amounts and places as somebody types them: kept as written, with what is certain beside it."""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from broker.catalogue import Catalogue
from broker.errors import InvalidRecord
from broker.notation.amounts import read_amounts
from broker.notation.certainty import Certainty
from broker.records.places import Place
from broker.records.quantity import Quantity
from broker.records.substances import Substance
from producers.intake.countries import CODES

_CODE: Final = 2
"""Letters of a country's code."""


def named(names: Iterable[str]) -> tuple[Substance, ...]:
    """Return substances as they are written; which they are, :func:`recognised` says."""
    return tuple(Substance(as_written=name.strip()) for name in dict.fromkeys(names) if name.strip())


def recognised(substances: Iterable[Substance], catalogue: Catalogue) -> tuple[Substance, ...]:
    """Return substances with our id where the name is exactly that of one, in the catalogue of who writes it."""
    return tuple(_recognised(one, catalogue) for one in substances)


def _recognised(substance: Substance, catalogue: Catalogue) -> Substance:
    ids = catalogue.exact_ids(substance.as_written)
    return replace(substance, substance_id=ids[0]) if substance.substance_id is None and len(ids) == 1 else substance


def amounts(texts: Iterable[str], language: str = "") -> tuple[Quantity, ...]:
    """Return amounts as they are written; what can be read in two ways is kept as text alone."""
    return tuple(_amount(text.strip(), language) for text in dict.fromkeys(texts) if text.strip())


def _amount(text: str, language: str) -> Quantity:
    read = read_amounts(text, language)
    sure = len(read) == 1 and read[0].certainty is not Certainty.UNSURE
    return replace(read[0].quantity, as_written=text) if sure else Quantity(as_written=text)


def places(texts: Iterable[str]) -> tuple[Place, ...]:
    """Return places as they are written, each in the country whose code it begins with.

    Raises:
        InvalidRecord: One begins with none.
    """
    return tuple(_place(text.strip()) for text in dict.fromkeys(texts) if text.strip())


def _place(text: str) -> Place:
    code, between = text[:_CODE], text[_CODE : _CODE + 1]
    if code not in CODES or between.isalnum():
        raise InvalidRecord(
            f"a place begins with the code of its country, and {text[:60]!r} does not",
            hint="Like this: --place 'TR Mersin'",
        )
    return Place(country=code, as_written=text)
