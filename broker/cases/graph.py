"""Which messages are of one case: the report and its second report, what was asked about it, and what was answered.

Permission, passing on and taking back make no case: they are about messages, not about what happened.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Final

import msgspec

from broker.records.answer import AnswerCore
from broker.records.core import RelatedAs
from broker.records.inquiry import InquiryCore
from broker.records.notification import NotificationCore
from broker.records.notification_reply import NotificationReplyCore
from broker.records.registry import AnyCore
from broker.records.shipment import ShipmentCore
from broker.types.names import Digest
from broker.types.vocabulary import Section

_NO_CASE: Final = frozenset({RelatedAs.FORWARDS, RelatedAs.RECALLS})
_NOTIFICATION: Final = "notification"


class CaseLink(msgspec.Struct, frozen=True):
    """That a message speaks of another one, and as what: a relation, or the word of its own field."""

    target: Digest
    says: str


class Linked(msgspec.Struct, frozen=True):
    """The messages of a case.

    Attributes:
        there: Those that the reader has, in the order they were reached.
        unseen: Those that they speak of and the reader does not have.
    """

    there: tuple[Digest, ...]
    unseen: frozenset[Digest]


def links_of(core: msgspec.Struct) -> tuple[CaseLink, ...]:
    """Return what a record speaks of; nothing for what makes no case."""
    return tuple(dict.fromkeys(_links(core)))


def targets_in(sections: Iterable[tuple[Section, msgspec.Struct]]) -> tuple[Digest, ...]:
    """Return what the sections of a message speak of."""
    return tuple(link.target for section, record in sections if section is Section.CORE for link in links_of(record))


def connected(start: Digest, links: Mapping[Digest, tuple[CaseLink, ...]]) -> Linked:
    """Return the case that *start* is of, over the messages that the reader has.

    Args:
        links: Of each message that the reader has. What one speaks of connects both ways, also two messages that speak
            of one that the reader does not have.
    """
    neighbours: dict[Digest, list[Digest]] = {}
    for digest, several in links.items():
        for link in several:
            neighbours.setdefault(digest, []).append(link.target)
            neighbours.setdefault(link.target, []).append(digest)
    reached = {start: None}
    waiting = [start]
    while waiting:
        for other in neighbours.get(waiting.pop(0), ()):
            if other not in reached:
                reached[other] = None
                waiting.append(other)
    there = tuple(one for one in reached if one in links)
    return Linked(there, frozenset(one for one in reached if one not in links))


def components(links: Mapping[Digest, tuple[CaseLink, ...]]) -> tuple[Linked, ...]:
    """Return the cases of more than one message, in the order of their first ones."""
    found: list[Linked] = []
    seen: Set[Digest] = frozenset()
    for digest in links:
        if digest in seen or not links[digest]:
            continue
        case = connected(digest, links)
        seen = seen | {*case.there, *case.unseen}
        found.append(case)
    return tuple(found)


def _links(core: msgspec.Struct) -> Iterator[CaseLink]:
    if not isinstance(core, AnyCore):
        return
    for one in core.related:
        if one.relation not in _NO_CASE:
            yield CaseLink(Digest(one.digest), one.relation.word)
    match core:
        case InquiryCore() if core.message is not None:
            yield CaseLink(Digest(core.message), "asks-about")
        case AnswerCore():
            yield CaseLink(Digest(core.request), "answers")
        case NotificationCore() if core.notification is not None:
            yield CaseLink(Digest(core.notification), _NOTIFICATION)
        case NotificationReplyCore() | ShipmentCore():
            yield CaseLink(Digest(core.notification), _NOTIFICATION)
        case _:
            return
