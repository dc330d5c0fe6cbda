"""What holds for all stories."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.patience import STORY_SECONDS, allow, every_witness_waited_for


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give stories time."""
    allow(items, Path(__file__).parent, STORY_SECONDS)


@pytest.fixture(autouse=True)
def _no_witness_is_late() -> Iterator[None]:
    with every_witness_waited_for():
        yield
