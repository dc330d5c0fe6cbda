"""A federation of two participants, and a file that one of them publishes."""

from pathlib import Path

import pytest

from tests.cli.commands import run


@pytest.fixture
def federation(tmp_path: Path) -> Path:
    """Return a federation of NL and BE."""
    made = run("federation", "new", tmp_path / "federation", "-p", "NL", "-p", "BE")
    assert made.code == 0, made.err
    return tmp_path / "federation"
