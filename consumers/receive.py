"""The loop around :mod:`consumers.deliver`: wait for the bus, take, commit; once to the present end, or on and on."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import Engine

from broker import limits
from broker.bus.port import Bus, Delivered, Subscription
from broker.database import reading, writing
from broker.errors import PositionOutOfRange, TransportError
from broker.follow import DirectoryFollower
from broker.types.names import Originator
from broker.types.time import Clock
from consumers.deliver import Deliverer, Taken, begin_topics, load_positions
from consumers.findings import Findings, open_findings

MESSAGES_AT_ONCE: Final = 64
_WAIT_SECONDS: Final = 1.0
_HELPINGS_BETWEEN_BATCHES: Final = 4
_FIRST_PAUSE_SECONDS: Final = 0.5
_LAST_PAUSE_SECONDS: Final = 30.0
_BUS_BEHIND: Final = "bus-behind"

Report = Callable[[Taken], None]


class Receiver:
    """Receives for one node."""

    def __init__(
        self,
        engine: Engine,
        bus: Bus,
        *,
        node: Originator,
        deliverer: Deliverer,
        follower: DirectoryFollower,
        clock: Clock,
    ) -> None:
        self._engine = engine
        self._bus = bus
        self._group = f"node-{node.replace('/', '-').replace('~', '')}"
        self._deliverer = deliverer
        self._follower = follower
        self._clock = clock
        self._digest = follower.directory.digest
        self._tried_at = clock()
        self._retrying: int | None = None
        """Where a walk over the quarantine goes on; None while there is none."""
        self._walk_again = False
        self._has_due = False
        """Whether embargoes may have ended that were not looked at since."""

    async def receive(self) -> Taken:
        """Take everything that is on the bus now; return what it came to.

        Raises:
            TransportError: The bus went away; what was taken until then stays taken.
            PositionOutOfRange: A topic ends before the place where this node stands: it was rolled back, or replaced.
                All others were received.
            ConfigError: Something of this installation stands in the way.
        """
        self._digest = (await self._follower.catch_up(self._bus)).digest
        taken = await self._retry()
        topics = await self._message_topics()
        ends = {topic: await self._bus.end(topic) for topic in topics}
        positions = self._begin(ends)
        waiting: list[Delivered] = []
        behind: dict[str, PositionOutOfRange] = {}
        for topic in sorted(topics):
            # A position beyond the end asks too: the bus says that it is not the one that we read before.
            while positions[topic] != ends[topic]:
                room = MESSAGES_AT_ONCE - len(waiting)
                try:
                    batch = await self._bus.read(topic, start=positions[topic], most=room)
                except PositionOutOfRange as error:
                    behind[topic] = error
                    break
                if not batch:
                    break
                waiting += batch
                positions[topic] = batch[-1].offset + 1
                # Many topics with little in each are one transaction, not one a topic.
                if len(waiting) >= MESSAGES_AT_ONCE:
                    taken += await self._take(waiting)
                    waiting = []
        taken += await self._take(waiting) if waiting else Taken()
        self._report_behind(topics, behind)
        return taken

    async def follow(self, report: Report) -> None:
        """Take what arrives, for ever; end by cancelling.

        The bus being away is waited for. A topic of a new participant is read as soon as the directory knows it.

        Raises:
            ConfigError: Something of this installation stands in the way.
        """
        pause = _FIRST_PAUSE_SECONDS

        def heard(taken: Taken) -> None:
            nonlocal pause
            pause = _FIRST_PAUSE_SECONDS
            report(taken)

        while True:
            try:
                await self._follow(heard)
            except TransportError as error:
                if not error.retriable:
                    raise
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LAST_PAUSE_SECONDS)

    async def _follow(self, report: Report) -> None:
        # First outside the group, from where the database stands: a restored one lags behind what the group committed.
        report(await self.receive())
        topics = await self._message_topics()
        positions = self._begin(dict.fromkeys(topics, 0))
        subscription = self._bus.subscribe(self._group, sorted(topics), start=positions)
        try:
            while True:
                wait = _WAIT_SECONDS if self._retrying is None and not self._has_due else 0.0
                batch = await subscription.fetch(most=MESSAGES_AT_ONCE, wait=wait)
                refreshed = await self._refresh()
                if refreshed != Taken():
                    report(refreshed)
                topics = await self._follow_new(subscription, topics)
                if batch:
                    report(await self._take(batch))
                    await subscription.commit({one.topic: one.offset + 1 for one in batch})
        finally:
            await subscription.close()

    async def _follow_new(self, subscription: Subscription, known: frozenset[str]) -> frozenset[str]:
        topics = await self._message_topics()
        new = sorted(topics - known)
        if new:
            positions = self._begin(dict.fromkeys(new, 0))
            await subscription.follow(new, start={topic: positions[topic] for topic in new})
        return topics

    async def _refresh(self) -> Taken:
        """Read the directory to its end; where it changed, or some time has passed, try again what waits for that."""
        directory = await self._follower.catch_up(self._bus)
        if directory.digest != self._digest or self._clock() - self._tried_at >= limits.MAX_CLOCK_AHEAD:
            self._digest, self._tried_at = directory.digest, self._clock()
            self._walk_again = self._retrying is not None
            self._retrying = self._retrying or 0
            self._has_due = True
        return await self._retry_some()

    async def _retry_some(self) -> Taken:
        """Go on with the walk over what waits, a little: however much lies there, what arrives does not wait."""
        taken = Taken()
        for _ in range(_HELPINGS_BETWEEN_BATCHES):
            if not self._has_due:
                break
            decided, self._has_due = await asyncio.to_thread(self._deliverer.retry_next_due, self._clock())
            taken += decided
        for _ in range(_HELPINGS_BETWEEN_BATCHES):
            if self._retrying is None:
                break
            tried, self._retrying = await asyncio.to_thread(
                self._deliverer.retry_next, self._clock(), after=self._retrying
            )
            taken += tried
            if self._retrying is None and self._walk_again:
                self._retrying, self._walk_again = 0, False
        return taken

    async def _retry(self) -> Taken:
        self._tried_at = self._clock()
        taken = await asyncio.to_thread(self._deliverer.retry_quarantined, self._tried_at)
        return taken + await asyncio.to_thread(self._deliverer.retry_due, self._tried_at)

    async def _take(self, batch: Sequence[Delivered]) -> Taken:
        return await asyncio.to_thread(self._deliverer.take, batch, self._clock())

    def _report_behind(self, topics: Iterable[str], behind: Mapping[str, PositionOutOfRange]) -> None:
        """Keep on record which topics end before the place where this node stands, and raise the first of them."""
        with reading(self._engine) as connection:
            was = {one.place for one in open_findings(connection) if one.code == _BUS_BEHIND}
        healed = was.intersection(topics) - behind.keys()
        if behind or healed:
            with writing(self._engine) as connection:
                findings = Findings(connection)
                for topic, error in behind.items():
                    findings.report(_BUS_BEHIND, topic, str(error), self._clock())
                for topic in healed:
                    findings.heal(_BUS_BEHIND, topic, self._clock())
        for error in behind.values():
            raise error

    async def _message_topics(self) -> frozenset[str]:
        prefix = f"{self._follower.directory.federation}.msg."
        return frozenset(topic for topic in await self._bus.topics() if topic.startswith(prefix))

    def _begin(self, ends: dict[str, int]) -> dict[str, int]:
        with writing(self._engine) as connection:
            begin_topics(connection, ends)
        with reading(self._engine) as connection:
            return dict(load_positions(connection))
