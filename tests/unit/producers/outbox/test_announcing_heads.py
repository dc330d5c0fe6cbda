"""HEADS of the own node: what they say, when they are written, and what becomes of them in a crash."""

from datetime import timedelta

import pytest

from broker import decisions
from broker.admit import Verified
from broker.bus.port import Outgoing
from broker.database import reading, writing
from broker.decisions import decision_leaf
from broker.envelope.encoding import encode_tuple
from broker.envelope.message import Opened
from broker.errors import BusUnavailable, KeyNotValid
from broker.merkle import EMPTY_ROOT
from broker.records.heads import Heads
from broker.types.names import Digest, Originator, directory_topic
from broker.types.vocabulary import Kind, Status, Tlp
from consumers.heads import read_heads
from producers import heads
from producers.heads import Announcer
from tests.support.federation import a_key_entry, a_seed, a_signing_key, admin_stream
from tests.support.heads import root_over
from tests.support.outbox import NOW, BrokenBus, PublishingNode, check_chains, names_of, some_drafts

NODE = Originator("NL/~1")


def announcer(node: PublishingNode) -> Announcer:
    return Announcer(node.engine, node.line(node.bus), NODE)


def at(node: PublishingNode, **later: float) -> None:
    """Let the clock of *node* stand at a time after it was begun."""
    moment = NOW + timedelta(**later)
    node.clock = lambda: moment


def decide(node: PublishingNode, *numbers: int) -> list[bytes]:
    """Put decisions into the database of *node*; return the leaves that stand for them."""
    rows = [
        {
            "id": number,
            "digest": a_seed(f"message {number}"),
            "readers": "NL/police NL/health",
            "judgement": a_seed("judgement") if number % 2 else None,
            "audience": None if number % 2 else a_seed("audience"),
            "directory": a_seed("directory"),
            "decided_at": number,
        }
        for number in numbers
    ]
    with writing(node.engine) as connection:
        connection.execute(decisions.decision.insert(), rows)
    return leaves_in(node)[-len(rows) :]


def leaves_in(node: PublishingNode) -> list[bytes]:
    """Return the leaves that stand for the decisions in the database of *node*, by the definition."""
    with reading(node.engine) as connection:
        rows = connection.execute(decisions.decision.select().order_by(decisions.decision.c.id)).all()
    return [encode_tuple(*(b"" if value is None else value for value in row)) for row in rows]


def said(message: Opened) -> Heads:
    return read_heads(Verified(message, late=False))


async def test_say_where_the_streams_stand_what_the_directory_is_and_what_was_decided(node: PublishingNode) -> None:
    node.publish(*some_drafts(3))
    await node.flusher.flush()
    leaves = leaves_in(node)

    written = await announcer(node).announce(forced=True)

    *_, message = await node.messages()
    assert written is not None
    assert written.heads == said(message)
    records = [one for one in await node.messages() if one.header.originator == "NL/customs"]
    assert [("NL/customs/1", records[-1].header.sequence, records[-1].digest, False)] == [
        (str(one.stream), one.sequence, one.digest, one.frozen) for one in written.heads.streams
    ]
    assert node.federation.directory.digest == written.heads.directory_digest
    assert leaves
    assert (len(leaves), root_over(*leaves), None) == (
        written.heads.decisions_count,
        written.heads.decisions_root,
        written.heads.checkpoint,
    )


async def test_are_open_to_the_community_and_chained_in_a_stream_of_their_node(node: PublishingNode) -> None:
    for _ in range(3):
        await announcer(node).announce(forced=True)

    messages = await node.messages()
    assert ["NL/~1/1#1", "NL/~1/1#2", "NL/~1/1#3"] == names_of(messages)
    check_chains(messages)
    header = messages[0].header
    assert (Kind.HEADS, Status.EXERCISE, Tlp.GREEN) == (header.kind, header.status, header.tlp)
    assert [("heads", None)] == [(one.name, one.key_commitment) for one in header.sections]
    assert all(said(one).streams == () for one in messages)
    assert Digest(EMPTY_ROOT) == said(messages[0]).decisions_root


