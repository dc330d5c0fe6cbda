"""Properties look at many values each: on a slow machine that takes longer than other tests may."""

from pathlib import Path
from typing import Final

import pytest

from tests.support.patience import allow

SECONDS: Final = 300
"""For a property without a time limit of its own."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    allow(items, Path(__file__).parent, SECONDS)
