import pytest

from broker.types.vocabulary import Section
from consumers.evidence.evidence import format_evidence
from tests.support.evidence import World, a_world


@pytest.fixture(scope="module")
def made() -> tuple[World, bytes]:
    """Return a world and an evidence file of its one message; nobody may change the world."""
    world = a_world()
    return world, format_evidence(world.make(world.write(), Section.OPERATIONAL).evidence)
