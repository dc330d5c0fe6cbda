"""Whether a node may believe that its directory is the newest: at its first start, and while it hears nothing."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import event

from broker import limits
from broker.database import reading
from broker.directory import Directory
from broker.directory.root import ROOT_STREAM
from broker.errors import StaleDirectory, UntrustedRoot
from broker.types.names import HUB, Digest, Originator
from consumers.hearing import Heard, check_heard, newest_heard
from tests.support.exercise import NOW, Exercise, Node
from tests.support.federation import (
    FEDERATION,
    FOUNDED,
    HUB_STREAM,
    a_federation,
    a_node,
    a_participant,
    a_signing_key,
    admin_stream,
    an_authority,
)
from tests.support.heads import some_heads_of, write_heads

BE = Originator("BE/~1")
TOLERATED = timedelta(hours=48)
INSTANT = timedelta(microseconds=1)


def check(node: Node, at: datetime) -> None:
    with reading(node.engine) as connection:
        check_heard(connection, node.follower.directory, node.name, at)


def heard(node: Node) -> Heard:
    with reading(node.engine) as connection:
        return newest_heard(connection, node.follower.directory, node.name, node.clock.now)


async def hear(exercise: Exercise, by: str = "NL/~1", directory: Digest | None = None) -> None:
    digest = exercise.federation.directory.digest if directory is None else directory
    await exercise.send(write_heads(exercise, some_heads_of({}, directory_digest=digest), by))


def newest_entry(directory: Directory) -> datetime:
    return max(one.header.issued_at for copies in directory.held.values() for one in copies)


async def test_a_node_at_its_first_start_believes_a_directory_that_was_written_lately(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    written = newest_entry(node.follower.directory)

    check(node, written + TOLERATED)
    with pytest.raises(StaleDirectory, match="48 hours"):
        check(node, written + TOLERATED + INSTANT)


async def test_a_node_that_has_read_nothing_says_that_it_has_no_root(exercise: Exercise) -> None:
    with pytest.raises(UntrustedRoot):
        check(exercise.node(), NOW)


async def test_an_old_directory_is_believed_once_another_node_speaks_of_it(exercise: Exercise) -> None:
    node = exercise.node()
    await hear(exercise)
    await node.receive()

    assert Heard(NOW) == heard(node)
    check(node, NOW + TOLERATED)
    with pytest.raises(StaleDirectory, match="nothing signed has been seen since 2026-03-20T12:00:00"):
        check(node, NOW + TOLERATED + INSTANT)


async def test_its_own_heads_come_back_and_prove_nothing(exercise: Exercise) -> None:
    node = exercise.node()
    await hear(exercise, by="BE/~1")
    await node.receive()

    with pytest.raises(StaleDirectory):
        check(node, NOW)


async def test_records_of_others_prove_nothing_about_the_directory(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write()
    await node.receive()

    with pytest.raises(StaleDirectory):
        check(node, NOW)


async def test_heads_that_name_another_directory_prove_that_something_is_kept_back(exercise: Exercise) -> None:
    node = exercise.node()
    exercise.federation.say(an_authority("NL/customs", name="entered, and kept from this node"), admin_stream("NL"))
    await hear(exercise)
    await node.receive()

    assert "NL/~1" == heard(node).otherwise
    with pytest.raises(StaleDirectory, match="NL/~1 has spoken since, and of a directory that this node has not"):
        check(node, NOW)


async def test_what_was_kept_back_comes_and_the_same_heads_are_believed(exercise: Exercise) -> None:
    node = exercise.node()
    exercise.federation.say(an_authority("NL/customs", name="entered and late"), admin_stream("NL"))
    await hear(exercise)
    await node.receive()
    await exercise.announce()
    await node.receive()

    check(node, NOW)


async def test_an_entry_that_nobody_may_write_does_not_make_a_directory_newer(exercise: Exercise) -> None:
    node = exercise.node()
    thief = [a_signing_key("nobody's")]
    before = len(exercise.federation.messages)
    for stream in (HUB_STREAM, admin_stream("NL")):
        forged = exercise.federation.compose(an_authority("NL/customs"), stream, thief, issued_at=NOW)
        exercise.federation.messages.append(forged.raw)
    assert before + 2 == len(exercise.federation.messages)
    await exercise.announce()
    await node.receive()

    with pytest.raises(StaleDirectory):
        check(node, NOW)


async def test_heads_that_cannot_be_read_are_none(exercise: Exercise) -> None:
    node = exercise.node()
    twice = some_heads_of({"NL/customs/1": (1, bytes(32))}, directory_digest=exercise.federation.directory.digest)
    twice = type(twice)(
        streams=twice.streams * 2,
        directory_digest=twice.directory_digest,
        decisions_root=twice.decisions_root,
        decisions_count=0,
    )
    await exercise.send(write_heads(exercise, twice))
    await node.receive()

    with pytest.raises(StaleDirectory):
        check(node, NOW)


async def test_who_is_alone_has_nobody_to_hear_from(exercise: Exercise) -> None:
    alone = a_federation(["BE"])
    alone.say(a_node(f"{HUB}/~1"), HUB_STREAM)
    with reading(exercise.node().engine) as connection:
        check_heard(connection, alone.directory, BE, FOUNDED + timedelta(days=400))


async def test_who_is_left_alone_has_nobody_to_hear_from_either(exercise: Exercise) -> None:
    left = a_federation(["NL", "BE"])
    ended = FOUNDED + timedelta(days=100)
    left.say(a_participant("NL", [left.admin_keys["NL"]], active_to=ended), HUB_STREAM)
    with reading(exercise.node().engine) as connection:
        check_heard(connection, left.directory, BE, ended)
        with pytest.raises(StaleDirectory):
            check_heard(connection, left.directory, BE, ended - INSTANT)


async def test_before_there_is_a_directory_nobody_has_heard_anything(exercise: Exercise) -> None:
    empty = Directory.empty(FEDERATION, exercise.federation.root_digest)
    with reading(exercise.node().engine) as connection:
        assert 1970 == newest_heard(connection, empty, BE, NOW).at.year


async def test_an_entry_from_the_future_makes_no_directory_newer(exercise: Exercise) -> None:
    node = exercise.node()
    later = NOW + timedelta(days=3650)
    exercise.federation.say(an_authority("NL/customs", name="by a wrong clock"), admin_stream("NL"), issued_at=later)
    await exercise.announce()
    await node.receive()

    with pytest.raises(StaleDirectory, match="2026-"):
        check(node, NOW)


async def test_heads_from_the_future_prove_nothing_until_then(exercise: Exercise) -> None:
    node = exercise.node()
    await hear(exercise)
    await node.receive()

    check(node, NOW - limits.MAX_CLOCK_AHEAD)
    with pytest.raises(StaleDirectory):
        check(node, NOW - limits.MAX_CLOCK_AHEAD - INSTANT)


async def test_a_root_record_that_was_signed_long_before_it_came_stops_nobody(exercise: Exercise) -> None:
    node = exercise.node()
    proposed = newest_entry(exercise.federation.directory) + timedelta(hours=1)
    await hear(exercise)
    await node.receive()
    root = exercise.federation.directory.root
    for version in (2, 3):  # two in a row, and nobody has spoken since
        changed = msgspec.structs.replace(root, version=version, checkpoint_max_age_hours=version)
        exercise.federation.say(changed, ROOT_STREAM, issued_at=proposed)
    await exercise.announce()
    await node.receive()

    assert 3 == node.follower.directory.heads[ROOT_STREAM].sequence
    assert Heard(NOW) == heard(node)
    check(node, NOW + TOLERATED)
    with pytest.raises(StaleDirectory):
        check(node, NOW + TOLERATED + INSTANT)


async def test_to_ask_who_was_heard_reads_through_no_messages(exercise: Exercise) -> None:
    node = exercise.node()
    await hear(exercise)
    await exercise.write()
    await node.receive()
    asked: list[tuple[str, Any]] = []
    event.listen(node.engine, "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
    heard(node)

    with reading(node.engine) as connection:
        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one}", given).all() for one, given in asked[:]]
    steps = [row[3] for plan in plans for row in plan]
    assert any("message_by_number (stream=? AND sequence=?)" in step for step in steps)
    assert [] == [step for step in steps if step.startswith("SCAN message")]
