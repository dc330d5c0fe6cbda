"""A participant fills the quarantine of every node: neither new messages nor cures may wait for all of it."""

import asyncio
from contextlib import suppress

from consumers import store
from consumers.deliver import Taken
from tests.support.exercise import CUSTOMS, NOW, Exercise, until
from tests.support.federation import a_key_entry, a_signing_key, admin_stream
from tests.support.records import a_core

JUNK = 300


async def flood(exercise: Exercise) -> None:
    stranger = a_signing_key("nobody enrolled this one")
    junk = [exercise.authors.compose({"core": a_core()}, key=stranger, writer=number) for number in range(1, JUNK + 1)]
    for start in range(0, JUNK, 100):
        await exercise.send(*exercise.authors.sign(junk[start : start + 100], stranger))


async def test_one_helping_of_the_quarantine_is_bounded(exercise: Exercise) -> None:
    node = exercise.node()
    await flood(exercise)
    await node.receive()
    helpings, after = 0, 0
    while True:
        tried, goes_on = node.deliverer.retry_next(NOW, after=after)
        assert Taken() == tried
        if goes_on is None:
            break
        assert goes_on - after <= 64
        helpings, after = helpings + 1, goes_on
    assert 5 == helpings


async def test_what_can_be_cured_is_found_behind_more_than_is_tried_at_once(exercise: Exercise) -> None:
    node = exercise.node()
    new = a_signing_key("a new key of NL")
    told: list[Taken] = []
    await flood(exercise)
    await exercise.write({"core": a_core()}, key=new)
    task = asyncio.create_task(node.receiver.follow(told.append))
    try:
        await until(lambda: len(node.quarantine()) == JUNK + 1)
        exercise.federation.say(a_key_entry(new, [CUSTOMS]), admin_stream("NL"))
        await exercise.announce()
        await until(lambda: len(node.rows(store.message)) == 1)
        await exercise.write({"core": a_core()})
        await until(lambda: len(node.rows(store.message)) == 2)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert JUNK == len(node.quarantine())
