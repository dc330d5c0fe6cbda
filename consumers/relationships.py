"""The agreements and groups that a node has received, as facts of its decisions."""

from typing import Any

import msgspec
from sqlalchemy import Connection, select

from broker.admit import Read, read, reopen
from broker.facts import Relationships, StandingAgreement, StandingGroup
from broker.records.agreement import AgreementCore
from broker.records.group import GroupCore
from broker.types.vocabulary import RecordKind, Section
from consumers import store

RELATING: frozenset[RecordKind] = frozenset({RecordKind.AGREEMENT, RecordKind.GROUP})


class Relating(msgspec.Struct, frozen=True):
    """Agreement and group records, in the order in which they were issued, whatever order they came in."""

    records: tuple[Read, ...] = ()

    def with_record(self, content: Read) -> "Relating":
        """Return them with one more."""
        return Relating(tuple(sorted((*self.records, content), key=_issue)))

    def in_force(self) -> Relationships:
        """Return what they come to, each agreement and group as its newest record says."""
        relationships = Relationships()
        for content in self.records:
            relationships = with_record(relationships, content)
        return relationships


def load_relationships(connection: Connection) -> Relationships:
    """Return the agreements and groups in the database of a node, each as its newest record says."""
    return load_relating(connection).in_force()


def load_relating(connection: Connection) -> Relating:
    """Return the agreement and group records in the database of a node."""
    rows = connection.execute(
        select(store.message.c.envelope, store.message.c.late)
        .where(store.message.c.record_kind.in_([kind.value for kind in RELATING]))
        .order_by(store.message.c.issued_at, store.message.c.stream, store.message.c.sequence)
    )
    return Relating(tuple(read(reopen(row.envelope, late=row.late)) for row in rows))


def _issue(content: Read) -> Any:
    header = content.verified.header
    return header.issued_at, str(header.stream), header.sequence


def with_record(relationships: Relationships, content: Read) -> Relationships:
    """Return *relationships* as they are after one more agreement or group record.

    A later record of the same participant with the same name replaces the earlier one: so an agreement is ended, and
    the members of a group are changed.
    """
    core = content.content[Section.CORE]
    match core:
        case AgreementCore():
            made = StandingAgreement.of(content.about.originator, core)
            others = tuple(one for one in relationships.agreements if (one.by, one.name) != (made.by, made.name))
            return Relationships((*others, made), relationships.groups)
        case GroupCore():
            group = StandingGroup.of(content.about.originator, core)
            return Relationships(relationships.agreements, {**relationships.groups, group.name: group})
        case _:
            return relationships
