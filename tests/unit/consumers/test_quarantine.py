"""One bad message never stops the ones behind it: it is kept with its reason, and tried again where that may help."""

import hashlib
from datetime import timedelta

import msgspec
import pytest

from broker.bus.port import Outgoing
from broker.directory.entries import ConditionsEntry
from broker.envelope.body import Content
from broker.envelope.message import open_envelope
from broker.envelope.outer import format_envelope, parse_envelope
from broker.errors import PositionOutOfRange
from consumers import store
from tests.support.exercise import CUSTOMS, NOW, Exercise, a_body
from tests.support.federation import (
    a_key_entry,
    a_revocation,
    a_signing_key,
    admin_stream,
    text_digest,
)
from tests.support.records import a_core, an_operational_section


async def send_raw(exercise: Exercise, raw: bytes, topic: str = "NL") -> None:
    await exercise.bus.send(exercise.topic(topic), [Outgoing("key", raw)])


def with_changed_body(raw: bytes) -> bytes:
    envelope = parse_envelope(raw)
    bodies = (bytes(len(envelope.bodies[0] or b"")), *envelope.bodies[1:])
    return format_envelope(msgspec.structs.replace(envelope, bodies=bodies))


def without_first_body(raw: bytes) -> bytes:
    envelope = parse_envelope(raw)
    return format_envelope(msgspec.structs.replace(envelope, bodies=(None, *envelope.bodies[1:])))


@pytest.mark.parametrize(
    ("planted", "code"),
    [
        (b"", "bad-framing"),
        (b"\x00" * 1000, "bad-framing"),
        (hashlib.sha512(b"noise").digest() * 5, "bad-framing"),
        (bytes.fromhex("c3018e24e73410cfb4bf"), "not-canonical"),
        (b"\xc3\x01" + bytes(1024 * 1024), "too-large"),
    ],
    ids=["empty", "zeros", "noise", "frame only", "too large"],
)
async def test_bytes_that_are_no_message_are_kept_and_the_next_one_is_read(
    exercise: Exercise, planted: bytes, code: str
) -> None:
    node = exercise.node()
    await send_raw(exercise, planted)
    await exercise.write()
    taken = await node.receive()
    assert (1, 1) == (taken.messages, taken.quarantined)
    assert {0: code} == node.quarantine()
    assert planted == node.rows(store.quarantine)[0].raw


