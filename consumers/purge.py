"""Remove the content and the keys of messages for good; header, signatures, decisions and a tombstone stay.

::

    key store   keys overwritten, tombstones that no later RELEASE and no restored database undoes     1, committed
    database    bodies, copies in quarantine, inbox and alerts; the tombstone                          2, committed
    files       every byte that was deleted gone from database and write-ahead log                     3

In this order: whatever stops a node in between, the next run finds the same orders, or the tombstones whose bytes are
still in the files, and goes on. What is destroyed twice is destroyed.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, Row, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from broker import decisions
from broker.database import reading, scrub, writing
from broker.decisions import parse_judgement
from broker.directory.directory import Directory
from broker.envelope.header import Header
from broker.envelope.message import Opened, open_envelope, without_bodies
from broker.errors import DatabaseBusy, MalformedError
from broker.records.registry import CORE
from broker.section_keys import SectionKeys
from broker.types.names import Digest, Participant, participant_of
from broker.types.time import to_micros
from broker.types.vocabulary import Action
from consumers import store
from consumers.retention import expired
from consumers.tombstones import Order, PurgeReason
from consumers.withdrawals import Examination, note_recalls

_REBUILT_EVERY: Final = timedelta(hours=1)
"""How often a process that runs on and on writes the whole database anew to be rid of what it purged."""
_PURGED: Final = "its content was purged"


class Settled(msgspec.Struct, frozen=True):
    """What was undone of that which had only been done in the same transaction.

    Attributes:
        purged: Messages of which something was removed.
    """

    purged: int = 0
    inbox: int = 0
    alerts: int = 0


class Purger:
    """Purges for one node; a process keeps one."""

    def __init__(self, engine: Engine, section_keys: SectionKeys) -> None:
        self._engine = engine
        self._section_keys = section_keys
        self._rebuilt_at: datetime | None = None
        self._is_log_full = True

    def settle(
        self,
        connection: Connection,
        directory: Directory,
        now: datetime,
        touched: Collection[Digest] = (),
        *,
        shown: frozenset[Digest] = frozenset(),
    ) -> Settled:
        """Purge what is recalled, corrected or over, in the caller's transaction; :meth:`finish` has to follow it.

        Args:
            touched: Messages that have come, or were decided about again, in this transaction.
            shown: Those of them that somebody had before it: that they are taken back is news to these.
        """
        noted = note_recalls(connection, self._section_keys)
        examination = Examination(connection, directory, now, noted=noted, touched=touched)
        orders = [*examination.orders(), *expired(connection, now)]
        if not orders:
            return Settled()
        self._is_log_full = True
        return purge(connection, orders, self._section_keys, now, fresh=frozenset(touched) - shown)

    def run(self, directory: Directory, now: datetime) -> int:
        """Purge everything whose time has come, in as many transactions as it takes; return how many messages.

        Raises:
            DatabaseBusy, UnusableDatabase: What was purged until then stays so.
        """
        purged = 0
        while True:
            with writing(self._engine) as connection:
                settled = self.settle(connection, directory, now)
            if not settled.purged:
                self.finish(now)
                return purged
            purged += settled.purged

    def finish(self, now: datetime) -> bool:
        """Have the files forget what was purged; return whether nothing is left in them.

        Somebody who reads all the time may keep the bytes there; then the next run tries again.
        """
        with reading(self._engine) as connection:
            last = connection.scalar(
                select(func.max(store.tombstone.c.id)).where(store.tombstone.c.scrubbed_at.is_(None))
            )
        if last is None:
            return True
        rebuild = self._rebuilt_at is None or now - self._rebuilt_at >= _REBUILT_EVERY
        if not rebuild and not self._is_log_full:
            return False
        with suppress(DatabaseBusy):
            scrub(self._engine, rebuild=rebuild)
            self._is_log_full = False
            if rebuild:
                self._rebuilt_at = now
                self._note_scrubbed(last, now)
                return True
        return False

    def _note_scrubbed(self, last: int, now: datetime) -> None:
        here = store.tombstone.c
        done = update(store.tombstone).where(here.id <= last, here.scrubbed_at.is_(None))
        with writing(self._engine) as connection:
            connection.execute(done.values(scrubbed_at=to_micros(now)))


def purge(
    connection: Connection,
    orders: Sequence[Order],
    section_keys: SectionKeys,
    now: datetime,
    *,
    fresh: frozenset[Digest] = frozenset(),
) -> Settled:
    """Carry out *orders* in the caller's transaction, the keys first and for good.

    Args:
        fresh: Messages that nobody had before this transaction.
    """
    cases = [(order, opened) for order in orders if (opened := _open(connection, order.digest)) is not None]
    for owner, commitments in _commitments(cases).items():
        section_keys.destroy(commitments, owner=owner)
    settled = Settled()
    for order, opened in cases:
        removed = _remove_bodies(connection, opened, order.reason)
        _empty_quarantine(connection, opened, now)
        _leave_tombstone(connection, order, removed, now)
        inbox, alerts = _settle_readers(connection, order, now, is_fresh=order.digest in fresh)
        settled = Settled(settled.purged + 1, settled.inbox + inbox, settled.alerts + alerts)
    return settled


def _open(connection: Connection, digest: Digest) -> Opened | None:
    raw = connection.scalar(select(store.message.c.envelope).where(store.message.c.digest == digest))
    return None if raw is None else open_envelope(raw)


def _commitments(cases: Sequence[tuple[Order, Opened]]) -> Mapping[Participant, set[Digest]]:
    """Return the keys that go, by the participant whose messages they open; whoever names another's destroys none."""
    found: dict[Participant, set[Digest]] = {}
    for order, opened in cases:
        going = _going(opened.header, order.reason)
        keys = {one.key_commitment for one in opened.header.sections if one.key_commitment and one.name in going}
        found.setdefault(participant_of(opened.header.originator), set()).update(keys)
    return found


