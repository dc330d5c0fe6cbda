"""Every sequence outcome, as a node delivers it, reports it and heals it."""

from broker.types.time import from_micros
from consumers import store
from tests.support.exercise import Exercise, Node
from tests.support.records import a_core, an_incident


def outcomes(node: Node) -> dict[int, str]:
    return {row.sequence: row.outcome for row in node.rows(store.message)}


def codes(node: Node) -> list[tuple[str, str]]:
    return [(one.code, one.place) for one in node.findings()]


async def test_delivers_what_comes_in_order_without_a_finding(exercise: Exercise) -> None:
    node = exercise.node()
    for _ in range(3):
        await exercise.write()
    await node.receive()
    assert {1: "next", 2: "next", 3: "next"} == outcomes(node)
    assert [] == node.findings()


async def test_drops_a_duplicate_in_the_same_batch_and_in_a_later_one(exercise: Exercise) -> None:
    node = exercise.node()
    raw = await exercise.write()
    await exercise.send(raw)
    first = await node.receive()
    await exercise.send(raw)
    second = await node.receive()
    assert (1, 1, 0, 1) == (first.messages, first.duplicates, second.messages, second.duplicates)
    assert 1 == len(node.items("BE/police"))
    assert [] == node.findings()


async def test_reports_a_gap_and_heals_it_when_the_last_missing_one_arrives(exercise: Exercise) -> None:
    node = exercise.node()
    sent = [exercise.authors.write() for _ in range(4)]
    await exercise.send(sent[0], sent[3])
    await node.receive()
    assert {1: "next", 4: "gap"} == outcomes(node)
    assert [("gap", "NL/customs/1")] == codes(node)
    assert node.findings()[0].message.endswith(": 2 to 3")
    await exercise.send(sent[2])
    await node.receive()
    assert node.findings()[0].message.endswith(": 2")
    await exercise.send(sent[1])
    await node.receive()
    assert {1: "next", 2: "fills", 3: "fills", 4: "gap"} == outcomes(node)
    assert [] == node.findings()
    assert [] == node.rows(store.missing)
    assert 4 == len(node.items("BE/police"))


async def test_a_gap_within_one_batch_heals_in_it(exercise: Exercise) -> None:
    node = exercise.node()
    sent = [exercise.authors.write() for _ in range(3)]
    await exercise.send(sent[0], sent[2], sent[1])
    await node.receive()
    assert {1: "next", 2: "fills", 3: "gap"} == outcomes(node)
    assert [] == node.findings()


async def test_a_finding_that_healed_opens_again(exercise: Exercise) -> None:
    node = exercise.node()
    sent = [exercise.authors.write() for _ in range(5)]
    await exercise.send(sent[0], sent[2], sent[1])
    await node.receive()
    await exercise.send(sent[4])
    await node.receive()
    assert [("gap", "NL/customs/1")] == codes(node)


async def test_delivers_a_stream_whose_start_is_unknown_and_says_so(exercise: Exercise) -> None:
    node = exercise.node()
    sent = [exercise.authors.write() for _ in range(3)]
    await exercise.send(sent[2])
    await node.receive()
    assert {3: "unknown-start"} == outcomes(node)
    assert [("gap", "NL/customs/1")] == codes(node)
    assert 1 == len(node.items("BE/police"))


async def test_keeps_and_flags_both_messages_of_one_number(exercise: Exercise) -> None:
    node = exercise.node()
    one = exercise.authors.compose()
    other = exercise.authors.compose({"core": a_core(summary="Something else.")})
    await exercise.send(*exercise.authors.sign([one]), *exercise.authors.sign([other]))
    taken = await node.receive()
    assert 2 == taken.messages
    assert ["conflict", "next"] == sorted(row.outcome for row in node.rows(store.message))
    assert [("conflict", "NL/customs/1#1")] == codes(node)
    assert 2 == len(node.items("BE/police"))


async def test_drops_a_copy_of_the_second_message_of_a_conflict(exercise: Exercise) -> None:
    """It is a duplicate, not a third message: inserting it again would stop the node for ever."""
    node = exercise.node()
    one = exercise.authors.compose()
    other = exercise.authors.compose({"core": a_core(summary="Something else.")})
    first, second = *exercise.authors.sign([one]), *exercise.authors.sign([other])
    await exercise.send(first, second, second)
    assert 1 == (await node.receive()).duplicates
    await exercise.send(second, first)
    assert 2 == (await node.receive()).duplicates
    assert 2 == len(node.rows(store.message))


async def test_delivers_and_flags_a_message_that_names_another_one_before_it(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write()
    broken = exercise.authors.compose(previous=exercise.authors.compose(sequence=7).digest)
    await exercise.send(*exercise.authors.sign([broken]))
    await node.receive()
    assert {1: "next", 2: "broken-chain"} == outcomes(node)
    assert [("broken-chain", "NL/customs/1#2")] == codes(node)
    assert 2 == len(node.items("BE/police"))


async def test_a_jump_to_the_highest_number_costs_one_row(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write()
    await exercise.send(*exercise.authors.sign([exercise.authors.compose(sequence=2**63 - 1)]))
    await node.receive()
    assert [(2, 2**63 - 2)] == [(row.first, row.last) for row in node.rows(store.missing)]


async def test_marks_what_arrives_more_than_fourteen_days_after_it_was_issued_as_late(exercise: Exercise) -> None:
    node = exercise.node()
    old = exercise.authors.write()
    exercise.clock.advance(days=14, seconds=1)
    new = exercise.authors.write()
    await exercise.send(old, new)
    await node.receive()
    assert [True, False] == [one.late for one in node.items("BE/police")]
    assert exercise.clock.now == from_micros(node.rows(store.message)[0].received_at)


async def test_streams_of_several_writers_and_authorities_do_not_disturb_each_other(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write()
    await exercise.write(writer=2)
    await exercise.write(by="NL/police")
    await exercise.write(an_incident("BE").sections, by="BE/customs")
    taken = await node.receive()
    assert 4 == taken.messages
    assert [] == node.findings()
