"""The requests and answers in an authority's inbox, and what came of each request as far as it may know."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from broker.database import reading
from broker.errors import InvalidRecord, MissingItem
from broker.grants import may_speak
from broker.records.answer import AnswerCore
from broker.records.core import RelatedAs
from broker.records.inquiry import InquiryCore
from broker.relationships import Relationships, focal_points
from broker.types.names import Digest, MessageName, Originator, participant_of
from broker.types.vocabulary import RecordKind, Section, Status
from consumers.inbox import Item, item, items_of_kind
from consumers.relationships import load_relationships
from tocsin.asking.chain import Link, Step, chain_of
from tocsin.asking.state import Addressed, Question, Reply, RequestState, state_of
from tocsin.installation import Node


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request in the inbox of an authority, and what came of it as far as that may know.

    Attributes:
        digests: Its own header digest, and those of the requests that it took the place of.
        state: Of those whose answers the viewer may see.
        elsewhere: Those who are asked too, and answer to the asker alone.
        is_mine: The viewer asked it, or speaks for whoever did.
        is_to_me: The viewer may answer it.
    """

    item: Item
    core: InquiryCore
    digests: frozenset[Digest]
    state: RequestState
    elsewhere: tuple[str, ...]
    is_mine: bool
    is_to_me: bool


class Answer(msgspec.Struct, frozen=True):
    """An answer in the inbox of an authority."""

    item: Item
    core: AnswerCore


class AskingDesk(msgspec.Struct, frozen=True):
    """All requests and answers that one authority may see, oldest first."""

    requests: tuple[Asked, ...]
    answers: tuple[Answer, ...]

    def find(self, digest: bytes) -> Asked | None:
        """Return the request with this header digest, or that took the place of it; None where there is none here."""
        return next((one for one in self.requests if digest in one.digests), None)

    def chain(self, digest: bytes) -> tuple[Link, ...]:
        """Return the chain of requests and answers that the message *digest* is part of."""
        return chain_of(Digest(digest), [*map(_request_step, self.requests), *map(self._answer_step, self.answers)])

    def names(self) -> Mapping[Digest, MessageName]:
        """Return the names of all of them by their header digests."""
        return {one.original: one.message for one in self.items}

    def _answer_step(self, answer: Answer) -> Step:
        asked = self.find(answer.core.request)  # what was corrected is not in the chain, but what took its place
        request = Digest(answer.core.request) if asked is None else asked.item.original
        return Step(digest=answer.item.original, issued_at=answer.item.said_at, after=(request,))

    @property
    def items(self) -> tuple[Item, ...]:
        """The messages of all of them."""
        return (*(one.item for one in self.requests), *(one.item for one in self.answers))


def load_desk(node: Node, authority: Originator) -> AskingDesk:
    """Return the requests and answers that *authority* may see now, with what came of each request."""
    now = node.clock()
    speaking = focal_points(node.directory, now)
    with reading(node.engine) as connection:
        relationships = load_relationships(connection, node.section_keys, speaking)
        asked = list(items_of_kind(connection, node.section_keys, authority, RecordKind.REQUEST, now))
        said = list(items_of_kind(connection, node.section_keys, authority, RecordKind.ANSWER, now))
    answers = tuple(Answer(one, core) for one in said if isinstance(core := _core(one), AnswerCore))
    replies: dict[Status, list[Reply]] = {}
    for answer in answers:
        replies.setdefault(answer.item.status, []).append(_reply(answer))
    viewer = _Viewer(authority, relationships, now.date(), replies)
    corrected = _corrected(asked)
    requests = tuple(
        viewer.see(one, core, _stands_for(one, corrected))
        for one in asked
        if isinstance(core := _core(one), InquiryCore)
    )
    return AskingDesk(requests, answers)


def find_request(node: Node, authority: Originator, name: str) -> tuple[Asked, AskingDesk]:
    """Return a request by the name of its message, and everything around it.

    Raises:
        MissingItem: *authority* has no such message.
        InvalidRecord: It is no request for information; or it was taken back.
    """
    found = find_item(node, authority, name)
    desk = load_desk(node, authority)
    asked = next((one for one in desk.requests if one.item.digest == found.digest), None)
    if asked is not None:
        return asked, desk
    if found.withdrawn is not None:
        raise InvalidRecord(f"{found.message}: {found.withdrawn.sentence}")
    hint = "tocsin grant list shows requests for leave." if found.kind is RecordKind.REQUEST else None
    raise InvalidRecord(f"{found.message} is no request for information, but a {found.kind.word}", hint=hint or "")


