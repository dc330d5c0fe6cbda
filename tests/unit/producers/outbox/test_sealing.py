"""What a flush seals, for whom, and who can open it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from broker import limits
from broker.database import reading
from broker.decisions import decision, load_judgements, newest_audience
from broker.errors import MissingKey
from broker.types.vocabulary import Kind, Section, Tlp
from producers.outbox import OutboxState, outbox_state
from tests.support.federation import a_federation, a_node, admin_stream, an_authority
from tests.support.outbox import (
    NOW,
    POLICE,
    PublishingNode,
    a_draft,
    a_publishing_node,
    a_sealing_federation,
    check_chains,
    keys_for,
    names_of,
    readable,
    records_in,
    some_drafts,
)
from tests.support.records import a_marking


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[PublishingNode]:
    async with a_publishing_node(tmp_path, a_sealing_federation("NL", "BE", "FR")) as one:
        yield one


async def read_by(node: PublishingNode, reader: str) -> list[set[str]]:
    """Return the sections of each record that a node can open."""
    messages = await node.messages()
    keys = keys_for(node.federation, reader, messages)
    return [readable(one, keys) for one in records_in(messages)]


async def test_one_release_stands_directly_before_the_records_that_it_opens(node: PublishingNode) -> None:
    node.publish(*some_drafts(3), a_draft("P-1", authority=POLICE))

    report = await node.flusher.flush()

    assert (4, 4, 4, 2) == (report.signed, report.sent, report.released, report.nodes)
    messages = await node.messages()
    check_chains(messages)
    kinds = {str(one.header.name): one.header.kind for one in messages}
    assert {
        "NL/customs/1#1": Kind.RELEASE,
        "NL/customs/1#2": Kind.RECORD,
        "NL/customs/1#3": Kind.RECORD,
        "NL/customs/1#4": Kind.RECORD,
        "NL/police/1#1": Kind.RELEASE,
        "NL/police/1#2": Kind.RECORD,
    } == kinds
    assert all(head.key_commitment for one in records_in(messages) for head in one.header.sections)


async def test_each_node_can_open_what_its_authorities_may_have_and_nothing_else(node: PublishingNode) -> None:
    node.publish(
        a_draft("R-1"),
        a_draft("R-2", marking=a_marking(recipients=("FR/police",))),
        a_draft("R-3", marking=a_marking(excluded=("BE",))),
    )

    await node.flusher.flush()

    everything = {"core", "operational", "nominal"}
    assert [everything] * 3 == await read_by(node, "NL/~1")
    # The author confirmed that BE, which it names as concerned, may be told.
    assert [{"core"}, {"core"}, set()] == await read_by(node, "BE/~1")
    assert [set(), everything, set()] == await read_by(node, "FR/~1")


async def test_what_is_for_everybody_is_not_sealed_and_needs_no_release(node: PublishingNode) -> None:
    node.publish(a_draft("R-1", tlp=Tlp.CLEAR))

    report = await node.flusher.flush()

    assert (1, 0) == (report.signed, report.released)
    (message,) = await node.messages()
    assert {None} == {head.key_commitment for head in message.header.sections}
    assert a_draft("R-1").sections.present()["core"] == node.read(message).content[Section.CORE]


async def test_a_release_is_as_strict_as_the_strictest_message_that_it_opens(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"), a_draft("R-2", tlp=Tlp.RED, marking=a_marking(recipients=("FR",))))

    await node.flusher.flush()

    assert Tlp.RED is (await node.messages())[0].header.tlp


async def test_where_nobody_has_a_sealing_key_nothing_is_released_and_the_keys_are_kept(tmp_path: Path) -> None:
    async with a_publishing_node(tmp_path, a_federation()) as node:
        node.publish(a_draft("R-1"))

        report = await node.flusher.flush()

        (message,) = await node.messages()
        assert Kind.RECORD is message.header.kind
        assert 3 == len(node.keys_of(message))
        assert (0, 0) == (report.released, report.nodes)
        assert {"NL/customs", "BE/police"} <= set(report.unreached)


async def test_permitted_authorities_without_a_sealing_key_are_named(tmp_path: Path) -> None:
    federation = a_sealing_federation("NL")
    federation.join("BE")
    async with a_publishing_node(tmp_path, federation) as node:
        node.publish(a_draft("R-1"))

        report = await node.flusher.flush()

        assert 1 == report.nodes
        assert "BE/police" in report.unreached
        assert {"BE"} == {one.split("/")[0] for one in report.unreached}


async def test_a_node_without_a_sealing_key_keeps_its_drafts(tmp_path: Path) -> None:
    federation = a_sealing_federation("NL", "BE")
    async with a_publishing_node(tmp_path, federation) as node:
        mine = federation.sealing_keys.pop("NL/~1")
        node.publish(a_draft("R-1"), a_draft("R-2", tlp=Tlp.CLEAR, authority=POLICE))

        with pytest.raises(MissingKey):
            await node.flusher.flush()

        # What is for everybody went all the same, and nothing is lost.
        assert ["NL/police/1#1"] == names_of(await node.messages())
        assert OutboxState(ready=1, parked=0, unsent=0) == outbox_state(node.engine)
        federation.sealing_keys["NL/~1"] = mine
        assert 1 == (await node.flusher.flush()).signed


async def test_what_was_decided_about_everybody_is_kept_with_the_message(node: PublishingNode) -> None:
    node.publish(*some_drafts(2))

    await node.flusher.flush()

    first, second = records_in(await node.messages())
    with reading(node.engine) as connection:
        kept = newest_audience(connection, first.digest)
        assert kept is not None
        assert kept == newest_audience(connection, second.digest)
        judgements = load_judgements(connection, [one.judgement for one in kept.verdicts])
        rows = connection.execute(select(decision)).all()
    assert 2 == len(rows)
    assert {first.header.directory_digest} == {row.directory for row in rows}
    assert ("BE/~1", "NL/~1") == kept.nodes[Section.CORE]
    assert ("NL/~1",) == kept.nodes[Section.NOMINAL]
    everybody = {name for one in kept.verdicts for name in one.readers}
    assert {entry.authority for entry in node.federation.directory.authorities(node.clock())} == everybody
    assert {"released", "redacted", "denied"} == {one.outcome for one in judgements.values()}


async def test_more_recipient_sets_than_a_release_has_lists_take_several(tmp_path: Path) -> None:
    federation = a_sealing_federation("NL", "BE", "FR")
    for number in range(2, 9):
        name = f"FR/~{number}"
        federation.say(a_node(name), admin_stream("FR"))
        federation.say(an_authority(f"FR/force-{number}", node=name), admin_stream("FR"))
        federation.enrol_sealing_key(name, NOW - timedelta(days=1))
    async with a_publishing_node(tmp_path, federation) as node:
        for number in range(60):
            named = tuple(f"FR/force-{bit + 2}" for bit in range(7) if number + 1 & 1 << bit)
            node.publish(a_draft(f"R-{number}", marking=a_marking(recipients=named)))

        report = await node.flusher.flush()

        messages = await node.messages()
        check_chains(messages)
        releases = [one for one in messages if one.header.kind is Kind.RELEASE]
        assert (60, 60) == (report.signed, report.released)
        assert 60 < limits.MAX_LISTS * len(releases) <= 60 + 2 * limits.MAX_LISTS
        assert messages[: len(releases)] == releases
        keys = keys_for(federation, "FR/~3", messages)
        assert [bool(number + 1 & 2) for number in range(60)] == [
            bool(readable(one, keys)) for one in records_in(messages)
        ]


async def test_a_batch_leaves_room_for_its_releases(node: PublishingNode) -> None:
    node.publish(*some_drafts(limits.MAX_BATCH_MESSAGES))

    assert limits.MAX_BATCH_MESSAGES == (await node.flusher.flush()).signed

    messages = await node.messages()
    check_chains(messages)
    assert [1, 257] == [one.header.sequence for one in messages if one.header.kind is Kind.RELEASE]


async def test_an_unsealed_section_key_is_never_in_the_nodes_database(node: PublishingNode) -> None:
    node.publish(a_draft("R-1", summary="Twelve drums of it."))
    await node.flusher.flush()
    (message,) = records_in(await node.messages())

    node.close()
    held = b"".join(path.read_bytes() for path in node.path.parent.glob("node.sqlite*"))
    assert not [key for key in node.keys_of(message).values() if key in held]
    assert b"Twelve drums" not in held
