"""One case across messages, as one authority may see it: what happened, what was asked, and how much it comes to."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from broker.cases.balance import Balance, balance
from broker.cases.facts import IncidentFacts
from broker.cases.graph import CaseLink, components, connected, links_of
from broker.cases.incident_facts import IdsOf
from broker.database import reading
from broker.records.answer import AnswerCore, AnswerOutcome
from broker.records.incident import IncidentCore
from broker.records.inquiry import InquiryCore
from broker.types.names import Digest, Originator
from broker.types.vocabulary import Section
from consumers.inbox import Item, item
from consumers.search.arrived import SEARCHED, facts_shown
from consumers.search.index import link, source
from consumers.search.matching import items_by_digest
from tocsin.casework.search import Search
from tocsin.installation import Node

_AT_ONCE: Final = 400
"""Digests in one statement; SQLite takes 999 at least."""
_STILL_OPEN: Final = frozenset({AnswerOutcome.MORE_TIME, AnswerOutcome.PARTLY})


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A day or a time in a case, as a message tells it; *last* is the end of a period."""

    day: date
    last: date
    says: str
    message: str


class Outstanding(msgspec.Struct, frozen=True):
    """A request without its answer."""

    message: str
    asker: Originator
    asked: tuple[str, ...]
    answer_by: datetime
    is_overdue: bool


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a case: what it speaks of, and what of it is not the reader's to see."""

    item: Item
    links: tuple[CaseLink, ...]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A case as its reader may see it.

    Attributes:
        parts: Its messages, in the order they were sent.
        unseen: How many further messages they speak of that the reader does not have.
    """

    parts: tuple[Part, ...]
    unseen: int
    timeline: tuple[Moment, ...]
    outstanding: tuple[Outstanding, ...]
    balance: Balance


def case_of(node: Node, search: Search, authority: Originator, name: str) -> Case:
    """Return the case that the message *name* is of.

    Raises:
        MissingItem: There is no such message that *authority* may see.
    """
    search.catch_up()
    now = node.clock()
    with reading(search.engine) as index, reading(node.engine) as there:
        first = item(there, node.section_keys, authority, name, now)
        reach = _Reach(node, index, there, authority)
        return _case(reach.around(first), Digest(first.original), now, search.ids_of(authority))


def cases(node: Node, search: Search, authority: Originator) -> tuple[Case, ...]:
    """Return the cases of more than one message that *authority* may see, those first that began first."""
    search.catch_up()
    now = node.clock()
    with reading(search.engine) as index, reading(node.engine) as there:
        pairs = index.execute(select(link.c.target, source.c.about).join(source, source.c.id == link.c.source)).all()
        digests = dict.fromkeys(Digest(one) for pair in pairs for one in pair if one is not None)
        items = _Reach(node, index, there, authority).items(digests)
        links, ids_of = {digest: _links(one) for digest, one in items.items()}, search.ids_of(authority)
        found = [
            _case({one: items[one] for one in case.there}, case.there[0], now, ids_of)
            for case in components(links)
            if len(case.there) > 1
        ]
    return tuple(sorted(found, key=lambda case: case.parts[0].item.issued_at))


class _Reach:
    """Finds what is connected with a message, over what one authority may see."""

    def __init__(self, node: Node, index: Connection, there: Connection, authority: Originator) -> None:
        self._node = node
        self._index = index
        self._there = there
        self._authority = authority

    def around(self, first: Item) -> Mapping[Digest, Item]:
        """Return the messages of the case that *first* is of, by the digests that others name them by."""
        found = {Digest(first.original): first}
        asked: set[Digest] = set()
        while new := self._neighbours(found) - asked:
            asked |= new
            found |= {digest: one for digest, one in self.items(new).items() if digest not in found}
        return found

    def items(self, digests: Iterable[Digest]) -> dict[Digest, Item]:
        """Return those of some messages that the authority may see, and that are of the kinds of a case."""
        wanted = list(digests)
        found: dict[Digest, Item] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            seen = items_by_digest(self._there, self._node.section_keys, self._authority, some, now=self._node.clock())
            found |= {digest: one for digest, one in seen.items() if one.kind in SEARCHED}
        return found

    def _neighbours(self, found: Mapping[Digest, Item]) -> set[Digest]:
        """Return what some messages speak of, and, also by way of what is not to be seen, what speaks of them."""
        targets = {one.target for seen in found.values() for one in _links(seen)}
        named = list(targets | set(found))
        several: set[Digest] = set(targets)
        for start in range(0, len(named), _AT_ONCE):
            some = named[start : start + _AT_ONCE]
            rows = self._index.scalars(
                select(source.c.digest).join(link, link.c.source == source.c.id).where(link.c.target.in_(some))
            )
            several.update(Digest(one) for one in rows if one is not None)
        return several - set(found)


def _case(items: Mapping[Digest, Item], start: Digest, now: datetime, ids_of: IdsOf) -> Case:
    links = {digest: _links(one) for digest, one in items.items()}
    linked = connected(start, links)
    seen = {digest: items[digest] for digest in linked.there}
    parts = sorted((Part(item=one, links=links[digest]) for digest, one in seen.items()), key=_sent)
    facts = {digest: facts for digest, one in seen.items() if (facts := facts_shown(one, ids_of)) is not None}
    moments = [moment for digest, one in seen.items() for moment in _moments(one, facts.get(digest))]
    return Case(
        parts=tuple(parts),
        unseen=len(linked.unseen),
        timeline=tuple(sorted(moments, key=lambda one: (one.day, one.last, one.message))),
        outstanding=tuple(_outstanding(seen, now)),
        balance=balance(facts),
    )


def _links(one: Item) -> tuple[CaseLink, ...]:
    core = one.sections.get(Section.CORE)
    return () if core is None else links_of(core)


def _sent(part: Part) -> tuple[datetime, str]:
    return part.item.issued_at, str(part.item.message)


def _moments(one: Item, facts: IncidentFacts | None) -> Iterator[Moment]:
    name, core = str(one.message), one.sections.get(Section.CORE)
    sent = one.issued_at.date()
    yield Moment(day=sent, last=sent, says=f"{one.kind.word} sent", message=name)
    if isinstance(core, IncidentCore) and facts is not None:
        for told in core.dates:
            first, last = told.earliest or told.latest, told.latest or told.earliest
            if first is not None and last is not None:
                what = core.incident_type.word if told.kind.word in ("occurred", "found") else "incident"
                yield Moment(day=first, last=last, says=f"{what} {told.kind.word}", message=name)


def _outstanding(items: Mapping[Digest, Item], now: datetime) -> Iterator[Outstanding]:
    answered = {
        Digest(core.request)
        for one in items.values()
        if isinstance(core := one.sections.get(Section.CORE), AnswerCore) and core.outcome not in _STILL_OPEN
    }
    for digest, one in items.items():
        core = one.sections.get(Section.CORE)
        if isinstance(core, InquiryCore) and digest not in answered:
            overdue = core.answer_by <= now
            yield Outstanding(str(one.message), one.originator, core.marking.recipients, core.answer_by, overdue)
