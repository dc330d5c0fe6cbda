"""A member of a group on the embedded bus."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection

from broker.bus import checks, membership, storage
from broker.bus.membership import Member, Share
from broker.bus.port import Delivered
from broker.bus.worker import Worker
from broker.database import reading, writing
from broker.errors import BusClosed, BusUnavailable, TopicLost

T = TypeVar("T")


@dataclass(slots=True)
class _Held:
    """A topic that this member owns."""

    topic: int
    next: int
    """Where the next fetch reads."""
    fetched: int | None = None
    """The end of what was fetched and not committed."""


class EmbeddedSubscription:
    """See :class:`broker.bus.port.Subscription`."""

    def __init__(self, worker: Worker, group: str, starts: Mapping[str, int]) -> None:
        self._worker = worker
        self._group = group
        self._starts = dict(starts)
        self._gate = asyncio.Lock()
        self.closed = False
        self._member: Member | None = None
        self._generation = -1
        self._held: dict[str, _Held] = {}
        self._leaving: frozenset[str] = frozenset()
        self._lost: set[str] = set()
        self._last_served = ""

    async def fetch(self, *, most: int, wait: float) -> Sequence[Delivered]:
        """See the port."""
        deadline = time.monotonic() + wait
        while True:
            seen = self._worker.watcher.count
            async with self._gate:
                found = await self._run(lambda: self._poll(most))
                if found:
                    # Only here, where no cancellation can come between this and the caller's having them.
                    self._hand_out(found)
                    return found
            left = deadline - time.monotonic()
            if left <= 0:
                return []
            # Not longer than a part of a lease: that a member died is no change in the file.
            await self._worker.watcher.changed(seen, within=min(left, self._worker.lease / 3))

    async def commit(self, positions: Mapping[str, int]) -> None:
        """See the port."""
        async with self._gate:
            await self._run(lambda: self._commit(positions))

    async def seek(self, topic: str, offset: int) -> None:
        """See the port."""
        async with self._gate:
            await self._run(lambda: self._seek(topic, offset))

    async def follow(self, topics: Sequence[str], *, start: Mapping[str, int] | None = None) -> None:
        """See the port."""
        starts = {topic: (start or {}).get(topic, 0) for topic in topics}
        async with self._gate:
            await self._run(lambda: self._follow(starts))

    async def close(self) -> None:
        """See the port."""
        if self.closed:
            return
        self.closed = True
        self._worker.watcher.wake()
        async with self._gate:
            with suppress(BusUnavailable):  # then its lease runs out instead
                await self._worker.run(self._leave)

    async def _run(self, work: Callable[[], T]) -> T:
        if self.closed:
            raise BusClosed(f"the subscription of {self._group} is closed")
        return await self._worker.run(work)

    # What follows runs on a thread, one call at a time.

    def _poll(self, most: int) -> list[Delivered]:
        self._settle()
        with reading(self._worker.engine) as connection:
            return self._read(connection, most)

    def _settle(self) -> None:
        while not self._is_settled():
            with writing(self._worker.engine) as connection:
                member = self._member or self._join(connection)
                busy = frozenset(held.topic for held in self._held.values() if held.fetched is not None)
                share = membership.settle(connection, member, busy=busy, now=self._worker.now())
                known = storage.topic_ids(connection)
            if share is None:
                self._forget()
            else:
                self._hold(share, known)

    def _is_settled(self) -> bool:
        member = self._member
        if member is None or any(self._held[name].fetched is None for name in self._leaving):
            return False
        with reading(self._worker.engine) as connection:
            return membership.is_settled(connection, member, self._generation, now=self._worker.now())

    def _join(self, connection: Connection) -> Member:
        known = storage.topic_ids(connection)
        checks.check_known(known, self._starts)
        member = membership.join(connection, self._group, lease=self._worker.lease, now=self._worker.now())
        membership.wish(connection, member, {known[name]: start for name, start in self._starts.items()})
        self._member = member
        self._worker.heartbeat.add(member)
        return member

    def _hold(self, share: Share, known: Mapping[str, int]) -> None:
        names = {topic: name for name, topic in known.items()}
        self._generation = share.generation
        self._leaving = frozenset(names[topic] for topic in share.leaving)
        self._drop(self._held.keys() - {names[topic] for topic in share.positions})
        for topic, position in share.positions.items():
            self._held.setdefault(names[topic], _Held(topic, position))

    def _drop(self, names: Iterable[str]) -> None:
        for name in list(names):
            if self._held.pop(name).fetched is not None:
                self._lost.add(name)

    def _forget(self) -> None:
        if self._member is not None:
            self._worker.heartbeat.remove(self._member)
        self._member = None
        self._leaving = frozenset()
        self._drop(self._held)

    def _read(self, connection: Connection, most: int) -> list[Delivered]:
        ends = storage.ends(connection)
        found: list[Delivered] = []
        for name in self._in_turn():
            held = self._held[name]
            checks.check_position(name, held.next, end=ends[held.topic])
            if held.next < ends[held.topic] and len(found) < most:
                found += storage.read(connection, (name, held.topic), start=held.next, most=most - len(found))
                if sum(len(one.value) for one in found) >= storage.MAX_READ_BYTES:
                    break
        return found

    def _in_turn(self) -> list[str]:
        names = sorted(self._held.keys() - self._leaving)
        after = [name for name in names if name > self._last_served]
        return after + names[: len(names) - len(after)]

    def _hand_out(self, found: Sequence[Delivered]) -> None:
        for one in found:
            held = self._held[one.topic]
            held.next = held.fetched = one.offset + 1
        self._last_served = found[-1].topic

    def _commit(self, positions: Mapping[str, int]) -> None:
        lost = {name for name in positions if name in self._lost or name not in self._held}
        self._lost -= lost
        wanted = {self._held[name].topic: name for name in positions.keys() - lost}
        if self._member is not None and wanted:
            with writing(self._worker.engine) as connection:
                refused = membership.commit(
                    connection, self._member, {topic: positions[name] for topic, name in wanted.items()}
                )
            lost |= {wanted[topic] for topic in refused}
        self._note_committed(positions, lost)
        if lost:
            raise TopicLost(
                f"this member of {self._group} no longer owns {', '.join(sorted(lost))}",
                hint="Its new owner is given what was not committed; go on with the next fetch.",
            )

    def _note_committed(self, positions: Mapping[str, int], lost: set[str]) -> None:
        for name, position in positions.items():
            held = self._held.get(name)
            if held is None:
                continue
            if name in lost:
                del self._held[name]
                self._leaving -= {name}
                self._generation = -1
            elif held.fetched is not None and position >= held.fetched:
                held.fetched = None

    def _seek(self, topic: str, offset: int) -> None:
        self._settle()
        held = self._held.get(topic)
        if held is None or topic in self._leaving:
            raise TopicLost(f"this member of {self._group} does not own {topic}", hint="Its owner can seek.")
        with reading(self._worker.engine) as connection:
            checks.check_position(topic, offset, end=storage.ends(connection)[held.topic])
        held.next, held.fetched = offset, None

    def _follow(self, starts: Mapping[str, int]) -> None:
        with writing(self._worker.engine) as connection:
            known = storage.topic_ids(connection)
            checks.check_known(known, starts)
            if self._member is not None:
                membership.wish(connection, self._member, {known[name]: start for name, start in starts.items()})
        self._starts = {**starts, **self._starts}

    def _leave(self) -> None:
        member = self._member
        self._forget()
        if member is not None:
            with writing(self._worker.engine) as connection:
                membership.leave(connection, member)
