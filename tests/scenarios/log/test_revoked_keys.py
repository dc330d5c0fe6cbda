"""A key is stolen: what it signed before stays believed, because the log proves when that was; nothing else does."""

from datetime import timedelta

import pytest

from broker.database import reading
from broker.directory.entries import LastValid
from broker.envelope.message import open_envelope
from broker.logbook import Advance, Logbook
from broker.types.vocabulary import KeyUse
from tests.support.exercise import NOW, Exercise, Node
from tests.support.federation import a_key_entry, a_revocation, a_signing_key, a_statement, admin_stream
from tests.support.log import Log, a_log
from tocsin.withdrawn import Doubt, doubts_about


def read_log(log: Log, node: Node) -> Advance:
    book = Logbook(node.engine, log.exercise.federation.name)
    return book.catch_up(log.store, log.trust, log.exercise.clock.now)


async def revoke(exercise: Exercise, **changes: object) -> None:
    """Let NL revoke the key of its node."""
    key = exercise.federation.signing_key("NL/customs")
    exercise.federation.say(a_revocation(key, revoked_at=NOW, **changes), admin_stream("NL"))
    await exercise.announce()


def seen_by(node: Node, authority: str = "BE/police") -> list[str]:
    return [str(one.message) for one in node.items(authority)]


def doubts(exercise: Exercise, node: Node) -> list[Doubt | None]:
    with reading(node.engine) as connection:
        return doubts_about(connection, node.follower.directory, node.items("BE/police"))


async def test_what_was_logged_before_the_revocation_is_admitted_once_the_log_was_read(exercise: Exercise) -> None:
    log, node = a_log(exercise), exercise.node()
    await exercise.write()
    log.run()
    await revoke(exercise)
    log.run()
    await exercise.write()  # by the thief, dated back to the same moment
    log.run()
    await node.receive()
    before = (seen_by(node), set(node.quarantine().values()))
    read_log(log, node)
    await node.receive()

    assert ([], {"key-revoked"}) == before
    assert ["NL/customs/1#1"] == seen_by(node)
    assert {"disputed"} == set(node.quarantine().values())


async def test_nothing_is_admitted_while_the_log_does_not_have_the_revocation(exercise: Exercise) -> None:
    log, node = a_log(exercise), exercise.node()
    await exercise.write()
    log.run()
    await revoke(exercise)
    read_log(log, node)
    await node.receive()
    assert ([], ["key-revoked"]) == (seen_by(node), list(node.quarantine().values()))
    log.run()
    read_log(log, node)
    await node.receive()
    assert (["NL/customs/1#1"], {}) == (seen_by(node), node.quarantine())


async def test_a_message_that_is_logged_only_after_the_revocation_stays_out(exercise: Exercise) -> None:
    log, node = a_log(exercise), exercise.node()
    await exercise.write()
    await revoke(exercise)
    log.run()  # the directory first: the message stands above the revocation
    await node.receive()
    read_log(log, node)
    await node.receive()
    assert ([], ["disputed"]) == (seen_by(node), list(node.quarantine().values()))


async def test_what_is_in_an_inbox_is_doubted_only_where_the_log_does_not_prove_it(exercise: Exercise) -> None:
    log, node = a_log(exercise), exercise.node()
    await exercise.write()
    log.run()
    await exercise.write()  # is received, and logged only after the revocation
    await node.receive()
    await revoke(exercise)
    await node.receive()
    unproven = doubts(exercise, node)
    read_log(log, node)
    not_yet = doubts(exercise, node)
    log.run()
    read_log(log, node)
    proven = doubts(exercise, node)

    assert ["revoked", "revoked"] == [one and one.assurance for one in unproven]
    assert ["revoked", "revoked"] == [one and one.assurance for one in not_yet]
    assert [None, "disputed"] == [one and one.assurance for one in proven]
    assert "does not prove" in (not_yet[0].says if not_yet[0] else "")
    assert "only after that" in (proven[1].says if proven[1] else "")


@pytest.mark.parametrize("vouched", [False, True])
async def test_a_revocation_that_reaches_back_takes_what_the_log_saw_since(exercise: Exercise, vouched: bool) -> None:
    log, node = a_log(exercise), exercise.node()
    early = await exercise.write()
    log.run()
    exercise.clock.advance(hours=2)
    late = await exercise.write()
    log.run()
    header = open_envelope(late).header
    last = LastValid(originator="NL/customs", writer=1, sequence=2, digest=open_envelope(late).digest)
    await revoke(exercise, reaches_back_to=NOW + timedelta(hours=1), last_valid=(last,) if vouched else ())
    log.run()
    read_log(log, node)
    await node.receive()

    expected = ["NL/customs/1#1", "NL/customs/1#2"] if vouched else ["NL/customs/1#1"]
    assert expected == seen_by(node)
    assert (1, 2) == (open_envelope(early).header.sequence, header.sequence)


async def test_a_message_first_logged_long_after_its_key_ended_is_disputed(exercise: Exercise) -> None:
    log, node = a_log(exercise), exercise.node()
    key = a_signing_key("short-lived")
    statement = a_statement(key, "NL/~1", KeyUse.SIGN, valid_to=NOW + timedelta(days=1))
    entry = a_key_entry(key, ["NL/customs"])
    exercise.federation.say(
        type(entry)(key=statement, use=entry.use, owner=entry.owner, node=entry.node, streams=entry.streams),
        admin_stream("NL"),
    )
    await exercise.announce()
    await exercise.write(key=key)
    log.run()
    await exercise.write(key=key)  # dated within its validity, and shown to nobody until now
    exercise.clock.advance(days=16)
    log.run()
    await node.receive()
    read_log(log, node)

    found = doubts(exercise, node)
    assert [None, "disputed"] == [one and one.assurance for one in found]
    assert "14 days later" in (found[1].says if found[1] else "")


async def test_a_restored_reader_takes_what_the_log_proves_in_one_go(exercise: Exercise) -> None:
    log = a_log(exercise)
    for _ in range(3):
        await exercise.write()
    log.run()
    await revoke(exercise)
    log.run()
    node = exercise.node(file="restored.sqlite")
    read_log(log, node)
    await node.receive()
    assert 3 == len(seen_by(node))
