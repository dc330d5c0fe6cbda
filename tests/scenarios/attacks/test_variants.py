"""Whoever runs the bus sends another copy of a message first: the same signed header, something else around it."""

import msgspec
import pytest

from broker.envelope.outer import format_envelope, parse_envelope
from broker.types.vocabulary import Status
from consumers import store
from tests.support.exercise import Exercise
from tests.support.heads import head_of, some_heads_of, write_heads
from tests.support.messages import a_content
from tests.support.records import a_core


def with_bodies(raw: bytes, *bodies: bytes | None) -> bytes:
    envelope = parse_envelope(raw)
    return format_envelope(type(envelope)(envelope.header, envelope.signatures, bodies))


@pytest.mark.parametrize("body", [b"", bytes(256), None])
async def test_a_spoilt_copy_of_heads_does_not_take_the_place_of_the_true_one(
    exercise: Exercise, body: bytes | None
) -> None:
    node = exercise.node()
    said = some_heads_of({"NL/customs/1": head_of(exercise.authors.write({"core": a_core()}))})
    heads = write_heads(exercise, msgspec.structs.replace(said, directory_digest=exercise.federation.directory.digest))
    await exercise.send(with_bodies(heads, body), heads)
    await node.receive()
    assert [heads] == [row.envelope for row in node.rows(store.message)]
    assert [("body-missing" if body is None else "body-mismatch")] == list(node.quarantine().values())
    audit = await exercise.audit()
    found = [one.code for one in audit.findings if one.code != "dropped-tail"]  # what they name was not sent
    assert [("body-missing" if body is None else "body-mismatch")] == found


@pytest.mark.parametrize("body", [b"", bytes(256), None])
async def test_a_spoilt_copy_of_a_record_does_not_take_the_place_of_the_true_one(
    exercise: Exercise, body: bytes | None
) -> None:
    node = exercise.node()
    record = exercise.authors.write({"core": a_core()})
    spoilt = with_bodies(record, body)
    await exercise.send(spoilt)
    await node.receive()
    await exercise.send(record, spoilt, record)
    await node.receive()
    assert [record] == [row.envelope for row in node.rows(store.message)]
    assert 1 == len(node.items("BE/police")) == len(node.alerts("BE/police"))


async def test_the_audit_finds_a_spoilt_copy_behind_the_true_one(exercise: Exercise) -> None:
    record = exercise.authors.write({"core": a_core()})
    await exercise.send(record, with_bodies(record, bytes(256)))
    audit = await exercise.audit()
    assert ["body-mismatch"] == [one.code for one in audit.findings]


async def test_a_message_replayed_into_another_participants_topic_leaves_the_true_one_alone(exercise: Exercise) -> None:
    node = exercise.node()
    record = exercise.authors.write({"core": a_core()})
    await exercise.send(record, to="BE")
    await node.receive()
    assert ([], {0: "wrong-topic"}) == (node.rows(store.message), node.quarantine())
    await exercise.send(record)
    await node.receive()
    assert [record] == [row.envelope for row in node.rows(store.message)]


async def test_a_message_about_the_world_is_refused_in_an_exercise(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write({"core": a_core()}, status=Status.ACTUAL)
    await exercise.write({"core": a_core()}, status=Status.TEST)
    await node.receive()
    assert {0: "bad-header"} == node.quarantine()
    assert [Status.TEST] == [one.status for one in node.items("BE/police")]


async def test_content_that_is_no_record_takes_its_number_and_shows_nothing(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write(contents=[("core", a_content())])
    await exercise.write({"core": a_core()})
    await node.receive()
    assert [2] == [one.message.sequence for one in node.items("BE/police")]
    assert ["next", "next"] == [row.outcome for row in node.rows(store.message)]
