"""HEADS tell everybody what a node has sent and seen: what is hidden from one reader is found out by another."""

from tests.scenarios.log.country import Logged
from tests.support.exercise import Exercise
from tests.support.heads import head_of, some_heads_of, write_heads
from tests.support.log import a_log


async def test_a_dropped_tail(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write()
    dropped = exercise.authors.write()
    await exercise.send(write_heads(exercise, some_heads_of({"NL/customs/1": head_of(dropped)})))
    await node.receive()
    assert [("gap", "NL/customs/1")] == [(one.code, one.place) for one in node.findings()]


async def test_two_directories(exercise: Exercise) -> None:
    log = a_log(exercise)
    await exercise.write()
    known = exercise.federation.directory.digest
    await exercise.send(write_heads(exercise, some_heads_of({}, directory_digest=known, checkpoint=None)))
    log.run()
    honest = {one.code for one in (await exercise.audit()).findings}
    # A node that was shown another version of the directory says in which state it is.
    await exercise.send(write_heads(exercise, some_heads_of({}, checkpoint=log.raw), by="BE/~1"))
    found = [(one.code, one.place) for one in (await exercise.audit()).findings]

    assert "unknown-directory-state" not in honest
    assert ("unknown-directory-state", "BE/~1/1#1") in found


async def test_heads_say_which_checkpoint_their_node_has_seen(network: Logged) -> None:
    await network.notarize()
    await network.look(network.nl)
    async with network.nl.bus() as bus:
        written = await network.nl.announcer(bus).announce(forced=True)

    assert written is not None
    assert (network.log / "checkpoint").read_bytes() == written.heads.checkpoint


async def test_heads_of_a_node_that_has_not_read_the_log_name_none(network: Logged) -> None:
    await network.notarize()
    async with network.nl.bus() as bus:
        written = await network.nl.announcer(bus).announce(forced=True)

    assert written is not None
    assert written.heads.checkpoint is None
