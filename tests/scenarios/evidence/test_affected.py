"""What a key has touched, told by bus and log alone."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest_asyncio

from broker.directory import EnrolledKey
from broker.envelope.message import enclose, open_envelope
from broker.signing.batch import sign_batch
from broker.signing.keys import SigningKey
from broker.types.names import Originator
from broker.types.vocabulary import Kind, Tlp
from consumers.evidence.affected import Touched, find_places, judge, read_directory, read_record
from tests.support.exercise import Exercise, an_exercise
from tests.support.federation import a_revocation, a_seed, admin_stream
from tests.support.heads import a_heads_body, some_heads_of
from tests.support.log import Log, a_log


@pytest_asyncio.fixture
async def exercise(tmp_path: Path) -> AsyncIterator[Exercise]:
    async with an_exercise(tmp_path) as made:
        yield made


async def affected(exercise: Exercise, log: Log) -> dict[str, Touched]:
    """Return what the key of NL's node has touched, by the name of each message."""
    federation = exercise.federation
    directory = await read_directory(exercise.bus, federation.name, federation.root_digest)
    key = directory.key(federation.node_keys["NL/~1"].id)
    assert isinstance(key, EnrolledKey)
    record = await read_record(exercise.bus, directory, key, trust=log.trust, now=exercise.clock.now)
    assert () == record.unread
    wanted = [one.digest for one in record.signed] + ([] if key.revoked_by is None else [key.revoked_by])
    _, places = find_places(log.store, log.trust, wanted)
    found = judge(record, key, places)
    assert [one.place.index for one in found if one.place] == sorted(one.place.index for one in found if one.place)
    return {str(one.message.name): one for one in found}


async def revoke(exercise: Exercise, **changes: object) -> None:
    exercise.federation.say(a_revocation(exercise.federation.node_keys["NL/~1"], **changes), admin_stream("NL"))
    await exercise.announce()


async def test_only_what_the_key_did_sign_is_listed(exercise: Exercise) -> None:
    log = a_log(exercise)
    await exercise.write()
    await exercise.write(by="BE/police")
    claimed = exercise.authors.compose(by="NL/police")
    other = SigningKey(a_seed("another key"))
    await exercise.send(enclose(claimed, sign_batch([claimed.header_bytes], other)))
    log.run()
    assert {"NL/customs/1#1"} == set(await affected(exercise, log))


async def test_a_copy_is_one_message(exercise: Exercise) -> None:
    log = a_log(exercise)
    await exercise.send(await exercise.write())
    log.run()
    assert ["NL/customs/1#1"] == list(await affected(exercise, log))


async def test_what_came_before_and_what_came_after_a_revocation(exercise: Exercise) -> None:
    log = a_log(exercise)
    await exercise.write()
    log.run()
    await revoke(exercise)
    log.run()
    await exercise.write()
    log.run()
    await exercise.write()
    found = await affected(exercise, log)
    standing = {name: one.standing for name, one in found.items()}
    assert {"NL/customs/1#1": "stands", "NL/customs/1#2": "disputed", "NL/customs/1#3": "unproved"} == standing
    assert ("", None) == (found["NL/customs/1#1"].why, found["NL/customs/1#3"].place)
    assert "the log saw it only after that" in found["NL/customs/1#2"].why


async def test_a_revocation_that_reaches_back(exercise: Exercise) -> None:
    log = a_log(exercise)
    await exercise.write()
    log.run()
    exercise.clock.advance(hours=2)
    await exercise.write()
    log.run()
    await revoke(exercise, reaches_back_to=exercise.clock.now - timedelta(hours=1))
    log.run()
    found = await affected(exercise, log)
    assert ["stands", "disputed"] == [one.standing for one in found.values()]


async def test_who_has_seen_it_is_what_nodes_say_in_their_heads(exercise: Exercise) -> None:
    log = a_log(exercise)
    await exercise.write()
    log.run()
    before = log.raw
    await exercise.write()
    log.run()
    heads = some_heads_of({}, checkpoint=before)
    await exercise.write(contents=[("heads", a_heads_body(heads))], by="BE/~1", kind=Kind.HEADS, tlp=Tlp.CLEAR)
    found = await affected(exercise, log)
    assert [("BE/~1",), ()] == [one.seen_by for one in found.values()]


async def test_a_checkpoint_that_nobody_signed_says_nothing(exercise: Exercise) -> None:
    log = a_log(exercise)
    raw = await exercise.write()
    log.run()
    heads = some_heads_of({}, checkpoint=log.raw.replace(b"exercise-2026/log", b"exercise-2027/log"))
    await exercise.write(contents=[("heads", a_heads_body(heads))], by="BE/~1", kind=Kind.HEADS, tlp=Tlp.CLEAR)
    (found,) = (await affected(exercise, log)).values()
    assert (open_envelope(raw).digest, ()) == (found.message.digest, found.seen_by)


async def test_an_administrators_key_has_signed_the_directory(exercise: Exercise) -> None:
    log = a_log(exercise)
    log.run()
    federation = exercise.federation
    directory = await read_directory(exercise.bus, federation.name, federation.root_digest)
    key = directory.key(federation.admin_keys["NL"].id)
    assert key is not None
    record = await read_record(exercise.bus, directory, key, trust=log.trust, now=exercise.clock.now)
    assert {Originator("NL/~admin")} == {one.name.stream.originator for one in record.signed}
    assert 6 == len(record.signed)
