from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.scenarios.grants.case import Case, a_report
from tests.support.exercise import Exercise, an_exercise


@pytest_asyncio.fixture
async def exercise(tmp_path: Path) -> AsyncIterator[Exercise]:
    """An exercise of NL and BE on a bus; nothing has been published."""
    async with an_exercise(tmp_path) as made:
        yield made


@pytest_asyncio.fixture
async def case(exercise: Exercise) -> Case:
    """A report of NL/customs to BE/police alone, at BE's node."""
    report = a_report()
    raw = await exercise.write(report)
    node = exercise.node()
    await node.receive()
    return Case(exercise, node, report, raw)
