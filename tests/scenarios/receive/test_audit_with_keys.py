"""What an audit says of sealed messages: without keys whether they are the signed ones, with keys what is in them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import delete, update

from broker import decisions
from broker.bus.port import Outgoing
from broker.database import reading
from broker.envelope.message import open_envelope
from broker.envelope.outer import Envelope, format_envelope
from broker.types.names import Participant
from consumers import store
from consumers.audit.node import audit_node
from tests.support.exercise import Exercise, Node, an_exercise
from tests.support.records import a_core, a_nominal_section


@pytest_asyncio.fixture
async def exercise(tmp_path: Path) -> AsyncIterator[Exercise]:
    """An exercise in which a node has only the keys that are released to it."""
    async with an_exercise(tmp_path, releases=True) as made:
        yield made


async def shared(exercise: Exercise) -> bytes:
    """Send an incident with the keys of it for BE."""
    raw = exercise.authors.write({"core": a_core(), "nominal": a_nominal_section()})
    await exercise.send(raw, exercise.authors.release({"BE/~1": exercise.authors.items_of(raw)}, writer=2))
    return raw


async def without_keys(exercise: Exercise, node: Node) -> list[str]:
    audit = await exercise.audit()
    with reading(node.engine) as connection:
        return [one.code for one in (*audit.findings, *audit_node(connection, audit, node.name))]


async def with_keys(exercise: Exercise, node: Node) -> list[str]:
    audit = await exercise.audit()
    return [one.code for one in (*audit.findings, *await exercise.audit_node(node))]


async def test_an_honest_record_has_no_findings_with_keys_or_without(exercise: Exercise) -> None:
    await shared(exercise)
    await exercise.write({"core": a_core()})  # for nobody at BE
    node = exercise.node()
    await node.receive()
    assert ([], []) == (await without_keys(exercise, node), await with_keys(exercise, node))


async def test_a_changed_sealed_body_is_found_without_any_key(exercise: Exercise) -> None:
    opened = open_envelope(await shared(exercise))
    bodies = tuple(None if body is None else body[:-1] + bytes([body[-1] ^ 1]) for body in opened.bodies)
    changed = format_envelope(Envelope(opened.header_bytes, opened.signatures, bodies))
    await exercise.bus.send(exercise.topic(), [Outgoing("key", changed)])
    assert ["body-mismatch"] == [one.code for one in (await exercise.audit()).findings]


async def test_what_its_author_sealed_wrongly_is_found_with_the_key_only(exercise: Exercise) -> None:
    """Signed and committed to, and sealed for another place: only who has the key can tell."""
    raw = moved(exercise)
    await exercise.send(raw, exercise.authors.release({"BE/~1": exercise.authors.items_of(raw)}, writer=2))
    node = exercise.node()
    await node.receive()
    assert {0: "broken-seal"} == node.quarantine()
    assert ([], ["broken-seal"]) == (await without_keys(exercise, node), await with_keys(exercise, node))


def moved(exercise: Exercise) -> bytes:
    """Return a message whose body was sealed for the next number of its stream."""
    return exercise.authors.write({"core": a_core()}, sealed_for=2)


@pytest.mark.parametrize("hidden", [True, False])
async def test_a_message_that_could_be_decided_about_and_was_not(exercise: Exercise, hidden: bool) -> None:
    """Whoever owns the database cannot pass off as closed what the node has the key of."""
    opened = open_envelope(await shared(exercise))
    node = exercise.node()
    await node.receive()
    with node.engine.begin() as connection:
        connection.execute(delete(store.inbox))
        connection.execute(delete(decisions.decision))
        if hidden:
            here = store.message.c.digest == opened.digest
            connection.execute(update(store.message).where(here).values(pending=True, record_kind=None))
    found = await with_keys(exercise, node)
    assert ["missing-decision"] == [one for one in found if one != "decisions-lost"]
    assert ([] if hidden else ["missing-decision"]) == await without_keys(exercise, node)


async def test_a_destroyed_key_is_no_finding(exercise: Exercise) -> None:
    raw = await shared(exercise)
    node = exercise.node()
    await node.receive()
    heads = open_envelope(raw).header.sections
    node.section_keys.destroy(
        [one.key_commitment for one in heads if one.key_commitment is not None], owner=Participant("NL")
    )
    assert [] == await with_keys(exercise, node)
