"""Agreements and groups are messages too: many of them, two of one number, and groups that a node does not know."""

import pytest
from sqlalchemy.exc import IntegrityError

from broker.bus.port import Delivered
from broker.types.names import Digest
from broker.types.vocabulary import Tlp
from tests.scenarios.attacks.counting import counted
from tests.support.exercise import NOW, Exercise, Node
from tests.support.records import a_core, a_group, a_marking, an_agreement

OTHER = Digest(bytes([9]) * 32)


async def test_an_agreement_does_not_make_the_next_batch_read_all_the_others_again(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    with counted(node.engine) as cost:
        for number in range(3):
            await exercise.write({"core": an_agreement("BE/police", reference=f"number {number}")})
            await node.receive()
    once = 1  # when it starts
    assert once == cost.rows_for("SELECT message.envelope, message.late")


async def test_a_batch_that_was_rolled_back_is_taken_again_with_its_agreement(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write({"core": an_agreement("BE/police", reference="of the lost batch")})
    with node.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TRIGGER full BEFORE INSERT ON decision BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(IntegrityError):
        await node.receive()
    with node.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER full")
    await node.receive()
    await exercise.write({"core": a_core(concerned=())})
    await node.receive()
    assert [1, 2] == [one.message.sequence for one in node.items("BE/police")]


async def test_two_agreements_of_one_number_mean_the_same_whichever_came_first(exercise: Exercise) -> None:
    wide = exercise.authors.compose({"core": an_agreement("BE/police")})
    narrow = exercise.authors.compose({"core": an_agreement("BE/health")}, directory_digest=OTHER)
    report = exercise.authors.compose({"core": a_core(concerned=())}, writer=2)
    views: list[list[str]] = []
    for order in ((wide, narrow), (narrow, wide)):
        node = exercise.node(file=f"{len(views)}.sqlite")
        raws = [exercise.authors.sign([one])[0] for one in (*order, report)]
        await node.follower.catch_up(exercise.bus)
        node.deliverer.take([Delivered(exercise.topic(), place, "", raw) for place, raw in enumerate(raws)], NOW)
        views.append([name for name in ("BE/police", "BE/health") if writes(node, name) >= 2])
    assert views[0] == views[1]


def writes(node: Node, authority: str) -> int:
    return max((one.message.stream.writer for one in node.items(authority)), default=0)


async def test_who_is_in_an_excluded_group_that_the_node_does_not_know_is_excluded(exercise: Exercise) -> None:
    node = exercise.node()
    marking = a_marking(excluded=("@NL/lionfish",))
    await exercise.write({"core": a_core(marking=marking)}, tlp=Tlp.GREEN)
    await exercise.write({"core": a_group(members=("FR",))})
    await node.receive()
    assert [] == node.items("BE/police")
    await exercise.write({"core": a_core(marking=marking)}, tlp=Tlp.GREEN)
    await node.receive()
    assert [3] == [one.message.sequence for one in node.items("BE/police")]
