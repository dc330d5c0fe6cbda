"""What waits for a newer directory, a newer version or for time: tried again whole, or a little between two batches."""

import asyncio
from typing import Final

from broker import limits
from broker.types.names import Digest
from broker.types.time import Clock
from consumers.deliver import Deliverer, Taken

_HELPINGS_BETWEEN_BATCHES: Final = 4


class Retries:
    """The quarantine and the embargoes of one node, walked over when there is a reason.

    Args:
        digest: The directory as of which everything was tried before.
    """

    def __init__(self, deliverer: Deliverer, clock: Clock, digest: Digest) -> None:
        self._deliverer = deliverer
        self._clock = clock
        self._digest = digest
        self._tried_at = clock()
        self._after: int | None = None
        """Where a walk over the quarantine goes on; None while there is none."""
        self._walk_again = False
        self._has_due = False
        """Whether embargoes may have ended that were not looked at since."""

    @property
    def is_walking(self) -> bool:
        """There is something left to try now."""
        return self._after is not None or self._has_due

    async def everything(self, digest: Digest) -> Taken:
        """Try everything again, as of the directory *digest*."""
        self._digest, self._tried_at = digest, self._clock()
        taken = await asyncio.to_thread(self._deliverer.retry_quarantined, self._tried_at)
        return taken + await asyncio.to_thread(self._deliverer.retry_due, self._tried_at)

    async def some(self, digest: Digest) -> Taken:
        """Begin anew where the directory has changed or some time has passed; go on a little.

        However much lies there, what arrives does not wait.
        """
        if digest != self._digest or self._clock() - self._tried_at >= limits.MAX_CLOCK_AHEAD:
            self._digest, self._tried_at = digest, self._clock()
            self._walk_again = self._after is not None
            self._after = self._after or 0
            self._has_due = True
        return await self._some_due() + await self._some_quarantined()

    async def _some_due(self) -> Taken:
        taken = Taken()
        for _ in range(_HELPINGS_BETWEEN_BATCHES):
            if not self._has_due:
                break
            decided, self._has_due = await asyncio.to_thread(self._deliverer.retry_next_due, self._clock())
            taken += decided
        return taken

    async def _some_quarantined(self) -> Taken:
        taken = Taken()
        for _ in range(_HELPINGS_BETWEEN_BATCHES):
            if self._after is None:
                break
            tried, self._after = await asyncio.to_thread(self._deliverer.retry_next, self._clock(), after=self._after)
            taken += tried
            if self._after is None and self._walk_again:
                self._after, self._walk_again = 0, False
        return taken
