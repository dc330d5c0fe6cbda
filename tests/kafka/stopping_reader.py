"""A reading node as a process that stops itself between effect and commit, for tests that kill or freeze it there.

``python -m tests.kafka.stopping_reader ADDRESS FOLDER CODE COMMITS``: it follows, and at the commit behind the first
COMMITS ones, with the batch in its database, says ``taken`` and freezes. Thawed, it goes on, and says the code of
whatever troubles it.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from broker.bus.kafka.bus import open_kafka_bus
from broker.bus.kafka.connection import parse_address
from broker.bus.port import Bus, Subscription
from broker.errors import BrokerError
from consumers.deliver import Taken
from tests.kafka.network import SHORT, Network, a_sealing_federation
from tests.support.kafka.connecting import in_the_clear


def tell(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


class _FreezingSubscription:
    """A subscription that freezes the process when so many commits were made."""

    def __init__(self, subscription: Subscription, commits: int) -> None:
        self._subscription = subscription
        self._left = commits

    def __getattr__(self, name: str) -> Any:
        return getattr(self._subscription, name)

    async def commit(self, positions: Mapping[str, int]) -> None:
        if self._left == 0:
            tell("taken")
            os.kill(os.getpid(), signal.SIGSTOP)
        self._left -= 1
        await self._subscription.commit(positions)


class _FreezingBus:
    """A bus whose first subscription freezes the process."""

    def __init__(self, bus: Bus, commits: int) -> None:
        self._bus = bus
        self._commits = commits

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bus, name)

    def subscribe(self, group: str, topics: Sequence[str], *, start: Mapping[str, int] | None = None) -> Any:
        commits, self._commits = self._commits, -1  # never again
        return _FreezingSubscription(self._bus.subscribe(group, topics, start=start), commits)


async def main(address: str, folder: Path, code: str, commits: int, members: Sequence[str]) -> None:
    connection = in_the_clear(parse_address(address), pace=SHORT)
    federation = a_sealing_federation(members)
    network = Network(federation, folder, lambda _: _FreezingBus(open_kafka_bus(connection), commits))
    reader = network.add_reader(code)

    def report(_: Taken) -> None:
        tell("following")

    def trouble(error: BrokerError, _seconds: float | None) -> None:
        tell(error.code)

    await reader.receiver.follow(report, trouble)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), sys.argv[5:]))
