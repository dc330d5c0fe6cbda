"""The agreements and groups that a node has received, as facts of its decisions."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from broker.admit import Read, read, reopen
from broker.facts import Relationships, StandingAgreement, StandingGroup
from broker.records.agreement import AgreementCore
from broker.records.group import GroupCore
from broker.types.names import Digest
from broker.types.vocabulary import RecordKind, Section
from consumers import store

RELATING: frozenset[RecordKind] = frozenset({RecordKind.AGREEMENT, RecordKind.GROUP})


Name = tuple[RecordKind, str, str]
"""What a record speaks of: an agreement of a participant by its reference, or a group."""
Issue = tuple[datetime, str, int, Digest]
"""When a record was issued; by stream, number and digest where several were at once, so that all nodes agree."""


class Relating(msgspec.Struct, frozen=True):
    """The newest record of each agreement and group by when it was issued, whatever order they came in.

    A later record of the same participant with the same name replaces the earlier one: so an agreement is ended, and
    the members of a group are changed.
    """

    newest: Mapping[Name, tuple[Issue, StandingAgreement | StandingGroup]] = {}

    def with_records(self, records: Iterable[Read]) -> "Relating":
        """Return them with more."""
        newest = dict(self.newest)
        for content in records:
            issue, found = _issue(content), _standing(content)
            if found is None:
                continue
            name, standing = found
            if name not in newest or newest[name][0] < issue:
                newest[name] = (issue, standing)
        return Relating(newest)

    def in_force(self) -> Relationships:
        """Return what they come to."""
        standing = [one for _, one in self.newest.values()]
        return Relationships(
            tuple(one for one in standing if isinstance(one, StandingAgreement)),
            {one.name: one for one in standing if isinstance(one, StandingGroup)},
        )


def load_relationships(connection: Connection) -> Relationships:
    """Return the agreements and groups in the database of a node, each as its newest record says."""
    return load_relating(connection).in_force()


def load_relating(connection: Connection) -> Relating:
    """Return the agreement and group records in the database of a node."""
    rows = connection.execute(
        select(store.message.c.envelope, store.message.c.late).where(
            store.message.c.record_kind.in_([kind.value for kind in RELATING])
        )
    )
    return Relating().with_records(read(reopen(row.envelope, late=row.late)) for row in rows)


def _issue(content: Read) -> Issue:
    header = content.verified.header
    return header.issued_at, str(header.stream), header.sequence, content.verified.opened.digest


def _standing(content: Read) -> tuple[Name, StandingAgreement | StandingGroup] | None:
    match content.content[Section.CORE]:
        case AgreementCore() as core:
            agreement = StandingAgreement.of(content.about.originator, core)
            return (RecordKind.AGREEMENT, agreement.by, agreement.name), agreement
        case GroupCore() as core:
            group = StandingGroup.of(content.about.originator, core)
            return (RecordKind.GROUP, content.about.participant, group.name), group
        case _:
            return None
