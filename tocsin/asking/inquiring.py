"""The draft of a request for information: whom it asks, by when, and what would keep it from being read."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from broker.directory.entries import AuthorityEntry
from broker.records.checking import problems_in
from broker.records.inquiry import (
    ANSWER_WITHIN,
    InquiryCore,
    InquiryNominal,
    InquiryOperational,
    InquiryType,
    Urgency,
)
from broker.records.marking import Marking
from broker.records.problems import Problem, refuse
from broker.types.names import Digest, Originator, participant_of
from broker.types.time import EPOCH
from broker.types.vocabulary import Purpose, Tlp
from producers.draft import Draft, Sections, draft_sections
from producers.encoded import with_reference
from tocsin.asking.goods import NO_GOODS, NOBODY, Goods, People
from tocsin.asking.ground import Ground, find_ground
from tocsin.asking.reading import Asked, AskingDesk
from tocsin.installation import Node
from tocsin.publishing import known_names

_UNNAMED: Final = "-"
_REFERENCE_SHOWN: Final = 8
"""Bytes of a digest in the reference of a request that its author gave none."""


class Inquiring(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be asked.

    Attributes:
        to: Participants and authorities; empty for those whom the followed answer said to ask.
        about: The name of a message, such as the report of a seizure.
        follows: The name of an answer.
        answer_by: None for the time that the urgency gives.
        reference: The asker's own; empty for one made of the content.
    """

    inquiry_type: InquiryType
    to: tuple[str, ...]
    question: str
    urgency: Urgency
    purpose: Purpose
    about: str = ""
    follows: str = ""
    answer_by: datetime | None = None
    lot: str = ""
    goods: Goods = NO_GOODS
    people: People = NOBODY
    tlp: Tlp = Tlp.AMBER
    language: str = ""
    reference: str = ""


class Inquiry(msgspec.Struct, frozen=True):
    """A request that can be sent, and what it stands on."""

    draft: Draft
    ground: Ground


def draft_inquiry(node: Node, asker: Originator, asking: Inquiring) -> Inquiry:
    """Return the draft of a request for information.

    Raises:
        MissingItem: The asker has no such message to ask about, or no such answer to follow.
        InvalidRecord: Nobody is asked, or somebody whom nobody knows or who would not see it; its time has passed …
    """
    now = node.clock()
    ground = find_ground(node, asker, about=asking.about, follows=asking.follows)
    to = tuple(dict.fromkeys(asking.to or ground.ask_next))
    core = _core(asking, ground, to, now)
    sections = _sections(core, asking)
    refuse([
        *_clock_problems(asking, now),
        *_addressee_problems(node, asker, to, asking.purpose),
        *ground.problems(asking.purpose, to),
        *ground.embargo_problems(asker, now),
        *_content_problems(asking, ground),
        *(problem for section in sections.present().values() for problem in problems_in(section)),
    ])  # fmt: skip
    status = ground.status(node.federation.status)
    draft = draft_sections(sections, authority=asker, tlp=ground.label(asking.tlp), status=status, authored_at=now)
    return Inquiry(draft if asking.reference else _with_reference(draft), ground)


def find_asked(desk: AskingDesk, draft: Draft) -> Asked | None:
    """Return the open request of the same authority that asks just what *draft* does; None where there is none.

    When an answer is due is not compared: who asks the same once more a minute later does not mean another request.
    """
    wanted = _meaning(draft.core)
    mine = (one for one in desk.requests if one.item.author == draft.authority and one.state.is_open)
    return next((one for one in mine if _meaning(one.core) == wanted), None)


