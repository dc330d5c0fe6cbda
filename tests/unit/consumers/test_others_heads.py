"""What a node makes of others' HEADS: a hidden end becomes a gap that heals, another history a finding."""

from collections.abc import Mapping

import pytest

from broker import avro
from broker.envelope.body import Content
from broker.logbook.tables import log_claim
from broker.records.heads import SECTION
from broker.types.vocabulary import Kind, Tlp
from consumers import store
from consumers.heads import NEWS_AT_ONCE
from tests.support.exercise import NOW, Exercise, Node
from tests.support.federation import ROOT_STREAM, a_revocation, a_seed
from tests.support.heads import a_heads_body, head_of, some_heads_of, write_heads
from tests.support.log import NOTARY_KEY, a_log
from tests.support.notes import a_signed_checkpoint

STREAM = "NL/customs/1"


def codes(node: Node) -> list[tuple[str, str]]:
    return [(one.code, one.place) for one in node.findings()]


async def say(exercise: Exercise, streams: Mapping[str, tuple[int, bytes]]) -> None:
    await exercise.send(write_heads(exercise, some_heads_of(streams)))


async def test_heads_that_agree_with_what_arrived_are_no_finding(exercise: Exercise) -> None:
    node = exercise.node()
    first, second = await exercise.write(), await exercise.write()
    await say(exercise, {STREAM: head_of(second)})
    await say(exercise, {STREAM: head_of(first)})

    taken = await node.receive()

    assert (4, 0) == (taken.messages, taken.quarantined)
    assert [] == node.findings()
    assert [] == node.rows(store.claim)


async def test_a_hidden_end_is_a_gap_that_heals_when_it_comes(exercise: Exercise) -> None:
    node = exercise.node()
    sent = [exercise.authors.write() for _ in range(4)]
    await exercise.send(sent[0])
    await say(exercise, {STREAM: head_of(sent[3])})
    await node.receive()
    assert [("gap", STREAM)] == codes(node)
    assert node.findings()[0].message.endswith(": 2 to 4")

    await exercise.send(sent[3], sent[1])
    await node.receive()
    assert node.findings()[0].message.endswith(": 3")
    await exercise.send(sent[2])
    await node.receive()

    assert [] == node.findings()
    assert ([], []) == (node.rows(store.missing), node.rows(store.claim))
    assert 4 == len(node.items("BE/police"))


async def test_the_stream_goes_on_behind_the_end_that_was_hidden(exercise: Exercise) -> None:
    node = exercise.node()
    sent = [exercise.authors.write() for _ in range(4)]
    await exercise.send(sent[0])
    await say(exercise, {STREAM: head_of(sent[2])})
    await exercise.send(sent[3])
    await node.receive()
    assert ["2 to 3"] == [one.message.rpartition(": ")[2] for one in node.findings()]

    await exercise.send(sent[1], sent[2])
    await node.receive()

    assert [] == node.findings()


async def test_a_stream_of_which_nothing_came_is_missing_as_a_whole(exercise: Exercise) -> None:
    node = exercise.node()
    await say(exercise, {"NL/police/1": (3, a_seed("a message"))})
    await node.receive()

    assert [("gap", "NL/police/1")] == codes(node)
    assert node.findings()[0].message.endswith(": 1 to 3")


async def test_the_end_is_hidden_once_however_often_it_is_said(exercise: Exercise) -> None:
    node = exercise.node()
    for sequence in (3, 3, 5):
        await say(exercise, {STREAM: (sequence, a_seed(f"message {sequence}"))})
    await node.receive()

    assert [("gap", STREAM)] == codes(node)
    assert node.findings()[0].message.endswith(": 1 to 3, 4 to 5")


async def test_another_message_than_the_one_that_arrived_is_a_second_history(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write()
    await say(exercise, {STREAM: (1, a_seed("another"))})
    await node.receive()

    assert [("heads-mismatch", f"{STREAM}#1")] == codes(node)


async def test_another_message_than_the_one_that_was_said_is_found_when_it_arrives(exercise: Exercise) -> None:
    node = exercise.node()
    sent = [exercise.authors.write() for _ in range(2)]
    await exercise.send(sent[0])
    await say(exercise, {STREAM: (2, a_seed("another"))})
    await node.receive()
    await exercise.send(sent[1])
    await node.receive()

    assert [("heads-mismatch", f"{STREAM}#2")] == codes(node)


async def test_a_node_cannot_speak_of_streams_of_another_participant(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.send(write_heads(exercise, some_heads_of({STREAM: (9, a_seed("a message"))}), by="BE/~1"))
    await node.receive()

    assert [("foreign-heads", "BE/~1/1#1")] == codes(node)
    assert [] == node.rows(store.missing)


@pytest.mark.parametrize(
    ("contents", "code"),
    [
        ([("release", a_heads_body(some_heads_of({})))], "invalid-record"),
        ([(SECTION, Content(a_seed("salt"), a_seed("no schema"), b""))], "invalid-record"),
        ([(SECTION, Content(a_seed("salt"), avro.schema("heads/heads").id, b"\x00"))], "undecodable-content"),
    ],
)
async def test_heads_that_cannot_be_read_are_a_finding_and_halt_nothing(
    exercise: Exercise, contents: list[tuple[str, Content]], code: str
) -> None:
    node = exercise.node()
    raw = exercise.authors.write(contents=contents, by="NL/~1", kind=Kind.HEADS, tlp=Tlp.GREEN)
    await exercise.send(raw)
    await exercise.write()
    await node.receive()

    assert [(code, "NL/~1/1#1")] == codes(node)
    assert 1 == len(node.items("BE/police"))


async def test_a_node_that_invents_streams_leaves_only_so_many_gaps_a_message(exercise: Exercise) -> None:
    node = exercise.node()
    invented = {f"NL/customs/{writer}": (9, a_seed(f"message {writer}")) for writer in range(1, 1001)}
    await say(exercise, invented)
    await node.receive()
    assert NEWS_AT_ONCE == len(node.findings())

    await say(exercise, invented)
    await node.receive()
    assert 2 * NEWS_AT_ONCE == len(node.findings())


async def test_a_checkpoint_that_no_notary_signed_is_found_and_the_rest_of_the_heads_counts(exercise: Exercise) -> None:
    node = exercise.node()
    raw = await exercise.write()
    said = some_heads_of({STREAM: head_of(raw)}, checkpoint=a_signed_checkpoint())
    await exercise.send(write_heads(exercise, said))
    await node.receive()

    assert [("foreign-checkpoint", "NL/~1/1#1")] == codes(node)
    assert [] == node.rows(log_claim)


async def test_a_checkpoint_that_the_notary_signed_waits_to_be_compared(exercise: Exercise) -> None:
    log, node = a_log(exercise), exercise.node()
    log.run()
    await exercise.send(write_heads(exercise, some_heads_of({}, checkpoint=log.raw)))
    await node.receive()

    assert ([], [log.checkpoint.size]) == (codes(node), [row.size for row in node.rows(log_claim)])


async def test_heads_of_before_the_notarys_key_was_revoked_accuse_nobody(exercise: Exercise) -> None:
    node, log = exercise.node(), a_log(exercise)
    log.run()
    raw = log.raw
    exercise.federation.say(a_revocation(NOTARY_KEY, revoked_at=NOW), ROOT_STREAM)
    await exercise.announce()
    await exercise.send(write_heads(exercise, some_heads_of({}, checkpoint=raw)))

    await node.receive()

    assert ([], []) == (codes(node), node.rows(log_claim))
