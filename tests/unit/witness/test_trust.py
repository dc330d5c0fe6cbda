"""Which log a node witnesses, and by which of the notary's keys: as its copy of the directory says now."""

from collections.abc import AsyncIterator, Collection, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from broker.directory.rules import NOTARY
from broker.errors import DatabaseBusy, WitnessUnavailable
from broker.log.checkpoint import log_origin
from broker.log.note import ED25519, Note, NoteKey, format_note, parse_note, sign_note
from broker.log.witness import AddCheckpoint, format_request
from broker.signing.keys import SigningKey
from broker.types.vocabulary import KeyUse
from tests.support.exercise import Exercise, Node, an_exercise
from tests.support.federation import (
    FEDERATION,
    FOUNDED,
    ROOT_STREAM,
    a_revocation,
    a_root,
    a_signing_key,
    a_statement,
)
from tests.support.notes import a_note_signer
from tests.support.witnessing import BE, Seconds, a_note, a_request, a_state, a_witness, conversation
from tocsin.witnessing.client import LocalWitness
from tocsin.witnessing.opening import DirectoryLogs
from tocsin.witnessing.witness import Witness

ORIGIN = log_origin(FEDERATION)
FIRST, SECOND = a_signing_key("notary"), a_signing_key("another notary")


def key_of(signer: SigningKey) -> NoteKey:
    return NoteKey(ORIGIN, ED25519, signer.public)


@pytest.fixture
async def exercise(tmp_path: Path) -> AsyncIterator[Exercise]:
    async with an_exercise(tmp_path) as found:
        yield found


async def appoint(exercise: Exercise, notary: SigningKey, version: int) -> None:
    statement = a_statement(notary, str(NOTARY), KeyUse.LOG)
    federation = exercise.federation
    root = a_root(federation.root_keys, [federation.hub_key], version=version, notary_key=statement)
    federation.say(root, ROOT_STREAM)
    await exercise.announce()


def logs_of(exercise: Exercise, node: Node) -> DirectoryLogs:
    federation = exercise.federation
    return DirectoryLogs(node.engine, federation=federation.name, root_digest=federation.root_digest)


async def test_knows_no_log_before_the_root_record_has_come(exercise: Exercise) -> None:
    assert {} == logs_of(exercise, exercise.node())()


async def test_knows_no_log_where_no_notary_is_appointed(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()

    assert {} == logs_of(exercise, node)()


async def test_trusts_a_notary_as_soon_as_any_process_of_the_node_has_read_of_it(exercise: Exercise) -> None:
    node, other = exercise.node(), exercise.node()
    logs = logs_of(exercise, node)
    assert {} == logs()

    await appoint(exercise, FIRST, 2)
    await other.receive()

    assert {ORIGIN: (key_of(FIRST),)} == logs()


async def test_trusts_the_key_that_replaced_another_and_not_the_old_one(exercise: Exercise) -> None:
    node = exercise.node()
    logs = logs_of(exercise, node)
    await appoint(exercise, FIRST, 2)
    await node.receive()
    logs()

    await appoint(exercise, SECOND, 3)
    await node.receive()

    assert {ORIGIN: (key_of(SECOND),)} == logs()


async def test_knows_no_log_once_the_only_key_was_revoked(exercise: Exercise) -> None:
    node = exercise.node()
    await appoint(exercise, FIRST, 2)
    exercise.federation.say(a_revocation(FIRST, revoked_at=FOUNDED + timedelta(days=1)), ROOT_STREAM)
    await exercise.announce()
    await node.receive()

    assert {} == logs_of(exercise, node)()


async def test_trusts_a_revoked_key_no_more(exercise: Exercise) -> None:
    node = exercise.node()
    logs = logs_of(exercise, node)
    await appoint(exercise, FIRST, 2)
    await appoint(exercise, SECOND, 3)
    exercise.federation.say(a_revocation(FIRST, revoked_at=FOUNDED + timedelta(days=1)), ROOT_STREAM)
    await exercise.announce()
    await node.receive()

    assert {ORIGIN: (key_of(SECOND),)} == logs()


def test_a_witness_cosigns_for_the_key_that_is_trusted_at_that_moment(tmp_path: Path) -> None:
    text = parse_note(a_note(20)).text
    request = format_request(AddCheckpoint(0, (), format_note(Note(text, (sign_note(text, SECOND, ORIGIN),)))))
    trusted = {ORIGIN: [key_of(FIRST)]}
    with a_state(tmp_path) as state:
        witness = Witness(name=BE, key=a_note_signer(BE), state=state, logs=lambda: trusted, clock=Seconds())
        assert 403 == witness.answer(request).status
        trusted[ORIGIN].append(key_of(SECOND))

        assert 200 == witness.answer(request).status


# ── in this process ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_local_witness_answers_as_over_http(tmp_path: Path) -> None:
    with a_state(tmp_path) as state:
        witness = a_witness(state)
        local = LocalWitness(witness)

        assert BE == local.name
        assert 200 == (await local.add_checkpoint(a_request(0, 20))).status
        assert witness.answer(a_request(20, 20)) == await local.add_checkpoint(a_request(20, 20))
        assert 409 == (await local.add_checkpoint(a_request(0, 20))).status


async def test_a_local_witness_that_cannot_remember_is_unavailable(tmp_path: Path) -> None:
    def logs() -> Mapping[str, Collection[NoteKey]]:
        raise DatabaseBusy("locked", hint="Try again.")

    with a_state(tmp_path) as state:
        witness = Witness(name=BE, key=a_note_signer(BE), state=state, logs=logs, clock=Seconds())
        with pytest.raises(WitnessUnavailable, match=f"{BE} cannot answer: locked") as caught:
            await LocalWitness(witness).add_checkpoint(a_request(0, 20))

    assert "Try again." == caught.value.hint


def test_two_witnesses_share_nothing_but_what_they_are_shown(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with a_state(tmp_path / "a") as one, a_state(tmp_path / "b") as other:
        conversation(a_witness(one).answer, 20)
        conversation(a_witness(other).answer, 10)

        assert [20, 10] == [state.heads()[0].head.size for state in (one, other)]
