"""A topic that ends before the place where a node stands is reported, and keeps nobody else's messages away."""

import pytest
from sqlalchemy import update

from broker.database import writing
from broker.errors import PositionOutOfRange
from consumers import store
from tests.support.exercise import Exercise
from tests.support.records import an_incident


async def test_the_other_topics_are_received_and_a_finding_stays_until_the_topic_is_back(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    with writing(node.engine) as connection:
        here = store.position.c.topic == exercise.topic("BE")
        connection.execute(update(store.position).where(here).values(next=1))
    await exercise.write()
    with pytest.raises(PositionOutOfRange):
        await node.receive()
    assert [1] == [one.message.sequence for one in node.items("BE/police")]
    assert [("bus-behind", exercise.topic("BE"))] == [(one.code, one.place) for one in node.findings()]
    await exercise.write(an_incident("BE").sections, by="BE/customs")
    await node.receive()
    assert [] == node.findings()
