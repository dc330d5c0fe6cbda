"""A federation of three participants, founded once and copied for each test."""

import shutil
import socket
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.commands import run
from tocsin import environment


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in environment.overrides():
        monkeypatch.delenv(environment.PREFIX + name.upper())


@pytest.fixture(scope="session")
def unlogged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a federation whose notary has never run; nobody may change it."""
    folder = tmp_path_factory.mktemp("unlogged") / "federation"
    made = run("federation", "new", folder, "-p", "NL=Netherlands", "-p", "BE", "-p", "DE")
    assert made.code == 0, made.err
    return folder


@pytest.fixture(scope="session")
def founded(unlogged: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a federation that nobody may change; what founded it is in the log.

    A log that is still empty after ten minutes is rightly complained about, and the tests take longer than that.
    """
    folder = Path(shutil.copytree(unlogged, tmp_path_factory.mktemp("founded") / "federation"))
    logged = run("notary", "run", "--once", folder=folder)
    assert logged.code == 0, logged.err
    return folder


@pytest.fixture
def federation(founded: Path, tmp_path: Path) -> Path:
    """Return a federation of the test's own."""
    return Path(shutil.copytree(founded, tmp_path / "federation"))


@pytest.fixture
def port() -> int:
    """Return a port that nobody has."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        number: int = taken.getsockname()[1]
    return number
