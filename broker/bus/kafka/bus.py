"""The bus on Apache Kafka: for a network of many machines."""

import asyncio
from collections.abc import Mapping, Sequence

from broker.bus.kafka.calls import Calls
from broker.bus.kafka.clients import Clients
from broker.bus.kafka.connection import Connection
from broker.bus.kafka.inquiry import Inquiry
from broker.bus.kafka.reader import Reader
from broker.bus.kafka.sender import Sender
from broker.bus.kafka.subscription import KafkaSubscription
from broker.bus.port import Bus, Delivered, Outgoing, Subscription


def open_kafka_bus(connection: Connection) -> Bus:
    """Open the bus on a cluster; it connects with the first call, in whose event loop it then lives.

    Raises:
        BadIdentity: What this participant shows to be let in is missing, expired or not whole.
    """
    return _KafkaBus(Clients(connection))


class _KafkaBus:
    """See :class:`broker.bus.port.Bus`."""

    def __init__(self, clients: Clients) -> None:
        self._calls = Calls("the bus on Kafka")
        self._clients = clients
        self._inquiry = Inquiry(clients, self._calls)
        self._sender = Sender(clients, self._calls, self._inquiry)
        self._reader = Reader(clients, self._calls, self._inquiry)
        self._subscriptions: list[KafkaSubscription] = []

    async def create_topics(self, topics: Sequence[str]) -> None:
        self._calls.check()
        await self._inquiry.create(topics)

    async def topics(self) -> frozenset[str]:
        self._calls.check()
        return await self._inquiry.topics()

    async def send(self, topic: str, messages: Sequence[Outgoing]) -> None:
        self._calls.check()
        await self._sender.send(topic, messages)

    async def read(self, topic: str, *, start: int, most: int) -> Sequence[Delivered]:
        self._calls.check()
        return await self._reader.read(topic, start=start, most=most)

    async def end(self, topic: str) -> int:
        self._calls.check()
        return (await self._inquiry.ends([topic]))[topic]

    def subscribe(self, group: str, topics: Sequence[str], *, start: Mapping[str, int] | None = None) -> Subscription:
        self._calls.check()
        starts = {topic: (start or {}).get(topic, 0) for topic in topics}
        subscription = KafkaSubscription(self._clients, self._inquiry, group, starts)
        self._subscriptions = [*(one for one in self._subscriptions if not one.closed), subscription]
        return subscription

    async def close(self) -> None:
        if self._calls.closed:
            return
        self._calls.close()
        self._reader.close()
        await asyncio.gather(*(one.close() for one in self._subscriptions), self._sender.close(), self._inquiry.close())
