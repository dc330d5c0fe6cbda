"""A journal in a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from broker.database import open_engine
from broker.notary import tables


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(tmp_path / "notary.sqlite")
    tables.prepare(opened)
    yield opened
    opened.dispose()
