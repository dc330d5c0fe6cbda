"""What an author wrote lies open while it waits, and no longer: not in the log of the database either."""

import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest_asyncio

from broker.database import open_engine, reading
from tests.support.outbox import PublishingNode, a_draft, a_publishing_node, a_sealing_federation

PLANTED = (b"Jan Voorbeeld", b"TOCU 305438 3", b"acetic anhydride", b"Drums without papers")


@pytest_asyncio.fixture
async def node(tmp_path: Path) -> AsyncIterator[PublishingNode]:
    """A node of NL whose messages can be sealed to BE and FR."""
    async with a_publishing_node(tmp_path, a_sealing_federation()) as made:
        yield made


@contextmanager
def somebody_reading(node: PublishingNode) -> Iterator[None]:
    """Keep another process's view of the database, so that its log cannot be emptied."""
    engine = open_engine(node.path)
    try:
        with reading(engine) as connection:
            connection.exec_driver_sql("SELECT count(*) FROM outbox_draft").one()
            yield
    finally:
        engine.dispose()


def in_files(node: PublishingNode) -> list[bytes]:
    """Return what of that which was planted is in any file of the database, read by another process."""
    files = [str(file) for file in node.path.parent.iterdir() if file.name.startswith(node.path.name)]
    found = subprocess.run(["cat", *files], stdout=subprocess.PIPE, check=True).stdout
    return [one for one in PLANTED if one in found]


async def test_a_draft_lies_open_until_it_is_sent_and_no_longer(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"), a_draft("R-2"))
    assert list(PLANTED) == in_files(node)
    assert 2 == (await node.flusher.flush()).signed
    assert [] == in_files(node)


async def test_what_somebody_kept_in_the_log_goes_with_the_next_flush(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"))
    with somebody_reading(node):
        await node.flusher.flush()
        assert [] != in_files(node)
    assert 0 == (await node.flusher.flush()).signed
    assert [] == in_files(node)


async def test_what_a_crash_left_in_the_log_goes_with_the_first_flush(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"))
    with somebody_reading(node):
        await node.flusher.flush()
        node.restart()
    await node.flusher.flush()
    assert [] == in_files(node)
