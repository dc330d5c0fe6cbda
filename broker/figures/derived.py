"""The marking of what is made out of several messages: the strictest of its parts, in everything."""

from collections.abc import Iterable
from functools import reduce
from typing import Final

import msgspec

from broker.records.forwarded import stricter
from broker.records.marking import Marking
from broker.types.vocabulary import Purpose, Tlp

ALL_PURPOSES: Final = tuple(Purpose.from_word(word) for word in Purpose.words())


class Derived(msgspec.Struct, frozen=True):
    """What stands on derived data.

    Attributes:
        marking: Its purposes are those that every part allows: there may be none, and then it may be used for nothing.
            How far it is to be trusted cannot be told of the whole.
        for_nobody_else: Its parts name recipients, and no recipient is named by all that name any.
    """

    tlp: Tlp
    marking: Marking
    for_nobody_else: bool = False


NOTHING: Final = Derived(Tlp.CLEAR, Marking(purposes=ALL_PURPOSES))
"""Made of no parts at all: nothing restricts it."""


def derived_marking(parts: Iterable[Derived]) -> Derived:
    """Return the strictest of all *parts*, the same whatever their order.

    Recipients are those that every part names that names any: who may have one part has no right to another.
    """
    return reduce(_stricter, parts, NOTHING)


def _stricter(one: Derived, other: Derived) -> Derived:
    ours, theirs = one.marking, other.marking
    texts = {text for said in (ours, theirs) for text in said.handling_text.split("; ") if text.strip()}
    recipients, none_left = _common(ours.recipients, theirs.recipients)
    alone = one.for_nobody_else or other.for_nobody_else or none_left
    marking = Marking(
        handling=tuple(sorted({*ours.handling, *theirs.handling})),
        handling_text="; ".join(sorted(texts)),
        purposes=tuple(purpose for purpose in ALL_PURPOSES if purpose in ours.purposes and purpose in theirs.purposes),
        recipients=() if alone else recipients,
        excluded=tuple(sorted({*ours.excluded, *theirs.excluded})),
        release_after=max((when for when in (ours.release_after, theirs.release_after) if when), default=None),
        retain_until=min((when for when in (ours.retain_until, theirs.retain_until) if when), default=None),
    )
    return Derived(stricter(one.tlp, other.tlp), marking, alone)


def _common(ours: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """Return who is named by both, and whether both name some and none in common."""
    if not ours or not theirs:
        return tuple(sorted({*ours, *theirs})), False
    common = tuple(sorted(set(ours) & set(theirs)))
    return common, not common
