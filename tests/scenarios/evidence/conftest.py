"""Two countries with a log in a folder of their own."""

from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from broker.types.names import Participant
from tests.scenarios.evidence.proving import Place
from tests.support.exercise import NOW, Clock
from tocsin.founding import Founding, found_federation
from tocsin.installation import open_node
from tocsin.members import usual_member


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """Two countries with a log; nothing was published."""
    clock = Clock(NOW)
    members = (usual_member("NL"), usual_member("BE"))
    folder = await found_federation(tmp_path / "made", Founding(id="exercise", members=members), clock=clock)
    clock.advance(hours=1)
    with ExitStack() as stack:
        nl, be = (stack.enter_context(open_node(folder, Participant(code), clock=clock)) for code in ("NL", "BE"))
        place = Place(folder, nl, be, clock)
        for node in (nl, be):
            await place.receive(node)
        yield place
