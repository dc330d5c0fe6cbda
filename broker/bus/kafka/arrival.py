"""The library's word that there is something to fetch."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

_SECONDS: Final = 3600.0


class Arrival:
    """A question for one message of any topic; it outlives the fetch that asked, so that cancelling one loses nothing.

    Args:
        wake: Called when it is answered.

    Attributes:
        stamp: That of the holding when it was asked.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._task: asyncio.Task[Mapping[Any, Sequence[Any]]] | None = None
        self.stamp = -1

    @property
    def is_there(self) -> bool:
        """There is an answer that nobody took."""
        return self._task is not None and self._task.done()

    def expect(self, consumer: Any, places: Sequence[Any], *, stamp: int) -> None:
        """Ask for a message of one of *places*, unless a question is open."""
        if self._task is None and places:
            self.stamp = stamp
            self._task = asyncio.create_task(
                consumer.getmany(*places, timeout_ms=_SECONDS * 1000, max_records=1), name="arrival"
            )
            self._task.add_done_callback(lambda _: self._wake())

    def take(self, *, stamp: int) -> Mapping[Any, Sequence[Any]]:
        """Return the answer, once, or raise what the library did; nothing while there is none.

        A question asked under another *stamp* is withdrawn: it may be for topics that are others' now. It cannot have
        taken a message from the library, or it would be answered.
        """
        task = self._task
        if task is None or not task.done():
            if task is not None and stamp != self.stamp:
                task.cancel()
                self._task = None
            return {}
        self._task = None
        return {} if task.cancelled() else task.result()

    async def withdraw(self) -> None:
        """Ask no more; what was answered is given up."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})
            if not task.cancelled():
                task.exception()
