"""What was decided yesterday gives nobody a key today."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest_asyncio

from broker.bus.port import Outgoing
from broker.types.names import directory_topic
from producers.addressing import Office
from producers.round import Round
from tests.support.federation import admin_stream, an_authority
from tests.support.outbox import (
    NOW,
    PublishingNode,
    a_draft,
    a_publishing_node,
    a_sealing_federation,
    keys_for,
)
from tests.support.records import a_marking


@pytest_asyncio.fixture
async def node(tmp_path: Path) -> AsyncIterator[PublishingNode]:
    """A node of NL that has sent a report to the police of SE, which had not joined."""
    async with a_publishing_node(tmp_path, a_sealing_federation("NL", "BE")) as one:
        one.publish(a_draft("R-1", marking=a_marking(recipients=("SE/police",)), concerned=()))
        await one.flusher.flush()
        yield one


async def announce(node: PublishingNode, known: int) -> None:
    """Send what the directory has since it had *known* messages, and have the node read it."""
    new = [Outgoing("directory", raw) for raw in node.federation.messages[known:]]
    await node.bus.send(directory_topic(node.federation.name), new)
    await node.follower.catch_up(node.bus)


async def ask(node: PublishingNode) -> None:
    """Let SE join, and have its keys asked for; the node stops before it writes the RELEASE."""
    known = len(node.federation.messages)
    node.federation.join("SE")
    node.federation.enrol_sealing_key("SE/~1", NOW - timedelta(days=1))
    await announce(node, known)
    office = Office(node.sealing(), node.key, node.randomness)
    assert Round(node.engine, office, node.follower.directory, node.clock).step().more


async def test_what_was_asked_for_goes_out_after_a_stop(node: PublishingNode) -> None:
    await ask(node)
    assert 1 == (await node.flusher.flush()).released
    assert keys_for(node.federation, "SE/~1", await node.messages())


async def test_what_was_asked_for_goes_to_nobody_who_may_not_have_it_any_more(node: PublishingNode) -> None:
    """The police of SE has left; another authority is still served by its node."""
    await ask(node)
    known = len(node.federation.messages)
    node.federation.say(an_authority("SE/police", active_to=NOW), admin_stream("SE"))
    await announce(node, known)
    assert 0 == (await node.flusher.flush()).released
    assert not keys_for(node.federation, "SE/~1", await node.messages())
    assert 0 == (await node.flusher.flush()).released

    known = len(node.federation.messages)
    node.federation.say(an_authority("SE/police"), admin_stream("SE"))
    await announce(node, known)
    assert 1 == (await node.flusher.flush()).released, "it is a new reader once it is there again"
