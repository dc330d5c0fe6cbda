from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.support.logbook import open_book_database


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A database with the tables of a logbook, and nothing in it."""
    opened = open_book_database(tmp_path / "node.sqlite")
    yield opened
    opened.dispose()
