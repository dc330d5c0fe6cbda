"""What a follower tells a monitoring system about the log."""

from pathlib import Path

import pytest

from tests.cli.commands import run
from tests.cli.test_notary import once
from tocsin.folder import open_folder
from tocsin.installation import open_node
from tocsin.metrics import State


@pytest.fixture(scope="module")
def founded(unlogged: Path) -> Path:
    """Return a federation whose notary has never run."""
    return unlogged


def metrics(federation: Path) -> dict[str, float]:
    """Return what is told of the log, by name."""
    folder = open_folder(federation)
    with open_node(folder, folder.participants()[0]) as node:
        found = [sample for metric in State(node).collect() for sample in metric.samples]
    return {one.name: one.value for one in found if one.name.startswith("tocsin_log_")}


def test_without_a_checkpoint_nothing_is_told(federation: Path) -> None:
    run("receive", "--as", "BE/police", folder=federation)

    assert {} == metrics(federation)


def test_size_witnesses_and_age_of_the_newest_checkpoint(federation: Path) -> None:
    size = once(federation)["log_size"]
    run("receive", "--as", "BE/police", folder=federation)
    found = metrics(federation)

    assert (size, 3) == (found["tocsin_log_size"], found["tocsin_log_witnesses"])
    assert 0 <= found["tocsin_log_checkpoint_age_seconds"] < 3600
    assert found["tocsin_log_witnessed_timestamp_seconds"] > 1_700_000_000
