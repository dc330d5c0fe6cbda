"""The agreements and groups that a node has received, as facts of its decisions."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from broker.admit import Read, read, reopen
from broker.facts import Relationships, StandingAgreement, StandingGroup
from broker.records.agreement import AgreementCore
from broker.records.group import GroupCore
from broker.types.names import Digest, Originator
from broker.types.vocabulary import RecordKind, Section
from consumers import store

RELATING: frozenset[RecordKind] = frozenset({RecordKind.AGREEMENT, RecordKind.GROUP})


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
    point, and may speak for the others, changes.
    """

    newest: Mapping[Name, Mapping[Originator, Issued]] = {}

    def with_records(self, records: Iterable[Read]) -> "Relating":
        """Return them with more."""
        newest = dict(self.newest)
        for content in records:
            issue, found = _issue(content), _standing(content)
            if found is None:
                continue
            name, standing = found
            before = newest.get(name, {})
            if standing.by not in before or before[standing.by].issue < issue:
                newest[name] = {**before, standing.by: Issued(issue, standing)}
        return Relating(newest)

    def in_force(self, focal_points: frozenset[Originator]) -> Relationships:
        """Return what they come to: a record is replaced by a later one of its own author or of a focal point."""
        standing = [one for several in self.newest.values() for one in _in_force(several, focal_points)]
        return Relationships(
            tuple(one for one in standing if isinstance(one, StandingAgreement)),
            tuple(one for one in standing if isinstance(one, StandingGroup)),
            focal_points,
        )


def load_relationships(connection: Connection, focal_points: frozenset[Originator]) -> Relationships:
    """Return the agreements and groups in the database of a node, as far as no later record has replaced them."""
    return load_relating(connection).in_force(focal_points)


def load_relating(connection: Connection) -> Relating:
    """Return the agreement and group records in the database of a node."""
    rows = connection.execute(
        select(store.message.c.envelope, store.message.c.late).where(
            store.message.c.record_kind.in_([kind.value for kind in RELATING])
        )
    )
    return Relating().with_records(read(reopen(row.envelope, late=row.late)) for row in rows)


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
