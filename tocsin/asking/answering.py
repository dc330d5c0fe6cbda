"""The draft of an answer: to whoever asked and its focal points, no wider than the request, by those who were asked."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from broker.records.answer import AnswerCore, AnswerNominal, AnswerOperational, AnswerOutcome
from broker.records.checking import problems_in
from broker.records.core import Related, RelatedAs
from broker.records.forwarded import stricter
from broker.records.marking import Marking, strictest
from broker.records.problems import Problem, refuse
from broker.types.names import Originator, participant_of
from broker.types.vocabulary import Purpose, Section, Tlp
from consumers.inbox import Item
from producers.draft import Draft, Sections, draft_sections
from producers.encoded import with_reference
from tocsin.asking.goods import NO_GOODS, NOBODY, Goods, People
from tocsin.asking.reading import Asked, AskingDesk
from tocsin.installation import Node
from tocsin.publishing import known_names

_UNNAMED: Final = "-"
_REFERENCE_SHOWN: Final = 8
"""Bytes of a digest in the reference of an answer that its author gave none."""


class Replying(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be answered.

    Attributes:
        until: Until when more time is asked for.
        ask_next: Participants and authorities who may know more.
        tlp: The label, where that of the request is not narrow enough.
        reference: The answerer's own; empty for one made of the content.
    """

    outcome: AnswerOutcome
    says: str = ""
    until: datetime | None = None
    ask_next: tuple[str, ...] = ()
    goods: Goods = NO_GOODS
    people: People = NOBODY
    tlp: Tlp = Tlp.CLEAR
    language: str = ""
    reference: str = ""


def draft_answer(node: Node, answerer: Originator, asked: Asked, replying: Replying) -> Draft:
    """Return the draft of an answer to a request.

    Raises:
        InvalidRecord: The answerer was not asked; it says nothing; until when it asks for time has passed …
    """
    now = node.clock()
    core = _core(asked, replying, _asker_and_focal_points(node, asked.item.author, now))
    sections = _sections(core, replying)
    refuse([
        *_asked_problems(answerer, asked),
        *_clock_problems(asked, replying, now),
        *_next_problems(node, answerer, replying.ask_next),
        *_people_problems(asked, replying),
        *(problem for section in sections.present().values() for problem in problems_in(section)),
    ])  # fmt: skip
    tlp = stricter(asked.item.tlp, replying.tlp)
    return draft_sections(sections, authority=answerer, tlp=tlp, status=asked.item.status, authored_at=now)


def named_after(draft: Draft, before: Item | None) -> Draft:
    """Return *draft* under a reference of its own: the same answer once more, after another, is a record of its own."""
    after = "" if before is None else f"-{before.original[:_REFERENCE_SHOWN].hex()}"
    return with_reference(draft, f"answer-{draft.content_digest[:_REFERENCE_SHOWN].hex()}{after}")


def newest_answer(desk: AskingDesk, answerer: Originator, asked: Asked) -> Item | None:
    """Return the newest answer of *answerer* to a request; None before the first."""
    mine = (one for one in desk.answers if one.item.author == answerer and one.core.request == asked.item.original)
    return max((one.item for one in mine), key=lambda one: (one.issued_at, one.digest), default=None)


def says_the_same(before: Item, draft: Draft) -> bool:
    """Say whether an answer says just what *draft* does, whatever their references are."""
    core = before.sections.get(Section.CORE)
    if not isinstance(core, AnswerCore):
        return False
    there = {section.word: record for section, record in before.sections.items()}
    renamed = msgspec.structs.replace(core, national_reference=draft.national_reference)
    return {**there, Section.CORE.word: renamed} == dict(draft.sections.present())


def strangers(node: Node, answerer: Originator, ask_next: tuple[str, ...]) -> tuple[str, ...]:
    """Return those whom an answer says to ask and who take no part here: they have to be asked in another way."""
    known = known_names(node, answerer)
    return tuple(name for name in ask_next if not known.has(name))


def _core(asked: Asked, replying: Replying, to: tuple[Originator, ...]) -> AnswerCore:
    request = asked.item
    return AnswerCore(
        marking=strictest(asked.core.marking, Marking(purposes=(asked.core.purpose,), recipients=to)),
        national_reference=replying.reference or _UNNAMED,
        related=(Related(digest=request.original, relation=RelatedAs.REPLIES),),
        request=request.original,
        outcome=replying.outcome,
        says=replying.says.strip(),
        answer_by=replying.until,
        ask_next=replying.ask_next,
        substances=replying.goods.substances,
        quantities=replying.goods.quantities,
        places=replying.goods.places,
        language=replying.language,
    )


def _sections(core: AnswerCore, replying: Replying) -> Sections:
    goods, people = replying.goods, replying.people
    operational = AnswerOperational(legs=goods.legs, marks=goods.marks, details=goods.details)
    nominal = AnswerNominal(parties=people.parties, notes=people.notes, fictitious=people.fictitious)
    return Sections(
        core=core,
        operational=operational if goods.is_operational else None,
        nominal=nominal if people.are_there else None,
    )


def _asker_and_focal_points(node: Node, asker: Originator, now: datetime) -> tuple[Originator, ...]:
    official = node.directory.focal_points(participant_of(asker), now)
    return tuple(dict.fromkeys((asker, *(Originator(one.authority) for one in official))))


def _asked_problems(answerer: Originator, asked: Asked) -> Iterator[Problem]:
    if asked.item.author == answerer:
        yield Problem("request", "not-asked", f"{asked.item.message} is your own: you asked it")
    elif not asked.is_to_me:
        to = ", ".join(asked.core.marking.recipients)
        yield Problem("request", "not-asked", f"{answerer} was not asked: {asked.item.message} asks {to}")


def _clock_problems(asked: Asked, replying: Replying, now: datetime) -> Iterator[Problem]:
    if replying.until is None:
        return
    if replying.until <= now:
        yield Problem("until", "past", "more time is until a moment that is still to come")
    elif replying.until <= asked.core.answer_by:
        says = f"you have until {asked.core.answer_by:%Y-%m-%d %H:%M} UTC without asking for more time"
        yield Problem("until", "too-early", says)


def _next_problems(node: Node, answerer: Originator, ask_next: tuple[str, ...]) -> Iterator[Problem]:
    """Yield misspelt authorities of those who take part; a country that takes no part may still be the one to ask."""
    known = known_names(node, answerer)
    for name in ask_next:
        if "/" in name and participant_of(name) in known.participants and not known.has(name):
            near = known.nearest(name)
            advice = f"did you mean {near!r}?" if near else "see tocsin directory show"
            yield Problem("ask-next", "unknown-name", f"{name[:60]!r} is nobody that this node knows: {advice}")


def _people_problems(asked: Asked, replying: Replying) -> Iterator[Problem]:
    if replying.people.are_there and asked.core.purpose is not Purpose.INVESTIGATION:
        says = f"persons and companies are shown for an investigation only, and this is for {asked.core.purpose.word}"
        yield Problem("party-file", "not-allowed", says)
