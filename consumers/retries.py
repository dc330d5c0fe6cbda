"""What waits for a newer directory, a newer version or for time: tried again whole, or a little between two batches."""

import asyncio
from typing import Final

from broker import limits
from broker.types.names import Digest
from broker.types.time import Clock
from consumers.deliver import Deliverer, Taken

_HELPINGS_BETWEEN_BATCHES: Final = 4


class Retries:
    """The quarantine, the closed releases and the embargoes of one node, walked over when there is a reason.

    Args:
        digest: The directory as of which everything was tried before.
    """

    def __init__(self, deliverer: Deliverer, clock: Clock, digest: Digest) -> None:
        self._deliverer = deliverer
        self._clock = clock
        self._digest = digest
        self._tried_at = clock()
        self._logged = deliverer.logged()
        """How much of the log was read when messages of revoked keys were tried last."""
        self._after: int | None = None
        """Where a walk over the quarantine goes on; None while there is none."""
        self._after_unproven: int | None = None
        """The same of one over the messages of revoked keys."""
        self._walk_again = False
        self._has_due = False
        """Whether embargoes may have ended that were not looked at since."""
        self._has_closed = False
        """Whether releases may be opened now that could not be before."""
        self._has_over = False
        """Whether messages may have become such that they are not to be kept."""

    @property
    def is_walking(self) -> bool:
        """There is something left to try now."""
        walks = self._after is not None or self._after_unproven is not None
        return walks or self._has_due or self._has_closed

    async def everything(self, digest: Digest) -> Taken:
        """Try everything again, as of the directory *digest*."""
        self._digest, self._tried_at = digest, self._clock()
        deliverer = self._deliverer
        taken, self._logged = Taken(), deliverer.logged()
        quarantine = (deliverer.retry_quarantined, deliverer.retry_unproven)
        for retry in (*quarantine, deliverer.retry_releases, deliverer.retry_due, deliverer.purge):
            taken += await asyncio.to_thread(retry, self._tried_at)
        return taken

    async def some(self, digest: Digest) -> Taken:
        """Begin anew where directory or log have changed or some time has passed; go on a little.

        However much lies there, what arrives does not wait.
        """
        if digest != self._digest or self._clock() - self._tried_at >= limits.MAX_CLOCK_AHEAD:
            self._digest, self._tried_at = digest, self._clock()
            self._walk_again = self._after is not None
            self._after = self._after or 0
            self._after_unproven = 0
            self._has_due = self._has_closed = self._has_over = True
        logged = self._deliverer.logged()
        if logged != self._logged:
            self._logged, self._after_unproven = logged, 0
        taken = await self._some_quarantined()
        taken += await self._some_unproven()
        taken += await self._some_releases()
        taken += await self._some_due()
        return taken + await self._what_is_over()

    async def _some_unproven(self) -> Taken:
        taken = Taken()
        for _ in range(_HELPINGS_BETWEEN_BATCHES):
            if self._after_unproven is None:
                break
            retry, now = self._deliverer.retry_next_unproven, self._clock()
            tried, self._after_unproven = await asyncio.to_thread(retry, now, after=self._after_unproven)
            taken += tried
        return taken

    async def _some_releases(self) -> Taken:
        taken = Taken()
        for _ in range(_HELPINGS_BETWEEN_BATCHES):
            if not self._has_closed:
                break
            opened, self._has_closed = await asyncio.to_thread(self._deliverer.retry_next_releases, self._clock())
            taken += opened
        return taken

    async def _what_is_over(self) -> Taken:
        if not self._has_over:
            return Taken()
        self._has_over = False
        return await asyncio.to_thread(self._deliverer.purge, self._clock())

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
