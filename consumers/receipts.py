"""Receipts: what this node owes to the originators of what it received, and what other nodes have confirmed to it.

Owed is what its own record says: releases to its authorities and openings by persons from the decisions, purges from
the tombstones. Refusals stay at home; so does who the person was, which no table here knows.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, Select, func, select
from sqlalchemy.dialects.sqlite import insert

from broker import decisions
from broker.admit import read_core, reopen
from broker.decisions import load_judgements
from broker.envelope.message import open_envelope
from broker.errors import BrokerError
from broker.policy.decide import Decision
from broker.records.receipt import PurgedBecause, ReceiptCore, Receipted, ReceiptEntry
from broker.types.names import Digest, Originator, Participant, parse_stream, participant_of
from broker.types.time import from_micros, to_micros
from broker.types.vocabulary import Action, RecordKind, Section
from consumers import store
from consumers.past import Keys
from consumers.tombstones import Purged, purged_since

_WHAT: Final[Mapping[Action, Receipted]] = {Action.RECEIVE: Receipted.RELEASED, Action.OPEN: Receipted.OPENED}


class Covered(msgspec.Struct, frozen=True):
    """How far receipts were written.

    Attributes:
        decision: Id of the last decision, and *purge* of the last purge, that they have covered.
        until: When their period ended; None while there were none.
    """

    decision: int = 0
    purge: int = 0
    until: datetime | None = None


class Owed(msgspec.Struct, frozen=True):
    """What is owed to each originator, oldest first, and how far receipts will be written with it."""

    entries: Mapping[Originator, tuple[ReceiptEntry, ...]]
    covered: Covered


def load_covered(connection: Connection) -> Covered:
    """Return how far receipts were written."""
    row = connection.execute(select(store.receipt_state)).one_or_none()
    if row is None:
        return Covered()
    return Covered(row.decision, row.purge, from_micros(row.until) if row.until else None)


def save_covered(connection: Connection, covered: Covered) -> None:
    """Note how far receipts were written; in the transaction that makes them drafts, so that none is written twice."""
    until = 0 if covered.until is None else to_micros(covered.until)
    values = {"decision": covered.decision, "purge": covered.purge, "until": until}
    statement = insert(store.receipt_state).values(id=1, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


def owed(connection: Connection, own: Participant, *, author: Originator, now: datetime) -> Owed:
    """Return what is owed by now to the originators of other participants.

    Args:
        author: Answers for what was purged before anybody was shown it.
    """
    covered = load_covered(connection)
    found: dict[Originator, list[ReceiptEntry]] = {}
    for originator, entry in (*_decided(connection, covered, own), *_purged(connection, covered, own, author)):
        found.setdefault(originator, []).append(entry)
    newest = Covered(
        connection.scalar(select(func.max(decisions.decision.c.id))) or 0,
        connection.scalar(select(func.max(store.tombstone.c.id))) or 0,
        now,
    )
    entries = {name: tuple(sorted(several, key=lambda one: one.at)) for name, several in sorted(found.items())}
    return Owed(entries, newest)


def is_anything_new(connection: Connection) -> bool:
    """Say whether there are decisions or purges that no receipt has covered; they need not be owed to anybody."""
    covered = load_covered(connection)
    newest = connection.scalar(select(func.max(decisions.decision.c.id))) or 0
    return newest > covered.decision or next(purged_since(connection, covered.purge), None) is not None


def _decided(connection: Connection, covered: Covered, own: Participant) -> Iterator[tuple[Originator, ReceiptEntry]]:
    here = decisions.decision.c
    rows = connection.execute(
        _about_messages(here.digest, here.readers, here.judgement, here.decided_at)
        .join(decisions.decision, here.digest == store.message.c.digest)
        .join(decisions.judgement, decisions.judgement.c.id == here.judgement)
        .where(here.id > covered.decision, decisions.judgement.c.outcome != "denied")
        .order_by(here.id)
    ).all()
    judged = load_judgements(connection, list({row.judgement for row in rows}))
    for row in rows:
        originator, decision = _originator(row), judged[row.judgement]
        if participant_of(originator) != own and decision.facts.action in _WHAT:
            for reader in row.readers.split():
                entry = _entry(row, Originator(reader), decision)
                if entry.sections:
                    yield originator, entry


def _entry(row: Row[Any], reader: Originator, decision: Decision) -> ReceiptEntry:
    facts = decision.facts
    closed = row.closed.split()
    return ReceiptEntry(
        message=Digest(row.digest),
        reader=reader,
        what=_WHAT[facts.action],
        # What had no key here was shown to nobody, whatever was decided about it.
        sections=tuple(section for section in decision.permitted if section.word not in closed),
        purpose=facts.purposes[0] if facts.action is Action.OPEN else None,
        at=from_micros(row.decided_at),
    )


def _purged(
    connection: Connection, covered: Covered, own: Participant, author: Originator
) -> Iterator[tuple[Originator, ReceiptEntry]]:
    for purge in purged_since(connection, covered.purge):
        wanted = _about_messages(store.message.c.digest).where(store.message.c.digest == purge.digest)
        row = connection.execute(wanted).one_or_none()
        if row is None or not purge.sections or participant_of(_originator(row)) == own:
            continue
        for reader in _readers(connection, purge) or [author]:
            because = PurgedBecause.from_word(purge.reason.word)
            yield (
                _originator(row),
                ReceiptEntry(
                    message=purge.digest,
                    reader=reader,
                    what=Receipted.PURGED,
                    sections=purge.sections,
                    because=because,
                    at=purge.at,
                ),
            )


def _readers(connection: Connection, purge: Purged) -> list[Originator]:
    """Return the authorities that a message had been released to."""
    here = decisions.decision.c
    rows = connection.scalars(
        select(here.readers)
        .join(decisions.judgement, decisions.judgement.c.id == here.judgement)
        .where(here.digest == purge.digest, decisions.judgement.c.outcome != "denied")
    )
    return sorted({Originator(reader) for readers in rows for reader in readers.split()})


def _about_messages(*columns: Any) -> Select[Any]:
    """Return a query for messages that receipts may be about: records, but for receipts."""
    here = store.message.c
    return select(*columns, here.stream, here.closed).where(
        here.record_kind.is_not(None), here.record_kind != RecordKind.RECEIPT.value
    )


def _originator(row: Row[Any]) -> Originator:
    return parse_stream(row.stream).originator


def confirmed(connection: Connection, digest: Digest, keys: Keys, *, since: datetime) -> list[ReceiptEntry]:
    """Return what receipts have said of a message so far, oldest first.

    A receipt counts for readers of its own participant only.

    Args:
        since: When the message was issued: no receipt for it is older.
    """
    here = store.message.c
    rows = connection.execute(
        select(here.envelope, here.late).where(
            here.record_kind == RecordKind.RECEIPT.value, here.issued_at >= to_micros(since)
        )
    )
    found = {entry for row in rows for entry in _entries(row, keys) if entry.message == digest}
    return sorted(found, key=lambda one: (one.at, one.reader, one.what.value))


def _entries(row: Row[*tuple[Any, ...]], keys: Keys) -> Iterable[ReceiptEntry]:
    try:
        commitments = [one.key_commitment for one in open_envelope(row.envelope).header.sections]
        read = read_core(reopen(row.envelope, late=row.late), keys([one for one in commitments if one is not None]))
    except BrokerError:
        return []  # its key is gone, or it was purged: it says nothing any more
    core = read.content.get(Section.CORE)
    if not isinstance(core, ReceiptCore):
        return []
    return [entry for entry in core.entries if participant_of(entry.reader) == read.about.participant]
