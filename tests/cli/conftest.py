"""A federation of three participants, founded once and copied for each test."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.commands import run
from tests.support.patience import ANSWER_SECONDS, STORY_SECONDS, allow, every_witness_waited_for
from tocsin import environment
from tocsin.doctor import machine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests time: each runs commands one after the other."""
    allow(items, Path(__file__).parent, STORY_SECONDS)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in environment.overrides():
        monkeypatch.delenv(environment.PREFIX + name.upper())


@pytest.fixture(autouse=True)
def _no_disk_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Doctor is asked about other things here, and all tests together keep the disk busy."""
    monkeypatch.setattr(machine, "_SLOW_SECONDS", ANSWER_SECONDS)


@pytest.fixture(autouse=True)
def _no_witness_is_late() -> Iterator[None]:
    with every_witness_waited_for():
        yield


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
    with every_witness_waited_for():
        logged = run("notary", "run", "--once", folder=folder)
    assert logged.code == 0, logged.err
    return folder


@pytest.fixture
def federation(founded: Path, tmp_path: Path) -> Path:
    """Return a federation of the test's own."""
    return Path(shutil.copytree(founded, tmp_path / "federation"))


@pytest.fixture
def port() -> Iterator[int]:
    """Give a port at which nobody answers; kept for whoever will, so that the machine gives it to nobody else."""
    with closing(socket.socket()) as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a server that sets it too may listen there
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]
