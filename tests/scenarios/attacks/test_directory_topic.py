"""Whoever runs the bus rolls the directory topic back, lets it grow again differently, or fills it with rubbish."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest_asyncio

from broker.bus.embedded import open_embedded_bus
from broker.bus.port import Bus, Outgoing
from broker.types.names import directory_topic
from tests.support.exercise import Exercise
from tests.support.federation import a_revocation, admin_stream, an_authority

NL = admin_stream("NL")


class Restored:
    """The same network's bus after somebody put back an older state of it."""

    def __init__(self, bus: Bus, topic: str) -> None:
        self.bus = bus
        self._topic = topic

    async def say(self, envelopes: Sequence[bytes]) -> None:
        await self.bus.send(self._topic, [Outgoing("directory", raw) for raw in envelopes])


@pytest_asyncio.fixture
async def restored(exercise: Exercise, tmp_path: Path) -> AsyncIterator[Restored]:
    bus = open_embedded_bus(tmp_path / "restored.sqlite", clock=lambda: datetime.now(UTC))
    topic = directory_topic(exercise.federation.name)
    await bus.create_topics([topic])
    yield Restored(bus, topic)
    await bus.close()


async def test_a_revocation_on_a_bus_that_grew_again_is_not_overlooked(exercise: Exercise, restored: Restored) -> None:
    federation = exercise.federation
    old = list(federation.messages)
    federation.say(an_authority("NL/xa"), NL)
    federation.say(an_authority("NL/xb"), NL)
    await exercise.announce()
    node = exercise.node()
    await node.follower.catch_up(exercise.bus)
    await restored.say(old)
    await node.follower.catch_up(restored.bus)
    assert node.follower.directory.authority("NL/xb") is not None
    key = federation.node_keys["NL/~1"]
    federation.say(a_revocation(key), NL)
    await restored.say(federation.messages[-1:])
    await node.follower.catch_up(restored.bus)
    enrolled = node.follower.directory.key(key.id)
    assert enrolled is not None
    assert enrolled.revocation is not None
    again = exercise.node()
    assert node.follower.directory == again.follower.directory


async def test_a_bus_that_grew_past_the_old_place_is_read_again_from_its_beginning(
    exercise: Exercise, restored: Restored
) -> None:
    federation = exercise.federation
    old = list(federation.messages)
    for name in ("NL/xa", "NL/xb"):
        federation.say(an_authority(name), NL)
    await exercise.announce()
    node = exercise.node()
    await node.follower.catch_up(exercise.bus)
    new = [federation.say(a_revocation(federation.node_keys["NL/~1"]), NL).raw]
    new += [federation.say(an_authority(f"NL/x{letter}"), NL).raw for letter in "cdef"]
    await restored.say([*old, *new])
    for reader in (node, exercise.node()):
        await reader.follower.catch_up(restored.bus)
        assert federation.directory == reader.follower.directory
    assert federation.directory == exercise.node().follower.directory


async def test_a_bus_that_lost_its_end_changes_nothing(exercise: Exercise, restored: Restored) -> None:
    node = exercise.node()
    before = await node.follower.catch_up(exercise.bus)
    await restored.say(exercise.federation.messages[:3])
    for _ in range(2):
        assert before == await node.follower.catch_up(restored.bus)
    assert before == exercise.node().follower.directory
