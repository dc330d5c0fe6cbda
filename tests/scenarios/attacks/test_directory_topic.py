"""Whoever runs the bus rolls the directory topic back, lets it grow again differently, or fills it with rubbish."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest_asyncio

from broker.bus.embedded import open_embedded_bus
from broker.bus.port import Bus, Outgoing
from broker.envelope.message import open_envelope
from broker.envelope.outer import Envelope, format_envelope
from broker.types.names import directory_topic
from tests.support.exercise import Exercise
from tests.support.federation import (
    FOUNDED,
    HUB_STREAM,
    a_key_entry,
    a_participant,
    a_revocation,
    a_seed,
    a_signing_key,
    admin_stream,
    an_authority,
)

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


async def test_rubbish_in_the_topic_is_not_held_and_stops_nobody(exercise: Exercise, restored: Restored) -> None:
    federation = exercise.federation
    node = exercise.node()
    before = await node.follower.catch_up(exercise.bus)
    right = open_envelope(federation.say(an_authority("NL/xa"), NL).raw)
    junk = []
    for number in range(300):
        wrong = tuple(msgspec.structs.replace(one, signature=a_seed(f"{number}") * 2) for one in right.signatures)
        junk.append(format_envelope(Envelope(right.header_bytes, wrong, right.bodies)))
    await restored.say([*federation.messages[:-1], *junk, federation.messages[-1]])
    after = await node.follower.catch_up(restored.bus)
    assert 1 == sum(map(len, after.held.values())) - sum(map(len, before.held.values()))
    assert federation.directory == after == exercise.node().follower.directory


async def test_a_key_that_was_left_out_enrols_nobody_by_dating_a_message_back(
    exercise: Exercise, restored: Restored
) -> None:
    federation = exercise.federation
    old, successor, thief = federation.admin_keys["NL"], a_signing_key("NL admin 2"), a_signing_key("thief")
    for keys, day in (([old, successor], 20), ([successor], 30)):
        federation.say(a_participant("NL", keys), HUB_STREAM, issued_at=FOUNDED + timedelta(days=day))
        if day == 20:
            federation.say(an_authority("NL/xa"), NL, [successor], issued_at=FOUNDED + timedelta(days=21))
    expected = federation.directory
    federation.say(a_key_entry(thief, ["NL/customs"]), admin_stream("NL", 999), [old])
    await restored.say(federation.messages)
    for node in (exercise.node(), exercise.node()):
        directory = await node.follower.catch_up(restored.bus)
        assert (expected.digest, None) == (directory.digest, directory.key(thief.id))
        assert ["key-not-valid"] == [one.code for one in directory.findings]
