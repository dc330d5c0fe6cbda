"""Who is told at once: those whom a message concerns or names, of what arrives while the node is there."""

from broker.types.vocabulary import Tlp
from tests.support.exercise import Exercise
from tests.support.federation import HUB_STREAM, a_participant
from tests.support.records import a_core, a_marking, an_incident


async def test_alerts_the_authorities_of_a_country_concerned(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    await exercise.write()
    taken = await node.receive()
    assert 3 == taken.alerts
    assert [1, 1, 1, 0] == [
        len(node.alerts(f"BE/{label}")) for label in ("customs", "police", "regulator", "health")
    ], "health has no purpose that the message allows"


async def test_alerts_nobody_of_the_originators_own_country(exercise: Exercise) -> None:
    node = exercise.node("NL/~1")
    await node.receive()
    await exercise.write()
    taken = await node.receive()
    assert (4, 0) == (taken.inbox, taken.alerts)


async def test_alerts_those_whom_the_author_named_though_they_are_not_concerned(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    marking = a_marking(recipients=("BE/police",))
    await exercise.write({"core": a_core(marking=marking, concerned=())}, tlp=Tlp.RED)
    await node.receive()
    assert [0, 1] == [len(node.alerts(f"BE/{label}")) for label in ("customs", "police")]


async def test_alerts_nobody_where_the_message_is_only_readable(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    await exercise.write({"core": a_core(concerned=())}, tlp=Tlp.GREEN)
    taken = await node.receive()
    assert (3, 0) == (taken.inbox, taken.alerts)


async def test_alerts_nobody_whom_the_author_did_not_confirm_as_one_to_tell(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    untold = tuple(type(one)(country=one.country, role=one.role, tell=False) for one in a_core().concerned)
    await exercise.write({"core": a_core(concerned=untold)})
    taken = await node.receive()
    assert (0, 0) == (taken.inbox, taken.alerts)


async def test_alerts_nobody_where_its_retention_was_over_before_it_arrived(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    marking = a_marking(retain_until=exercise.clock.now, recipients=("BE/police",))
    await exercise.write({"core": a_core(marking=marking)})
    taken = await node.receive()
    assert (1, 0) == (taken.messages, taken.alerts)


async def test_a_new_node_reads_history_without_alerts_and_alerts_from_then_on(exercise: Exercise) -> None:
    await exercise.write()
    await exercise.write()
    node = exercise.node()
    assert 0 == (await node.receive()).alerts
    assert 2 == len(node.items("BE/police"))
    await exercise.write()
    assert 3 == (await node.receive()).alerts


async def test_the_first_messages_of_a_new_participant_raise_alerts(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write()
    await node.receive()
    exercise.federation.join("DE")
    await exercise.announce()
    await exercise.open_topic("DE")
    await exercise.write(an_incident("DE").sections, by="DE/police")
    taken = await node.receive()
    assert (1, 3) == (taken.messages, taken.alerts)


async def test_an_excluded_authority_hears_nothing(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    await exercise.write({"core": a_core(marking=a_marking(excluded=("BE/police",)))})
    await node.receive()
    assert [] == node.alerts("BE/police")
    assert [] == node.items("BE/police")
    assert 1 == len(node.alerts("BE/customs"))


async def test_an_authority_whose_participant_has_left_receives_nothing_more(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    keys = [exercise.federation.admin_keys["BE"]]
    exercise.federation.say(a_participant("BE", keys, active_to=exercise.clock.now), HUB_STREAM)
    await exercise.announce()
    await exercise.write()
    taken = await node.receive()
    assert (1, 0) == (taken.messages, taken.inbox)
