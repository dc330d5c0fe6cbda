"""One demo on the sample data for all tests of this folder: it takes a while."""

import pytest

from tests.scenarios.demo.playing import Played, play_demo
from tocsin.demo import Options


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("demo") / "federation"
    return play_demo(Options(folder=folder, json=True))
