"""A member of a group on Kafka."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from aiokafka import errors as kafka  # type: ignore[import-untyped]

from broker.bus.kafka import closing
from broker.bus.kafka.arrival import Arrival
from broker.bus.kafka.calls import Calls
from broker.bus.kafka.clients import FETCH_BYTES, Clients
from broker.bus.kafka.damage import DAMAGE
from broker.bus.kafka.inquiry import Inquiry
from broker.bus.kafka.membership import Membership
from broker.bus.kafka.records import delivered, is_sequence
from broker.bus.kafka.suspects import Suspects
from broker.bus.kafka.translation import FOREIGN, translate
from broker.bus.port import Delivered
from broker.errors import BrokerError, BusClosed, BusUnavailable, TopicLost

_JOIN_GRACE_SECONDS: Final = 1.0
"""How long even a fetch that does not wait lets its member join: until others have heard of it, if all is well."""


class KafkaSubscription:
    """See :class:`broker.bus.port.Subscription`.

    What the library has fetched is taken topic by topic: a call for several loses what it has of one when it finds
    another damaged. Only where nothing is there it is asked for all, for one message: the arrival.
    """

    def __init__(self, clients: Clients, inquiry: Inquiry, group: str, starts: Mapping[str, int]) -> None:
        self._clients = clients
        self._pace = clients.pace
        self._inquiry = inquiry
        self._group = group
        self._starts = dict(starts)
        self._calls = Calls(f"the subscription of {group}")
        self._turn = asyncio.Lock()
        self._member: Membership | None = None
        self._joining: asyncio.Task[None] | None = None
        self._retiring: asyncio.Task[None] | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._news = asyncio.Event()
        self._arrival = Arrival(self._wake)
        self._failure: BrokerError | None = None
        self._suspects = Suspects(clients, self._calls, inquiry)
        self._progress_at = 0.0
        self._fetched_at = 0.0

    @property
    def closed(self) -> bool:
        """Nothing can be done with it any more."""
        return self._calls.closed

    async def fetch(self, *, most: int, wait: float) -> Sequence[Delivered]:
        """See the port."""
        self._calls.check()
        self._clients.identity.look()
        async with self._turn, self._calls.call(f"fetch for {self._group}", within=None):
            self._stay_awake()
            try:
                return await self._fetch(most, wait)
            finally:
                self._may_fall_asleep()

    async def commit(self, positions: Mapping[str, int]) -> None:
        """See the port."""
        self._calls.check()
        member = self._member
        lost = set(positions) if member is None else member.holding.lost(positions)
        kept = {topic: position for topic, position in positions.items() if topic not in lost}
        if member is not None and kept:
            try:
                async with self._calls.call(f"commit for {self._group}", within=self._pace.call):
                    try:
                        await member.consumer.commit({member.place(topic): at for topic, at in kept.items()})
                    except asyncio.CancelledError:
                        closing.disregard(member.consumer)
                        raise
            except TopicLost:
                lost |= kept.keys()
                member.lose(kept)
            else:
                member.committed(kept)
                self._wake()
        if lost:
            raise TopicLost(
                f"this member of {self._group} no longer owns {', '.join(sorted(lost))}",
                hint="Its new owner is given what was not committed; go on with the next fetch.",
            )

    async def seek(self, topic: str, offset: int) -> None:
        """See the port."""
        self._calls.check()
        self._owner_of(topic)
        async with self._calls.call(f"seek in {topic}", within=self._pace.call):
            await self._inquiry.check_position(topic, offset)
        member = self._owner_of(topic)
        member.holding.seek(topic, offset)
        member.consumer.seek(member.place(topic), offset)
        member.consumer.resume(member.place(topic))
        self._suspects.discard(topic)
        member.committed({})
        self._wake()

    async def follow(self, topics: Sequence[str], *, start: Mapping[str, int] | None = None) -> None:
        """See the port. The group hears of it with the next fetch that finds nothing in hand."""
        self._calls.check()
        async with self._calls.call(f"follow {', '.join(topics)}", within=self._pace.call):
            await self._inquiry.check(topics)
        self._starts = {topic: (start or {}).get(topic, 0) for topic in topics} | self._starts
        if self._member is not None:
            self._member.add(self._starts)
        self._wake()

    async def close(self) -> None:
        """See the port."""
        if self._calls.closed:
            return
        self._calls.close()
        if self._idle is not None:
            self._idle.cancel()
        tasks = [task for task in (self._joining, self._retiring) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._leave()

    # ── joining and leaving ──────────────────────────────────────────────────────────────────────────────────────────

    async def _join(self) -> None:
        async with self._calls.call(f"join the group {self._group}", within=self._pace.call):
            await self._inquiry.check(self._starts)
            member = Membership(self._clients, self._group, self._starts, self._wake)
            await member.join()
            self._member = member

    async def _joined(self, wait: float) -> Membership:
        """Return the member; one that just came is given a moment to be heard of."""
        if self._retiring is not None:
            await asyncio.shield(self._retiring)
        if self._member is None:
            # A task of its own: cancelling a fetch must not throw away what it began.
            if self._joining is None:
                self._joining = asyncio.create_task(self._join())
                self._joining.add_done_callback(_retrieve)
            try:
                await asyncio.shield(self._joining)
            finally:
                if self._joining.done():
                    self._joining = None
            await self._settle(max(wait, _JOIN_GRACE_SECONDS))
        if self._member is None:
            raise BusClosed(f"the subscription of {self._group} is closed")
        return self._member

    async def _settle(self, seconds: float) -> None:
        deadline = _now() + seconds
        self._news.clear()
        while (member := self._member) and not member.is_settled and (left := deadline - _now()) > 0:
            self._expect(member)
            if self._arrival.is_there:
                return
            await self._pause(left)
            self._news.clear()

    async def _leave(self) -> None:
        member, self._member = self._member, None
        try:
            await self._arrival.withdraw()
        finally:  # also where closing cancels this: a member that nobody knows would keep its topics
            if member is not None:
                await member.leave()

    def _stay_awake(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        now = _now()
        if now - self._fetched_at > 1:
            # Nobody asked meanwhile: that nothing came is no sign.
            self._progress_at = now

    def _may_fall_asleep(self) -> None:
        self._fetched_at = _now()
        if not self.closed:
            self._idle = asyncio.get_running_loop().call_later(self._pace.idle, self._retire)

    def _retire(self) -> None:
        """Give the topics up: whoever fetches joins anew."""
        self._retiring = asyncio.create_task(self._leave())
        self._retiring.add_done_callback(lambda _: setattr(self, "_retiring", None))

    # ── fetching ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _fetch(self, most: int, wait: float) -> Sequence[Delivered]:
        deadline = _now() + wait
        member = await self._joined(wait)
        while True:
            self._news.clear()
            member.wish()
            found: Sequence[Delivered] = [] if self._suspects.are_next(member) else await self._take(member, most)
            if not found and self._suspects and member.holding.settled:
                found = await self._suspects.read(member, most=most)
                if not found and _now() < deadline:
                    continue
            if found:
                self._progress_at = _now()
                return found
            if failure := self._failure or member.failure:
                self._failure = None
                raise failure
            await self._check_alive(member)
            left = deadline - _now()
            if left <= 0:
                return []
            self._expect(member)
            await self._pause(min(left, self._pace.silence / 4))

    async def _take(self, member: Membership, most: int) -> list[Delivered]:
        """Return what the library has; nothing here waits, so that nothing can be lost on the way."""
        holding = member.holding
        found = self._arrived(member)
        size = sum(len(one.value) for one in found)
        # What has arrived is one message of a topic: the rest of it comes first, as if it had been asked for in turn.
        for topic in [*{one.topic: None for one in found}, *holding.in_turn()] if holding.settled else ():
            if len(found) >= most or size >= FETCH_BYTES or self._failure is not None:
                break
            if topic in self._suspects:
                continue
            records = await self._poll(member, topic, most - len(found))
            if records:
                holding.hand_out(topic, records[-1].offset + 1)
                size += sum(len(one.value or b"") for one in records)
                found += delivered(topic, records)
        return found

    async def _poll(self, member: Membership, topic: str, most: int) -> Sequence[Any]:
        place = member.place(topic)
        try:
            answer = await member.consumer.getmany(place, timeout_ms=0, max_records=most)
        except (kafka.OffsetOutOfRangeError, *DAMAGE):
            self._suspects.add(member, topic)
            return ()
        except FOREIGN as error:
            self._failure = translate(error, f"fetch from {topic}")
            return ()
        records: Sequence[Any] = answer.get(place, ())
        if records and not is_sequence(records, member.holding.next.get(topic, -1)):
            self._suspects.add(member, topic)
            return ()
        return records

    def _expect(self, member: Membership) -> None:
        """Let the library tell when there is something, or when the group has something against us."""
        owned = member.holding.in_turn() if member.holding.settled else ()
        places = [member.place(topic) for topic in owned or self._starts]
        self._arrival.expect(member.consumer, places, stamp=member.holding.stamp)

    def _arrived(self, member: Membership) -> list[Delivered]:
        try:
            answer = self._arrival.take(stamp=member.holding.stamp)
        except (kafka.OffsetOutOfRangeError, *DAMAGE):
            # The library does not say whose it is.
            for topic in member.holding.in_turn():
                self._suspects.add(member, topic)
            return []
        except FOREIGN as error:
            self._failure = translate(error, f"fetch for {self._group}")
            return []
        return self._accept(member, answer)

    def _accept(self, member: Membership, answer: Mapping[Any, Sequence[Any]]) -> list[Delivered]:
        holding, found = member.holding, []
        for place, records in answer.items():
            topic = self._clients.names.ours(place.topic) or ""
            if topic in self._suspects:
                continue
            if self._arrival.stamp == holding.stamp and topic in holding.next:
                if is_sequence(records, holding.next[topic]):
                    holding.hand_out(topic, records[-1].offset + 1)
                    found += delivered(topic, records)
                else:
                    self._suspects.add(member, topic)
            elif holding.settled and topic in holding.next:
                # Taken from the library under other circumstances: let it fetch from the right place again.
                member.consumer.seek(place, holding.next[topic])
        return found

    async def _pause(self, seconds: float) -> None:
        """Wait until there is news since it was cleared, for *seconds* at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    def _wake(self) -> None:
        self._news.set()

    async def _check_alive(self, member: Membership) -> None:
        """Check that nothing came because there is nothing: ask how far the topics reach, on another connection.

        Raises:
            BusUnavailable: There is something, and it does not come; or nobody answers.
        """
        holding = member.holding
        if _now() - self._progress_at < self._pace.silence:
            return
        ends = await self._inquiry.ends(holding.in_turn() or sorted(self._starts))
        if holding.settled:
            for topic, end in ends.items():
                is_read = topic in holding.next and topic not in holding.aside
                if is_read and await self._stands(member, topic) < end:
                    await self._suspects.check_silence(member, topic)
            self._progress_at = _now()
        elif _now() - self._progress_at > self._pace.rebalance + self._pace.session + self._pace.silence:
            raise BusUnavailable(f"the group {self._group} does not come to share out its topics")

    async def _stands(self, member: Membership, topic: str) -> int:
        """Return how far the library has come: further than what it gave where marks of transactions lie."""
        position = await member.consumer.position(member.place(topic))
        return max(int(position), member.holding.next.get(topic, 0))

    def _owner_of(self, topic: str) -> Membership:
        member = self._member
        if member is None or not member.holding.settled or topic not in member.holding.next:
            raise TopicLost(f"this member of {self._group} does not own {topic}", hint="Its owner can seek.")
        return member


def _now() -> float:
    return asyncio.get_running_loop().time()


def _retrieve(task: asyncio.Future[Any]) -> None:
    if not task.cancelled():
        task.exception()
