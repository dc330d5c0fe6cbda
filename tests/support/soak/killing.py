"""Kills the nodes of a cluster in turn, one at a time, and brings each back before the next."""

import asyncio
import itertools
from typing import Final, final

from tests.support.kafka.cluster import Cluster
from tests.support.kafka.health import wait_whole

DOWN_SECONDS: Final = 4.0
"""Longer than a cluster of ours takes to see that a node is gone: another one leads meanwhile."""


@final
class Killer:
    """Kills until it is told to end.

    Attributes:
        kills: How many nodes were killed.
    """

    def __init__(self, cluster: Cluster, *, every_seconds: float) -> None:
        """Kill nothing before :meth:`run`.

        Args:
            every_seconds: So long all nodes are up between a node that came back and the next that is killed.
        """
        self.kills = 0
        self._cluster = cluster
        self._every_seconds = every_seconds
        self._ending = asyncio.Event()
        self._killed = asyncio.Condition()

    async def run(self) -> None:
        """Kill and restart until :meth:`end`; all nodes are up and in step on return.

        Raises:
            NodeFailed: A node does not come back, or not into step.
        """
        for node in itertools.cycle(self._cluster.nodes):
            if await self._ends_within(self._every_seconds):
                return
            await asyncio.to_thread(self._cluster.kill, node)
            async with self._killed:
                self.kills += 1
                self._killed.notify_all()
            await self._ends_within(DOWN_SECONDS)
            self._cluster.restart(node)
            await asyncio.to_thread(self._cluster.wait_ready, node)
            await asyncio.to_thread(wait_whole, self._cluster)

    async def reached(self, kills: int) -> None:
        """Wait until so many nodes were killed."""
        async with self._killed:
            await self._killed.wait_for(lambda: self.kills >= kills)

    def end(self) -> None:
        """Kill no more."""
        self._ending.set()

    async def _ends_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._ending.wait(), seconds)
        except TimeoutError:
            return False
        return True
