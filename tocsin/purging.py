"""Purge a node whole: what it received, and its own copies in the outbox of the same messages."""

from typing import Any

from sqlalchemy import Connection, Select, exists, select

from broker.database import reading, writing
from broker.types.names import Digest, parse_message_name
from consumers import store
from consumers.purge import Purger
from consumers.tombstones import PurgeReason
from producers.outbox import withdrawals
from producers.purge import Removal, order_removal, purge_outbox
from tocsin.installation import Node


def purge_node(node: Node) -> int:
    """Remove what is recalled, corrected, or not to be kept any longer; return how many messages and drafts.

    Raises:
        DatabaseBusy: Somebody keeps the database locked; the next run goes on.
        MissingKey, BadSettings, UnusableDatabase: The key store or the database cannot be used.
    """
    return Purger(node.engine, node.section_keys).run(node.directory, node.clock()) + purge_outbox_of(node)


def purge_outbox_of(node: Node) -> int:
    """Remove of a node's own copies in its outbox what is gone of the received ones, or not to be kept any longer.

    Raises:
        As :func:`purge_node`.
    """
    with reading(node.engine) as connection:
        waiting = connection.execute(_foreseen(node)).first() is not None
    if waiting:
        with writing(node.engine) as connection:
            _take_over(connection, node)
    return purge_outbox(node.engine, node.section_keys, node.clock())


def _take_over(connection: Connection, node: Node) -> None:
    for row in connection.execute(_foreseen(node)).all():
        name = parse_message_name(f"{row.stream}#{row.sequence}")
        sections = PurgeReason.from_word(row.reason).sections
        order_removal(connection, Removal(digest=Digest(row.digest), name=name, sections=sections))


def _foreseen(node: Node) -> Select[Any]:
    """Return what was purged of the copies that this node received of its own messages, and not in its outbox."""
    done = exists().where(
        withdrawals.c.digest == store.tombstone.c.digest,
        (withdrawals.c.sections == "") | (store.tombstone.c.reason == PurgeReason.CORRECTED.word),
        withdrawals.c.authority.is_(None) | withdrawals.c.purged_at.is_not(None),
    )
    here = store.message.c
    return (
        select(store.tombstone.c.digest, store.tombstone.c.reason, here.stream, here.sequence)
        .join(store.message, here.digest == store.tombstone.c.digest)
        .where(here.stream.startswith(f"{node.participant}/"), ~done)
    )
