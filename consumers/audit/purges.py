"""Check what a node has purged: only what its tombstones say is missing, and somebody had said that it was to go."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from broker.envelope.body import body_digest
from broker.envelope.message import Opened
from broker.types.names import Originator, participant_of
from consumers import store
from consumers.audit.ledger import Ledger
from consumers.findings import Finding
from consumers.tombstones import PurgeReason, removed_from


def is_emptied_copy(connection: Connection, opened: Opened) -> bool:
    """Say whether a node holds of a message what its tombstones leave: their sections are gone, and no byte else.

    Args:
        opened: What it holds; header and signatures are those of a copy on the bus.
    """
    pairs = list(zip(opened.header.sections, opened.bodies, strict=True))
    return {head.name for head, body in pairs if body is None} == removed_from(connection, opened.digest) and all(
        body is None or body_digest(body) == head.body_digest for head, body in pairs
    )


def purge_findings(connection: Connection, ledger: Ledger, node: Originator) -> Iterator[Finding]:
    """Yield the tombstones that rest on no recall which may take their message back, and those of no message."""
    recall = store.withdrawal.c
    message = store.message.c
    joined = store.tombstone.outerjoin(store.withdrawal, recall.recall == store.tombstone.c.by).outerjoin(
        store.message, message.digest == store.tombstone.c.digest
    )
    columns: tuple[ColumnElement[Any], ...] = (
        store.tombstone.c.id,
        store.tombstone.c.reason.label("purged_as"),
        store.tombstone.c.by.label("recall"),
        recall.message.label("withdrawn"),
        recall.reason,
        recall.by,
        message.digest,
        message.stream,
        message.sequence,
        message.original,
        message.author,
    )
    for row in connection.execute(select(*columns).select_from(joined)):
        says = _unfounded(row, ledger)
        if says:
            place = f"tombstone {row.id}" if row.stream is None else f"{row.stream}#{row.sequence}"
            yield Finding("unfounded-purge", f"{node}: {place}", says)


def _unfounded(row: Any, ledger: Ledger) -> str:
    """Return why nothing on record justifies a purge; empty where something does."""
    if row.digest is None:
        return "the message that was purged is not there"
    if row.recall is None:
        # The date stood in the content, and went with it: only who sent it can say what it was.
        return "" if row.purged_as == PurgeReason.RETENTION_OVER.word else "nobody is named who took it back"
    if row.withdrawn is None or ledger.row("SELECT 1 FROM message WHERE digest = ?", row.recall) is None:
        return "the recall that it rests on is not on the bus, or was not noted here"
    if row.withdrawn not in (row.digest, row.original) or row.purged_as != row.reason:
        return "the recall that it rests on speaks of another message, or says something else"
    author = row.stream if row.withdrawn == row.digest else row.author
    if participant_of(row.by) != participant_of(author):
        return f"the recall that it rests on is of {row.by}, which may not take it back"
    return ""
