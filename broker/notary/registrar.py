"""Entering what was read: judged, given its place, time and number, all in one transaction with the positions."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine

from broker import limits
from broker.database import reading, writing
from broker.directory.directory import Directory
from broker.directory.index import EnrolledKey
from broker.errors import ClockAhead, Gap
from broker.notary import arrivals
from broker.notary.arrivals import Position, Torn
from broker.notary.journal import Appended, append, last_seen
from broker.notary.judging import Arrived, Waiting, judge_all
from broker.notary.progress import Equivocation
from broker.notary.topics import Batch
from broker.signing.batch import VerifiedBatches
from broker.types.names import Digest, KeyId
from broker.types.time import Clock, from_micros, to_micros


class Room(msgspec.Struct, frozen=True):
    """How much of one topic is kept that waits for the directory.

    So no participant fills the notary's disk, nor the room of another: who may write to a topic is the bus's rule.
    """

    messages: int = limits.MAX_NOTARY_WAITING
    size_bytes: int = limits.MAX_NOTARY_WAITING_BYTES


class Entered(msgspec.Struct, frozen=True):
    """What became of messages that were read.

    Attributes:
        crowded: Topics of which more waits than there is room for.
    """

    logged: int = 0
    duplicates: int = 0
    refused: int = 0
    equivocations: tuple[Equivocation, ...] = ()
    crowded: frozenset[str] = frozenset()

    def __add__(self, other: "Entered") -> "Entered":
        return Entered(
            self.logged + other.logged,
            self.duplicates + other.duplicates,
            self.refused + other.refused,
            (*self.equivocations, *other.equivocations),
            self.crowded | other.crowded,
        )


NOTHING: Final = Entered()


ROOM: Final = Room()


class Registrar:
    """Keeps the journal's incoming side for one notary; its calls block."""

    def __init__(self, engine: Engine, clock: Clock, room: Room = ROOM) -> None:
        self._engine = engine
        self._clock = clock
        self._room = room
        self._taken: dict[str, tuple[int, int]] = {}
        self._is_taken_known = False
        self._verified = VerifiedBatches()
        self._judged: dict[KeyId, EnrolledKey | None] = {}
        """The keys that messages wait for, as they were when those were judged last."""
        self._judged_under: Digest | None = None

    def positions(self) -> dict[str, Position]:
        """Return where to read on, by topic."""
        with reading(self._engine) as connection:
            return arrivals.load_positions(connection)

    def gaps(self) -> list[Torn]:
        """Return the parts of topics that were not had."""
        with reading(self._engine) as connection:
            return arrivals.load_torn(connection)

    def mend(self, torn: Torn) -> None:
        """Forget a gap: all of it was had."""
        with writing(self._engine) as connection:
            arrivals.mend(connection, torn)

    def waiting(self) -> int:
        """Return how many messages wait for the directory."""
        with reading(self._engine) as connection:
            return arrivals.count_waiting(connection)

    def clock_trouble(self) -> ClockAhead | None:
        """Return that the clock is behind the log, which says when messages were seen; None where it is not.

        It was ahead once, or is wrong now. Until it has caught up every message is logged under one time, and one that
        is too far ahead makes honest messages look late for their keys.
        """
        with reading(self._engine) as connection:
            last = last_seen(connection)
        now = self._clock()
        if last and from_micros(last) - now > limits.MAX_CLOCK_AHEAD:
            return ClockAhead(
                f"the log says that it saw a message at {from_micros(last).isoformat()}, it is {now.isoformat()} here",
                hint="compare this clock with a time server; until then messages are logged under the later time",
            )
        return None

    def deferred(self) -> list[Torn]:
        """Return the parts of topics that are to be read again when the directory is another one."""
        with reading(self._engine) as connection:
            return arrivals.load_deferred(connection)

    def end_deferred(self, topic: str) -> None:
        """Forget what was to be read again of a topic."""
        with writing(self._engine) as connection:
            arrivals.end_deferred(connection, topic)

    def tear(self, gap: Gap) -> None:
        """Note a part of a topic that the bus does not give."""
        with writing(self._engine) as connection:
            arrivals.tear(connection, gap)

    def enter(self, batch: Batch, directory: Directory) -> Entered:
        """Enter what was read, and that it was read; what waits and has no room is to be read again."""
        arrived = [Arrived(one.topic, one.offset, one.value) for one in batch.messages]
        signed, waiting, refused = judge_all(arrived, directory, self._verified)
        now = to_micros(self._clock())
        with writing(self._engine) as connection:
            appended = append(connection, [one.entry(now) for one in signed])
            crowded = self._keep(connection, waiting)
            arrivals.enter_refused(connection, refused)
            for gap in batch.gaps:
                arrivals.tear(connection, gap)
            arrivals.save_positions(connection, batch.positions)
        return _entered(appended, len(refused), crowded)

    def _keep(self, connection: Connection, waiting: Sequence[Waiting]) -> frozenset[str]:
        """Keep what waits as far as there is room; return the topics of which some has to be read again."""
        known = arrivals.known_copies(connection, [one.copy for one in waiting])
        arrivals.enter_waiting(connection, [one for one in waiting if one.copy in known])
        waiting = [one for one in waiting if one.copy not in known]
        if not waiting:
            return frozenset()
        kept, left = self._fitting(waiting)
        if left:  # what waits no more was never counted off, and copies that come twice were counted twice
            self._taken, self._is_taken_known = arrivals.load_taken(connection), True
            kept, left = self._fitting(waiting)
        arrivals.enter_waiting(connection, kept)
        for one in kept:
            self._taken[one.topic] = self._grown(one)
        for topic in {one.topic for one in left}:
            offsets = [one.offset for one in left if one.topic == topic]
            arrivals.defer(connection, topic, min(offsets), max(offsets) + 1)
        return frozenset(one.topic for one in left)

    def _fitting(self, waiting: Sequence[Waiting]) -> tuple[list[Waiting], list[Waiting]]:
        before, kept, left = dict(self._taken), list[Waiting](), list[Waiting]()
        for one in waiting:
            messages, size = self._grown(one)
            fits = self._is_taken_known and messages <= self._room.messages and size <= self._room.size_bytes
            if fits:
                self._taken[one.topic] = (messages, size)
            (kept if fits else left).append(one)
        self._taken = before
        return kept, left

    def _grown(self, one: Waiting) -> tuple[int, int]:
        messages, size = self._taken.get(one.topic, (0, 0))
        return messages + 1, size + len(one.envelope)

    def judge_waiting(self, directory: Directory) -> Entered:
        """Judge again what waits for keys about which *directory* says something else than before."""
        if directory.digest == self._judged_under:
            return NOTHING
        with reading(self._engine) as connection:
            keys = arrivals.awaited_keys(connection)
        changed = [key for key in keys if directory.key(key) != self._judged.get(key)]
        entered = NOTHING
        for page in self._pages(changed):
            entered += self._judge_again(page, directory)
        self._judged = {key: directory.key(key) for key in keys}
        self._judged_under = directory.digest
        return entered

    def _pages(self, keys: Sequence[KeyId]) -> Iterator[Sequence[Waiting]]:
        with reading(self._engine) as connection:
            yield from arrivals.load_waiting(connection, keys)

    def _judge_again(self, page: Sequence[Waiting], directory: Directory) -> Entered:
        arrived = [Arrived(one.topic, one.offset, one.envelope) for one in page]
        signed, waiting, refused = judge_all(arrived, directory, self._verified)
        still = {one.copy for one in waiting}
        now = to_micros(self._clock())
        with writing(self._engine) as connection:
            appended = append(connection, [one.entry(now) for one in signed])
            arrivals.end_waiting(connection, [one.copy for one in page if one.copy not in still])
            arrivals.enter_waiting(connection, waiting)
            arrivals.enter_refused(connection, refused)
        self._is_taken_known = False
        return _entered(appended, len(refused))


def _entered(appended: Appended, refused: int, crowded: frozenset[str] = frozenset()) -> Entered:
    return Entered(appended.logged, appended.duplicates, refused, appended.equivocations, crowded)
