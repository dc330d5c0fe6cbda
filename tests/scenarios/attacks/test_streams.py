"""A participant with a valid key abuses the numbers of its own streams."""

from broker.envelope.message import open_envelope
from broker.types.names import Digest
from consumers import store
from tests.scenarios.attacks.counting import counted
from tests.support.exercise import Exercise, Node

OTHER = Digest(bytes([9]) * 32)


def outcomes(node: Node) -> dict[int, str]:
    return {row.sequence: row.outcome for row in node.rows(store.message)}


def codes(node: Node) -> list[tuple[str, str]]:
    return [(one.code, one.place) for one in node.findings()]


async def test_a_stream_of_holes_costs_one_row_a_hole_and_not_one_a_pair_of_holes(exercise: Exercise) -> None:
    node = exercise.node()
    previous = bytes([7]) * 32
    holes = [exercise.authors.compose(sequence=2 * number, previous=previous) for number in range(1, 61)]
    await exercise.send(*exercise.authors.sign(holes))
    with counted(node.engine) as cost:
        await node.receive()
    assert 60 == len(node.rows(store.missing))
    assert cost.rows_for("INSERT INTO missing") <= 60


async def test_a_hole_costs_the_next_batches_nothing(exercise: Exercise) -> None:
    node = exercise.node()
    sent = [exercise.authors.write() for _ in range(3)]
    await exercise.send(sent[0], sent[2])
    await node.receive()
    await exercise.write()
    with counted(node.engine) as cost:
        await node.receive()
    assert 0 == cost.rows_for("missing")


async def test_a_message_that_fills_a_gap_from_another_history_is_flagged(exercise: Exercise) -> None:
    node = exercise.node()
    sent = [exercise.authors.write() for _ in range(3)]
    forged = exercise.authors.compose(sequence=2, previous=open_envelope(sent[0]).digest, directory_digest=OTHER)
    await exercise.send(sent[0], sent[2], exercise.authors.sign([forged])[0])
    await node.receive()
    assert {1: "next", 2: "broken-chain", 3: "gap"} == outcomes(node)
    assert [("broken-chain", "NL/customs/1#2")] == codes(node)


async def test_a_message_that_fills_a_gap_but_follows_something_else_is_flagged(exercise: Exercise) -> None:
    node = exercise.node()
    sent = [exercise.authors.write() for _ in range(4)]
    forged = exercise.authors.compose(sequence=2, previous=open_envelope(sent[3]).digest)
    await exercise.send(sent[0])
    await node.receive()
    await exercise.send(sent[3])
    await node.receive()
    await exercise.send(exercise.authors.sign([forged])[0])
    await node.receive()
    assert {1: "next", 2: "broken-chain", 4: "gap"} == outcomes(node)


async def test_a_message_that_fills_a_gap_as_it_was_written_is_not_flagged_across_batches(exercise: Exercise) -> None:
    node = exercise.node()
    sent = [exercise.authors.write() for _ in range(3)]
    for raw in (sent[0], sent[2], sent[1]):
        await exercise.send(raw)
        await node.receive()
    assert {1: "next", 2: "fills", 3: "gap"} == outcomes(node)
    assert [] == codes(node)


async def test_the_audit_flags_a_gap_that_was_filled_from_another_history(exercise: Exercise) -> None:
    sent = [exercise.authors.write() for _ in range(3)]
    forged = exercise.authors.compose(sequence=2, previous=open_envelope(sent[0]).digest, directory_digest=OTHER)
    await exercise.send(sent[0], sent[2], exercise.authors.sign([forged])[0])
    audit = await exercise.audit()
    assert {"out-of-order", "broken-chain"} == {one.code for one in audit.findings}


async def test_many_histories_of_one_number_are_asked_for_one_by_one(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write()
    many = [
        exercise.authors.compose(sequence=1, previous=bytes(32), directory_digest=bytes([n]) * 32) for n in range(1, 9)
    ]
    for raw in exercise.authors.sign(many):
        await exercise.send(raw)
        await node.receive()
    assert ["next", *["conflict"] * 8] == sorted((row.outcome for row in node.rows(store.message)), reverse=True)
