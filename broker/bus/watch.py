"""Following a file that other processes write to, without a storm of polling."""

import asyncio
import threading
from typing import Final

from sqlalchemy import Connection, Engine

from broker.database import watching
from broker.errors import BrokerError

FIRST_PAUSE: Final = 0.001
LAST_PAUSE: Final = 0.05
"""Seconds between two looks: right after a change, and when nothing happens."""


class Watcher:
    """Tells waiting tasks that something was committed, by any connection of any process.

    One thread looks at SQLite's ``data_version``, and only while somebody waits. What is waited for is decided by the
    waiter: it notes ``count``, looks for itself, and then waits for the count to grow.
    """

    def __init__(self, engine: Engine) -> None:
        self.count = 0
        self._engine = engine
        self._lock = threading.Lock()
        self._waiting: dict[asyncio.Future[None], asyncio.AbstractEventLoop] = {}
        self._asked = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bus-watch", daemon=True)
        self._thread.start()

    async def changed(self, seen: int, *, within: float) -> None:
        """Return when ``count`` differs from *seen*, after *within* seconds, or when the watcher is closed."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._lock:
            if self.count != seen or self._closed.is_set():
                return
            self._waiting[future] = loop
            self._asked.set()
        try:
            await asyncio.wait([future], timeout=within)
        finally:
            with self._lock:
                self._waiting.pop(future, None)
            future.cancel()

    def wake(self) -> None:
        """Tell everyone to look, at once."""
        with self._lock:
            self.count += 1
            waiting, self._waiting = self._waiting, {}
        for future, loop in waiting.items():
            try:
                loop.call_soon_threadsafe(_finish, future)
            except RuntimeError:  # its loop is closed, so nobody waits there any more
                continue

    def close(self) -> None:
        """Wake everyone and end the thread."""
        with self._lock:
            self._closed.set()
            self._asked.set()
        self.wake()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                with watching(self._engine) as connection:
                    self._watch(connection)
            except BrokerError:
                # Those who wait look for themselves and get the error where it can be handled.
                self.wake()
                self._closed.wait(LAST_PAUSE)

    def _watch(self, connection: Connection) -> None:
        known, pause = _data_version(connection), FIRST_PAUSE
        self.wake()
        while self._somebody_waits():
            version = _data_version(connection)
            if version != known:
                known, pause = version, FIRST_PAUSE
                self.wake()
            self._closed.wait(pause)
            pause = min(pause * 2, LAST_PAUSE)

    def _somebody_waits(self) -> bool:
        with self._lock:
            if not self._waiting and not self._closed.is_set():
                self._asked.clear()
        self._asked.wait()
        return not self._closed.is_set()


def _data_version(connection: Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA data_version").scalar_one())


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
