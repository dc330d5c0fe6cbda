"""A node whose backup was restored learns from the bus what it had published: from whole copies only."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest_asyncio

from broker.bus.port import Outgoing
from broker.envelope.outer import Envelope, format_envelope, parse_envelope
from broker.types.names import Participant, message_topic
from producers.publish import Already
from tests.support.outbox import PublishingNode, a_draft, a_publishing_node


@pytest_asyncio.fixture
async def publishing(tmp_path: Path) -> AsyncIterator[PublishingNode]:
    async with a_publishing_node(tmp_path) as node:
        yield node


def spoilt(raw: bytes) -> bytes:
    envelope = parse_envelope(raw)
    return format_envelope(Envelope(envelope.header, envelope.signatures, (bytes(256),) * len(envelope.bodies)))


async def test_a_spoilt_copy_behind_the_true_one_does_not_have_it_published_twice(publishing: PublishingNode) -> None:
    backup = publishing.path.with_name("backup.sqlite")
    with closing(sqlite3.connect(publishing.path)) as database, closing(sqlite3.connect(backup)) as copy:
        database.backup(copy)
    publishing.publish(a_draft("R-1"))
    await publishing.flusher.flush()
    topic = message_topic(publishing.federation.name, Participant("NL"))
    for message in await publishing.messages():
        await publishing.bus.send(topic, [Outgoing("key", spoilt(message.raw))])
    publishing.close()
    for ending in ("", "-wal", "-shm"):
        publishing.path.with_name(publishing.path.name + ending).unlink(missing_ok=True)
    backup.rename(publishing.path)
    publishing.restart()
    await publishing.flusher.flush()
    outcomes = publishing.publish(a_draft("R-1"))
    assert [Already] == [type(one) for one in outcomes]
