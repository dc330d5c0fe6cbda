"""A node's database is restored from a backup, copied, or lost; or the bus is. The node never forks its own streams."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from broker.bus.embedded import open_embedded_bus
from broker.bus.port import Outgoing
from broker.envelope.message import compose
from broker.errors import BusUnavailable
from broker.types.names import Participant, Stream, message_topic
from broker.types.vocabulary import Tlp
from producers.flush import Flusher, FlushReport
from producers.outbox import OutboxState, outbox_state
from producers.publish import Already
from producers.recovery import BUS_BEHIND, CONTENT_LOST, CONTENT_UNKNOWN, WRITER_FROZEN, let_go, resend
from tests.support.federation import a_key_entry, a_revocation, a_sealing_key, a_signing_key, admin_stream
from tests.support.messages import a_content, enclosed
from tests.support.outbox import (
    CUSTOMS,
    BrokenBus,
    PublishingNode,
    a_clock,
    a_draft,
    a_file,
    a_publishing_node,
    a_sealing_federation,
    check_chains,
    keys_for,
    names_of,
    prepare_bus,
    readable,
    records_in,
    some_drafts,
)


def back_up(node: PublishingNode, name: str = "backup.sqlite") -> Path:
    """Copy the node's database."""
    path = node.path.with_name(name)
    with closing(sqlite3.connect(node.path)) as database, closing(sqlite3.connect(path)) as copy:
        database.backup(copy)
    return path


def restore(node: PublishingNode, backup: Path) -> None:
    """Put a copy in the place of the node's database, and start it again."""
    node.close()
    for ending in ("", "-wal", "-shm"):
        node.path.with_name(node.path.name + ending).unlink(missing_ok=True)
    backup.rename(node.path)
    node.restart()


async def test_a_restored_backup_opens_a_new_writer(node: PublishingNode) -> None:
    # Two messages are published, a backup is made, and three more are published.
    node.publish(*some_drafts(2))
    await node.flusher.flush()
    backup = back_up(node)
    node.publish(*some_drafts(3, first=3))
    await node.flusher.flush()

    # The disk breaks; the backup is restored, and work goes on.
    restore(node, backup)
    node.publish(a_draft("R-9"))
    report = await node.flusher.flush()

    # The old writer is frozen where the bus saw it last, and a new one begins at 1.
    assert [(WRITER_FROZEN, Stream(CUSTOMS, 1))] == [(one.code, one.stream) for one in report.findings]
    messages = await node.messages()
    assert [*(f"NL/customs/1#{n}" for n in range(1, 6)), "NL/customs/2#1"] == names_of(messages)
    check_chains(messages)
    assert [(1, 5, messages[4].digest, 1), (2, 1, messages[5].digest, 0)] == writers_of(node)

    # It is found once, not every day.
    node.close()
    node.restart()
    assert () == (await node.flusher.flush()).findings


async def test_what_the_backup_lacks_is_not_published_twice(node: PublishingNode) -> None:
    # R-1 waits in the outbox while the backup is made; it and a file are published afterwards.
    node.publish(a_draft("R-1"))
    backup = back_up(node)
    source, rows = a_file("parcels.csv", "a parcel", "a drum")
    node.publish(a_draft("R-2", related=["R-1"]))
    node.publish(*rows, source=source)
    await node.flusher.flush()

    restore(node, backup)
    report = await node.flusher.flush()
    outcomes = node.publish(a_draft("R-1"), a_draft("R-2", related=["R-1"]))
    outcomes += node.publish(*rows, source=source)

    assert 0 == report.signed
    assert [Already] * 4 == [type(one) for one in outcomes]
    assert 4 == len(await node.messages())


async def test_a_draft_that_says_something_else_than_the_bus_is_published(node: PublishingNode) -> None:
    backup = back_up(node)
    node.publish(a_draft("R-1"))
    await node.flusher.flush()
    restore(node, backup)
    node.publish(a_draft("R-1", summary="Other words."))

    await node.flusher.flush()

    assert ["NL/customs/1#1", "NL/customs/2#1"] == names_of(await node.messages())


async def test_a_lost_database_opens_a_new_writer(node: PublishingNode) -> None:
    node.publish(*some_drafts(3))
    await node.flusher.flush()
    empty = node.path.with_name("empty.sqlite")

    empty.touch()
    restore(node, empty)
    node.publish(a_draft("R-1"))
    report = await node.flusher.flush()

    # R-1 was published before, and says the same: it is not sent again.
    assert (1, 0) == (len(report.findings), report.signed)
    node.publish(a_draft("R-4"))
    await node.flusher.flush()
    assert "NL/customs/2#1" == names_of(await node.messages())[-1]


