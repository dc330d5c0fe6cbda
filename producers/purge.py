"""Remove the content and the keys of an author's own messages: recalled, corrected, or kept as long as they may be.

A message goes when the bus has it, and a recalled one when the bus has the recall as well: what the bus does not have
can only come from here. Header and signatures stay; what was purged is never sent again, and no key of it goes out.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, delete, exists, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from broker.database import reading, scrub, writing
from broker.envelope.message import open_envelope, without_bodies
from broker.errors import DatabaseBusy
from broker.section_keys import SectionKeys
from broker.types.names import Digest, MessageName, Originator, Stream, participant_of
from broker.types.time import to_micros
from producers.outbox import (
    IS_ASKED_FOR,
    IS_UNSCRUBBED,
    Pending,
    Stage,
    drafts,
    envelopes,
    outgoing,
    releases,
    sealed_messages,
    withdrawals,
)

_ALL: Final = ""
_NOTHING: Final = b""


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be removed of a message of ours.

    Attributes:
        sections: None for all.
        recall: The authority and the reference of the draft that says so to everybody else, and has to be sent first;
            None where nobody has to be told.
    """

    digest: Digest
    name: MessageName
    sections: frozenset[str] | None = None
    recall: tuple[Originator, str] | None = None


def order_removal(connection: Connection, removal: Removal) -> None:
    """Have the next :func:`purge_outbox` carry out *removal*; from now on no key of the message goes out.

    Keys that were asked for and have not gone out yet go to nobody.

    One that waits for a recall which is never taken into the outbox does nothing.
    """
    authority, reference = removal.recall or (None, None)
    row = {
        "digest": removal.digest,
        "originator": removal.name.stream.originator,
        "writer": removal.name.stream.writer,
        "sequence": removal.name.sequence,
        "sections": _ALL if removal.sections is None else " ".join(sorted(removal.sections)),
        "authority": authority,
        "national_reference": reference,
    }
    asked = update(releases).where(releases.c.digest == removal.digest, IS_ASKED_FOR)
    connection.execute(asked.values(became=_NOTHING))
    statement = insert(withdrawals).values(row)
    # Whoever was to wait for a recall that another one makes needless waits no longer.
    waits = {"authority": authority, "national_reference": reference}
    place = ["digest", "sections"]
    here = withdrawals.c
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=place, set_=waits, where=here.purged_at.is_(None) & here.authority.is_not(None)
        )
    )


def withheld(connection: Connection, digests: Sequence[Digest]) -> frozenset[Digest]:
    """Return those of some messages that are taken back, or whose time is over: no key of them goes out any more."""
    here = withdrawals.c.digest
    return frozenset(Digest(one) for one in connection.scalars(select(here).where(here.in_(digests), _counts())))


def purge_outbox(engine: Engine, section_keys: SectionKeys, now: datetime) -> int:
    """Purge what is taken back or over, and what an earlier run did not finish; return how many messages and drafts.

    Somebody who reads all the time may keep the bytes in the files; then the next run tries again.

    Raises:
        DatabaseBusy, UnusableDatabase: Nothing was done.
    """
    with reading(engine) as connection:
        if not _has_work(connection, now):
            return 0
    with writing(engine) as connection:
        _order_expired(connection, now)
        expired = _empty_expired(connection, now)
        due = _due(connection)
        # The keys first, and for good: what comes after is done again if it is not done now.
        for owner in {participant_of(row.originator) for row in due}:
            section_keys.destroy(_commitments(due), owner=owner)
        for row in due:
            _purge(connection, row, now)
    with suppress(DatabaseBusy):
        scrub(engine, rebuild=True)
        _note_scrubbed(engine, now)
    return expired + len(due)


def _note_scrubbed(engine: Engine, now: datetime) -> None:
    with writing(engine) as connection:
        done = update(withdrawals).where(IS_UNSCRUBBED, withdrawals.c.purged_at.is_not(None))
        connection.execute(done.values(scrubbed_at=to_micros(now)))
        ordered = exists().where(withdrawals.c.digest == drafts.c.digest)
        settled = or_(drafts.c.stage == Stage.EXPIRED.value, and_(drafts.c.stage == Stage.FLUSHED.value, ordered))
        connection.execute(update(drafts).where(_is_over(now), settled).values(retain_until=None))


