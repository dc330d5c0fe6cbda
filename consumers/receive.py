"""The loop around :mod:`consumers.deliver`: wait for the bus, take, commit; once to the present end, or on and on."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from sqlalchemy import Engine

from broker.bus.port import Bus, Delivered, Subscription
from broker.database import reading, writing
from broker.errors import (
    BadIdentity,
    BrokerError,
    BusForbidden,
    BusMisconfigured,
    CorruptBatch,
    PositionOutOfRange,
    RetentionPassed,
    TransportError,
)
from broker.follow import DirectoryFollower
from broker.types.names import Originator
from broker.types.time import Clock
from consumers.deliver import Deliverer, Taken
from consumers.gaps import Gaps, Stopping, Torn
from consumers.positions import accept_loss, begin_topics, load_positions
from consumers.retries import Retries
from consumers.standing import Standing

MESSAGES_AT_ONCE: Final = 256
_WAIT_SECONDS: Final = 1.0
_LOOK_EVERY_SECONDS: Final = 5.0
_ASK_AGAIN_SECONDS: Final = 60.0
_FIRST_PAUSE_SECONDS: Final = 0.5
_LAST_PAUSE_SECONDS: Final = 30.0
_OF_THE_BUS: Final = (BadIdentity, BusForbidden, BusMisconfigured)
"""Mistakes that are mended at the bus, or beside it, while a node is running."""

Report = Callable[[Taken], None]
Trouble = Callable[[BrokerError, float | None], None]
"""Is told what stands in the way, and after how many seconds it is tried again; None where it is gone around."""


def _untold(error: BrokerError, seconds: float | None) -> None:
    """Tell nobody."""


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
        self._gaps = Gaps(engine, clock)
        self._retries = Retries(deliverer, clock, follower.directory.digest)
        self._looked_for = follower.directory.digest
        """The directory as of which new topics were last looked for."""
        self._look_again_at = 0.0
        self._ask_again_at = 0.0
        """When the bus is asked next for what topics were left aside for."""

    async def receive(self) -> Taken:
        """Take everything that is on the bus now; return what it came to.

        Raises:
            TransportError: The bus went away; what was taken until then stays taken.
            PositionOutOfRange: A topic ends before the place where this node stands: it was rolled back, or replaced.
                All others were received.
            RetentionPassed: The bus deleted messages before this node read them. All others were received.
            ConfigError: Something of this installation stands in the way.
        """
        taken, stopped = await self._receive()
        for error in stopped.values():
            raise error
        return taken

    async def follow(self, report: Report, trouble: Trouble = _untold) -> None:
        """Take what arrives, for ever; end by cancelling.

        The bus being away is waited for, and so is its administrator once the bus was reached. A topic of a new
        participant is read as soon as the directory knows it; one that cannot be read on keeps no other away.

        Raises:
            ConfigError: Something of this installation stands in the way.
        """
        pause = _FIRST_PAUSE_SECONDS
        reached = False

        def fetched() -> None:
            nonlocal reached
            reached = True

        while True:  # a topic that was left aside and can be had again begins it anew too
            began = _now()
            try:
                await self._follow(report, trouble, fetched)
            except (TransportError, *_OF_THE_BUS) as error:
                if not _passes(error, reached=reached):
                    raise
                # Only what lasted was well: a bus that answers and then refuses the group is not asked twice a second.
                if _now() - began > _LAST_PAUSE_SECONDS:
                    pause = _FIRST_PAUSE_SECONDS
                trouble(error, pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LAST_PAUSE_SECONDS)

    async def accept_loss(self, topic: str) -> int:
        """Go on behind what the bus has deleted of *topic*; return how many places are given up.

        Raises:
            TransportError: The bus does not answer, or has no such topic.
        """
        with reading(self._engine) as connection:
            position = load_positions(connection).get(topic, 0)
        try:
            await self._bus.read(topic, start=position, most=1)
        except RetentionPassed as error:
            with writing(self._engine) as connection:
                accept_loss(connection, topic, error.next)
            return error.next - position
        return 0

    async def _receive(self) -> tuple[Taken, dict[str, Stopping]]:
        taken = await self._retries.everything((await self._follower.catch_up(self._bus)).digest)
        topics = await self._message_topics()
        ends = {topic: await self._bus.end(topic) for topic in topics}
        positions = self._begin(ends)
        for torn in self._gaps.torn():
            if torn.topic in topics:
                taken += await self._reread(torn)
        waiting: list[Delivered] = []
        stopped: dict[str, Stopping] = {}
        for topic in sorted(topics):
            position, end = positions[topic], ends[topic]
            # A position beyond the end asks too: the bus says that it is not the one that we read before.
            while position != end:
                room = MESSAGES_AT_ONCE - len(waiting)
                try:
                    batch = await self._bus.read(topic, start=position, most=room)
                except (PositionOutOfRange, RetentionPassed) as error:
                    stopped[topic] = error
                    break
                except CorruptBatch as error:
                    self._gaps.tear(error)
                    position = min(error.next, end)
                    continue
                if not batch:
                    break
                waiting += batch
                # What comes meanwhile is for the next time: whoever writes without a pause keeps no other topic away.
                position = min(batch[-1].offset + 1, end)
                # Many topics with little in each are one transaction, not one a topic.
                if len(waiting) >= MESSAGES_AT_ONCE:
                    taken += await self._take(waiting)
                    waiting = []
        taken += await self._take(waiting) if waiting else Taken()
        self._gaps.settle(topics, stopped)
        return taken, stopped

    async def _reread(self, torn: Torn) -> Taken:
        """Ask again for what was stepped over; what was had before is dropped as repeated."""
        taken = Taken()
        start = torn.start
        while start < torn.next:
            try:
                batch = await self._bus.read(torn.topic, start=start, most=MESSAGES_AT_ONCE)
            except (CorruptBatch, RetentionPassed, PositionOutOfRange):
                return taken
            if not batch:
                return taken
            taken += await self._take(batch)
            start = batch[-1].offset + 1
        self._gaps.mend(torn)
        return taken

    async def _follow(self, report: Report, trouble: Trouble, fetched: Callable[[], None]) -> None:
        # First outside the group, from where the database stands: a restored one lags behind what the group committed.
        taken, stopped = await self._receive()
        report(taken)
        for error in stopped.values():
            trouble(error, None)
        topics = await self._message_topics()
        standing = Standing(self._begin(dict.fromkeys(topics, 0)))
        subscription = self._bus.subscribe(self._group, sorted(topics - stopped.keys()), start=dict(standing.positions))
        try:
            while True:
                wait = 0.0 if self._retries.is_walking else _WAIT_SECONDS
                batch = await self._fetch(subscription, wait, trouble, standing)
                fetched()
                report(await self._retries.some((await self._follower.catch_up(self._bus)).digest))
                topics = await self._follow_new(subscription, topics)
                batch = await self._without_jumps(subscription, batch, standing)
                new = standing.take(batch)
                if new:
                    report(await self._take(new))
                if batch:
                    await subscription.commit({one.topic: one.offset + 1 for one in batch})
                if await self._is_given_again(topics):
                    return
        finally:
            await subscription.close()

    async def _without_jumps(
        self, subscription: Subscription, batch: Sequence[Delivered], standing: Standing
    ) -> Sequence[Delivered]:
        """Leave out topics in which the group stands further than this node has read, and read those from there.

        A copy of this node elsewhere, or whoever runs the bus, moved the group: the database says where we stand.
        """
        if standing.jumps(batch):
            with reading(self._engine) as connection:
                standing.learn(load_positions(connection))  # another process of this node may have taken it
        back = standing.go_back(batch)
        for topic, position in back.items():
            await subscription.seek(topic, position)
        return [one for one in batch if one.topic not in back]

    async def _fetch(
        self, subscription: Subscription, wait: float, trouble: Trouble, standing: Standing
    ) -> Sequence[Delivered]:
        """Fetch; go around what the bus cannot give."""
        try:
            return await subscription.fetch(most=MESSAGES_AT_ONCE, wait=wait)
        except CorruptBatch as error:
            self._gaps.tear(error)
            trouble(error, None)
            standing.step_over(error)
            await subscription.seek(error.topic, error.next)
        except RetentionPassed as error:
            with reading(self._engine) as connection:
                position = load_positions(connection).get(error.topic, 0)
            if position >= error.next:  # somebody has accepted the loss; the group has not heard of it
                standing.learn({error.topic: position})
                await subscription.seek(error.topic, position)
            else:
                self._gaps.stop(error.topic, error)
                trouble(error, None)
        return []

    async def _is_given_again(self, topics: frozenset[str]) -> bool:
        """Say whether the bus has again what one of *topics* was left aside for; asked for now and then."""
        if _now() < self._ask_again_at:
            return False
        self._ask_again_at = _now() + _ASK_AGAIN_SECONDS
        aside = sorted(topics & self._gaps.stopped().keys())
        if not aside:
            return False
        with reading(self._engine) as connection:
            positions = load_positions(connection)
        for topic in aside:
            with suppress(PositionOutOfRange, RetentionPassed):
                with suppress(CorruptBatch):  # that is stepped over
                    await self._bus.read(topic, start=positions.get(topic, 0), most=1)
                return True
        return False

    async def _follow_new(self, subscription: Subscription, known: frozenset[str]) -> frozenset[str]:
        """Follow new participants' topics too; asked for when the directory has changed, and now and then."""
        moment = _now()
        digest = self._follower.directory.digest
        if digest == self._looked_for and moment < self._look_again_at:
            return known
        self._looked_for, self._look_again_at = digest, moment + _LOOK_EVERY_SECONDS
        topics = await self._message_topics()
        new = sorted(topics - known)
        if new:
            positions = self._begin(dict.fromkeys(new, 0))
            await subscription.follow(new, start={topic: positions[topic] for topic in new})
        return topics

    async def _take(self, batch: Sequence[Delivered]) -> Taken:
        return await asyncio.to_thread(self._deliverer.take, batch, self._clock())

    async def _message_topics(self) -> frozenset[str]:
        prefix = f"{self._follower.directory.federation}.msg."
        return frozenset(topic for topic in await self._bus.topics() if topic.startswith(prefix))

    def _begin(self, ends: dict[str, int]) -> dict[str, int]:
        with writing(self._engine) as connection:
            begin_topics(connection, ends)
        with reading(self._engine) as connection:
            return dict(load_positions(connection))


def _now() -> float:
    return asyncio.get_running_loop().time()


def _passes(error: BrokerError, *, reached: bool) -> bool:
    """Say whether *error* may pass while a node waits; *reached*: the bus has answered since it started."""
    if isinstance(error, TransportError):
        return error.retriable or isinstance(error, PositionOutOfRange)
    return reached
