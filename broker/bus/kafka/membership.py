"""One client's life in a group: it joins, is given topics, gives them up in good order, and leaves."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiokafka import ConsumerRebalanceListener, TopicPartition  # type: ignore[import-untyped]

from broker.bus.kafka import closing
from broker.bus.kafka.clients import Clients
from broker.bus.kafka.holding import Holding
from broker.bus.kafka.starting import started
from broker.bus.kafka.translation import FOREIGN, too_late, translate
from broker.errors import BrokerError


class Membership(ConsumerRebalanceListener):  # type: ignore[misc]
    """The client of one member, and what it owns.

    Args:
        starts: The topics to be owned, and where to begin in one for which the group has committed nothing.
        changed: Called when what the member owns, or :attr:`failure`, has changed.
    """

    def __init__(self, clients: Clients, group: str, starts: Mapping[str, int], changed: Callable[[], None]) -> None:
        self._clients = clients
        self._group = group
        self._starts = dict(starts)
        self._changed = changed
        self._wished: frozenset[str] = frozenset()
        self._returned = asyncio.Event()
        self.consumer: Any = None
        self.holding = Holding()
        self.failure: BrokerError | None = None

    @property
    def is_settled(self) -> bool:
        """The group has shared out its topics, or will not."""
        return self.holding.settled or self.failure is not None

    async def join(self) -> None:
        """Connect, and begin to join the group; when that is done is told by *changed*."""
        self.consumer = await started(self._clients, self._clients.member(self._group))
        self._clients.be_patient(self.consumer)
        self.wish()

    def add(self, starts: Mapping[str, int]) -> None:
        """Wish for these topics too, with the next :meth:`wish`."""
        self._starts |= starts

    def wish(self) -> None:
        """Wish for all topics, if that is news; with empty hands only, for nothing can be committed meanwhile."""
        wished = frozenset(self._starts)
        if wished == self._wished or (self._wished and not (self.holding.settled and self.holding.is_empty_handed)):
            return
        self._wished = wished
        self.holding.freeze()
        self.consumer.subscribe([self._clients.names.foreign(topic) for topic in wished], listener=self)

    def committed(self, positions: Mapping[str, int]) -> None:
        """Note what was committed; the group may wait for it."""
        self.holding.commit(positions)
        self._check_returned()

    def lose(self, topics: Iterable[str]) -> None:
        """Note what the group took away."""
        self.holding.lose(topics)
        self._check_returned()

    async def leave(self) -> None:
        """Leave the group at once, and close the connection."""
        self._returned.set()
        if self.consumer is not None:
            await closing.stop(self.consumer, within=self._clients.pace.stop)
        self.holding.revoke()

    def place(self, topic: str) -> Any:
        """Return what the library calls our *topic*."""
        return TopicPartition(self._clients.names.foreign(topic), 0)

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Wait, for a time, until what is in hand was committed; the library asks for it before it joins again."""
        del revoked  # always all
        self.holding.freeze()
        self._changed()
        self._check_returned()
        try:
            async with asyncio.timeout(self._clients.pace.rebalance):
                await self._returned.wait()
        except TimeoutError:
            pass
        self.holding.revoke()
        self._changed()

    async def on_partitions_assigned(self, assigned: Any) -> None:
        """Begin in each topic where the group has committed, or else where we are told."""
        doing = f"take part in the group {self._group}"
        try:
            async with asyncio.timeout(self._clients.pace.call):
                committed = await asyncio.gather(*(self.consumer.committed(place) for place in assigned))
        except TimeoutError:
            self.failure = too_late(doing, self._clients.pace.call)
        except FOREIGN as error:
            self.failure = translate(error, doing)
        else:
            self._returned.clear()
            self._begin(dict(zip(assigned, committed, strict=True)))
        self._changed()

    def _begin(self, committed: Mapping[Any, int | None]) -> None:
        positions: dict[str, int] = {}
        for place, position in committed.items():
            topic = self._clients.names.ours(place.topic)
            if topic is not None:
                positions[topic] = self._starts.get(topic, 0) if position is None else position
                self.consumer.seek(place, positions[topic])
        self.holding.assign(positions)

    def _check_returned(self) -> None:
        if self.holding.is_empty_handed:
            self._returned.set()
        else:
            self._returned.clear()
