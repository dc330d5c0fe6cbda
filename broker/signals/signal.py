"""A signal: what is new or unusual, how it was found, and the messages behind it."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from broker.records.forwarded import stricter
from broker.signals.observation import Observation, Window
from broker.types.names import Digest
from broker.types.vocabulary import Tlp, Word

_ID_BYTES: Final = 5


class SignalKind(Word):
    """What is new or unusual."""

    FIRST_SIGHTING = "FIRST_SIGHTING"
    NEW_NAME = "NEW_NAME"
    UNUSUAL_COUNT = "UNUSUAL_COUNT"
    UNUSUAL_AMOUNT = "UNUSUAL_AMOUNT"
    NEW_ROUTE = "NEW_ROUTE"
    NEW_CONCEALMENT = "NEW_CONCEALMENT"
    NEW_DECLARATION = "NEW_DECLARATION"


class Named(msgspec.Struct, frozen=True):
    """A parameter or a figure: what it is called, and its value as people read it."""

    name: str
    value: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a method found, before it is made a signal.

    Attributes:
        substance: What it is counted under.
        place: Country, region or route; empty for all that the node sees.
        subject: What else tells it from others of its kind: a step, a word, a message.
    """

    kind: SignalKind
    substance: str
    as_written: str
    place: str = ""
    subject: str = ""
    says: str
    method: str
    parameters: tuple[Named, ...]
    figures: tuple[Named, ...] = ()
    behind: tuple[Observation, ...]


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """What is new or unusual, for a person to look at.

    Attributes:
        id: The same whenever the same is found again.
        messages: Behind it, as people name them, in the order of ``digests``.
        tlp: The narrowest label of these.
    """

    id: str
    kind: SignalKind
    substance: str
    as_written: str
    place: str
    says: str
    method: str
    parameters: tuple[Named, ...]
    figures: tuple[Named, ...]
    window: Window
    messages: tuple[str, ...]
    digests: tuple[Digest, ...]
    countries: tuple[str, ...]
    tlp: Tlp


def signal_of(found: Found, window: Window) -> Signal:
    """Return the signal of what a method *found* in a *window*."""
    return Signal(
        id=_id_of(found),
        kind=found.kind,
        substance=found.substance,
        as_written=found.as_written,
        place=found.place,
        says=found.says,
        method=found.method,
        parameters=found.parameters,
        figures=found.figures,
        window=window,
        messages=tuple(one.message for one in found.behind),
        digests=tuple(one.digest for one in found.behind),
        countries=tuple(sorted({code for one in found.behind for code in one.facts.countries})),
        tlp=strictest_label(one.facts.tlp for one in found.behind),
    )


def strictest_label(labels: Iterable[Tlp]) -> Tlp:
    """Return the narrowest of some labels; CLEAR of none."""
    narrowest = Tlp.CLEAR
    for label in labels:
        narrowest = stricter(narrowest, label)
    return narrowest


def named(**values: object) -> tuple[Named, ...]:
    """Return parameters or figures by their names."""
    return tuple(Named(name.replace("_", " "), _text(value)) for name, value in values.items())


def written(several: Sequence[Named]) -> str:
    """Return parameters in one line, as a record carries them."""
    return "; ".join(f"{one.name} = {one.value}" for one in several)


def figure(value: float) -> str:
    """Return a number as people read it: four digits, and no power of ten unless it is tiny."""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _text(value: object) -> str:
    return figure(value) if isinstance(value, float) else str(value)


def _id_of(found: Found) -> str:
    told = "\n".join((found.kind.value, found.substance, found.place, found.subject))
    return hashlib.sha256(told.encode()).digest()[:_ID_BYTES].hex()
