"""What a child process does on a bus, for tests that kill it: ``python -m tests.contracts.actors ADDRESS VERB …``.

Every line that it prints is a fact that the parent may rely on.
"""

import asyncio
import sys
from typing import NoReturn

from broker.bus.port import Bus, Outgoing
from broker.errors import TopicLost
from tests.contracts.adapters import open_bus


def tell(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def write(bus: Bus, topic: str, name: str, size: int, count: int) -> None:
    """Send *count* batches of *size* messages; value = batch, place and padding. Tell of each that returned."""
    tell("ready")
    for batch in range(count):
        await bus.send(topic, [Outgoing(name, b"%d %d " % (batch, place) + bytes(500)) for place in range(size)])
        tell(batch)


async def hold(bus: Bus, group: str, topics: list[str]) -> NoReturn:
    """Fetch until something came, print it, commit nothing, and go on as long as nobody kills us."""
    subscription = bus.subscribe(group, topics)
    while True:
        for one in await subscription.fetch(most=1000, wait=0.2):
            tell(one.topic, one.offset)


async def commit_late(bus: Bus, group: str, topic: str) -> None:
    """Fetch, print it, wait for a line on standard input, commit, and tell how that went."""
    subscription = bus.subscribe(group, [topic])
    found = await subscription.fetch(most=1000, wait=60)
    tell(found[-1].topic, found[-1].offset)
    await asyncio.to_thread(sys.stdin.readline)
    try:
        await subscription.commit({topic: found[-1].offset + 1})
    except TopicLost:
        tell("refused")
    else:
        tell("accepted")


async def main(address: str, verb: str, *words: str) -> None:
    bus = open_bus(address)
    try:
        if verb == "write":
            await write(bus, words[0], words[1], int(words[2]), int(words[3]))
        elif verb == "commit-late":
            await commit_late(bus, words[0], words[1])
        else:
            await hold(bus, words[0], list(words[1:]))
    finally:
        await bus.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
