from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.scenarios.log.country import Logged, a_logged_network
from tests.support.exercise import Exercise, an_exercise


@pytest_asyncio.fixture
async def exercise(tmp_path: Path) -> AsyncIterator[Exercise]:
    """An exercise of NL and BE on a bus; nothing has been published."""
    async with an_exercise(tmp_path) as made:
        yield made


@pytest_asyncio.fixture
async def network(tmp_path: Path) -> AsyncIterator[Logged]:
    """Two countries with a log; nothing was published."""
    async with a_logged_network(tmp_path / "made") as made:
        yield made
