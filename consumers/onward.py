"""Onward use: a person passes a message on, exports it, or takes it to court.

Each is a decision of its own, for one stated purpose, and on record whatever it says. It can only narrow what was
delivered: nothing is used that the authority does not see.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, select

from broker import avro, facts
from broker.about import Reader
from broker.admit import Read, open_contents, read_core
from broker.deciders import Deciders
from broker.decisions import DecisionRows
from broker.directory import Directory
from broker.envelope.body import Content
from broker.envelope.message import Opened
from broker.errors import InvalidRecord, MissingItem
from broker.facts import Request
from broker.grants import StandingGrant, Use
from broker.policy.decide import Decider, Decision, SectionOutcome
from broker.policy.facts import Facts
from broker.records.forward import ForwardedSection
from broker.records.registry import record_type
from broker.relationships import Relationships, focal_points
from broker.section_keys import SectionKeys
from broker.types.names import Digest
from broker.types.vocabulary import Action, Purpose, Section
from consumers import store
from consumers.inbox import Item, Withheld
from consumers.relationships import load_relationships
from consumers.unsealing import reopened

ONWARD: Final = (Action.FORWARD, Action.EXPORT, Action.USE_IN_COURT)
_COLUMNS: Final[tuple[ColumnElement[Any], ...]] = (store.message.c.envelope, store.message.c.late)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wants to do with a message.

    Attributes:
        sections: The core is always among what is used: it carries the marking. Empty for all that may be.
        recipients: To whom it would be passed on; nobody for other actions.
    """

    action: Action
    purpose: Purpose
    sections: tuple[Section, ...] = ()
    recipients: tuple[str, ...] = ()


