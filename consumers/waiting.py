"""What waits in a node's database to be tried or decided again, a few at a time."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from broker.bus.port import Delivered
from broker.types.names import Digest
from broker.types.time import to_micros
from broker.types.vocabulary import Kind
from consumers import store
from consumers.tombstones import has_nothing_left

CURABLE: Final = ("unknown-key", "key-not-valid", "unknown-schema", "clock-ahead", "bad-table")
"""Reasons for quarantine that a newer directory, a newer version or time may cure."""
TRIED_AT_ONCE: Final = 64
_DIGESTS_AT_ONCE: Final = 500
"""In one statement: one RELEASE may open thousands of messages, and SQLite takes 999 values at least."""
_DECIDED_BY: Final = tuple(store.message.c[name] for name in ("digest", "envelope", "late", "backfill", "due_at"))
_ARRIVED: Final = tuple(store.message.c[name] for name in ("received_at", "stream", "sequence"))


def next_curable(connection: Connection, *, after: int) -> dict[int, Delivered]:
    """Return the next ones of quarantine that may be curable, by their ids."""
    here = store.quarantine.c
    rows = connection.execute(
        select(here.id, here.topic, here.offset, here.raw)
        .where(here.id > after, here.admitted_at.is_(None), here.code.in_(CURABLE))
        .order_by(here.id)
        .limit(TRIED_AT_ONCE)
    )
    return {row.id: Delivered(row.topic, row.offset, "", row.raw) for row in rows}


def next_unproven(connection: Connection, *, after: int) -> dict[int, Delivered]:
    """Return the next ones of quarantine that the log may admit, by their ids."""
    here = store.quarantine.c
    wanted = select(here.id, here.topic, here.offset, here.raw).where(store.IS_UNPROVEN, here.id > after)
    rows = connection.execute(wanted.order_by(here.id).limit(TRIED_AT_ONCE))
    return {row.id: Delivered(row.topic, row.offset, "", row.raw) for row in rows}


def next_due(connection: Connection, now: datetime) -> list[Row[Any]]:
    """Return the next ones of the messages that are to be decided again by now."""
    here = store.message.c
    wanted = select(*_DECIDED_BY).where(here.due_at <= to_micros(now))
    return list(connection.execute(wanted.order_by(here.due_at).limit(TRIED_AT_ONCE)))


def stored_records(connection: Connection, digests: Collection[Digest]) -> list[Row[Any]]:
    """Return the records among some messages, in the order of their arrival."""
    here, some = store.message.c, list(digests)
    wanted = select(*_DECIDED_BY, *_ARRIVED).where(here.kind == Kind.RECORD.value, ~has_nothing_left())
    pages = (some[start : start + _DIGESTS_AT_ONCE] for start in range(0, len(some), _DIGESTS_AT_ONCE))
    found = [row for page in pages for row in connection.execute(wanted.where(here.digest.in_(page)))]
    return sorted(found, key=lambda row: (row.received_at, row.stream, row.sequence))