def _going(header: Header, reason: PurgeReason) -> frozenset[str]:
    names = frozenset(head.name for head in header.sections)
    return names if reason.sections is None else names & reason.sections


def _remove_bodies(connection: Connection, opened: Opened, reason: PurgeReason) -> list[str]:
    """Remove what goes of a message; return the sections that were still there."""
    # Another order of the same run may have removed some of it.
    current = _open(connection, opened.digest) or opened
    going = _going(opened.header, reason)
    pairs = zip(current.header.sections, current.bodies, strict=True)
    removed = [head.name for head, body in pairs if head.name in going and body is not None]
    here = store.message.c.digest == opened.digest
    closed = connection.scalar(select(store.message.c.closed).where(here)) or ""
    changes: dict[str, Any] = {
        "envelope": without_bodies(current, going),
        "closed": " ".join(name for name in closed.split() if name not in going),
    }
    if CORE in going:
        # Nothing is left to be decided again, or to wait for.
        changes |= {"pending": False, "due_at": None, "purge_at": None}
    connection.execute(update(store.message).where(here).values(changes))
    name = opened.header.name
    awaited = (store.awaited.c.stream == str(name.stream)) & (store.awaited.c.sequence == name.sequence)
    connection.execute(delete(store.awaited).where(awaited, store.awaited.c.section.in_(going)))
    return removed


def _empty_quarantine(connection: Connection, opened: Opened, now: datetime) -> None:
    """Remove every body from the copies of a message in quarantine, and have nobody try those again."""
    here = store.quarantine.c
    # The exact bytes of the header are in every copy, however spoilt; SQLite finds them faster than we can parse.
    copies = connection.execute(select(here.id, here.raw).where(func.instr(here.raw, opened.header_bytes) > 0)).all()
    emptied = {"raw": without_bodies(opened), "message": _PURGED, "admitted_at": to_micros(now)}
    for row in copies:
        if _digest_of(row.raw) in (None, opened.digest):
            connection.execute(update(store.quarantine).where(here.id == row.id).values(emptied))


def _digest_of(raw: bytes) -> Digest | None:
    try:
        return open_envelope(raw).digest
    except MalformedError:
        return None


def _leave_tombstone(connection: Connection, order: Order, removed: Sequence[str], now: datetime) -> None:
    row = {
        "digest": order.digest,
        "reason": order.reason.word,
        "by": order.by,
        "sections": " ".join(removed),
        "purged_at": to_micros(now),
    }
    connection.execute(insert(store.tombstone).values(row).on_conflict_do_nothing())


def _settle_readers(connection: Connection, order: Order, now: datetime, *, is_fresh: bool) -> tuple[int, int]:
    """Tell those who had the message; return how many rows of inbox and alerts nobody has to know of."""
    alert = store.alert.c.digest == order.digest
    if is_fresh and order.reason is PurgeReason.CORRECTED:
        return 0, 0  # it is news to its readers, and most of it stays
    if is_fresh:
        # Nobody was shown it or told of it yet: the transaction in which it came is still open.
        alerts = connection.execute(delete(store.alert).where(alert)).rowcount
        if not order.ahead:
            return 0, alerts
        return connection.execute(delete(store.inbox).where(store.inbox.c.digest == order.digest)).rowcount, alerts
    at = to_micros(now)
    if order.reason is PurgeReason.RETENTION_OVER:
        connection.execute(update(store.alert).where(alert, store.alert.c.seen_at.is_(None)).values(seen_at=at))
        return 0, 0
    connection.execute(update(store.alert).where(alert).values(raised_at=at, seen_at=None))
    notices = [
        {"authority": one, "digest": order.digest, "raised_at": at} for one in _openers(connection, order.digest)
    ]
    if notices:
        connection.execute(insert(store.alert).on_conflict_do_nothing(), notices)
    return 0, 0


def _openers(connection: Connection, digest: Digest) -> list[str]:
    """Return the authorities at which a person has opened a message."""
    joined = decisions.decision.join(decisions.judgement, decisions.judgement.c.id == decisions.decision.c.judgement)
    rows: Sequence[Row[Any]] = connection.execute(
        select(decisions.decision.c.readers, decisions.judgement)
        .select_from(joined)
        .where(decisions.decision.c.digest == digest)
    ).all()
    opened = [row.readers.split() for row in rows if parse_judgement(row).facts.action is Action.OPEN]
    return sorted({reader for readers in opened for reader in readers})
