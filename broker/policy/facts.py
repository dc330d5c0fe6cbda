"""The facts of one request, and the point of the space that they are."""

from collections.abc import Mapping
from typing import Final

import msgspec

from broker.policy.space import bit
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
    Word,
)


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a message, its reader and what the reader wants; hashable.

    ``purposes`` are the reader's, to be tried in this order: its standing purposes at delivery, the one that the person
    gave when opening. ``allowed_purposes`` are the message's. ``addressed`` says that the marking lists recipients,
    ``embargoed`` that its ``release_after`` has not come, ``expires`` that it has a ``retain_until``. ``granted`` are
    the sections for which the originator gave this reader permission for this very action, and it has not ended; each
    with the purpose that it is for.
    """

    action: Action
    kind: RecordKind
    status: Status
    tlp: Tlp
    relation: frozenset[Relation]
    sector: Sector
    roles: frozenset[Role]
    purposes: tuple[Purpose, ...]
    allowed_purposes: frozenset[Purpose]
    addressed: bool
    takes_part: bool
    embargoed: bool
    handling: frozenset[Handling]
    granted: frozenset[tuple[Section, Purpose]]
    sections: tuple[Section, ...]
    expires: bool = False


def _bits_of(fact: str, words: type[Word]) -> dict[object, int]:
    return {member: bit(fact, member.word) for member in words if member.word in words.words()}


def _flags_of(fact: str, words: type[Word]) -> dict[object, int]:
    """Return for each member the two bits in which a set with it and a set without it differ."""
    return {
        member: bit(f"{fact}:{member.word}", "no") | bit(f"{fact}:{member.word}", "yes")
        for member in words
        if member.word in words.words()
    }


_SINGLE: Final[Mapping[str, Mapping[object, int]]] = {
    "action": _bits_of("action", Action),
    "kind": _bits_of("kind", RecordKind),
    "status": _bits_of("status", Status),
    "tlp": _bits_of("tlp", Tlp),
    "sector": _bits_of("sector", Sector),
    "addressed": {False: bit("addressed", "no"), True: bit("addressed", "yes")},
    "takes_part": {False: bit("takes-part", "no"), True: bit("takes-part", "yes")},
    "embargoed": {False: bit("embargo", "over"), True: bit("embargo", "before")},
}
_SETS: Final[Mapping[str, Mapping[object, int]]] = {
    "relation": _flags_of("relation", Relation),
    "roles": _flags_of("role", Role),
    "handling": _flags_of("handling", Handling),
}
_NO_MEMBER: Final = sum(
    bit(f"{fact}:{word}", "no")
    for fact, words in (("relation", Relation), ("role", Role), ("handling", Handling))
    for word in words.words()
)
_SECTION: Final = _bits_of("section", Section)
_UNGRANTED: Final = bit("grant", "none")
_GRANTED: Final = bit("grant", "valid")
_PURPOSE: Final = _bits_of("purpose", Purpose)
_PURPOSE_ALLOWED: Final = {False: bit("purpose-allowed", "no"), True: bit("purpose-allowed", "yes")}
_KNOWN: Final[Mapping[str, frozenset[object]]] = {
    **{name: frozenset(known) for name, known in _SETS.items()},
    "purposes": frozenset(_PURPOSE),
    "allowed_purposes": frozenset(_PURPOSE),
    "granted": frozenset((section, purpose) for section in _SECTION for purpose in _PURPOSE),
    "sections": frozenset(_SECTION),
}


def unknown_fact(facts: Facts) -> str:
    """Return the name of the first fact that holds something outside its vocabulary; empty where none does."""
    for name, known in _SINGLE.items():
        if getattr(facts, name) not in known:
            return name.replace("_", "-")
    for name, words in _KNOWN.items():
        try:
            known_words = words.issuperset(getattr(facts, name))
        except TypeError:
            # Types are promised, but a promise is no check: what is no set at all is as unknown as a foreign word.
            known_words = False
        if not known_words:
            return name.replace("_", "-")
    return ""


def point_without_section(facts: Facts) -> int:
    """Return the bits of all facts but section, grant and purpose; the facts must hold known words only."""
    point = _NO_MEMBER
    for name, known in _SINGLE.items():
        point |= known[getattr(facts, name)]
    for name, known in _SETS.items():
        for value in getattr(facts, name):
            point ^= known[value]
    return point


def purpose_bits(facts: Facts, purpose: Purpose) -> int:
    """Return the bits that say for which purpose, and whether the message allows it."""
    return _PURPOSE[purpose] | _PURPOSE_ALLOWED[purpose in facts.allowed_purposes]


def section_bits(facts: Facts, section: Section, purpose: Purpose) -> int:
    """Return the bits that say which section, and whether the originator granted it for the purpose."""
    is_granted = facts.granted and (section, purpose) in facts.granted  # most often empty, and words are slow to hash
    return _SECTION[section] | (_GRANTED if is_granted else _UNGRANTED)
