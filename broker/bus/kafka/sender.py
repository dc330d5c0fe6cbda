"""Writes messages into topics: in order, durable on return, and never for ever."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from broker.bus import checks
from broker.bus.kafka import closing
from broker.bus.kafka.calls import Calls
from broker.bus.kafka.clients import Clients
from broker.bus.kafka.inquiry import Inquiry
from broker.bus.kafka.starting import started
from broker.bus.kafka.translation import FOREIGN, translate
from broker.bus.port import Outgoing
from broker.errors import BusUnavailable

_AGAIN_SECONDS: Final = 0.1


class Sender:
    """What writes into the topics of a cluster; each topic has a client of its own, so that none spoils another's."""

    def __init__(self, clients: Clients, calls: Calls, inquiry: Inquiry) -> None:
        self._clients = clients
        self._calls = calls
        self._inquiry = inquiry
        self._lines: dict[str, _Line] = {}

    async def send(self, topic: str, messages: Sequence[Outgoing]) -> None:
        """See the port."""
        checks.check_sizes(messages)
        line = self._lines.get(topic)
        if line is None:
            line = self._lines[topic] = _Line(self._clients, self._clients.names.foreign(topic))
        # A lock lets those who wait in, in the order in which they came: that of their calls.
        async with line.turn:
            await self._inquiry.check([topic])
            at = 0
            while at < len(messages):
                at = await self._send_batch(line, topic, messages, at)

    async def close(self) -> None:
        """Close the connections."""
        lines, self._lines = list(self._lines.values()), {}
        await asyncio.gather(*(line.close() for line in lines))

    async def _send_batch(self, line: "_Line", topic: str, messages: Sequence[Outgoing], at: int) -> int:
        doing = f"send to {topic}"
        try:
            async with self._calls.call(doing, within=self._clients.pace.call):
                while True:
                    try:
                        return await line.send(messages, at)
                    except (*FOREIGN, BusUnavailable) as error:
                        # Any refusal leaves a gap in the numbers that the broker expects of this client: never again.
                        await line.discard()
                        meant = error if isinstance(error, BusUnavailable) else translate(error, doing)
                        if not isinstance(meant, BusUnavailable) or not line.has_worked:
                            raise meant from error
                    await asyncio.sleep(_AGAIN_SECONDS)
        except BusUnavailable:
            # It may be written, now or when the brokers are back: only a new client says nothing about the old one.
            await line.discard()
            line.has_worked = False
            self._inquiry.forget(topic)
            raise


class _Line:
    """The way into one topic."""

    def __init__(self, clients: Clients, topic: str) -> None:
        self._clients = clients
        self._topic = topic
        self._producer: Any = None
        self.turn = asyncio.Lock()
        self.has_worked = False
        """There was a connection since the last call that failed: without, waiting longer is the caller's decision."""

    async def send(self, messages: Sequence[Outgoing], at: int) -> int:
        """Write one batch of *messages*, from the one at *at* on, and return where the next begins."""
        self._clients.identity.look()
        if self._producer is None:
            self._producer = await started(self._clients, self._clients.producer())
            self.has_worked = True
        batch = self._producer.create_batch()
        end = at
        for message in messages[at:] if at else messages:
            if batch.append(timestamp=None, key=message.key.encode(), value=message.value) is None:
                break
            end += 1
        batch.close()
        await (await self._producer.send_batch(batch, self._topic, partition=0))
        return end

    async def discard(self) -> None:
        """Throw the client away, with what it has not written."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await closing.discard(producer)

    async def close(self) -> None:
        """Close the connection, what was acknowledged being written."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await closing.stop(producer, within=self._clients.pace.stop)
