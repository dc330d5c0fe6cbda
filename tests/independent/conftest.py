"""The checkers in Go, built once for all tests; where there is no Go, the tests are skipped by name.

On a machine where everything has to be there (``CI=true``), or where Go is promised (``GO=required``), that is a
failure instead.
"""

import os
from pathlib import Path
from typing import NoReturn

import pytest

from tests.independent.programs import BUILD_SECONDS, NoGo, Programs, build, find_go

FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the first test time to build."""
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(pytest.mark.timeout(BUILD_SECONDS + 20))


@pytest.fixture(scope="session")
def compiler() -> str:
    """Return the path of Go."""
    try:
        return find_go()
    except NoGo as missing:
        _go_without(missing)


@pytest.fixture(scope="session")
def programs(compiler: str, tmp_path_factory: pytest.TempPathFactory) -> Programs:
    """Return the checkers."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # that of all workers together
    try:
        return build(folder)
    except NoGo as missing:
        _go_without(missing)


def _go_without(missing: NoGo) -> NoReturn:
    if os.environ.get("CI") == "true" or os.environ.get("GO") == "required":
        pytest.fail(str(missing))
    pytest.skip(str(missing))
