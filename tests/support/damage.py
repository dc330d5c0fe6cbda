"""A bus that tears and forgets, before another one; real brokers do the same in ``tests/kafka``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from broker.bus.port import Bus, Delivered, Outgoing, Subscription
from broker.errors import BrokerError, CorruptBatch, RetentionPassed


@dataclass(slots=True)
class Damage:
    """What is wrong with a bus: ranges of topics that are torn, what lies below which was deleted, who is kept out."""

    torn: dict[str, tuple[int, int]] = field(default_factory=dict)
    deleted: dict[str, int] = field(default_factory=dict)
    refuses: BrokerError | None = None

    def at(self, topic: str, offset: int) -> CorruptBatch | RetentionPassed | None:
        if offset < self.deleted.get(topic, 0):
            return RetentionPassed("deleted", topic=topic, start=offset, next=self.deleted[topic])
        start, end = self.torn.get(topic, (0, 0))
        return CorruptBatch("torn", topic=topic, start=offset, next=end) if start <= offset < end else None

    def whole(self, found: Sequence[Delivered]) -> list[Delivered]:
        """Return what comes before the first damage."""
        kept: list[Delivered] = []
        for one in found:
            if self.at(one.topic, one.offset) is not None:
                break
            kept.append(one)
        return kept


class DamagedBus:
    """A bus with damage; everything else is the bus behind it."""

    def __init__(self, bus: Bus, damage: Damage) -> None:
        self._bus = bus
        self._damage = damage

    async def create_topics(self, topics: Sequence[str]) -> None:
        await self._bus.create_topics(topics)

    async def topics(self) -> frozenset[str]:
        return await self._bus.topics()

    async def send(self, topic: str, messages: Sequence[Outgoing]) -> None:
        await self._bus.send(topic, messages)

    async def read(self, topic: str, *, start: int, most: int) -> Sequence[Delivered]:
        self._check()
        wrong = self._damage.at(topic, start)
        if wrong is not None:
            raise wrong
        return self._damage.whole(await self._bus.read(topic, start=start, most=most))

    async def end(self, topic: str) -> int:
        self._check()
        return await self._bus.end(topic)

    def subscribe(self, group: str, topics: Sequence[str], *, start: Mapping[str, int] | None = None) -> Subscription:
        return DamagedSubscription(self._bus.subscribe(group, topics, start=start), self._damage)

    async def close(self) -> None:
        await self._bus.close()

    def _check(self) -> None:
        if self._damage.refuses is not None:
            raise self._damage.refuses


class DamagedSubscription:
    """A subscription that says once what it cannot have, and leaves that topic aside until it is told to go on."""

    def __init__(self, subscription: Subscription, damage: Damage) -> None:
        self._subscription = subscription
        self._damage = damage
        self._aside: set[str] = set()

    async def fetch(self, *, most: int, wait: float) -> Sequence[Delivered]:
        if self._damage.refuses is not None:
            raise self._damage.refuses
        found = [
            one for one in await self._subscription.fetch(most=min(most, 1), wait=wait) if one.topic not in self._aside
        ]
        for one in found:
            wrong = self._damage.at(one.topic, one.offset)
            if wrong is not None:
                self._aside.add(one.topic)
                raise wrong
        return found

    async def commit(self, positions: Mapping[str, int]) -> None:
        await self._subscription.commit(positions)

    async def seek(self, topic: str, offset: int) -> None:
        self._aside.discard(topic)
        await self._subscription.seek(topic, offset)

    async def follow(self, topics: Sequence[str], *, start: Mapping[str, int] | None = None) -> None:
        await self._subscription.follow(topics, start=start)

    async def close(self) -> None:
        await self._subscription.close()
