"""Take what arrives: admit, decide, insert, each batch in one transaction.

The node's own database says where it stands; the group's position on the bus only helps the members of the node's group
to share the work. So a database that was restored from a backup reads again what it lacks, and a crash between the
transaction and the commit on the bus gives duplicates, which their stream and number betray.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, Row, func, select

from broker import limits
from broker.about import Reader
from broker.admit import Verified
from broker.bus.port import Delivered
from broker.database import reading, writing
from broker.deciders import Deciders
from broker.directory.directory import Directory
from broker.directory.word import nowhere
from broker.envelope.message import open_envelope
from broker.errors import BadTable, BrokerError, KeyRevoked
from broker.follow import DirectoryFollower
from broker.grants import StandingGrant
from broker.logbook import load_state, place_in
from broker.policy.table import Table
from broker.relationships import focal_points
from broker.sequence import SequenceOutcome
from broker.signing.batch import VerifiedBatches
from broker.types.names import Digest, Originator
from broker.types.vocabulary import Kind
from consumers import store, unopened
from consumers.arrival import Arrival, Setting, judge_again, judge_arrival, verify_again, verify_arrival
from consumers.effects import Effect, effect_of
from consumers.findings import Findings
from consumers.grants import counting
from consumers.heads import Hearing, note_heads
from consumers.inbox import in_inbox
from consumers.positions import load_history, save_positions
from consumers.purge import Purger
from consumers.relationships import RELATING, Relating, answer_in, load_relating
from consumers.releases import Releases
from consumers.rows import Rows
from consumers.streams import Streams
from consumers.tombstones import has_nothing_left
from consumers.unsealing import Unsealer
from consumers.waiting import CURABLE, TRIED_AT_ONCE, next_curable, next_due, next_unproven, stored_records

_UNKNOWN: Final = -1


class Taken(msgspec.Struct, frozen=True):
    """What one batch came to.

    Attributes:
        inbox: Rows for the node's authorities; a message may give several, or none.
        duplicates: Messages that had been taken before, dropped.
        pending: Messages of which nothing can be read here, for want of a key.
        purged: Messages of which something was removed: recalled, corrected, or not to be kept any longer.
    """

    messages: int = 0
    inbox: int = 0
    alerts: int = 0
    duplicates: int = 0
    quarantined: int = 0
    pending: int = 0
    purged: int = 0

    def __add__(self, other: "Taken") -> "Taken":
        pairs = zip(msgspec.structs.astuple(self), msgspec.structs.astuple(other), strict=True)
        return Taken(*(mine + theirs for mine, theirs in pairs))


class Deliverer:
    """Takes what arrives for one node; its database must have the tables of ``consumers.store``."""

    def __init__(
        self, engine: Engine, *, node: Originator, follower: DirectoryFollower, house: Table, unsealer: Unsealer
    ) -> None:
        self._engine = engine
        self._unsealer = unsealer
        self._purger = Purger(engine, unsealer.section_keys)
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
        with self._transaction(now) as connection:
            taken = self._take(connection, batch, now, again=False)
            save_positions(connection, batch)
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
        with self._transaction(now) as connection:
            waiting = next_curable(connection, after=after)
            if not waiting:
                return Taken(), None
            tried = self._take(connection, list(waiting.values()), now, again=True)
        # What stays in quarantine was counted when it came there.
        return msgspec.structs.replace(tried, quarantined=0), max(waiting)

    def logged(self) -> int:
        """Return how much of the log this node has read."""
        with reading(self._engine) as connection:
            return load_state(connection).size

    def retry_unproven(self, now: datetime) -> Taken:
        """Try again the messages of revoked keys: the log may prove by now that they are older."""
        taken = Taken()
        after: int | None = 0
        while after is not None:
            tried, after = self.retry_next_unproven(now, after=after)
            taken += tried
        return taken

    def retry_next_unproven(self, now: datetime, *, after: int) -> tuple[Taken, int | None]:
        """Try the next few of these again; return what it came to, and where to go on: None behind the last."""
        with reading(self._engine) as connection:
            if not load_state(connection).size or not next_unproven(connection, after=after):
                return Taken(), None
        with self._transaction(now) as connection:
            waiting = next_unproven(connection, after=after)
            tried = self._take(connection, list(waiting.values()), now, again=True)
        return msgspec.structs.replace(tried, quarantined=0), max(waiting, default=None)

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
            if not next_due(connection, now):
                return Taken(), False
        with self._transaction(now) as connection:
            waiting = next_due(connection, now)
            decided = self._decide_again(connection, waiting, self._setting(connection, now))
        return decided, len(waiting) == TRIED_AT_ONCE

    def retry_releases(self, now: datetime) -> Taken:
        """Try again to open what was released before this node knew a key that it takes."""
        taken = Taken()
        more = True
        while more:
            opened, more = self.retry_next_releases(now)
            taken += opened
        return taken

    def retry_next_releases(self, now: datetime) -> tuple[Taken, bool]:
        """Try the next few releases again; return what it came to, and whether there may be more."""
        directory, keyring = self._follower.directory, self._unsealer.keyring()
        with reading(self._engine) as connection:
            if unopened.openable(connection, directory, keyring) is None:
                return Taken(), False
        with self._transaction(now) as connection:
            found = unopened.openable(connection, directory, keyring)
            if found is None:
                return Taken(), False
            key, waiting = found
            setting = self._setting(connection, now)
            again = list(_verified_again(waiting, setting))
            releases = Releases(connection, self._unsealer, Findings(connection), now)
            releases.try_again(again, directory, setting.relationships.focal_points)
            for row in waiting:
                unopened.add_tried(connection, Digest(row.digest), key)
            shown = in_inbox(connection, releases.late)
            opened = self._decide_again(connection, stored_records(connection, releases.late), setting)
            return opened + self._purge(connection, releases.late, setting, shown), True

    def purge(self, now: datetime) -> Taken:
        """Remove what is recalled, corrected, or not to be kept any longer by now."""
        return Taken(purged=self._purger.run(self._follower.directory, now))

    @contextmanager
    def _transaction(self, now: datetime) -> Iterator[Connection]:
        try:
            with writing(self._engine) as connection:
                yield connection
        except BaseException:
            # What was rolled back may have had an agreement or a group.
            self._relating_count = _UNKNOWN
            raise
        self._purger.finish(now)

    def _take(self, connection: Connection, batch: Sequence[Delivered], now: datetime, *, again: bool) -> Taken:
        setting = self._setting(connection, now)
        rows = Rows(connection, now, setting.directory.digest)
        verified = [(delivered, self._verify(delivered, setting, rows)) for delivered in batch]
        whole = [(delivered, one) for delivered, one in verified if one is not None]
        releases = Releases(connection, self._unsealer, rows.findings, now)
        releases.take([one for _, one in whole], setting.directory, setting.relationships.focal_points)
        keys = self._unsealer.keys_of(one.header for _, one in whole)
        setting = msgspec.structs.replace(setting, keys=keys)
        late = dict(releases.late)
        streams = Streams(connection, {one.header.stream for _, one in whole}, rows.findings)
        history = load_history(connection)
        duplicates = 0
        answers: list[StandingGrant] = []
        for delivered, one in whole:
            outcome = streams.place(one, now)
            if outcome is SequenceOutcome.DUPLICATE and not again and not rows.lacks_content(one):
                duplicates += 1
                continue
            error = releases.errors.get(one.opened.digest)
            arrival = judge_arrival(one, setting) if error is None else Arrival(one, None, error, ())
            setting = self._with_relationship(arrival, setting)
            if arrival.content is not None and (answer := answer_in(arrival.content)) is not None:
                answers.append(answer)
            if one.header.kind is Kind.HEADS:
                note_heads(one, streams, Hearing(connection, setting.directory, rows.findings), now)
            backfill = delivered.offset < history.get(delivered.topic, 0)
            if outcome is SequenceOutcome.DUPLICATE:
                rows.add_content(delivered, arrival, backfill=backfill)
            else:
                rows.add(delivered, arrival, outcome, backfill=backfill)
            if again and arrival.error is None:
                rows.cure(delivered)
        shown = in_inbox(connection, {*late, *(one.message for one in answers)})
        rows.save()
        streams.save()
        late |= dict.fromkeys(counting(connection, answers, setting))  # somebody may be permitted to see more of it
        taken = Taken(**rows.counts, duplicates=duplicates)
        taken += self._decide_again(connection, stored_records(connection, late), setting)
        touched = [*late, *(one.opened.digest for _, one in whole)]
        return taken + self._purge(connection, touched, setting, shown)

    def _purge(
        self, connection: Connection, touched: Collection[Digest], setting: Setting, shown: frozenset[Digest]
    ) -> Taken:
        """Remove what came in this transaction and had been taken back, or what that takes back."""
        settled = self._purger.settle(connection, setting.directory, setting.now, touched, shown=shown)
        return Taken(purged=settled.purged, inbox=-settled.inbox, alerts=-settled.alerts)

    def _decide_again(self, connection: Connection, stored: Sequence[Row[Any]], setting: Setting) -> Taken:
        """Decide anew about messages that arrived before, by the keys that are here now."""
        if not stored:
            return Taken()
        rows = Rows(connection, setting.now, setting.directory.digest)
        headers = [open_envelope(row.envelope).header for row in stored]
        setting = msgspec.structs.replace(setting, keys=self._unsealer.keys_of(headers))
        for row in stored:
            arrival = _judged_again(row, setting, rows)
            if arrival is not None:
                setting = self._with_relationship(arrival, setting)
        rows.save()
        return Taken(**rows.counts)

    def _verify(self, delivered: Delivered, setting: Setting, rows: Rows) -> Verified | None:
        try:
            return verify_arrival(delivered, setting)
        except BrokerError as error:
            if effect_of(error) is not Effect.QUARANTINE:
                raise
            rows.refuse(delivered, error)
            return None

    def _setting(self, connection: Connection, now: datetime) -> Setting:
        # Another process of this node may have taken an agreement or a group since the last batch, or purged one.
        relating = connection.scalar(
            select(func.count())
            .select_from(store.message)
            .where(store.message.c.record_kind.in_([kind.value for kind in RELATING]), ~has_nothing_left())
        )
        if relating != self._relating_count:
            self._relating = load_relating(connection, self._unsealer.section_keys)
            self._relating_count = relating or 0
        directory = self._follower.directory
        is_log_read = load_state(connection).size > 0
        return Setting(
            directory=directory,
            readers=readers_of(directory, self._node, now),
            deciders=self._deciders,
            relationships=self._relating.in_force(focal_points(directory, now)),
            verified=self._verified,
            now=now,
            places=partial(place_in, connection) if is_log_read else nowhere,
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


def _judged_again(row: Row[Any], setting: Setting, rows: Rows) -> Arrival | None:
    """Decide anew about the record in *row*; return it if something was decided."""
    digest = Digest(row.digest)
    try:
        arrival = judge_again(verify_again(row.envelope, setting, late=row.late), setting)
        if isinstance(arrival.error, BadTable):
            raise arrival.error
    except BrokerError as error:
        if effect_of(error) is not Effect.QUARANTINE:
            raise
        # What a newer directory may cure is tried again later, after everything that is due.
        curable = error.code in CURABLE or (isinstance(error, KeyRevoked) and setting.places is not nowhere)
        rows.wait(digest, setting.now + limits.MAX_CLOCK_AHEAD if curable else None)
        return None
    rows.note_broken(arrival)
    if arrival.content is None:
        rows.wait(digest, None)
        return None
    # The end of an embargo is news; a key that comes for old history is none.
    rows.add_decisions(arrival, is_told=row.due_at is not None or not row.backfill)
    return arrival


def _verified_again(stored: Iterable[Row[Any]], setting: Setting) -> Iterator[Verified]:
    """Yield what would still be admitted; of the others nothing new is believed."""
    for row in stored:
        try:
            yield verify_again(row.envelope, setting, late=row.late)
        except BrokerError as error:
            if effect_of(error) is not Effect.QUARANTINE:
                raise