def is_purged() -> ColumnElement[bool]:
    """Return the condition that content of a row of ``outbox_message`` was purged, so that it cannot be sent again."""
    here = withdrawals.c
    return exists().where(
        here.originator == outgoing.c.originator,
        here.writer == outgoing.c.writer,
        here.sequence == outgoing.c.sequence,
        here.purged_at.is_not(None),
    )


def _has_work(connection: Connection, now: datetime) -> bool:
    if connection.execute(select(drafts.c.id).where(_is_over(now)).limit(1)).first() is not None:
        return True
    waiting = select(withdrawals.c.id).where(IS_UNSCRUBBED)
    purged = connection.execute(waiting.where(withdrawals.c.purged_at.is_not(None)).limit(1)).first()
    return purged is not None or bool(_due(connection))


def _counts() -> ColumnElement[bool]:
    """Nobody has to be told, or those who have to will be: the recall is in the outbox."""
    return or_(withdrawals.c.authority.is_(None), exists().where(*_recall()))


def _recall() -> tuple[ColumnElement[bool], ...]:
    return (
        drafts.c.authority == withdrawals.c.authority,
        drafts.c.national_reference == withdrawals.c.national_reference,
    )


def _is_over(now: datetime) -> ColumnElement[bool]:
    return drafts.c.retain_until.is_not(None) & (drafts.c.retain_until <= to_micros(now))


def _order_expired(connection: Connection, now: datetime) -> None:
    wanted = select(drafts.c.digest, drafts.c.authority, drafts.c.writer, drafts.c.sequence)
    for row in connection.execute(wanted.where(_is_over(now), drafts.c.stage == Stage.FLUSHED)).all():
        name = MessageName(Stream(Originator(row.authority), row.writer), row.sequence)
        order_removal(connection, Removal(digest=Digest(row.digest), name=name))


def _empty_expired(connection: Connection, now: datetime) -> int:
    """Empty the drafts whose time was over before they were signed; return how many."""
    unsigned = update(drafts).where(_is_over(now), drafts.c.stage < Stage.FLUSHED)
    return connection.execute(unsigned.values(stage=Stage.EXPIRED.value, sections=None, waits_for=None)).rowcount


def _due(connection: Connection) -> Sequence[Row[Any]]:
    """Return what is to be purged now, with the bytes that are here."""
    statement = (
        select(withdrawals, outgoing.c.id.label("message"), envelopes.c.raw)
        .outerjoin(outgoing, _same_place())
        .outerjoin(envelopes, envelopes.c.id == outgoing.c.id)
        .where(IS_UNSCRUBBED, withdrawals.c.purged_at.is_(None))
        .where(or_(outgoing.c.id.is_(None), outgoing.c.pending == Pending.NO.value))
        .where(or_(withdrawals.c.authority.is_(None), _is_recall_sent()))
    )
    return connection.execute(statement).all()


def _same_place() -> ColumnElement[bool]:
    return and_(
        outgoing.c.originator == withdrawals.c.originator,
        outgoing.c.writer == withdrawals.c.writer,
        outgoing.c.sequence == withdrawals.c.sequence,
        outgoing.c.digest == withdrawals.c.digest,
    )


def _is_recall_sent() -> ColumnElement[bool]:
    # A recall that was found on the bus after a restore has no row of its own among what was sent from here.
    other = outgoing.alias()
    unsent = exists().where(
        other.c.originator == drafts.c.authority,
        other.c.writer == drafts.c.writer,
        other.c.sequence == drafts.c.sequence,
        other.c.pending != Pending.NO.value,
    )
    return exists().where(*_recall(), drafts.c.stage == Stage.FLUSHED.value, ~unsent)


def _commitments(due: Sequence[Row[Any]]) -> frozenset[Digest]:
    return frozenset(
        head.key_commitment
        for row in due
        if row.raw is not None
        for head in open_envelope(row.raw).header.sections
        if head.key_commitment is not None and (not row.sections or head.name in row.sections.split())
    )


def _purge(connection: Connection, row: Row[Any], now: datetime) -> None:
    if row.raw is not None:
        names = row.sections.split() or None
        emptied = without_bodies(open_envelope(row.raw), names)
        connection.execute(update(envelopes).where(envelopes.c.id == row.message).values(raw=emptied))
    connection.execute(delete(sealed_messages).where(sealed_messages.c.digest == row.digest))
    mine = withdrawals.c.id == row.id
    connection.execute(update(withdrawals).where(mine).values(purged_at=to_micros(now)))
