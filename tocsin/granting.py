"""Requests and grants at a node: what may be asked, what may be answered, and the records that say so."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from broker.database import reading
from broker.directory import Directory
from broker.errors import ForeignRecall, InvalidRecord
from broker.grants import StandingGrant, may_speak
from broker.records.checking import problems_in
from broker.records.forwarded import stricter
from broker.records.grant import GrantCore, GrantOutcome
from broker.records.marking import Marking
from broker.records.problems import Problem, refuse
from broker.records.registry import CORE_TYPES, AnyCore
from broker.records.request import RequestCore
from broker.relationships import focal_points
from broker.types.names import MessageName, Originator, participant_of
from broker.types.vocabulary import Action, Purpose, Section, Tlp
from consumers.grants import Desk, Viewer, load_desk, names_of
from consumers.inbox import Item, item
from consumers.relationships import load_relating
from producers.draft import Draft, Sections, content_digest, draft_record
from producers.encoded import with_reference
from producers.outbox import national_reference_of
from tocsin.installation import Node
from tocsin.publishing import known_names
from tocsin.showing.plain import ending

_UNNAMED: Final = "-"
_REFERENCE_SHOWN: Final = 8
"""Bytes of a content digest in the reference of a record that has none."""
_AFTER_SHOWN: Final = 8
"""Hexadecimal characters of the answer before in the reference of an answer."""


class Leave(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for, or given: which use of a message, until when."""

    action: Action
    sections: tuple[Section, ...]
    purposes: tuple[Purpose, ...]
    recipients: tuple[str, ...] = ()
    until: datetime | None
    reason: str = ""


