"""One publishing node a test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.outbox import PublishingNode, a_publishing_node


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[PublishingNode]:
    async with a_publishing_node(tmp_path) as one:
        yield one
