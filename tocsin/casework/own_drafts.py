"""What an authority has drafted and sent, for the index: as the outbox holds it, or as the message that it became."""

from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, and_, exists, func, or_, select

from broker import avro
from broker.cases.incident_facts import Label, facts_of
from broker.envelope.message import open_envelope
from broker.records.incident import IncidentCore
from broker.records.operational import IncidentOperational
from broker.records.registry import record_type
from broker.section_keys import SectionKeys
from broker.types.names import Digest, MessageName, Originator, Stream
from broker.types.vocabulary import RecordKind, Section, Status, Tlp
from consumers import store
from consumers.search.arrived import SEARCHED, IdsFor
from consumers.search.entries import Filed, NamedDraft, Sourced, among
from consumers.unsealing import section_keys_of
from producers.adoption import sections_in
from producers.outbox import (
    RelatedDraft,
    SectionBytes,
    Stage,
    drafts,
    envelopes,
    outgoing,
    unpack_related,
    unpack_sections,
    withdrawals,
)

_AT_ONCE: Final = 400
"""Digests in one statement; SQLite takes 999 at least."""


class OwnDraft(msgspec.Struct, frozen=True):
    """A draft as the index takes it in; *filed* is None for what is no incident of its own."""

    sourced: Sourced
    sections: tuple[tuple[Section, msgspec.Struct], ...]
    filed: Filed | None


class Became(msgspec.Struct, frozen=True):
    """The message that a draft became."""

    message: MessageName
    digest: Digest


def last_draft(connection: Connection) -> int:
    """Return the id of the last draft of the outbox; 0 for none."""
    return connection.scalar(select(func.max(drafts.c.id))) or 0


def drafts_after(
    connection: Connection, section_keys: SectionKeys, after: int, *, most: int, ids_of: IdsFor
) -> tuple[list[OwnDraft], int]:
    """Return the next drafts behind the one of id *after* that are searched, and the id of the last looked at."""
    here = drafts.c
    sent = and_(
        outgoing.c.originator == here.authority,
        outgoing.c.writer == here.writer,
        outgoing.c.sequence == here.sequence,
    )
    statement = (
        select(drafts, envelopes.c.raw)
        .outerjoin(outgoing, sent)
        .outerjoin(envelopes, envelopes.c.id == outgoing.c.id)
        .where(here.id > after)
        .order_by(here.id)
        .limit(most)
    )
    rows = connection.execute(statement).all()
    digests = [row.digest for row in rows if row.digest is not None]
    gone = _taken_back(connection, digests) | _purged(connection, digests)
    wanted = [row for row in rows if RecordKind(row.kind) in SEARCHED and row.digest not in gone]
    found = (_own_draft(row, section_keys, ids_of) for row in wanted)
    return [one for one in found if one is not None], rows[-1].id if rows else after


def became(connection: Connection, numbers: Collection[int]) -> dict[int, Became]:
    """Return the messages that some drafts became, by the drafts' ids; the others are absent."""
    rows = connection.exec_driver_sql(_FLUSHED, (Stage.FLUSHED.value, among(numbers)))
    return {
        number: Became(MessageName(Stream(Originator(authority), writer), sequence), Digest(digest))
        for number, authority, writer, sequence, digest in rows
        if digest is not None
    }


_FLUSHED: Final = (
    f"SELECT id, authority, writer, sequence, digest FROM {drafts.name} "  # noqa: S608
    "WHERE stage = ? AND id IN (SELECT value FROM json_each(?))"
)


def drafts_that_became(connection: Connection, digests: Sequence[bytes]) -> list[int]:
    """Return the ids of the drafts that became some messages."""
    here = drafts.c
    found: list[int] = []
    for start in range(0, len(digests), _AT_ONCE):
        found += connection.scalars(select(here.id).where(here.digest.in_(digests[start : start + _AT_ONCE])))
    return found


def references_of(connection: Connection, authority: Originator, names: Collection[str]) -> dict[str, int]:
    """Return the ids of drafts of *authority* by their national references."""
    rows = connection.execute(
        select(drafts.c.national_reference, drafts.c.id).where(
            drafts.c.authority == authority, drafts.c.national_reference.in_(names)
        )
    )
    return {row.national_reference: row.id for row in rows}


def taken_back_after(connection: Connection, after: int) -> tuple[list[int], int]:
    """Return the drafts that were taken back behind the withdrawal of id *after*, and the last that is settled.

    One that waits for its recall to be taken into the outbox counts when that is there.
    """
    rows = connection.execute(
        select(withdrawals.c.id, withdrawals.c.digest, _counts().label("counts"))
        .where(withdrawals.c.id > after)
        .order_by(withdrawals.c.id)
    ).all()
    if not rows:
        return [], after
    digests = [row.digest for row in rows if row.counts]
    settled = next((row.id - 1 for row in rows if not row.counts), rows[-1].id)
    return list(connection.scalars(select(drafts.c.id).where(drafts.c.digest.in_(digests)))), settled


def _taken_back(connection: Connection, digests: Sequence[bytes]) -> frozenset[bytes]:
    here = withdrawals.c
    return frozenset(connection.scalars(select(here.digest).where(here.digest.in_(digests), _counts())))


def _purged(connection: Connection, digests: Sequence[bytes]) -> frozenset[bytes]:
    here = store.tombstone.c
    return frozenset(connection.scalars(select(here.digest).where(here.digest.in_(digests))))


def _counts() -> Any:
    recall = drafts.alias()
    taken = exists().where(
        recall.c.authority == withdrawals.c.authority,
        recall.c.national_reference == withdrawals.c.national_reference,
    )
    return or_(withdrawals.c.authority.is_(None), taken)


def _own_draft(row: Row[Any], section_keys: SectionKeys, ids_of: IdsFor) -> OwnDraft | None:
    parts = _parts(row, section_keys)
    sections = {Section.from_word(part.name): _record(part) for part in parts}
    core, operational = sections.get(Section.CORE), sections.get(Section.OPERATIONAL)
    if core is None:
        return None
    sourced = Sourced(
        originator=Originator(row.authority), kind=RecordKind(row.kind), draft=row.id, retain_until=row.retain_until
    )
    filed: Filed | None = None
    if isinstance(core, IncidentCore):
        moved = operational if isinstance(operational, IncidentOperational) else None
        facts = facts_of(core, moved, label=Label(Tlp(row.tlp), Status(row.status)), ids_of=ids_of(sourced.originator))
        filed = Filed(facts, _named(unpack_related(row.related)))
    return OwnDraft(sourced, tuple(sections.items()), filed)


def _parts(row: Row[Any], section_keys: SectionKeys) -> tuple[SectionBytes, ...]:
    if row.sections is not None:
        return unpack_sections(row.sections)
    if row.raw is None:
        return ()  # restored from a backup, or its time was over before it was signed
    opened = open_envelope(row.raw)
    return sections_in(opened, section_keys_of(opened.header, section_keys)) or ()


def _record(part: SectionBytes) -> msgspec.Struct:
    schema = avro.schema_by_id(part.schema_id)
    return avro.decode(schema, part.avro, record_type(schema.path))


def _named(related: tuple[RelatedDraft, ...]) -> tuple[NamedDraft, ...]:
    return tuple(NamedDraft(one.national_reference, one.relation) for one in related)
