from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from broker.bus.port import Bus
from tests.contracts.adapters import open_bus


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=[pytest.mark.kafka])])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a bus without topics is."""
    if request.param == "kafka":
        found: str = request.getfixturevalue("kafka_address")
        return found
    return f"{request.param}:{tmp_path / 'bus.sqlite'}"


@pytest_asyncio.fixture
async def make_bus(address: str) -> AsyncIterator[Callable[[], Bus]]:
    """Open one more client of the same bus; all are closed at the end."""
    async with AsyncExitStack() as stack:

        def make() -> Bus:
            bus = open_bus(address)
            stack.push_async_callback(bus.close)
            return bus

        yield make
