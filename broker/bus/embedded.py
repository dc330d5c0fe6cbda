"""The bus in one SQLite file: for one machine, for exercises, and as the twin of Kafka in tests."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection

from broker.bus import checks, storage
from broker.bus.port import Bus, Delivered, Outgoing, Subscription
from broker.bus.subscription import EmbeddedSubscription
from broker.bus.worker import Worker
from broker.database import reading, writing
from broker.errors import BusClosed
from broker.types.time import Clock

T = TypeVar("T")

LEASE_SECONDS: Final = 10.0
"""How long a member that died keeps its topics."""


def open_embedded_bus(path: Path, *, clock: Clock, lease: float = LEASE_SECONDS) -> Bus:
    """Open the bus in the file *path*, which is made if it is not there; any number of processes may.

    Args:
        clock: Decides whether the leases of others have ended.
        lease: Seconds that a member of this process keeps its topics after it died.

    Raises:
        MissingFile: The file's folder is not there.
        UnusableDatabase, StaleDatabase: The file cannot be opened, or is no bus of this version.
        DatabaseBusy: Another process holds it.
    """
    return _EmbeddedBus(Worker(path, lease=lease, clock=clock))


class _EmbeddedBus:
    """See :class:`broker.bus.port.Bus`. A call of :meth:`send` is one transaction: all of it is written, or nothing."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._closed = False
        self._subscriptions: list[EmbeddedSubscription] = []

    async def create_topics(self, topics: Sequence[str]) -> None:
        checks.check_topics(topics)
        await self._write(lambda connection: storage.create_topics(connection, topics))

    async def topics(self) -> frozenset[str]:
        return await self._read(lambda connection: frozenset(storage.topic_ids(connection)))

    async def send(self, topic: str, messages: Sequence[Outgoing]) -> None:
        checks.check_sizes(messages)
        await self._write(lambda connection: storage.append(connection, topic, messages))

    async def read(self, topic: str, *, start: int, most: int) -> Sequence[Delivered]:
        def work(connection: Connection) -> Sequence[Delivered]:
            number, end = storage.find_topic(connection, topic)
            checks.check_position(topic, start, end=end)
            return storage.read(connection, (topic, number), start=start, most=most)

        return await self._read(work)

    async def end(self, topic: str) -> int:
        return (await self._read(lambda connection: storage.find_topic(connection, topic)))[1]

    def subscribe(self, group: str, topics: Sequence[str], *, start: Mapping[str, int] | None = None) -> Subscription:
        self._check_open()
        starts = {topic: (start or {}).get(topic, 0) for topic in topics}
        subscription = EmbeddedSubscription(self._worker, group, starts)
        self._subscriptions = [*(one for one in self._subscriptions if not one.closed), subscription]
        return subscription

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        for subscription in self._subscriptions:
            await subscription.close()
        await asyncio.to_thread(self._worker.close)

    async def _read(self, work: Callable[[Connection], T]) -> T:
        def run() -> T:
            with reading(self._worker.engine) as connection:
                return work(connection)

        self._check_open()
        return await self._worker.run(run)

    async def _write(self, work: Callable[[Connection], T]) -> T:
        def run() -> T:
            with writing(self._worker.engine) as connection:
                return work(connection)

        self._check_open()
        return await self._worker.run_in_turn(run)

    def _check_open(self) -> None:
        if self._closed:
            raise BusClosed(f"the bus in {self._worker.path.name} is closed")
