"""Reads topics from any offset, outside any group."""

import asyncio
from collections.abc import Sequence
from typing import Any

from broker.bus.kafka.calls import Calls
from broker.bus.kafka.clients import TOPIC_FETCH_BYTES, Clients
from broker.bus.kafka.damage import survey
from broker.bus.kafka.examination import examine
from broker.bus.kafka.inquiry import Inquiry
from broker.bus.kafka.records import delivered
from broker.bus.port import Delivered


class Reader:
    """One reader of a cluster; calls take turns, and one that goes on where the last ended finds its messages here."""

    def __init__(self, clients: Clients, calls: Calls, inquiry: Inquiry) -> None:
        self._clients = clients
        self._calls = calls
        self._inquiry = inquiry
        self._turn = asyncio.Lock()
        self._topic = ""
        self._rest: Sequence[Any] = ()
        """What was fetched of that topic, and not asked for yet."""

    async def read(self, topic: str, *, start: int, most: int) -> Sequence[Delivered]:
        """See the port."""
        async with self._turn:
            await self._inquiry.check([topic])
            if topic == self._topic and self._rest and self._rest[0].offset == start:
                return self._give(most)
            self._topic, self._rest = topic, ()
            async with self._calls.call(f"read {topic}", within=self._clients.pace.call):
                return await self._read(topic, start, most)

    def close(self) -> None:
        """Keep nothing; the connection is the inquiry's."""
        self._rest = ()

    async def _read(self, topic: str, start: int, most: int) -> Sequence[Delivered]:
        part = await self._inquiry.excerpt(topic, start, most_bytes=TOPIC_FETCH_BYTES)
        if start == part.end:
            return []
        seen = survey(part.raw, start=start, end=part.end)
        if seen.records:
            self._rest = seen.records
            return self._give(most)
        found = await examine(self._inquiry, topic, start, most=most)
        if found.failure is not None:
            raise found.failure
        return found.messages

    def _give(self, most: int) -> Sequence[Delivered]:
        given, self._rest = self._rest[:most], self._rest[most:]
        return delivered(self._topic, given)
