"""What a notary makes of what lies on the bus: leaves, in order, once each; what cannot be logged halts nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from broker.bus.port import Outgoing
from broker.database import open_engine, reading
from broker.envelope.message import open_envelope
from broker.errors import MissingKey, NoLog
from broker.notary import tables
from broker.types.names import Digest
from broker.types.time import to_micros
from broker.types.vocabulary import Kind
from tests.support.exercise import NOW, Exercise
from tests.support.federation import a_key_entry, a_revocation, a_signing_key, admin_stream
from tests.support.log import Log, a_log


def codes(log: Log) -> list[str]:
    """Return why what was refused was refused."""
    engine = open_engine(log.exercise.folder / log.file)
    try:
        with reading(engine) as connection:
            return sorted(connection.scalars(select(tables.refused.c.code)))
    finally:
        engine.dispose()


def digests(*envelopes: bytes) -> list[Digest]:
    return [open_envelope(raw).digest for raw in envelopes]


async def test_every_message_gets_one_leaf_the_directory_first(exercise: Exercise) -> None:
    sent = [await exercise.write() for _ in range(3)]
    log = a_log(exercise)
    progress = await log.run_once()
    expected = digests(*exercise.federation.messages, *sent)
    assert expected == [entry.digest for entry in log.entries()]
    assert (len(expected), 0, 0, 0) == (progress.logged, progress.duplicates, progress.refused, progress.waiting)
    assert len(expected) == progress.size == log.checkpoint.size
    assert log.checkpoint.is_witnessed


async def test_runs_from_inside_a_loop_too(exercise: Exercise) -> None:
    log = a_log(exercise)
    first = log.run()
    await exercise.write()
    second = log.run()
    assert (first.size + 1, 1) == (second.size, second.logged)
    assert 3 == len(log.checkpoint.witnesses)


async def test_nothing_new_changes_nothing(exercise: Exercise) -> None:
    log = a_log(exercise)
    await log.run_once()
    raw = log.raw
    assert 0 == (await log.run_once()).logged
    assert raw == log.raw


async def test_a_message_that_lies_there_twice_has_one_leaf(exercise: Exercise) -> None:
    log = a_log(exercise)
    raw = await exercise.write()
    await exercise.send(raw, raw)
    progress = await log.run_once()
    await exercise.send(raw)
    assert (2, 1) == (progress.duplicates, (await log.run_once()).duplicates)
    assert 1 == [entry.digest for entry in log.entries()].count(*digests(raw))


async def test_all_topics_are_read_in_turn(exercise: Exercise) -> None:
    log = a_log(exercise)
    sent = [exercise.authors.write(by="BE/police") for _ in range(600)]
    await exercise.send(*sent)
    other = await exercise.write(by="NL/police")
    await log.run_once()
    logged = [entry.digest for entry in log.entries()]
    assert set(digests(*sent, other)) <= set(logged)
    assert logged.index(open_envelope(other).digest) < logged.index(open_envelope(sent[400]).digest)


async def test_the_time_seen_is_the_clocks_and_never_runs_backwards(exercise: Exercise) -> None:
    log = a_log(exercise)
    await exercise.write()
    await log.run_once()
    exercise.clock.advance(hours=-5)
    await exercise.write()
    await log.run_once()
    exercise.clock.advance(hours=6)
    await exercise.write()
    await log.run_once()
    first, *_, before_last, last = [entry.seen_at for entry in log.entries()]
    assert [to_micros(NOW)] * 2 == [first, before_last]
    assert to_micros(NOW + timedelta(hours=1)) == last


async def test_a_clock_that_is_behind_the_log_is_told(exercise: Exercise) -> None:
    log = a_log(exercise)
    await exercise.write()
    assert () == (await log.run_once()).troubles
    exercise.clock.advance(minutes=-5)
    assert () == (await log.run_once()).troubles
    exercise.clock.advance(seconds=-1)
    (trouble,) = (await log.run_once()).troubles
    assert ("clock-ahead", True) == (trouble.code, "the log says that it saw a message at" in str(trouble))
    exercise.clock.advance(minutes=6)
    assert () == (await log.run_once()).troubles


async def test_a_message_of_an_unknown_key_waits_until_the_directory_names_it(exercise: Exercise) -> None:
    log = a_log(exercise)
    key = a_signing_key("a key of tomorrow")
    raw = exercise.authors.write(key=key)
    await exercise.send(raw, raw)
    progress = await log.run_once()
    assert (0, 1, 0) == (progress.refused, progress.waiting, progress.duplicates)
    assert 1 == (await log.run_once()).waiting
    exercise.federation.say(a_key_entry(key, ["NL/customs"]), admin_stream("NL"))
    await exercise.announce()
    progress = await log.run_once()
    assert (2, 0) == (progress.logged, progress.waiting)
    assert digests(exercise.federation.messages[-1], raw) == [entry.digest for entry in log.entries()][-2:]


async def test_a_message_of_a_revoked_key_is_logged_behind_the_revocation(exercise: Exercise) -> None:
    log = a_log(exercise)
    await log.run_once()
    key = exercise.federation.signing_key("NL/customs")
    exercise.federation.say(a_revocation(key), admin_stream("NL"))
    await exercise.announce()
    raw = await exercise.write()
    await log.run_once()
    assert digests(exercise.federation.messages[-1], raw) == [entry.digest for entry in log.entries()][-2:]


async def test_a_key_that_may_not_sign_for_a_stream_waits(exercise: Exercise) -> None:
    log = a_log(exercise)
    await exercise.send(exercise.authors.write(writer=11))
    assert (0, 1) == ((progress := await log.run_once()).refused, progress.waiting)


async def test_what_never_can_be_logged_is_noted_and_halts_nothing(exercise: Exercise) -> None:
    log = a_log(exercise)
    good = exercise.authors.write()
    spoilt = bytearray(exercise.authors.write())
    opened = open_envelope(bytes(spoilt))
    at = bytes(spoilt).index(opened.signatures[0].signature)
    spoilt[at] ^= 1
    foreign = exercise.authors.write(federation="another-2026")
    for raw in (b"rubbish", bytes(spoilt), good, foreign, b""):
        await _put(exercise, raw, "NL")
    await _put(exercise, good, "BE")
    progress = await log.run_once()
    assert (5, 0) == (progress.refused, progress.waiting)
    assert ["bad-framing", "bad-framing", "bad-signature", "wrong-federation", "wrong-topic"] == codes(log)
    assert digests(good) == [entry.digest for entry in log.entries()][-1:]


async def test_two_signed_headers_of_one_number_are_both_logged_and_told_of(exercise: Exercise) -> None:
    log = a_log(exercise)
    stories = [exercise.authors.compose(), exercise.authors.compose()]
    one, other = (exercise.authors.sign([story])[0] for story in stories)
    await exercise.send(one)
    assert () == (await log.run_once()).equivocations
    await exercise.send(other, other, one)
    (found,) = (await log.run_once()).equivocations
    size = log.checkpoint.size
    assert (stories[0].header.name, (stories[0].digest, size - 2), (stories[1].digest, size - 1)) == (
        found.name,
        found.first,
        found.second,
    )


async def test_a_header_that_its_stream_did_not_sign_is_no_equivocation(exercise: Exercise) -> None:
    log = a_log(exercise)
    stranger = a_signing_key("a stranger")
    await exercise.send(exercise.authors.sign([exercise.authors.compose(key=stranger)], key=stranger)[0])
    await exercise.write()
    progress = await log.run_once()
    assert (1, ()) == (progress.waiting, progress.equivocations)


async def test_heads_of_nodes_are_logged_too(exercise: Exercise) -> None:
    log = a_log(exercise)
    raw = await exercise.write(by="NL/~1", kind=Kind.HEADS)
    await log.run_once()
    assert digests(raw) == [entry.digest for entry in log.entries()][-1:]


async def test_a_network_without_a_notary_has_no_log(exercise: Exercise) -> None:
    with pytest.raises(NoLog):
        await Log(exercise, []).run_once()


async def test_nothing_is_signed_with_a_key_that_was_not_appointed(exercise: Exercise) -> None:
    log = a_log(exercise)
    log.key = a_signing_key("some other key")
    with pytest.raises(MissingKey):
        await log.run_once()
    assert {} == log.files


async def _put(exercise: Exercise, raw: bytes, participant: str) -> None:
    await exercise.bus.send(exercise.topic(participant), [Outgoing("key", raw)])