class Narrowing(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer gives less than was asked; None gives it as it was asked."""

    sections: tuple[Section, ...] | None = None
    recipients: tuple[str, ...] | None = None
    until: datetime | None = None
    reason: str = ""


def desk(node: Node, authority: Originator) -> Desk:
    """Return what *authority* is asked, has asked, may do and has permitted."""
    viewer = Viewer(authority, node.directory, node.clock())
    with reading(node.engine) as connection:
        return load_desk(connection, node.section_keys, viewer)


def draft_request(node: Node, requester: Originator, message: str, leave: Leave) -> Draft:
    """Return the draft of a request to the author of a message and to its focal points.

    Raises:
        MissingItem: The requester has no such message.
        InvalidRecord: It cannot be asked for: the message is its own, has no such section, does not allow the purpose,
            may not be kept so long …
    """
    now = node.clock()
    found = _item(node, requester, message)
    if participant_of(found.author) == participant_of(requester):
        raise InvalidRecord(f"{found.message} is of {found.author}: you need no permission of another participant")
    refuse([*_leave_problems(found, leave, now), *_recipient_problems(node, requester, found, leave)])
    to = _speakers(node.directory, found.author, now)
    core = RequestCore(
        marking=_marking(node.directory, to, leave.purposes, now),
        national_reference=_UNNAMED,
        message=found.original,
        action=leave.action,
        sections=leave.sections,
        recipients=leave.recipients,
        purpose=leave.purposes[0],
        until=leave.until or now,
        reason=leave.reason,
    )
    return _draft(node, requester, core, found, "request")


def draft_answer(node: Node, giver: Originator, request: str, outcome: GrantOutcome, narrowing: Narrowing) -> Draft:
    """Return the draft of the answer to a request.

    Raises:
        MissingItem: The giver has no such request, or not the message that it is about.
        ForeignRecall: The message is not the giver's to speak for.
        InvalidRecord: It is no request; or the answer would give more than was asked, or than the message allows.
    """
    asked = _item(node, giver, request)
    core = asked.sections.get(Section.CORE)
    if not isinstance(core, RequestCore):
        raise InvalidRecord(f"{asked.message} is no request, but a {asked.kind.word}")
    refuse(_wider(core, narrowing))
    leave = Leave(
        action=core.action,
        sections=core.sections if narrowing.sections is None else narrowing.sections,
        purposes=(core.purpose,),
        recipients=core.recipients if narrowing.recipients is None else narrowing.recipients,
        until=narrowing.until or core.until,
        reason=narrowing.reason,
    )
    answer = _answer(node, giver, core.message.hex(), Grantee(asked.originator, outcome, leave))
    return _draft_answer(node, giver, msgspec.structs.replace(answer.core, request=asked.original), answer.about)


class Grantee(msgspec.Struct, frozen=True):
    """To whom something is given or refused."""

    authority: Originator
    outcome: GrantOutcome
    leave: Leave


def draft_grant(node: Node, giver: Originator, message: str, grantee: Grantee) -> Draft:
    """Return the draft of a grant or a refusal that nobody asked for; a refusal takes back what was granted.

    Raises:
        MissingItem: The giver has no such message.
        ForeignRecall: It is not the giver's to speak for.
        InvalidRecord: It would give more than the message allows.
    """
    answer = _answer(node, giver, message, grantee)
    return _draft_answer(node, giver, answer.core, answer.about)


class _Answer(msgspec.Struct, frozen=True):
    core: GrantCore
    about: Item


def _answer(node: Node, giver: Originator, message: str, grantee: Grantee) -> _Answer:
    now, leave = node.clock(), grantee.leave
    about = _item(node, giver, message)
    if about.forwarded is not None or not may_speak(giver, about.originator, focal_points(node.directory, now)):
        raise ForeignRecall(
            f"{about.message} is not {giver}'s to speak for",
            hint=f"Only {about.author}, or a focal point of {participant_of(about.author)}, grants or refuses it.",
        )
    given = grantee.outcome is GrantOutcome.GRANTED
    if given:
        refuse([*_leave_problems(about, leave, now), *_recipient_problems(node, giver, about, leave)])
    if grantee.authority not in known_names(node, giver).authorities:
        refuse([Problem("grantee", "unknown-name", f"{grantee.authority[:60]!r} is no active authority")])
    core = GrantCore(
        marking=_marking(node.directory, (grantee.authority,), leave.purposes, now),
        national_reference=_UNNAMED,
        message=about.original,
        outcome=grantee.outcome,
        action=leave.action,
        sections=leave.sections,
        grantee=grantee.authority,
        recipients=leave.recipients,
        purposes=leave.purposes,
        until=leave.until if given else None,
        reason=leave.reason,
    )
    return _Answer(core, about)


class AnsweredBefore(msgspec.Struct, frozen=True):
    """An answer that is there already.

    Attributes:
        national_reference: Of the record; empty where another node sent it.
    """

    message: MessageName
    national_reference: str


def find_answer(node: Node, draft: Draft) -> AnsweredBefore | None:
    """Return the newest answer about what *draft* speaks of, if it says the same; None for any other.

    The reason is not compared: it changes nothing for anybody.
    """
    core = draft.core
    if not isinstance(core, GrantCore):
        return None
    speaking = focal_points(node.directory, node.clock())
    with reading(node.engine) as connection:
        answers = [one for one in load_relating(connection, node.section_keys).grants.values() if _shares(one, core)]
        names = names_of(connection, {core.message, *(one.record for one in answers)})
        about = names.get(core.message)
        heard = [one for one in answers if about is not None and may_speak(one.by, about.stream.originator, speaking)]
        newest = max(heard, key=lambda one: (one.issued_at, one.record), default=None)
        if newest is None or newest != StandingGrant.of(
            newest.by, core, record=newest.record, issued_at=newest.issued_at
        ):
            return None
        message = names[newest.record]
        return AnsweredBefore(message, national_reference_of(connection, message) or "")


def _shares(answer: StandingGrant, core: GrantCore) -> bool:
    """Say whether an answer speaks of some use that *core* speaks of, too."""
    return (
        (answer.message, answer.grantee, answer.action) == (core.message, core.grantee, core.action)
        and not answer.sections.isdisjoint(core.sections)
        and not answer.purposes.isdisjoint(core.purposes)
    )


def _draft_answer(node: Node, giver: Originator, core: GrantCore, about: Item) -> Draft:
    """Return the draft of an answer; the same one once more, after another in between, is a record of its own."""
    with reading(node.engine) as connection:
        answers = load_relating(connection, node.section_keys).grants.values()
    before = [one for one in answers if (one.message, one.grantee) == (core.message, core.grantee)]
    newest = max(before, key=lambda one: one.issued_at, default=None)
    word = "grant" if core.outcome is GrantOutcome.GRANTED else "refusal"
    return _draft(node, giver, core, about, word if newest is None else f"{word}-{newest.record.hex()[:_AFTER_SHOWN]}")


def _item(node: Node, authority: Originator, message: str) -> Item:
    with reading(node.engine) as connection:
        return item(connection, node.section_keys, authority, message, node.clock())


def _leave_problems(found: Item, leave: Leave, now: datetime) -> Iterable[Problem]:
    there = ", ".join(one.word for one in found.sections)
    for section in leave.sections:
        if section not in found.sections:
            yield Problem("sections", "missing", f"{found.message} has no section {section.word}: it has {there}")
    core = found.sections.get(Section.CORE)
    if not isinstance(core, CORE_TYPES):
        yield Problem("message", "missing", f"nothing of {found.message} can be used any more")
        return
    marking = core.marking
    for purpose in leave.purposes:
        if purpose not in marking.purposes:
            allowed = ", ".join(one.word for one in marking.purposes)
            yield Problem("purpose", "not-allowed", f"{found.message} is for {allowed}, never for {purpose.word}")
    for name in leave.recipients:
        if name in marking.excluded or participant_of(name) in marking.excluded:
            yield Problem("recipients", "excluded", f"the author of {found.message} excluded {name}")
    if leave.until is None or leave.until <= now:
        yield Problem("until", "past", "permission is until a moment that is still to come")
    elif marking.retain_until is not None and leave.until > marking.retain_until:
        last = f"{marking.retain_until:%Y-%m-%d %H:%M} UTC"
        yield Problem("until", "too-late", f"{found.message} may only be kept until {last}")


def _recipient_problems(node: Node, authority: Originator, found: Item, leave: Leave) -> Iterable[Problem]:
    known = known_names(node, authority)
    for name in leave.recipients:
        if not known.has(name):
            near = known.nearest(name)
            advice = f"did you mean {near!r}?" if near else "see tocsin directory show"
            yield Problem("recipients", "unknown-name", f"{name[:60]!r} is nobody that this node knows: {advice}")
        elif participant_of(name) == participant_of(found.author):
            yield Problem("recipients", "contradiction", f"{name} is of the participant that the message comes from")


def _wider(core: RequestCore, narrowing: Narrowing) -> Iterable[Problem]:
    """Yield what would be given and was not asked: that is a grant of its own, which nobody reads into an answer."""
    for one in narrowing.sections or ():
        if one not in core.sections:
            yield Problem("sections", "wider", f"{one.word} was not asked for")
    for name in narrowing.recipients or ():
        if name not in core.recipients and participant_of(name) not in core.recipients:
            yield Problem("recipients", "wider", f"{name} was not asked for")
    if narrowing.until is not None and narrowing.until > core.until:
        yield Problem("until", "wider", f"it was asked for until then, and no longer: {ending(core.until)}")


def _speakers(directory: Directory, originator: Originator, now: datetime) -> tuple[Originator, ...]:
    official = sorted(one for one in focal_points(directory, now) if may_speak(one, originator, frozenset({one})))
    return tuple(dict.fromkeys((originator, *official)))


def _marking(directory: Directory, to: tuple[Originator, ...], purposes: tuple[Purpose, ...], now: datetime) -> Marking:
    """Return a marking that lets just *to* read it, whatever they work for."""
    standing = [purpose for entry in directory.authorities(now) if entry.authority in to for purpose in entry.purposes]
    return Marking(purposes=tuple(dict.fromkeys((*purposes, *standing))), recipients=tuple(to))


def _draft(node: Node, authority: Originator, core: AnyCore, about: Item, word: str) -> Draft:
    problems = problems_in(core)
    refuse(problems)
    label = stricter(Tlp.AMBER, about.tlp)
    digest = content_digest(Sections(core=core), tlp=label, status=about.status)
    draft = draft_record(core, authority=authority, tlp=label, status=about.status, authored_at=node.clock())
    return with_reference(draft, f"{word}-{digest[:_REFERENCE_SHOWN].hex()}")