async def test_a_second_restore_opens_a_third_writer(node: PublishingNode) -> None:
    backup = back_up(node)
    node.publish(a_draft("R-1"))
    await node.flusher.flush()
    restore(node, backup)
    node.publish(a_draft("R-2"))
    await node.flusher.flush()
    backup = back_up(node)
    node.publish(a_draft("R-3"))
    await node.flusher.flush()
    restore(node, backup)
    node.publish(a_draft("R-4"))
    await node.flusher.flush()

    messages = await node.messages()
    assert ["NL/customs/1#1", "NL/customs/2#1", "NL/customs/2#2", "NL/customs/3#1"] == names_of(messages)
    check_chains(messages)


async def test_what_a_copy_had_signed_and_not_sent_is_signed_again_under_the_new_writer(node: PublishingNode) -> None:
    # A copy of the node signs number 1 and cannot send it; the node itself sends another number 1.
    node.publish(a_draft("R-0"))
    backup = back_up(node)
    node.publish(a_draft("R-1"))
    broken = BrokenBus(node.bus, BusUnavailable("no answer"), delivers=False)
    with pytest.raises(BusUnavailable):
        await Flusher(node.engine, node.line(broken)).flush()
    copy = back_up(node, "copy.sqlite")
    restore(node, backup)
    await node.flusher.flush()

    restore(node, copy)
    report = await node.flusher.flush()

    # R-0 went out already and says the same; R-1 gets a number of the new writer.
    assert 1 == report.signed
    assert ["NL/customs/1#1", "NL/customs/2#1"] == names_of(await node.messages())
    assert OutboxState(ready=0, parked=0, unsent=0) == outbox_state(node.engine)


async def test_a_message_of_a_revoked_key_has_its_number_all_the_same(node: PublishingNode) -> None:
    backup = back_up(node)
    node.publish(a_draft("R-1"))
    await node.flusher.flush()
    next_key = a_signing_key("the next key")
    for entry in (a_key_entry(next_key, [CUSTOMS]), a_revocation(node.key)):
        raw = node.federation.say(entry, admin_stream("NL")).raw
        await node.bus.send("exercise-2026.directory", [Outgoing("directory", raw)])
    node.key = next_key
    restore(node, backup)
    node.publish(a_draft("R-2"))

    report = await node.flusher.flush()

    assert [WRITER_FROZEN] == [one.code for one in report.findings]
    assert [(1, 1), (2, 1)] == [(writer, sequence) for writer, sequence, _, _ in writers_of(node)]


async def test_rubbish_and_forgeries_in_the_topic_freeze_nothing(node: PublishingNode) -> None:
    stranger = a_signing_key("a stranger")
    node.publish(a_draft("R-1"))
    await node.flusher.flush()
    (message,) = await node.messages()
    forged = message.raw[:-1] + bytes([message.raw[-1] ^ 1])
    header = msgspec.structs.replace(message.header, sequence=9, previous=message.digest, tlp=Tlp.CLEAR)
    strange = enclosed([compose(header, [("core", a_content())])], keys=[stranger])[0]
    topic = message_topic(node.federation.name, Participant("NL"))
    await node.bus.send(topic, [Outgoing("NL/customs/1", raw) for raw in (b"rubbish", forged, strange)])
    node.close()
    node.restart()
    node.publish(a_draft("R-2"))

    report = await node.flusher.flush()

    assert (1, ()) == (report.signed, report.findings)
    assert [(1, 2)] == [(writer, sequence) for writer, sequence, _, _ in writers_of(node)]


async def test_a_bus_that_was_rolled_back_is_reported_and_nothing_is_numbered_again(
    node: PublishingNode, tmp_path: Path
) -> None:
    node.publish(*some_drafts(3))
    await node.flusher.flush()
    before = await node.messages()
    # The hub loses its disk and begins anew with the directory and the first message.
    other = open_embedded_bus(tmp_path / "other.sqlite", clock=a_clock())
    try:
        await prepare_bus(other, node.federation)
        topic = message_topic(node.federation.name, Participant("NL"))
        await other.send(topic, [Outgoing("NL/customs/1", before[0].raw)])
        old, node.bus = node.bus, other
        node.close()
        node.restart()
        node.publish(a_draft("R-4"))
        report = await node.flusher.flush()

        assert [(BUS_BEHIND, Stream(CUSTOMS, 1))] == [(one.code, one.stream) for one in report.findings]
        assert ["NL/customs/1#1", "NL/customs/1#4"] == names_of(await node.messages())

        # The same bytes are sent again, and the stream is whole.
        assert 3 == resend(node.engine, Stream(CUSTOMS, 1), first=2)
        await node.flusher.flush()
        found = await node.messages()
        assert [one.raw for one in before[1:]] == [one.raw for one in found[2:4]]
        node.close()
        node.restart()
        assert () == (await node.flusher.flush()).findings
        node.bus = old
    finally:
        await other.close()