def find_item(node: Node, authority: Originator, name: str) -> Item:
    """Return a message that *authority* may see.

    Raises:
        MissingItem: There is none of this name.
    """
    with reading(node.engine) as connection:
        return item(connection, node.section_keys, authority, name, node.clock())


def find_beginning(node: Node, authority: Originator, links: tuple[Link, ...]) -> Item | None:
    """Return the message that a chain begins with, such as the report of a seizure; None where it is not to be seen."""
    try:
        return find_item(node, authority, links[0].digest.hex())
    except MissingItem:
        return None


class _Viewer(msgspec.Struct, frozen=True):
    """For whom requests are looked at, and by what is known of groups and answers.

    An answer in an exercise says nothing about a request that is none: each status has its own.
    """

    authority: Originator
    relationships: Relationships
    today: date
    replies: Mapping[Status, list[Reply]]

    def see(self, found: Item, core: InquiryCore, digests: frozenset[Digest]) -> Asked:
        """Return a request as the viewer may know it: answers go to the asker, and others' are not silence to it."""
        addressed = tuple(self._addressed(found, name) for name in core.marking.recipients)
        is_mine = may_speak(self.authority, found.author, self.relationships.focal_points)
        known = [one for one in addressed if is_mine or self._is_ours(one)]
        question = Question(
            digests=digests,
            asker=found.author,
            issued_at=found.said_at,
            answer_by=core.answer_by,
            addressed=tuple(known),
        )
        everybody = msgspec.structs.replace(question, addressed=addressed)
        replies = self.replies.get(found.status, [])
        state = RequestState(state_of(question, replies).standings, state_of(everybody, replies).unasked)
        return Asked(
            item=found,
            core=core,
            digests=digests,
            state=state,
            elsewhere=tuple(one.name for one in addressed if one not in known),
            is_mine=is_mine,
            is_to_me=found.author != self.authority and any(one.has(self.authority) for one in addressed),
        )

    def _addressed(self, found: Item, name: str) -> Addressed:
        if not name.startswith("@"):
            return Addressed(name, frozenset({name}))
        counting = (found.author, *self.relationships.focal_points)
        members = (
            one.members
            for one in self.relationships.groups
            if one.name == name and one.by in counting and one.starts_on <= self.today <= one.ends_on
        )
        return Addressed(name, frozenset[str]().union(*members))

    def _is_ours(self, addressed: Addressed) -> bool:
        """Say whether those who are asked are all of the viewer's own participant, whose answers it always sees."""
        own = participant_of(self.authority)
        return {participant_of(one) for one in addressed.members} == {own}


def _core(found: Item) -> msgspec.Struct | None:
    """Return the core of a message that counts; of one that was taken back or corrected, nothing counts any more."""
    return None if found.withdrawn is not None else found.sections.get(Section.CORE)


def _corrected(asked: Sequence[Item]) -> Mapping[str, list[Item]]:
    """Return the requests that were corrected, by the name of what took their place."""
    found: dict[str, list[Item]] = {}
    for one in asked:
        if one.withdrawn is not None and one.withdrawn.replaced_by:
            found.setdefault(one.withdrawn.replaced_by, []).append(one)
    return found


def _stands_for(request: Item, corrected: Mapping[str, list[Item]]) -> frozenset[Digest]:
    """Return the digests of a request and of all that it took the place of, one after the other."""
    found, waiting = set[Digest](), [request]
    while waiting:
        one = waiting.pop()
        if one.original not in found:
            found.add(one.original)
            waiting += corrected.get(str(one.message), [])
    return frozenset(found)


def _reply(answer: Answer) -> Reply:
    return Reply(
        record=answer.item.original,
        request=Digest(answer.core.request),
        by=answer.item.author,
        issued_at=answer.item.said_at,
        outcome=answer.core.outcome,
        until=answer.core.answer_by,
    )


def _request_step(asked: Asked) -> Step:
    followed = [Digest(one.digest) for one in asked.core.related if one.relation is RelatedAs.FOLLOWS]
    about = [] if asked.core.message is None else [Digest(asked.core.message)]
    return Step(digest=asked.item.original, issued_at=asked.item.said_at, after=(*followed, *about))
