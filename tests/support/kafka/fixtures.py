"""A pytest plugin: brokers that all tests of a run share, and a namespace for each test.

A test in ``tests/contracts`` that asks for one of these fixtures is marked ``kafka``, and so is every test in
``tests/kafka``. Elsewhere the fixtures have no broker, and the marker is refused.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import pytest

from tests.support.kafka.skips import MARKER

# The rest is imported where it is needed: this plugin comes with every run, and before coverage is measured.
if TYPE_CHECKING:
    from broker.bus.kafka.connection import Address
    from tests.support.kafka.choice import Choice
    from tests.support.kafka.cluster import Cluster, Shape
    from tests.support.kafka.distribution import Distribution

MakeCluster = Callable[["Shape"], "Cluster"]

TEST_SECONDS: Final = 300
"""For a test without a time limit of its own: a cluster may have to start or heal before it."""

_CLUSTERS: Final = {"secure", "three", "make_cluster"}
_FIXTURES: Final = {"kafka_address", "plain_broker", *_CLUSTERS}
_CHOICE: "Final[pytest.StashKey[Choice]]" = pytest.StashKey()
_TESTS: Final = Path(__file__).parents[2]
_FOLDER: Final = _TESTS / "kafka"
_FOLDERS: Final = (_FOLDER, _TESTS / "contracts")
"""Where ``make test`` looks for tests with the marker; elsewhere one would never run."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARKER}: needs a real broker (see tests/support/kafka)")


@pytest.hookimpl(tryfirst=True)  # before pytest looks at -m
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        among_them = any(item.path.is_relative_to(folder) for folder in _FOLDERS)
        if item.path.is_relative_to(_FOLDER) or (among_them and _FIXTURES & set(_asked_for(item))):
            item.add_marker(MARKER)
        if not item.get_closest_marker(MARKER):
            continue
        if not among_them:
            raise pytest.UsageError(f"{item.nodeid} needs Kafka, and make test looks for such tests elsewhere")
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(TEST_SECONDS))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fetch what the tests need, outside their time limits, and say which broker it is."""
    config, items = session.config, [item for item in session.items if item.get_closest_marker(MARKER)]
    if not items or config.option.collectonly:
        return
    from tests.support.kafka.distribution import NoBroker
    from tests.support.kafka.preparing import prepare

    try:
        choice = prepare(clusters=any(_CLUSTERS & set(_asked_for(item)) for item in items))
    except NoBroker as missing:
        raise pytest.UsageError(f'{missing} (or leave these tests out: -m "not {MARKER}")') from None
    config.stash[_CHOICE] = choice
    if reporter := config.pluginmanager.get_plugin("terminalreporter"):
        reporter.write_line(f"kafka: {choice.says}")


@pytest.fixture
def namespace() -> str:
    """Return a namespace that no other test has."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def plain_broker(pytestconfig: pytest.Config) -> Iterator["Address"]:
    """Return where the broker is that was chosen: in the clear, without a namespace."""
    from tests.support.kafka.choice import Way
    from tests.support.kafka.cluster import Cluster, Shape
    from tests.support.kafka.container import running_container
    from tests.support.kafka.distribution import obtain

    choice = pytestconfig.stash[_CHOICE]
    if choice.way is Way.DOCKER:
        with running_container() as address:
            yield address
    elif choice.way is Way.MAVEN:
        with Cluster(Shape(), obtain()) as cluster:
            yield cluster.address()
    else:
        assert choice.address is not None
        yield choice.address


@pytest.fixture
def kafka_address(plain_broker: "Address", namespace: str, pytestconfig: pytest.Config) -> Iterator[str]:
    """Return the address of a Kafka that has no topics, as tocsin is told it."""
    from tests.support.kafka.health import remove_topics

    yield str(msgspec.structs.replace(plain_broker, namespace=namespace))
    if pytestconfig.stash[_CHOICE].address is not None:  # it goes on after us
        remove_topics(plain_broker, namespace)


@pytest.fixture(scope="session")
def _distribution() -> "Distribution":
    from tests.support.kafka.distribution import missing_for_maven, obtain

    if missing := missing_for_maven():
        pytest.skip(f"a local cluster needs {' and '.join(missing)}")
    return obtain()


@pytest.fixture(scope="session")
def _secure(_distribution: "Distribution") -> Iterator["Cluster"]:
    from tests.support.kafka.cluster import Cluster, Shape

    with Cluster(Shape(secure=True), _distribution) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def _three(_distribution: "Distribution") -> Iterator["Cluster"]:
    from tests.support.kafka.cluster import Cluster, Shape

    with Cluster(Shape(nodes=3, secure=True), _distribution) as cluster:
        yield cluster


@pytest.fixture
def secure(_secure: "Cluster") -> "Cluster":
    """Return one secure node; quicker than :func:`three` where one is enough."""
    from tests.support.kafka.health import heal

    heal(_secure)
    return _secure


@pytest.fixture
def three(_three: "Cluster") -> "Cluster":
    """Return three secure nodes, all up and in step, whatever the test before has done to them."""
    from tests.support.kafka.health import heal

    heal(_three)
    return _three


@pytest.fixture
def make_cluster(_distribution: "Distribution") -> Iterator[MakeCluster]:
    """Start a cluster for this test alone, for what cannot be healed; that takes 3 s (one node) to 10 s (three)."""
    from tests.support.kafka.cluster import Cluster

    with ExitStack() as stack:
        yield lambda shape: stack.enter_context(Cluster(shape, _distribution))


def _asked_for(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])