def writers_of(node: PublishingNode) -> list[tuple[int, int, bytes, int]]:
    """Return number, last sequence, last digest and whether it is frozen, of each writer."""
    with node.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT writer, sequence, digest, frozen FROM outbox_writer ORDER BY writer")
        return [(writer, sequence, digest, frozen) for writer, sequence, digest, frozen in rows]


@pytest.fixture
async def sealing_node(tmp_path: Path) -> AsyncIterator[PublishingNode]:
    async with a_publishing_node(tmp_path, a_sealing_federation("NL", "BE")) as one:
        yield one


def lose_section_keys(node: PublishingNode) -> None:
    """Lose the key store, which is in no backup."""
    node.close()
    for ending in ("", "-wal", "-shm"):
        node.keys_path.with_name(node.keys_path.name + ending).unlink(missing_ok=True)
    node.restart()


async def test_without_its_key_store_a_restored_node_reads_its_own_releases(sealing_node: PublishingNode) -> None:
    node = sealing_node
    backup = back_up(node)
    node.publish(*some_drafts(2))
    await node.flusher.flush()
    restore(node, backup)
    lose_section_keys(node)

    report = await node.flusher.flush()
    outcomes = node.publish(*some_drafts(2))
    await node.flusher.flush()

    assert [WRITER_FROZEN] == [one.code for one in report.findings]
    assert [Already] * 2 == [type(one) for one in outcomes]
    assert ["NL/customs/1#1", "NL/customs/1#2", "NL/customs/1#3"] == names_of(await node.messages())


async def test_where_nobody_can_say_what_is_on_the_bus_drafts_that_may_be_it_are_held(
    sealing_node: PublishingNode,
) -> None:
    node = sealing_node
    node.publish(a_draft("R-1"), a_draft("R-9", tlp=Tlp.RED))
    backup = back_up(node)
    node.publish(a_draft("R-2"))
    await node.flusher.flush()
    restore(node, backup)
    lose_section_keys(node)
    key = node.federation.sealing_keys["NL/~1"]
    node.federation.sealing_keys["NL/~1"] = a_sealing_key("another one", "NL/~1")

    report = await node.flusher.flush()

    assert (0, [WRITER_FROZEN, CONTENT_UNKNOWN]) == (report.signed, [one.code for one in report.findings])
    # are on the bus, as far as label and sections show; which they are, nobody can tell.
    assert OutboxState(ready=0, parked=0, unsent=0, held=2) == outbox_state(node.engine)
    node.federation.sealing_keys["NL/~1"] = key
    assert 0 == (await node.flusher.flush()).signed

    assert 2 == let_go(node.engine, CUSTOMS)
    assert 2 == (await node.flusher.flush()).signed


async def test_sealed_messages_that_were_never_sent_are_signed_again_with_their_keys(
    sealing_node: PublishingNode,
) -> None:
    node = sealing_node
    backup = await _a_fork(node)

    report = await _go_on(node, backup)

    assert 1 == report.signed
    messages = await node.messages()
    assert ["NL/customs/1#1", "NL/customs/1#2", "NL/customs/2#1", "NL/customs/2#2"] == names_of(messages)
    keys = keys_for(node.federation, "BE/~1", messages)
    assert [{"core"}, {"core"}] == [readable(one, keys) for one in records_in(messages)]
    assert OutboxState(ready=0, parked=0, unsent=0) == outbox_state(node.engine)


async def test_sealed_messages_that_were_never_sent_and_have_lost_their_keys_are_named(
    sealing_node: PublishingNode,
) -> None:
    node = sealing_node
    backup = await _a_fork(node)
    lose_section_keys(node)

    report = await _go_on(node, backup)

    assert CONTENT_LOST in [one.code for one in report.findings]
    assert 0 == report.signed
    assert ["NL/customs/1#1", "NL/customs/1#2"] == names_of(await node.messages())
    assert OutboxState(ready=0, parked=0, unsent=0) == outbox_state(node.engine)


async def _a_fork(node: PublishingNode) -> Path:
    """Have a copy of the node sign R-1 without sending it, and the node itself send R-0; return the copy."""
    node.publish(a_draft("R-0"))
    backup = back_up(node)
    with sqlite3.connect(node.path) as database:
        database.execute("DELETE FROM outbox_draft")
    database.close()
    node.publish(a_draft("R-1"))
    broken = BrokenBus(node.bus, BusUnavailable("no answer"), delivers=False)
    with pytest.raises(BusUnavailable):
        await Flusher(node.engine, node.line(broken)).flush()
    copy = back_up(node, "copy.sqlite")
    restore(node, backup)
    await node.flusher.flush()
    return copy


async def _go_on(node: PublishingNode, copy: Path) -> FlushReport:
    restore(node, copy)
    return await node.flusher.flush()
