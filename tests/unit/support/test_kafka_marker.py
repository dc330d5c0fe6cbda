"""Which tests need a real broker follows from where they are and what they ask for."""

import pytest

from tests.support.kafka.fixtures import pytest_collection_modifyitems
from tests.support.kafka.skips import MARKER


@pytest.fixture
def item(request: pytest.FixtureRequest) -> pytest.Function:
    """Return a test of this file, which is in no folder that tests against a broker are looked for in."""
    made: pytest.Function = pytest.Function.from_parent(request.node.parent, name="one", callobj=lambda: None)
    return made


def test_a_marker_where_nobody_would_run_it_is_refused(item: pytest.Function) -> None:
    item.add_marker(MARKER)
    with pytest.raises(pytest.UsageError, match="one needs Kafka"):
        pytest_collection_modifyitems([item])


def test_a_fixture_of_the_same_name_elsewhere_needs_no_broker(item: pytest.Function) -> None:
    item.fixturenames.append("three")
    pytest_collection_modifyitems([item])
    assert item.get_closest_marker(MARKER) is None
