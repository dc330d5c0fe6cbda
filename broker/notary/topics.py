"""Reading topics to their present ends, in turn; what the bus does not give is gone around and asked for again."""

import hashlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Final

import msgspec

from broker.bus.port import Bus, Delivered
from broker.errors import (
    BrokerError,
    BusForbidden,
    BusMisconfigured,
    CorruptBatch,
    Gap,
    PositionOutOfRange,
    RetentionPassed,
    UnknownTopic,
)
from broker.notary.arrivals import Position, Torn, behind

MESSAGES_AT_ONCE: Final = 256

Tell = Callable[[BrokerError], None]


class Batch(msgspec.Struct, frozen=True):
    """Messages of several topics, and where to read on behind them."""

    messages: Sequence[Delivered] = ()
    positions: Mapping[str, Position] = {}
    gaps: Sequence[Gap] = ()


class TopicReader:
    """Reads for one notary, whose journal says where it stands."""

    def __init__(self, bus: Bus, positions: Mapping[str, Position]) -> None:
        self._bus = bus
        self._positions = dict(positions)
        self._unchecked = set(positions)
        """Topics that may have been replaced while nobody looked."""

    async def batches(self, topics: Sequence[str], tell: Tell) -> AsyncIterator[Batch]:
        """Yield what lies in *topics* up to their present ends; none is served twice while another has something.

        What was yielded has to be kept before the next is asked for.

        Raises:
            BusUnavailable, BusClosed: The bus went away.
        """
        ends = {topic: end for topic in topics if (end := await self._begin(topic, tell)) is not None}
        turns = deque(ends)
        batch = _Gathering()
        while turns:
            topic = turns.popleft()
            position = self._positions.get(topic, Position())
            if position.next >= ends[topic]:
                continue
            try:
                found = await self._bus.read(topic, start=position.next, most=MESSAGES_AT_ONCE - len(batch.messages))
            except (CorruptBatch, RetentionPassed) as error:
                tell(error)
                batch.skip(error)
                self._positions[topic] = batch.positions[topic]
                turns.append(topic)
            except _OF_ONE_TOPIC as error:
                tell(error)
            else:
                if found:
                    batch.add(topic, found)
                    self._positions[topic] = batch.positions[topic]
                    turns.append(topic)
            if len(batch.messages) >= MESSAGES_AT_ONCE:
                yield batch.taken()
                batch = _Gathering()
        if batch.positions:
            yield batch.taken()

    async def reread(self, torn: Torn) -> AsyncIterator[Batch]:
        """Yield what lies in a gap, from its start; positions are not touched.

        Raises:
            CorruptBatch, RetentionPassed, PositionOutOfRange, UnknownTopic: The rest of it still cannot be had.
        """
        start = torn.start
        while start < torn.next:
            found = await self._bus.read(torn.topic, start=start, most=MESSAGES_AT_ONCE)
            if not found:
                return
            yield Batch([one for one in found if one.offset < torn.next])
            start = found[-1].offset + 1

    async def _begin(self, topic: str, tell: Tell) -> int | None:
        """Return where a topic ends now; None where it cannot be read."""
        try:
            end = await self._bus.end(topic)
            if not await self._goes_on(topic, end):
                # The bus was rolled back, or is another one. What was logged before is known by its digest.
                tell(PositionOutOfRange(f"{topic} is not what was read before; all of it is read again"))
                self._positions[topic] = Position()
        except _OF_ONE_TOPIC as error:
            tell(error)
            return None
        return end

    async def _goes_on(self, topic: str, end: int) -> bool:
        """Say whether a topic still has what was read last, where it was read."""
        position = self._positions.get(topic, Position())
        if end < position.next:
            return False
        if topic not in self._unchecked or not position.last:
            return True
        try:
            there = await self._bus.read(topic, start=position.next - 1, most=1)
        except Gap:
            return True  # it can be had no more; what comes behind it can
        self._unchecked.discard(topic)
        return bool(there) and hashlib.sha256(there[0].value).digest() == position.last


_OF_ONE_TOPIC: Final = (UnknownTopic, BusForbidden, BusMisconfigured, PositionOutOfRange)
"""What keeps one topic from being read, and no other."""


class _Gathering:
    def __init__(self) -> None:
        self.messages: list[Delivered] = []
        self.positions: dict[str, Position] = {}
        self.gaps: list[Gap] = []

    def add(self, topic: str, found: Sequence[Delivered]) -> None:
        self.messages += found
        self.positions[topic] = behind(found[-1])

    def skip(self, gap: Gap) -> None:
        self.gaps.append(gap)
        self.positions[gap.topic] = Position(gap.next)

    def taken(self) -> Batch:
        return Batch(self.messages, self.positions, self.gaps)
