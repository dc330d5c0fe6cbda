"""A purged copy is what its tombstones leave of the message on the bus, and nothing else passes for one."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, delete, insert, update

from broker.database import writing
from broker.envelope.message import open_envelope, without_bodies
from consumers import store
from tests.scenarios.recall.writing import a_correction_of, a_recall_of, digest_of
from tests.support.exercise import Exercise, Node
from tests.support.records import a_core, a_marking, a_nominal_section


@pytest.fixture
async def case(exercise: Exercise) -> tuple[Exercise, Node, bytes]:
    """A message with names, corrected, at BE's node."""
    node = exercise.node()
    await node.receive()
    marking = a_marking(recipients=("BE/police",))
    raw = await exercise.write({"core": a_core(marking=marking), "nominal": a_nominal_section()})
    new = await exercise.write({"core": a_core(marking=marking, national_reference="NL-2")})
    await exercise.send(a_correction_of(exercise, raw, by=digest_of(new)))
    await node.receive()
    return exercise, node, raw


Case = tuple[Exercise, Node, bytes]


async def codes_after(case: Case, plant: Callable[[Connection, bytes], object]) -> list[str]:
    exercise, node, raw = case
    with writing(node.engine) as connection:
        plant(connection, raw)
    return [one.code for one in await exercise.audit_node(node)]


def keep(connection: Connection, raw: bytes, envelope: bytes) -> None:
    connection.execute(update(store.message).where(store.message.c.digest == digest_of(raw)).values(envelope=envelope))


async def test_what_was_purged_by_the_rules_has_no_findings(case: Case) -> None:
    assert [] == await codes_after(case, lambda *_: None)


async def test_more_missing_than_the_tombstone_says_is_a_finding(case: Case) -> None:
    assert ["changed-copy"] == await codes_after(
        case, lambda connection, raw: keep(connection, raw, without_bodies(open_envelope(raw)))
    )


async def test_less_missing_than_the_tombstone_says_is_a_finding(case: Case) -> None:
    assert ["changed-copy"] == await codes_after(case, lambda connection, raw: keep(connection, raw, raw))


async def test_a_changed_body_beside_a_purged_one_is_a_finding(case: Case) -> None:
    def plant(connection: Connection, raw: bytes) -> None:
        kept = without_bodies(open_envelope(raw), {"nominal"})
        body = open_envelope(raw).bodies[0] or b""
        keep(connection, raw, kept.replace(body, body[:-1] + bytes([body[-1] ^ 1])))

    assert ["changed-copy"] == await codes_after(case, plant)


async def test_a_changed_signature_on_a_purged_copy_is_a_finding(case: Case) -> None:
    def plant(connection: Connection, raw: bytes) -> None:
        opened = open_envelope(raw)
        signature = opened.signatures[0].signature
        changed = bytes([signature[0] ^ 1]) + signature[1:]
        keep(connection, raw, without_bodies(opened, {"nominal"}).replace(signature, changed))

    assert ["changed-copy"] == await codes_after(case, plant)


async def test_another_messages_header_is_a_finding(case: Case) -> None:
    exercise, _, _ = case
    other = exercise.authors.write()
    assert "changed-copy" in await codes_after(
        case, lambda connection, raw: keep(connection, raw, without_bodies(open_envelope(other), {"nominal"}))
    )


async def test_missing_bodies_without_a_tombstone_are_a_finding(case: Case) -> None:
    def plant(connection: Connection, raw: bytes) -> None:
        del raw
        connection.execute(delete(store.tombstone))

    assert ["changed-copy"] == await codes_after(case, plant)


async def test_a_tombstone_that_rests_on_no_recall_is_a_finding(case: Case) -> None:
    def plant(connection: Connection, raw: bytes) -> None:
        del raw
        connection.execute(update(store.tombstone).values(by=None))

    assert ["unfounded-purge"] == await codes_after(case, plant)


async def test_a_tombstone_that_says_more_than_its_recall_is_a_finding(case: Case) -> None:
    def plant(connection: Connection, raw: bytes) -> None:
        connection.execute(update(store.tombstone).values(reason="recalled", sections="core nominal"))
        keep(connection, raw, without_bodies(open_envelope(raw)))

    assert ["unfounded-purge"] == await codes_after(case, plant)


async def test_a_tombstone_of_no_message_is_a_finding(case: Case) -> None:
    def plant(connection: Connection, raw: bytes) -> None:
        del raw
        row = {"digest": b"x" * 32, "reason": "retention-over", "sections": "", "purged_at": 1}
        connection.execute(insert(store.tombstone), row)

    assert ["unfounded-purge"] == await codes_after(case, plant)


async def test_a_recall_by_another_participant_justifies_no_purge(case: Case) -> None:
    exercise, node, raw = case
    foreign = a_recall_of(exercise, raw, by="BE/police")
    await exercise.send(foreign)
    await node.receive()
    assert ["unfounded-purge"] == await codes_after(
        case, lambda connection, _: connection.execute(
            update(store.tombstone).values(by=digest_of(foreign), reason="recalled")
        )
    )  # fmt: skip
