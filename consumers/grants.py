"""Requests and their answers, as one authority sees them: what it is asked, has asked, may do, and has permitted."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from broker.directory import Directory
from broker.errors import ForeignRecall
from broker.grants import StandingGrant, may_speak
from broker.records.request import RequestCore
from broker.relationships import focal_points
from broker.section_keys import SectionKeys
from broker.types.names import Digest, MessageName, Originator, parse_stream, participant_of
from broker.types.vocabulary import RecordKind, Section
from consumers import store
from consumers.arrival import Setting
from consumers.findings import Findings
from consumers.inbox import Item, items_of_kind
from consumers.relationships import load_relating

_SHOWN: Final = 16
"""Hexadecimal characters of a digest in the place of a finding."""
_AT_ONCE: Final = 500
"""Digests in one statement; SQLite takes 999 at least."""


class Asked(msgspec.Struct, frozen=True):
    """A request, the message that it is about, and its newest answer.

    Attributes:
        about: As people call the message; None where this node does not have it.
        answer: None while nobody who may has answered.
    """

    item: Item
    core: RequestCore
    about: MessageName | None
    answer: StandingGrant | None


class Answered(msgspec.Struct, frozen=True):
    """An answer, and the message that it is about.

    Attributes:
        about: As people call the message; None where this node does not have it.
        counts: It comes from whom it has to, and no later one has replaced it.
    """

    grant: StandingGrant
    about: MessageName | None
    counts: bool

    def state(self, now: datetime) -> str:
        """Return ``holds``, ``refused``, ``ended``, or ``replaced`` where a later answer counts."""
        if not self.counts:
            return "replaced"
        if not self.grant.given:
            return "refused"
        return "holds" if self.grant.is_open(now) else "ended"


class Desk(msgspec.Struct, frozen=True):
    """What one authority has to do with requests.

    Attributes:
        open: Requests that it may answer, and nobody has.
        asked: What it has asked itself.
        held: Answers to it.
        given: What its participant has answered about messages that it may speak for.
    """

    open: tuple[Asked, ...]
    asked: tuple[Asked, ...]
    held: tuple[Answered, ...]
    given: tuple[Answered, ...]


class Viewer(msgspec.Struct, frozen=True):
    """For whom, under which directory and when."""

    authority: Originator
    directory: Directory
    now: datetime


def load_desk(connection: Connection, section_keys: SectionKeys, viewer: Viewer) -> Desk:
    """Return what the viewer's authority is asked, has asked, may do and has permitted, oldest first."""
    requests = _requests(connection, section_keys, viewer)
    answers = sorted(load_relating(connection, section_keys).grants.values(), key=lambda one: one.issued_at)
    digests = {core.message for _, core in requests} | {one.message for one in answers}
    names = names_of(connection, digests)
    speaking = focal_points(viewer.directory, viewer.now)
    asked = [_asked(item, core, names, _heard(answers, names, speaking)) for item, core in requests]
    here = viewer.authority
    return Desk(
        open=tuple(one for one in asked if one.answer is None and _may_answer(one, here, speaking)),
        asked=tuple(one for one in asked if one.item.originator == here),
        held=_answered([one for one in answers if one.grantee == here], names, speaking),
        given=_answered([one for one in answers if _is_ours(one, here, names, speaking)], names, speaking),
    )


def counting(connection: Connection, arrived: Collection[StandingGrant], setting: Setting) -> list[Digest]:
    """Return the messages here that answers which have *arrived* may change something about.

    An answer of somebody who may not speak for the message that it names is reported, and nothing is decided by it.
    Where the message is not here, nobody can say whose it is; nothing is reported.
    """
    names = names_of(connection, {one.message for one in arrived}) if arrived else {}
    findings, found = Findings(connection), dict[Digest, None]()
    for one in arrived:
        about = names.get(one.message)
        if about is None:
            continue
        if may_speak(one.by, about.stream.originator, setting.relationships.focal_points):
            found[one.message] = None
        else:
            says = f"{one.by} answers for {about}, which is not {one.by}'s to speak for; nothing is permitted by it"
            findings.report(ForeignRecall.code, f"{one.by} {one.record.hex()[:_SHOWN]}", says, setting.now)
    return list(found)


def names_of(connection: Connection, digests: Collection[Digest]) -> Mapping[Digest, MessageName]:
    """Return the names of those of some messages that this node has, by header digest."""
    here, some = store.message.c, list(digests)
    wanted = select(here.digest, here.stream, here.sequence)
    pages = (some[start : start + _AT_ONCE] for start in range(0, len(some), _AT_ONCE))
    rows = (row for page in pages for row in connection.execute(wanted.where(here.digest.in_(page))))
    return {Digest(row.digest): MessageName(parse_stream(row.stream), row.sequence) for row in rows}


def _requests(connection: Connection, section_keys: SectionKeys, viewer: Viewer) -> list[tuple[Item, RequestCore]]:
    found = items_of_kind(connection, section_keys, viewer.authority, RecordKind.REQUEST, viewer.now)
    return [(item, core) for item in found if isinstance(core := item.sections.get(Section.CORE), RequestCore)]


def _heard(
    answers: list[StandingGrant], names: Mapping[Digest, MessageName], speaking: frozenset[Originator]
) -> dict[Digest, StandingGrant]:
    """Return the newest answer to each request, of those who may answer it."""
    return {one.request: one for one in answers if one.request is not None and _counts(one, names, speaking)}


def _asked(
    item: Item, core: RequestCore, names: Mapping[Digest, MessageName], heard: Mapping[Digest, StandingGrant]
) -> Asked:
    return Asked(item, core, names.get(core.message), heard.get(Digest(item.digest)))


def _may_answer(asked: Asked, authority: Originator, speaking: frozenset[Originator]) -> bool:
    return asked.about is not None and may_speak(authority, asked.about.stream.originator, speaking)


def _answered(
    several: list[StandingGrant], names: Mapping[Digest, MessageName], speaking: frozenset[Originator]
) -> tuple[Answered, ...]:
    return tuple(
        Answered(one, names.get(one.message), _counts(one, names, speaking) and not _is_replaced(one, several))
        for one in several
    )


def _is_replaced(grant: StandingGrant, several: list[StandingGrant]) -> bool:
    """Say whether a later answer speaks of all that *grant* does."""
    return any(
        later.issued_at > grant.issued_at
        and (later.message, later.grantee, later.action) == (grant.message, grant.grantee, grant.action)
        and later.sections >= grant.sections
        and later.purposes >= grant.purposes
        and (later.recipients >= grant.recipients or not (later.given or later.recipients))
        for later in several
    )


def _is_ours(
    grant: StandingGrant, authority: Originator, names: Mapping[Digest, MessageName], speaking: frozenset[Originator]
) -> bool:
    about = names.get(grant.message)
    return (
        about is not None
        and participant_of(grant.by) == participant_of(authority)
        and may_speak(authority, about.stream.originator, speaking)
    )


def _counts(grant: StandingGrant, names: Mapping[Digest, MessageName], speaking: frozenset[Originator]) -> bool:
    about = names.get(grant.message)
    return about is not None and may_speak(grant.by, about.stream.originator, speaking)
