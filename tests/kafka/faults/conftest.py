"""A federation whose nodes and notary are processes, on one broker that a module has for itself."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.commands import run
from tests.kafka.faults.processes import Nodes
from tests.support.kafka.cluster import Cluster, Shape
from tests.support.kafka.distribution import Distribution
from tests.support.kafka.health import heal


@pytest.fixture(scope="module")
def _broker(_distribution: Distribution) -> Iterator[Cluster]:
    with Cluster(Shape(), _distribution) as cluster:
        yield cluster


@pytest.fixture
def nodes(_broker: Cluster, namespace: str, tmp_path: Path) -> Iterator[Nodes]:
    """A network of NL, BE and DE in the clear; the broker is well again, whatever the test before has done to it."""
    heal(_broker)
    federation = tmp_path / "federation"
    bus = ("--bus", _broker.address(namespace), "--allow-plaintext")
    founded = run("federation", "new", federation, "-p", "NL", "-p", "BE", "-p", "DE", *bus)
    assert 0 == founded.code, founded.err
    with ExitStack() as stack:
        yield Nodes(_broker, namespace, federation, stack)
