"""The embedded bus's threads: blocking work on one file, handed over from any event loop in whole batches."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from broker.bus import tables
from broker.bus.heartbeat import Heartbeat
from broker.bus.watch import Watcher
from broker.database import open_engine, reading, translated, writing
from broker.errors import BusUnavailable
from broker.types.time import Clock

T = TypeVar("T")


class Worker:
    """Owns the file, the connections to it and the threads that use them.

    Raises:
        ConfigError: The file is missing, unusable or no bus.
    """

    def __init__(self, path: Path, *, lease: float, clock: Clock) -> None:
        self.path = path
        self.lease = lease
        self.clock = clock
        self.engine = open_engine(path)
        try:
            self._prepare()
        except BaseException:
            self.engine.dispose()
            raise
        # One thread sends, so that a process's own senders are served in the order in which they came.
        self._sending = ThreadPoolExecutor(1, thread_name_prefix="bus-send")
        self._working = ThreadPoolExecutor(2, thread_name_prefix="bus-work")
        self.watcher = Watcher(self.engine)
        self.heartbeat = Heartbeat(self.engine, lease=lease, clock=clock)

    def _prepare(self) -> None:
        with reading(self.engine) as connection:
            ready = tables.is_bus(connection)
        if not ready:
            with writing(self.engine) as connection:
                tables.make_tables(connection)

    def now(self) -> float:
        """Return the present time in seconds since 1970."""
        return self.clock().timestamp()

    async def run(self, work: Callable[[], T]) -> T:
        """Run *work* on a thread.

        Raises:
            BusUnavailable: The file is locked, full, damaged or out of reach.
        """
        return await self._finished(self._working, work)

    async def run_in_turn(self, work: Callable[[], T]) -> T:
        """Run *work* on a thread, after all that was handed over here before, and wake those who wait for changes.

        Raises:
            BusUnavailable: As for :meth:`run`.
        """
        result = await self._finished(self._sending, work)
        self.watcher.wake()
        return result

    def close(self) -> None:
        """Finish what was handed over, end the threads and close the file."""
        self.watcher.close()
        self.heartbeat.close()
        self._sending.shutdown()
        self._working.shutdown()
        self.engine.dispose()

    async def _finished(self, executor: Executor, work: Callable[[], T]) -> T:
        future = asyncio.wrap_future(executor.submit(self._translated, work))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            # The thread cannot be stopped. Waiting for it, a transaction's length, keeps calls from overlapping.
            if not future.done():
                await asyncio.wait([future])
            if not future.cancelled():
                future.exception()
            raise

    def _translated(self, work: Callable[[], T]) -> T:
        with translated(self.path, into=BusUnavailable):
            return work()
