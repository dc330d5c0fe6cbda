"""What the bus still holds of a purged message: it opens for nobody who obeys, and in the end for nobody at all."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from broker.types.names import Digest
from consumers import store
from consumers.tombstones import PurgeReason
from tests.scenarios.recall.writing import a_recall_of, digest_of
from tests.support.exercise import Exercise, Node, an_exercise
from tests.support.records import a_marking, an_incident


@pytest_asyncio.fixture
async def exercise(tmp_path: Path) -> AsyncIterator[Exercise]:
    """An exercise in which a node has only the keys that are released to it."""
    async with an_exercise(tmp_path, releases=True) as made:
        yield made


async def a_released_message(exercise: Exercise) -> bytes:
    """Send an incident to BE, and its keys."""
    raw = exercise.authors.write(an_incident(marking=a_marking(recipients=("BE",))).sections)
    await exercise.send(raw, exercise.authors.release({"BE/~1": exercise.authors.items_of(raw)}, writer=2))
    return raw


async def a_released_recall(exercise: Exercise, raw: bytes) -> None:
    recall = a_recall_of(exercise, raw)
    await exercise.send(exercise.authors.release({"BE/~1": exercise.authors.items_of(recall)}, writer=2), recall)


def opened(node: Node, digest: Digest) -> bool:
    items = [one for one in node.items("BE/police") if one.digest == digest]
    return any(record is not None for item in items for record in item.sections.values())


async def test_a_node_that_reads_everything_again_obeys_the_recall(exercise: Exercise) -> None:
    raw = await a_released_message(exercise)
    node = exercise.node()
    await node.receive()
    assert opened(node, digest_of(raw))
    await a_released_recall(exercise, raw)
    await node.receive()
    for name in ("BE.sqlite", "BE.keys.sqlite"):
        for file in exercise.folder.glob(f"{name}*"):
            file.unlink()
    fresh = exercise.node()
    await fresh.receive()
    assert not opened(fresh, digest_of(raw))
    (item,) = [one for one in fresh.items("BE/police") if one.digest == digest_of(raw)]
    assert item.withdrawn is not None
    assert PurgeReason.RECALLED is item.withdrawn.reason


async def test_releases_that_are_read_again_do_not_undo_a_purge(exercise: Exercise) -> None:
    raw = await a_released_message(exercise)
    node = exercise.node()
    await node.receive()
    await a_released_recall(exercise, raw)
    await node.receive()
    for file in exercise.folder.glob("BE.sqlite*"):
        file.unlink()
    restored = exercise.node()
    await exercise.send(exercise.authors.release({"BE/~1": exercise.authors.items_of(raw)}, writer=3))
    await restored.receive()
    assert not opened(restored, digest_of(raw))


async def test_a_recall_whose_key_comes_late_takes_effect_then(exercise: Exercise) -> None:
    raw = await a_released_message(exercise)
    node = exercise.node()
    await node.receive()
    recall = a_recall_of(exercise, raw)
    await exercise.send(recall)
    await node.receive()
    assert opened(node, digest_of(raw)), "nobody can know that it is one"
    await exercise.send(exercise.authors.release({"BE/~1": exercise.authors.items_of(recall)}, writer=2))
    await node.receive()
    assert not opened(node, digest_of(raw))


async def test_a_recall_in_one_batch_with_another_key_still_alerts_who_had_the_message(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    raw = exercise.authors.write(an_incident(marking=a_marking(recipients=("BE",))).sections)
    await exercise.send(raw, exercise.authors.release({"BE/~1": exercise.authors.items_of(raw, "core")}, writer=2))
    await node.receive()
    assert opened(node, digest_of(raw))
    await exercise.send(exercise.authors.release({"BE/~1": exercise.authors.items_of(raw, "operational")}, writer=2))
    await a_released_recall(exercise, raw)
    taken = await node.receive()
    assert 0 <= taken.alerts
    assert [PurgeReason.RECALLED] == [one.withdrawn.reason for one in node.alerts("BE/police") if one.withdrawn]


async def test_without_the_old_sealing_key_nothing_opens_it_again(exercise: Exercise) -> None:
    raw = await a_released_message(exercise)
    node = exercise.node()
    await node.receive()
    assert opened(node, digest_of(raw))
    for name in ("BE.sqlite", "BE.keys.sqlite"):
        for file in exercise.folder.glob(f"{name}*"):
            file.unlink()
    fresh = exercise.node()
    fresh.sealing_keys = [exercise.federation.enrol_sealing_key("BE/~1", exercise.clock.now)]
    await exercise.announce()
    await fresh.receive()
    waiting = {row.digest for row in fresh.rows(store.message) if row.pending}
    assert ([], {digest_of(raw)}) == (fresh.items("BE/police"), waiting)
