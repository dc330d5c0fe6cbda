"""The agreements and groups that a node has received, as facts of its decisions."""

from sqlalchemy import Connection, select

from broker.admit import Read, read, reopen
from broker.facts import Relationships, StandingAgreement, StandingGroup
from broker.records.agreement import AgreementCore
from broker.records.group import GroupCore
from broker.types.vocabulary import RecordKind, Section
from consumers import store

RELATING: frozenset[RecordKind] = frozenset({RecordKind.AGREEMENT, RecordKind.GROUP})


def load_relationships(connection: Connection) -> Relationships:
    """Return the agreements and groups in the database of a node, each as its newest record says."""
    rows = connection.execute(
        select(store.message.c.envelope, store.message.c.late)
        .where(store.message.c.record_kind.in_([kind.value for kind in RELATING]))
        .order_by(store.message.c.issued_at, store.message.c.stream, store.message.c.sequence)
    )
    relationships = Relationships()
    for row in rows:
        relationships = with_record(relationships, read(reopen(row.envelope, late=row.late)))
    return relationships


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