async def test_the_root_grows_with_the_decisions(node: PublishingNode) -> None:
    leaves = decide(node, *range(1, 8))
    await announcer(node).announce(forced=True)
    leaves += decide(node, *range(8, 20))
    await announcer(node).announce(forced=True)

    first, second = [said(one) for one in await node.messages()]
    assert (7, root_over(*leaves[:7])) == (first.decisions_count, first.decisions_root)
    assert (19, root_over(*leaves)) == (second.decisions_count, second.decisions_root)


async def test_many_decisions_are_hashed_in_steps(node: PublishingNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "_ROWS_AT_ONCE", 5)
    leaves = decide(node, *range(1, 24))

    written = await announcer(node).announce(forced=True)

    assert written is not None
    assert (23, root_over(*leaves)) == (written.heads.decisions_count, written.heads.decisions_root)


class TestAreWritten:
    async def test_the_first_time_at_once(self, node: PublishingNode) -> None:
        await node.follower.catch_up(node.bus)

        assert await announcer(node).announce() is not None

    @pytest.mark.parametrize(("hours", "written"), [(19.9, False), (20, True), (100, True)])
    async def test_when_most_of_a_day_is_over(self, node: PublishingNode, hours: float, *, written: bool) -> None:
        at(node)
        await announcer(node).announce(forced=True)
        at(node, hours=hours)

        assert written is (await announcer(node).announce() is not None)

    async def test_after_many_messages_of_the_authorities(
        self, node: PublishingNode, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(heads, "BURST_MESSAGES", 4)
        await announcer(node).announce(forced=True)
        node.publish(*some_drafts(3))
        await node.flusher.flush()
        assert await announcer(node).announce() is None
        node.publish(*some_drafts(1, first=4))
        await node.flusher.flush()

        assert await announcer(node).announce() is not None
        assert await announcer(node).announce() is None

    async def test_after_many_decisions(self, node: PublishingNode, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(heads, "BURST_DECISIONS", 4)
        await announcer(node).announce(forced=True)
        decide(node, 1, 2, 3)
        assert await announcer(node).announce() is None
        decide(node, 4)

        assert await announcer(node).announce() is not None
        assert await announcer(node).announce() is None

    async def test_never_because_of_their_own_number(
        self, node: PublishingNode, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(heads, "BURST_MESSAGES", 2)
        for _ in range(5):
            await announcer(node).announce(forced=True)

        assert await announcer(node).announce() is None


async def test_that_could_not_be_sent_are_stored_and_sent_as_they_are(node: PublishingNode) -> None:
    broken = BrokenBus(node.bus, BusUnavailable("away"), delivers=False)
    with pytest.raises(BusUnavailable):
        await Announcer(node.engine, node.line(broken), NODE).announce(forced=True)
    assert [] == await node.messages()

    node.restart()
    await node.flusher.flush()

    assert ["NL/~1/1#1"] == names_of(await node.messages())


async def test_a_restored_database_opens_a_new_stream_of_its_node_and_names_the_frozen_one(
    node: PublishingNode,
) -> None:
    before = node.path.read_bytes()
    await announcer(node).announce(forced=True)
    (lost,) = await node.messages()
    node.close()
    for path in node.path.parent.glob("node.sqlite*"):
        path.unlink()
    node.path.write_bytes(before)
    node.restart()

    await announcer(node).announce(forced=True)

    *_, message = await node.messages()
    assert "NL/~1/2#1" == str(message.header.name)
    assert [("NL/~1/1", 1, lost.digest, True)] == [
        (str(one.stream), one.sequence, one.digest, one.frozen) for one in said(message).streams
    ]


async def test_a_key_that_may_not_sign_for_the_node_writes_none(node: PublishingNode) -> None:
    key = a_signing_key("records only")
    entry = node.federation.say(a_key_entry(key, ["NL/customs"]), admin_stream("NL"))
    await node.bus.send(directory_topic(node.federation.name), [Outgoing("directory", entry.raw)])
    node.key = key

    with pytest.raises(KeyNotValid):
        await announcer(node).announce(forced=True)


def test_a_decision_stands_in_the_tree_as_its_tuple(node: PublishingNode) -> None:
    (leaf,) = decide(node, 1)
    with reading(node.engine) as connection:
        assert leaf == decision_leaf(connection.execute(decisions.decision.select()).one())
