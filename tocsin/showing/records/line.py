"""The lines of which everything shown is made, and what every record begins with, in words."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

import msgspec

from broker.records.core import Concerned, Core, CountryRole
from broker.records.quantity import Quantity
from broker.records.substances import Substance
from broker.types.vocabulary import Word
from tocsin.showing.about import Names, named
from tocsin.showing.plain import plain
from tocsin.showing.quantities import how_much

_SHOWN: Final = 120
"""Characters of a free text in a headline."""


class Line(NamedTuple):
    """One line for people: what it is about, and what there is to say."""

    label: str
    text: str


def word_of(word: Word) -> str:
    """Return a word of a vocabulary as people write it."""
    return word.word.replace("-", " ")


def joined(label: str, texts: Sequence[str]) -> Iterator[Line]:
    """Yield one line with several texts; none where there is nothing to say."""
    if texts:
        yield Line(label, "; ".join(texts))


def texts(section: msgspec.Struct, *names: str) -> Iterator[Line]:
    """Yield a line for each of the named fields that says something."""
    for name in names:
        text = plain(getattr(section, name))
        if text:
            yield Line(name.replace("_", " "), text)


def head_lines(core: Core, names: Names) -> Iterator[Line]:
    """Yield whom a record concerns, its author's reference, and to what it is related."""
    told = [
        f"{plain(one.country)} ({_country_role(one)}{', to be told' if one.tell else ''})" for one in core.concerned
    ]
    yield from joined("concerned", told)
    yield Line("reference", plain(core.national_reference))
    for one in core.related:
        yield Line("related", f"{word_of(one.relation)} {named(one.digest, names)}")


def substances_of(several: Sequence[Substance]) -> list[str]:
    """Return substances as the author wrote them."""
    return [plain(one.as_written or one.substance_id or "not named") for one in several]


def amounts_of(several: Sequence[Quantity]) -> list[str]:
    """Return amounts as people say them."""
    return [found for one in several if (found := how_much(one))]


def goods_lines(substances: Sequence[Substance], quantities: Sequence[Quantity]) -> Iterator[Line]:
    """Yield which substances it is about, and how much of them."""
    yield from joined("substance", substances_of(substances))
    yield from joined("how much", amounts_of(quantities))


def headed(*parts: str) -> str:
    """Return the parts of a headline that say something."""
    return " · ".join(part for part in parts if part)


def shortened(text: str) -> str:
    """Return a free text as it fits into a headline."""
    whole = plain(text)
    return whole if len(whole) <= _SHOWN else f"{whole[: _SHOWN - 1].rstrip()}…"


def period(first: date, last: date | None) -> str:
    """Return from when to when, both days included."""
    return f"{first} to {last}" if last else f"from {first}"


def days(first: date | None, last: date | None) -> str:
    """Return a day, or the days from one to another of which one may not be known; empty where neither is."""
    if first is None and last is None:
        return ""
    return str(first) if first == last else f"{first or '?'} to {last or '?'}"


def day_or_time(when: datetime) -> str:
    """Return a moment to the minute."""
    return f"{when:%Y-%m-%d %H:%M} UTC"


def _country_role(one: Concerned) -> str:
    # The only role there is for where something happened; a theft or a laboratory was not seized.
    return "happened in" if one.role is CountryRole.SEIZED_IN else word_of(one.role)
