"""Two processes of one node at once, each in the middle of what the other changes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from broker.types.names import Stream
from producers.recovery import resend
from producers.sending import mark_sent, unsent_messages
from tests.support.exercise import CUSTOMS
from tests.support.outbox import PublishingNode, a_publishing_node, names_of, some_drafts


@pytest_asyncio.fixture
async def publishing(tmp_path: Path) -> AsyncIterator[PublishingNode]:
    async with a_publishing_node(tmp_path) as node:
        yield node


async def test_what_is_to_be_sent_again_is_not_taken_for_what_another_process_is_sending(
    publishing: PublishingNode,
) -> None:
    publishing.publish(*some_drafts(3))
    await publishing.flusher.flush()
    assert 1 == resend(publishing.engine, Stream(CUSTOMS, 1), first=3)
    sending = unsent_messages(publishing.engine).messages
    assert 3 == resend(publishing.engine, Stream(CUSTOMS, 1)) + len(sending)
    mark_sent(publishing.engine, sending, 1)
    assert 2 == len(unsent_messages(publishing.engine).messages)
    await publishing.flusher.flush()
    names = [f"NL/customs/1#{number}" for number in (1, 2, 3, 1, 2)]
    assert names == names_of(await publishing.messages())
