"""The look-around of deploy/, brought up once for the tests that ask for it.

``COMPOSE=required pytest tests/deploy -m compose`` runs them; otherwise they are left out, for they take minutes and a
Docker engine.
"""

import os
import tomllib
from collections.abc import Iterator

import pytest

from tests.deploy.files import ROOT
from tests.deploy.project import Project, running_project

MARKER = "compose"
BRING_UP_SECONDS = 600


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARKER}: brings up deploy/compose.yaml in a Docker engine (COMPOSE=required)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests out that bring containers up, where nobody asked for them."""
    asked = os.environ.get("COMPOSE") == "required"
    left_out = [item for item in items if item.get_closest_marker(MARKER) and not asked]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def version() -> str:
    """Return the version that pyproject.toml states."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Give the network of compose.yaml, up and well; take it down."""
    with running_project(tmp_path_factory.mktemp("compose")) as project:
        yield project
