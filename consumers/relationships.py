"""The agreements, groups and grants that a node has received, as facts of its decisions."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, func, select

from broker.admit import Read, read_core
from broker.errors import BodyMissing, SealedContent
from broker.grants import Grants, StandingGrant
from broker.records.agreement import AgreementCore
from broker.records.grant import GrantCore
from broker.records.group import GroupCore
from broker.relationships import Relationships, StandingAgreement, StandingGroup
from broker.section_keys import SectionKeys
from broker.types.names import Digest, Originator
from broker.types.vocabulary import RecordKind, Section
from consumers import store
from consumers.tombstones import has_nothing_left
from consumers.unsealing import reopened

RELATING: frozenset[RecordKind] = frozenset({RecordKind.AGREEMENT, RecordKind.GROUP, RecordKind.GRANT})

_COLUMNS: Final[tuple[ColumnElement[Any], ...]] = (store.message.c.envelope, store.message.c.late)

Name = tuple[RecordKind, str, str]
"""What a record speaks of: an agreement of a participant by its reference, or a group."""
Issue = tuple[datetime, str, int, Digest]
"""When a record was issued; by stream, number and digest where several were at once, so that all nodes agree."""


class Issued(msgspec.Struct, frozen=True):
    """What a record says, and when it was issued."""

    issue: Issue
    standing: StandingAgreement | StandingGroup


class Relating(msgspec.Struct, frozen=True):
    """The newest record of each authority about each agreement and group, whatever order they came in.

    So an agreement is ended, and the members of a group are changed. All authorities' are kept, for who is a focal
    point, and may speak for the others, changes. For the same reason all answers to requests are kept, by digest.
    """

    newest: Mapping[Name, Mapping[Originator, Issued]] = {}
    grants: Mapping[Digest, StandingGrant] = {}

    def with_records(self, records: Iterable[Read]) -> "Relating":
        """Return them with more."""
        newest, grants = dict(self.newest), dict(self.grants)
        for content in records:
            if (answer := answer_in(content)) is not None:
                grants[answer.record] = answer
            issue, found = _issue(content), _standing(content)
            if found is None:
                continue
            name, standing = found
            before = newest.get(name, {})
            if standing.by not in before or before[standing.by].issue < issue:
                newest[name] = {**before, standing.by: Issued(issue, standing)}
        return Relating(newest, grants)

    def in_force(self, focal_points: frozenset[Originator]) -> Relationships:
        """Return what they come to: a record is replaced by a later one of its own author or of a focal point."""
        standing = [one for several in self.newest.values() for one in _in_force(several, focal_points)]
        return Relationships(
            tuple(one for one in standing if isinstance(one, StandingAgreement)),
            tuple(one for one in standing if isinstance(one, StandingGroup)),
            focal_points,
            Grants.of(self.grants.values()),
        )


def load_relationships(
    connection: Connection, section_keys: SectionKeys, focal_points: frozenset[Originator]
) -> Relationships:
    """Return what the records in the database of a node come to, as far as no later one has replaced them."""
    return load_relating(connection, section_keys).in_force(focal_points)


def relating_state(connection: Connection) -> tuple[int, int, int]:
    """Return what changes whenever :func:`load_relating` may give something else: how many came, are locked, are left.

    Records are only added, opened by a key that comes later, and purged. The first count only grows, and the last one
    only falls while it stands still: so one that came and one that went at once are not taken for nothing.
    """
    here = store.message.c
    some = here.record_kind.in_([kind.value for kind in RELATING])
    counts = select(func.count(), func.coalesce(func.sum(here.pending), 0)).select_from(store.message).where(some)
    came, locked = connection.execute(counts).one()
    left = connection.scalar(counts.where(~has_nothing_left()))
    return int(came), int(locked), int(left or 0)


def load_relating(connection: Connection, section_keys: SectionKeys) -> Relating:
    """Return the agreement, group and grant records in the database of a node, as far as their keys are there."""
    rows = connection.execute(
        select(*_COLUMNS).where(store.message.c.record_kind.in_([kind.value for kind in RELATING]))
    )
    return Relating().with_records(_readable(rows, section_keys))


def _readable(rows: Iterable[Row[Any]], section_keys: SectionKeys) -> Iterator[Read]:
    for _, verified, keys in reopened(rows, section_keys):
        with suppress(SealedContent, BodyMissing):  # it was taken back, or its key destroyed: it counts no more
            yield read_core(verified, keys)


def _in_force(
    several: Mapping[Originator, Issued], focal_points: frozenset[Originator]
) -> list[StandingAgreement | StandingGroup]:
    official = max((one for by, one in several.items() if by in focal_points), key=_when, default=None)
    if official is None:
        return [one.standing for one in several.values()]
    later = (one for by, one in several.items() if by not in focal_points and official.issue < one.issue)
    return [official.standing, *(one.standing for one in later)]


def _when(one: Issued) -> Issue:
    return one.issue


def _issue(content: Read) -> Issue:
    header = content.verified.header
    return header.issued_at, str(header.stream), header.sequence, content.verified.opened.digest


def answer_in(content: Read) -> StandingGrant | None:
    """Return what a record says of a permission; None for all that are no grant records."""
    core, header = content.content[Section.CORE], content.verified.header
    if not isinstance(core, GrantCore):
        return None
    digest = content.verified.opened.digest
    return StandingGrant.of(content.about.originator, core, record=digest, issued_at=header.issued_at)


def _standing(content: Read) -> tuple[Name, StandingAgreement | StandingGroup] | None:
    match content.content[Section.CORE]:
        case AgreementCore() as core:
            agreement = StandingAgreement.of(content.about.originator, core)
            return (RecordKind.AGREEMENT, content.about.participant, agreement.name), agreement
        case GroupCore() as core:
            group = StandingGroup.of(content.about.originator, core)
            return (RecordKind.GROUP, content.about.participant, group.name), group
        case _:
            return None
