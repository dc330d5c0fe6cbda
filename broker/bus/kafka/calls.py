"""Calls that end: by their deadline, or because what they were made on is closed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from broker.bus.kafka.translation import FOREIGN, too_late, translate
from broker.errors import BusClosed


class Calls:
    """The calls under way on a thing that can be closed.

    Args:
        what: The thing, for people.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._running: set[asyncio.Timeout] = set()
        self.closed = False

    def check(self) -> None:
        """Check that the thing is open.

        Raises:
            BusClosed: It was closed.
        """
        if self.closed:
            raise BusClosed(f"{self._what} is closed")

    @asynccontextmanager
    async def call(self, doing: str, *, within: float | None) -> AsyncIterator[None]:
        """Run what stands inside until it is done, *within* seconds have passed, or the thing is closed.

        Raises:
            BusClosed: The thing is closed, or was meanwhile.
            BusUnavailable: The time is over, or the connection failed.
            BrokerError: What an error of the library means.
        """
        self.check()
        try:
            async with asyncio.timeout(within) as limit:
                self._running.add(limit)
                try:
                    yield
                finally:
                    self._running.discard(limit)
        except TimeoutError:
            self.check()
            raise too_late(doing, within or 0.0) from None
        except FOREIGN as error:
            self.check()
            raise translate(error, doing) from error

    def close(self) -> None:
        """Let no call begin, and end all that are under way."""
        self.closed = True
        now = asyncio.get_running_loop().time()
        for limit in self._running:
            if not limit.expired():
                limit.reschedule(now)