async def test_a_message_in_anothers_topic_is_quarantined(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.send(exercise.authors.write(), to="BE")
    await node.receive()
    assert {0: "wrong-topic"} == node.quarantine()
    assert [] == node.rows(store.message)


async def test_a_message_of_another_federation_is_quarantined(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write(federation="exercise-2025")
    await node.receive()
    assert {0: "wrong-federation"} == node.quarantine()


async def test_a_message_under_another_participants_key_is_quarantined(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write(key=exercise.federation.signing_key("BE/police"))
    await node.receive()
    assert {0: "key-not-valid"} == node.quarantine()


async def test_a_changed_signature_is_quarantined(exercise: Exercise) -> None:
    node = exercise.node()
    envelope = parse_envelope(exercise.authors.write())
    forged = msgspec.structs.replace(envelope.signatures[0], signature=bytes(64))
    await send_raw(exercise, format_envelope(msgspec.structs.replace(envelope, signatures=(forged,))))
    await node.receive()
    assert {0: "bad-signature"} == node.quarantine()


async def test_content_that_cannot_be_read_takes_its_number_and_is_shown_to_nobody(exercise: Exercise) -> None:
    node = exercise.node()
    await send_raw(exercise, with_changed_body(exercise.authors.write()))
    await send_raw(exercise, without_first_body(exercise.authors.write()))
    await exercise.write(contents=[("core", Content(bytes(32), a_body(a_core()).schema_id, b"no record"))])
    await exercise.write(contents=[("core", Content(bytes(32), a_body(an_operational_section()).schema_id, b"\x00"))])
    await exercise.write({"operational": an_operational_section()})
    await exercise.write()
    taken = await node.receive()
    assert {
        0: "body-mismatch",
        1: "body-missing",
        2: "undecodable-content",
        3: "undecodable-content",
        4: "invalid-record",
    } == node.quarantine()
    assert 6 == taken.messages
    assert [] == node.findings(), "no gap: each number is taken"
    assert [6] == [item.message.sequence for item in node.items("BE/police")]


async def test_an_unknown_schema_is_kept_until_a_version_knows_it(exercise: Exercise) -> None:
    node = exercise.node()
    body = a_body(a_core())
    await exercise.write(contents=[("core", Content(body.salt, bytes(32), body.avro))])
    await node.receive()
    assert {0: "unknown-schema"} == node.quarantine()


async def test_an_unknown_key_is_tried_again_when_the_directory_knows_it(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    new = a_signing_key("a new key of NL")
    await exercise.write(key=new)
    assert 1 == (await node.receive()).quarantined
    assert {0: "unknown-key"} == node.quarantine()
    exercise.federation.say(a_key_entry(new, [CUSTOMS]), admin_stream("NL"))
    await exercise.announce()
    taken = await node.receive()
    assert (1, 3, 0) == (taken.messages, taken.alerts, taken.quarantined)
    assert {} == node.quarantine()
    assert 1 == len(node.items("BE/police"))


async def test_two_copies_under_an_unknown_key_are_admitted_once_when_the_directory_knows_it(
    exercise: Exercise,
) -> None:
    """A sender repeats what it is not sure of: deciding twice would break the inbox's uniqueness for ever."""
    node = exercise.node()
    new = a_signing_key("a new key of NL")
    raw = await exercise.write(key=new)
    await exercise.send(raw)
    await node.receive()
    assert {0: "unknown-key", 1: "unknown-key"} == node.quarantine()
    exercise.federation.say(a_key_entry(new, [CUSTOMS]), admin_stream("NL"))
    await exercise.announce()
    assert 1 == (await node.receive()).messages
    assert {} == node.quarantine()
    assert 1 == len(node.items("BE/police"))


async def test_more_than_one_helping_of_quarantine_is_tried_again_in_order(exercise: Exercise) -> None:
    node = exercise.node()
    new = a_signing_key("a new key of NL")
    for _ in range(150):
        await exercise.write({"core": a_core()}, key=new)
    assert 150 == (await node.receive()).quarantined
    exercise.federation.say(a_key_entry(new, [CUSTOMS]), admin_stream("NL"))
    await exercise.announce()
    assert 150 == (await node.receive()).messages
    assert {} == node.quarantine()
    assert {"next"} == {row.outcome for row in node.rows(store.message)}


async def test_what_stays_in_quarantine_is_counted_once(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write(key=a_signing_key("nobody's"))
    assert [1, 0, 0] == [(await node.receive()).quarantined for _ in range(3)]


async def test_a_reason_that_has_become_another_one_is_kept_as_that(exercise: Exercise) -> None:
    node = exercise.node()
    new = a_signing_key("a new key of NL")
    await exercise.write(key=new)
    await node.receive()
    exercise.federation.say(a_key_entry(new, [CUSTOMS]), admin_stream("NL"))
    exercise.federation.say(a_revocation(new), admin_stream("NL"))
    await exercise.announce()
    await node.receive()
    assert {0: "key-revoked"} == node.quarantine()


async def test_a_message_of_a_clock_that_is_ahead_is_admitted_when_its_time_has_come(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write(issued_at=NOW + timedelta(minutes=5, seconds=1))
    await node.receive()
    assert {0: "clock-ahead"} == node.quarantine()
    exercise.clock.advance(seconds=1)
    assert 1 == (await node.receive()).messages
    assert {} == node.quarantine()


async def test_a_message_of_a_revoked_key_is_refused_and_those_admitted_before_stay(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write()
    await node.receive()
    exercise.federation.say(a_revocation(exercise.federation.signing_key(CUSTOMS)), admin_stream("NL"))
    await exercise.announce()
    await exercise.write()
    await node.receive()
    assert {1: "key-revoked"} == node.quarantine()
    assert 1 == len(node.items("BE/police"))


async def test_a_whole_copy_heals_a_message_whose_body_was_changed(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    raw = exercise.authors.write()
    await send_raw(exercise, with_changed_body(raw))
    await node.receive()
    assert [] == node.items("BE/police")
    await send_raw(exercise, raw)
    await node.receive()
    assert 1 == len(node.alerts("BE/police"))
    assert [raw] == [row.envelope for row in node.rows(store.message)]
    assert [] == await exercise.audit_node(node)


async def test_a_whole_copy_in_the_same_batch_heals_a_changed_one(exercise: Exercise) -> None:
    node = exercise.node()
    raw = exercise.authors.write()
    await send_raw(exercise, with_changed_body(raw))
    await send_raw(exercise, raw)
    await send_raw(exercise, raw)
    taken = await node.receive()
    assert (1, 1) == (taken.messages, taken.duplicates)
    assert [open_envelope(raw).digest] == [one.digest for one in node.items("BE/police")]


async def test_conditions_that_are_no_table_hide_that_participants_messages_only(exercise: Exercise) -> None:
    """What one administrator publishes must not stop every node of the network."""
    node = exercise.node()
    text = "not a table"
    entry = ConditionsEntry(participant="NL", table=text, digest=text_digest(text))
    exercise.federation.say(entry, admin_stream("NL"))
    await exercise.announce()
    await exercise.write()
    await exercise.write(by="BE/customs")
    await node.receive()
    assert {0: "bad-table"} == node.quarantine()
    assert ["BE/customs"] == [one.originator for one in node.items("BE/police")]


async def test_a_bus_that_ends_before_the_nodes_position_is_refused(exercise: Exercise) -> None:
    """Reading on at the old place would lose whatever the other bus has below it."""
    node = exercise.node()
    await exercise.write()
    await node.receive()
    with node.engine.begin() as connection:
        connection.execute(store.position.update().values(next=5))
    with pytest.raises(PositionOutOfRange):
        await node.receive()