class User(msgspec.Struct, frozen=True):
    """Who wants it, and by which rules that is decided."""

    reader: Reader
    directory: Directory
    deciders: Deciders
    now: datetime


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided about an onward use.

    Attributes:
        number: Of the decision, by which it is found in the node's database.
        sections: What may be used; empty where it is refused.
        refused: What was wanted and may not be used, and why. Where no section was named, the others may.
        remedy: The sections that a grant of the author would permit in addition.
        lack: Why the grants that there are do not permit it, in words; empty where there are none.
        answers: The newest answers of the author about just this use.
    """

    number: int
    decision: Decision
    sections: tuple[Section, ...]
    refused: tuple[Withheld, ...]
    remedy: tuple[Section, ...]
    lack: str
    answers: tuple[StandingGrant, ...]
    content: Read
    contents: Mapping[Section, Content]

    @property
    def original(self) -> Opened:
        """The message that is used: of a forward, the one that it passes on."""
        forwarded = self.content.forwarded
        return self.content.verified.opened if forwarded is None else forwarded.original

    @property
    def grant(self) -> StandingGrant | None:
        """The grant that the use rests on; None where it needs none."""
        granted = self.decision.facts.granted
        used = {one.section for one in self.decision.outcomes if (one.section, one.purpose) in granted}
        used.intersection_update(self.sections)
        return next((one for one in self.answers if one.given and one.sections & used), None)


def rule_on(connection: Connection, section_keys: SectionKeys, item: Item, user: User, wanted: Wanted) -> Ruling:
    """Decide whether *item* may be used as *wanted*, and record the decision.

    Raises:
        InvalidRecord: It has no such section.
        MissingItem: The message is not in the database, or nothing of it can be read any more.
    """
    _check_sections(item, wanted.sections)
    if item.sections.get(Section.CORE) is None:
        raise MissingItem(f"nothing of {item.message} can be used any more: it is purged, or its time is over")
    row = connection.execute(select(*_COLUMNS).where(store.message.c.digest == item.digest)).one_or_none()
    if row is None:
        raise MissingItem(f"the message {item.message} is not in the database")
    ((_, verified, keys),) = reopened([row], section_keys)
    content = read_core(verified, keys)
    decider = user.deciders.decider(user.directory, content.about.participant)
    relationships = load_relationships(connection, section_keys, focal_points(user.directory, user.now))
    known = facts.facts_for(content.about, user.reader, relationships, _request(item, user, wanted))
    decision = decider.decide(known)
    rows = DecisionRows(connection, user.now, user.directory.digest)
    rows.add_tables(decider.tables)
    number = rows.add(Digest(item.digest), decision, [user.reader.authority])
    rows.save()
    usable, refused = _outcome(item, decision, wanted.sections)
    use = _use(content, user, wanted)
    return Ruling(
        number=number,
        decision=decision,
        sections=usable,
        refused=refused,
        remedy=_remedy(decider, known, item, decision),
        lack=next(filter(None, (_lack(use, one.section, relationships) for one in refused)), ""),
        answers=_answers(content, use, relationships),
        content=content,
        contents=_signed(content, open_contents(verified, keys, usable), usable),
    )


def _check_sections(item: Item, sections: Iterable[Section]) -> None:
    for section in sections:
        if section not in item.sections:
            there = ", ".join(one.word for one in item.sections)
            raise InvalidRecord(f"{item.message} has no section {section.word}: it has {there}")


def _request(item: Item, user: User, wanted: Wanted) -> Request:
    return Request(
        action=wanted.action,
        purposes=(wanted.purpose,),
        now=user.now,
        message=Digest(item.digest),
        recipients=wanted.recipients,
    )


def _outcome(
    item: Item, decision: Decision, named: tuple[Section, ...]
) -> tuple[tuple[Section, ...], tuple[Withheld, ...]]:
    """Return the sections that may be used, and why others may not: whoever names some gets all of them or none."""
    shown = [section for section, record in item.sections.items() if record is not None]
    wanted = list(dict.fromkeys((Section.CORE, *named))) if named else shown
    refused = [one for section in wanted if (one := _refusal(item, decision, section)) is not None]
    usable = tuple(section for section in wanted if section not in {one.section for one in refused})
    if Section.CORE not in usable or (named and refused):
        return (), tuple(refused)
    return usable, tuple(refused)


def _refusal(item: Item, decision: Decision, section: Section) -> Withheld | None:
    if item.sections[section] is None:
        return next(one for one in item.withheld if one.section is section)
    outcome = _of(decision, section)
    return None if outcome.permitted else Withheld(section, outcome.rule_id, outcome.says)


def _of(decision: Decision, section: Section) -> SectionOutcome:
    return next(one for one in decision.outcomes if one.section is section)


def _remedy(decider: Decider, known: Facts, item: Item, decision: Decision) -> tuple[Section, ...]:
    shown = [section for section, record in item.sections.items() if record is not None]
    every = frozenset((section, purpose) for section in known.sections for purpose in known.purposes)
    granted = decider.decide(msgspec.structs.replace(known, granted=every))
    return tuple(one for one in shown if _of(granted, one).permitted and not _of(decision, one).permitted)


def _use(content: Read, user: User, wanted: Wanted) -> Use:
    about = content.about
    return Use(
        message=about.original or content.verified.opened.digest,
        originator=about.originator,
        grantee=user.reader.authority,
        action=wanted.action,
        purposes=(wanted.purpose,),
        recipients=wanted.recipients,
        now=user.now,
    )


def _lack(use: Use, section: Section, relationships: Relationships) -> str:
    return relationships.grants.lack(use, section, relationships.focal_points)


def _answers(content: Read, use: Use, relationships: Relationships) -> tuple[StandingGrant, ...]:
    found = (relationships.grants.deciding(use, one, relationships.focal_points) for one in content.content)
    return tuple(dict.fromkeys(answer for several in found for answer in several))


def _signed(
    content: Read, contents: Mapping[Section, Content], sections: tuple[Section, ...]
) -> Mapping[Section, Content]:
    """Return what the author of the message committed to; out of a forward, what it carries."""
    wanted = {section: contents[section] for section in sections}
    if content.forwarded is None:
        return wanted
    return {section: _carried(one) for section, one in wanted.items()}


def _carried(content: Content) -> Content:
    schema = avro.schema_by_id(content.schema_id)
    record = avro.decode(schema, content.avro, record_type(schema.path))
    carried = getattr(record, "forwarded", record)
    if not isinstance(carried, ForwardedSection):
        raise InvalidRecord(f"a {schema.path} is no section of a forward")
    return Content(carried.salt, carried.schema_id, carried.avro)
