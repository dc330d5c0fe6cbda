"""Take what arrives: admit, decide, insert, each batch in one transaction.

The node's own database says where it stands; the group's position on the bus only helps the members of the node's group
to share the work. So a database that was restored from a backup reads again what it lacks, and a crash between the
transaction and the commit on the bus gives duplicates, which their stream and number betray.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, Row, func, select, update
from sqlalchemy.dialects.sqlite import insert

from broker import limits
from broker.admit import Verified
from broker.bus.port import Delivered
from broker.database import reading, writing
from broker.deciders import Deciders
from broker.directory.directory import Directory
from broker.errors import BrokerError
from broker.facts import Reader, focal_points
from broker.follow import DirectoryFollower
from broker.policy.table import Table
from broker.sequence import SequenceOutcome
from broker.signing.batch import VerifiedBatches
from broker.types.names import Digest, Originator
from broker.types.time import to_micros
from consumers import store
from consumers.arrival import Arrival, Setting, judge_arrival, verify_again, verify_arrival
from consumers.effects import Effect, effect_of
from consumers.relationships import RELATING, Relating, load_relating
from consumers.rows import Rows
from consumers.streams import Streams

_CURABLE: Final = ("unknown-key", "key-not-valid", "unknown-schema", "clock-ahead", "bad-table")
"""Reasons for quarantine that a newer directory, a newer version or time may cure."""
_TRIED_AT_ONCE: Final = 64
_UNKNOWN: Final = -1


class Taken(msgspec.Struct, frozen=True):
    """What one batch came to.

    Attributes:
        inbox: Rows for the node's authorities; a message may give several, or none.
        duplicates: Messages that had been taken before, dropped.
    """

    messages: int = 0
    inbox: int = 0
    alerts: int = 0
    duplicates: int = 0
    quarantined: int = 0

    def __add__(self, other: "Taken") -> "Taken":
        pairs = zip(msgspec.structs.astuple(self), msgspec.structs.astuple(other), strict=True)
        return Taken(*(mine + theirs for mine, theirs in pairs))


class Deliverer:
    """Takes what arrives for one node; its database must have the tables of ``consumers.store``."""

    def __init__(self, engine: Engine, *, node: Originator, follower: DirectoryFollower, house: Table) -> None:
        self._engine = engine
        self._node = node
        self._follower = follower
        self._deciders = Deciders(house)
        self._verified = VerifiedBatches()
        self._relating = Relating()
        self._relating_count = _UNKNOWN

    def take(self, batch: Sequence[Delivered], now: datetime) -> Taken:
        """Admit, decide and insert *batch*; drop what was taken before.

        Raises:
            ConfigError: Something of this installation stands in the way; nothing of the batch was taken.
        """
        with self._transaction() as connection:
            taken = self._take(connection, batch, now, again=False)
            _save_positions(connection, batch)
        return taken

    def retry_quarantined(self, now: datetime) -> Taken:
        """Try again what a newer directory, a newer version or time may admit."""
        taken = Taken()
        after: int | None = 0
        while after is not None:
            tried, after = self.retry_next(now, after=after)
            taken += tried
        return taken

    def retry_next(self, now: datetime, *, after: int) -> tuple[Taken, int | None]:
        """Try the next few again; return what it came to, and where to go on: None behind the last."""
        with self._transaction() as connection:
            waiting = _curable(connection, after=after)
            if not waiting:
                return Taken(), None
            tried = self._take(connection, list(waiting.values()), now, again=True)
        # What stays in quarantine was counted when it came there.
        return msgspec.structs.replace(tried, quarantined=0), max(waiting)

    def retry_due(self, now: datetime) -> Taken:
        """Decide again what was kept from a reader by an embargo that has ended since."""
        taken = Taken()
        more = True
        while more:
            decided, more = self.retry_next_due(now)
            taken += decided
        return taken

    def retry_next_due(self, now: datetime) -> tuple[Taken, bool]:
        """Decide the next few again; return what it came to, and whether there may be more."""
        # Most often nothing waits: no reason to keep others from writing.
        with reading(self._engine) as connection:
            if not _due(connection, now):
                return Taken(), False
        with self._transaction() as connection:
            waiting = _due(connection, now)
            setting = self._setting(connection, now)
            rows = Rows(connection, now, setting.directory.digest)
            for row in waiting:
                _decide_again(row, setting, rows)
            rows.save()
        return Taken(**rows.counts), len(waiting) == _TRIED_AT_ONCE

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with writing(self._engine) as connection:
                yield connection
        except BaseException:
            # What was rolled back may have had an agreement or a group.
            self._relating_count = _UNKNOWN
            raise

    def _take(self, connection: Connection, batch: Sequence[Delivered], now: datetime, *, again: bool) -> Taken:
        setting = self._setting(connection, now)
        rows = Rows(connection, now, setting.directory.digest)
        verified = [(delivered, self._verify(delivered, setting, rows)) for delivered in batch]
        whole = [(delivered, one) for delivered, one in verified if one is not None]
        streams = Streams(connection, {one.header.stream for _, one in whole}, rows.findings)
        history = _history(connection)
        duplicates = 0
        for delivered, one in whole:
            outcome = streams.place(one, now)
            if outcome is SequenceOutcome.DUPLICATE and not again and not rows.lacks_content(one):
                duplicates += 1
                continue
            arrival = judge_arrival(one, setting)
            setting = self._with_relationship(arrival, setting)
            backfill = delivered.offset < history.get(delivered.topic, 0)
            if outcome is SequenceOutcome.DUPLICATE:
                rows.add_content(delivered, arrival, backfill=backfill)
            else:
                rows.add(delivered, arrival, outcome, backfill=backfill)
            if again and arrival.error is None:
                rows.cure(delivered)
        rows.save()
        streams.save()
        return Taken(**rows.counts, duplicates=duplicates)

    def _verify(self, delivered: Delivered, setting: Setting, rows: Rows) -> Verified | None:
        try:
            return verify_arrival(delivered, setting)
        except BrokerError as error:
            if effect_of(error) is not Effect.QUARANTINE:
                raise
            rows.refuse(delivered, error)
            return None

    def _setting(self, connection: Connection, now: datetime) -> Setting:
        # Another process of this node may have taken an agreement or a group since the last batch.
        relating = connection.scalar(
            select(func.count())
            .select_from(store.message)
            .where(store.message.c.record_kind.in_([kind.value for kind in RELATING]))
        )
        if relating != self._relating_count:
            self._relating = load_relating(connection)
            self._relating_count = relating or 0
        directory = self._follower.directory
        return Setting(
            directory=directory,
            readers=readers_of(directory, self._node, now),
            deciders=self._deciders,
            relationships=self._relating.in_force(focal_points(directory, now)),
            verified=self._verified,
            now=now,
        )

    def _with_relationship(self, arrival: Arrival, setting: Setting) -> Setting:
        """Let an agreement or a group count for the messages behind it in the same batch."""
        if arrival.content is None or arrival.content.about.kind not in RELATING:
            return setting
        self._relating = self._relating.with_records([arrival.content])
        self._relating_count += 1  # as the next batch will find; any other number has it read them again
        relationships = self._relating.in_force(setting.relationships.focal_points)
        return msgspec.structs.replace(setting, relationships=relationships)


def readers_of(directory: Directory, node: Originator, at: datetime) -> tuple[Reader, ...]:
    """Return the active authorities that *node* serves, as policy sees them."""
    return tuple(Reader.of(entry, active=True) for entry in directory.authorities(at) if entry.node == node)


def load_positions(connection: Connection) -> Mapping[str, int]:
    """Return, for each topic that was read before, the offset that is to be read next."""
    return {row.topic: row.next for row in connection.execute(select(store.position.c.topic, store.position.c.next))}


def begin_topics(connection: Connection, ends: Mapping[str, int]) -> None:
    """Note topics that this node reads for the first time.

    Args:
        ends: The present end of each. To a node that has read nothing yet, what lies below is history, and raises no
            alerts; a topic that a known node has not seen is a new participant's.
    """
    is_new = connection.scalar(select(func.count()).select_from(store.position)) == 0
    rows = [{"topic": topic, "next": 0, "history": end if is_new else 0} for topic, end in ends.items()]
    if rows:
        connection.execute(insert(store.position).on_conflict_do_nothing(), rows)


def accept_loss(connection: Connection, topic: str, following: int) -> None:
    """Note that what lies below the offset *following* of *topic* is given up."""
    here = store.position.c
    statement = update(store.position).where(here.topic == topic, here.next < following).values(next=following)
    connection.execute(statement)


def _curable(connection: Connection, *, after: int) -> dict[int, Delivered]:
    """Return the next ones of quarantine that may be curable, by their ids."""
    here = store.quarantine.c
    rows = connection.execute(
        select(here.id, here.topic, here.offset, here.raw)
        .where(here.id > after, here.admitted_at.is_(None), here.code.in_(_CURABLE))
        .order_by(here.id)
        .limit(_TRIED_AT_ONCE)
    )
    return {row.id: Delivered(row.topic, row.offset, "", row.raw) for row in rows}


def _due(connection: Connection, now: datetime) -> list[Row[Any]]:
    """Return the next ones of the messages that are to be decided again by now."""
    here = store.message.c
    wanted = select(here.digest, here.envelope, here.late).where(here.due_at <= to_micros(now))
    return list(connection.execute(wanted.order_by(here.due_at).limit(_TRIED_AT_ONCE)))


def _decide_again(row: Row[Any], setting: Setting, rows: Rows) -> None:
    try:
        arrival = judge_arrival(verify_again(row.envelope, setting, late=row.late), setting)
        if arrival.error is not None:
            raise arrival.error
        rows.add_decisions(arrival)
    except BrokerError as error:
        if effect_of(error) is not Effect.QUARANTINE:
            raise
        # What a newer directory may cure is tried again later, after everything that is due.
        rows.wait(Digest(row.digest), setting.now + limits.MAX_CLOCK_AHEAD if error.code in _CURABLE else None)


def _history(connection: Connection) -> Mapping[str, int]:
    rows = connection.execute(select(store.position.c.topic, store.position.c.history))
    return {row.topic: row.history for row in rows}


def _save_positions(connection: Connection, batch: Sequence[Delivered]) -> None:
    ends = {delivered.topic: delivered.offset + 1 for delivered in batch}
    statement = insert(store.position)
    newest = statement.excluded.next
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["topic"], set_={"next": newest}, where=store.position.c.next < newest
        ),
        [{"topic": topic, "next": end, "history": 0} for topic, end in ends.items()],
    )
