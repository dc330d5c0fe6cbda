"""A message under an embargo is decided again when that has ended: for each reader once."""

from datetime import timedelta

import pytest

from broker import decisions
from broker.types.vocabulary import Section, Tlp
from consumers import store
from consumers.deliver import Taken
from tests.support.exercise import CUSTOMS, Exercise, Node
from tests.support.federation import a_revocation, admin_stream
from tests.support.records import a_core, a_group, a_marking, an_incident

pytestmark = pytest.mark.timeout(180)  # many messages

DAY = timedelta(days=1)


async def embargoed(exercise: Exercise, node: Node) -> None:
    """Have *node* receive an incident that BE may see in a day."""
    await node.receive()
    release = exercise.clock.now + DAY
    await exercise.write({"core": a_core(marking=a_marking(release_after=release))})
    await node.receive()


async def test_whom_an_embargo_kept_out_sees_the_message_and_is_alerted_when_it_ends(exercise: Exercise) -> None:
    node = exercise.node()
    await embargoed(exercise, node)
    assert ([], []) == (node.items("BE/police"), node.alerts("BE/police"))
    exercise.clock.now += DAY
    taken = await node.receive()
    assert Taken(inbox=3, alerts=3) == taken
    assert [1] == [one.message.sequence for one in node.items("BE/police")]
    assert 1 == len(node.alerts("BE/police"))
    assert [] == node.items("BE/health")


async def test_is_not_decided_again_before_the_embargo_ends_nor_a_second_time(exercise: Exercise) -> None:
    node = exercise.node()
    await embargoed(exercise, node)
    exercise.clock.now += DAY - timedelta(microseconds=1)
    assert Taken() == await node.receive()
    before = len(node.rows(decisions.decision))
    exercise.clock.now += timedelta(microseconds=1)
    await node.receive()
    assert Taken() == node.deliverer.retry_due(exercise.clock.now + DAY)
    assert Taken() == await exercise.node().receive(), "another process of the node finds nothing left to do"
    assert 2 * before == len(node.rows(decisions.decision))
    assert (3, 3) == (len(node.rows(store.inbox)), len(node.rows(store.alert)))
    assert [] == await exercise.audit_node(node)


async def test_what_nobody_was_refused_by_is_not_decided_again(exercise: Exercise) -> None:
    """The node of the author sees its own through every embargo."""
    node = exercise.node("NL/~1")
    await embargoed(exercise, node)
    exercise.clock.now += DAY
    assert Taken() == await node.receive()
    assert [None] == [row.due_at for row in node.rows(store.message)]


async def test_who_saw_it_during_the_embargo_keeps_it_and_is_not_told_twice(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    await exercise.write({"core": a_group(members=("BE/police",))})
    marking = a_marking(recipients=("@NL/lionfish", "BE/customs"), release_after=exercise.clock.now + DAY)
    await exercise.write(an_incident(marking=marking).sections)
    await node.receive()
    seen = [one.message.sequence for one in node.items("BE/police")]
    assert ([1, 2], []) == (seen, node.items("BE/customs")), "a member of the group reads its record, and the report"
    told = len(node.alerts("BE/police"))
    exercise.clock.now += DAY
    await node.receive()
    assert (2, told) == (len(node.items("BE/police")), len(node.alerts("BE/police")))
    assert (1, 1) == (len(node.items("BE/customs")), len(node.alerts("BE/customs")))


async def test_sections_that_the_embargo_kept_from_a_reader_are_added(exercise: Exercise) -> None:
    node = exercise.node()
    await embargoed(exercise, node)
    with node.engine.begin() as connection:
        # As if a table had let it see nothing but a part: the decision that its inbox rests on denies.
        denial = next(row.id for row in node.rows(decisions.decision) if "BE/police" in row.readers.split())
        digest = node.rows(store.message)[0].digest
        connection.execute(store.inbox.insert(), {"authority": "BE/police", "digest": digest, "decision": denial})
    exercise.clock.now += DAY
    await node.receive()
    (shown,) = node.items("BE/police")
    assert (Section.CORE,) == shown.decision.permitted
    assert [] == await exercise.audit_node(node)


async def test_a_message_whose_key_was_revoked_during_the_embargo_is_shown_to_nobody(exercise: Exercise) -> None:
    node = exercise.node()
    await embargoed(exercise, node)
    key = exercise.federation.signing_key(CUSTOMS)
    exercise.federation.say(a_revocation(key), admin_stream("NL"))
    await exercise.announce()
    exercise.clock.now += DAY
    assert Taken() == await node.receive()
    assert [] == node.items("BE/police")


async def test_more_than_one_helping_is_decided_in_one_walk(exercise: Exercise) -> None:
    node = exercise.node()
    count = 65
    core = a_core(marking=a_marking(release_after=exercise.clock.now + DAY))
    for _ in range(count):
        await exercise.write({"core": core}, tlp=Tlp.GREEN)
    await node.receive()
    exercise.clock.now += DAY
    assert Taken(inbox=3 * count, alerts=3 * count) == await node.receive()