def _core(asking: Inquiring, ground: Ground, to: tuple[str, ...], now: datetime) -> InquiryCore:
    return InquiryCore(
        marking=ground.narrow(Marking(purposes=(asking.purpose,), recipients=to)),
        national_reference=asking.reference or _UNNAMED,
        related=ground.related,
        inquiry_type=asking.inquiry_type,
        urgency=asking.urgency,
        answer_by=asking.answer_by or now + ANSWER_WITHIN[asking.urgency],
        message=ground.message,
        question=asking.question.strip(),
        purpose=asking.purpose,
        substances=asking.goods.substances,
        quantities=asking.goods.quantities,
        places=asking.goods.places,
        lot=asking.lot.strip(),
        language=asking.language,
    )


def _sections(core: InquiryCore, asking: Inquiring) -> Sections:
    goods, people = asking.goods, asking.people
    operational = InquiryOperational(legs=goods.legs, marks=goods.marks, details=goods.details)
    nominal = InquiryNominal(parties=people.parties, notes=people.notes, fictitious=people.fictitious)
    return Sections(
        core=core,
        operational=operational if goods.is_operational else None,
        nominal=nominal if people.are_there else None,
    )


def _clock_problems(asking: Inquiring, now: datetime) -> Iterator[Problem]:
    if asking.answer_by is not None and asking.answer_by <= now:
        yield Problem("answer-by", "past", "an answer is due at a moment that is still to come")


def _addressee_problems(node: Node, asker: Originator, to: tuple[str, ...], purpose: Purpose) -> Iterator[Problem]:
    """Yield whom nobody knows, and who would never see it: a request that reaches nobody waits for nothing."""
    known, entries = known_names(node, asker), node.directory.authorities(node.clock())
    if not to:
        yield Problem("to", "missing", "whom do you ask? Name at least one")
    for name in to:
        if name.startswith("@"):
            yield Problem("to", "group", f"{name[:60]!r} is a group, and nobody answers for one: name who is to answer")
        elif not known.has(name):
            near = known.nearest(name)
            advice = f"did you mean {near!r}?" if near else "see tocsin directory show"
            yield Problem("to", "unknown-name", f"{name[:60]!r} is nobody that this node knows: {advice}")
        elif name == asker:
            yield Problem("to", "contradiction", f"{name} would ask itself")
        else:
            asked = [one for one in entries if name in (one.authority, participant_of(one.authority))]
            yield from _reach_problems("to", name, asked, purpose)
    yield from _reach_problems("as", asker, [one for one in entries if one.authority == asker], purpose)


def _reach_problems(field: str, name: str, entries: list[AuthorityEntry], purpose: Purpose) -> Iterator[Problem]:
    if not any(purpose in one.purposes for one in entries):
        works_for = ", ".join(dict.fromkeys(one.word for entry in entries for one in entry.purposes)) or "nothing"
        what = "the answers" if field == "as" else "the request"
        says = f"{name} works for {works_for}, not for {purpose.word}: it would never see {what}"
        yield Problem("purpose", "not-reached", says)


def _content_problems(asking: Inquiring, ground: Ground) -> Iterator[Problem]:
    if asking.people.are_there and asking.purpose is not Purpose.INVESTIGATION:
        says = "persons and companies are shown for an investigation only: --purpose investigation"
        yield Problem("party-file", "not-allowed", says)
    if asking.inquiry_type is InquiryType.SUBSTANCE and not asking.goods.substances:
        yield Problem("substance", "missing", "which substance is asked about?")
    given = asking.lot or asking.goods.is_operational or asking.people.are_there or ground.message
    if asking.inquiry_type is InquiryType.MATCH and not given:
        yield Problem("container", "missing", "what is to match? A container, a mark, a lot, a party or a message")


def _meaning(core: msgspec.Struct) -> msgspec.Struct:
    """Return a core without what the moment and the reference make of it."""
    if not isinstance(core, InquiryCore):
        return core
    return msgspec.structs.replace(core, answer_by=EPOCH, national_reference=_UNNAMED)


def _with_reference(draft: Draft) -> Draft:
    """Return *draft* under a reference of what it asks and when it is due: asked again later, it is another request."""
    return with_reference(draft, f"request-{Digest(draft.content_digest)[:_REFERENCE_SHOWN].hex()}")
