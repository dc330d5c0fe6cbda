"""What an audit finds by the HEADS of the nodes: hidden ends, second directories, decisions that were changed later."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, delete, select, update

from broker import decisions
from broker.bus.embedded import open_embedded_bus
from broker.bus.port import Outgoing
from broker.database import reading, writing
from broker.decisions import decision_leaf
from broker.types.names import Digest, directory_topic
from consumers.audit import BusAudit, audit_bus
from tests.support.exercise import Exercise, Node
from tests.support.federation import a_seed
from tests.support.heads import head_of, root_over, some_heads_of, write_heads

STREAM = "NL/customs/1"


def codes(audit: BusAudit) -> list[tuple[str, str]]:
    return [(one.code, one.place) for one in audit.findings]


async def found_in(exercise: Exercise, node: Node) -> list[tuple[str, str]]:
    return [(one.code, one.place) for one in await exercise.audit_node(node)]


def known(exercise: Exercise) -> Digest:
    """Return the digest of the directory as it is now."""
    return exercise.federation.directory.digest


def leaves_in(node: Node) -> list[bytes]:
    with reading(node.engine) as connection:
        rows = connection.execute(select(decisions.decision).order_by(decisions.decision.c.id))
        return [decision_leaf(row) for row in rows]


async def sign_decisions(exercise: Exercise, node: Node, count: int | None = None) -> int:
    """Send HEADS of *node* over its first *count* decisions, over all if it is None; return how many."""
    leaves = leaves_in(node)[:count]
    changes = {
        "decisions_root": root_over(*leaves),
        "decisions_count": len(leaves),
        "directory_digest": known(exercise),
    }
    await exercise.send(write_heads(exercise, some_heads_of({}, **changes), by=node.name))
    exercise.clock.advance(minutes=1)
    return len(leaves)


@pytest.fixture
def node(exercise: Exercise) -> Node:
    return exercise.node()


async def record(exercise: Exercise, node: Node, messages: int = 3) -> list[bytes]:
    """Let NL write, and *node* read."""
    sent = [await exercise.write() for _ in range(messages)]
    await node.receive()
    return sent


class TestOnTheBus:
    async def test_heads_that_agree_are_no_finding(self, exercise: Exercise, node: Node) -> None:
        sent = await record(exercise, node)
        streams = {STREAM: head_of(sent[-1])}
        await exercise.send(write_heads(exercise, some_heads_of(streams, directory_digest=known(exercise))))

        audit = await exercise.audit()

        assert [] == codes(audit)
        assert ["NL/~1/1#1"] == [str(one.name) for one in audit.said]

    async def test_finds_an_end_that_was_cut_off(self, exercise: Exercise) -> None:
        sent = [exercise.authors.write() for _ in range(3)]
        await exercise.send(sent[0])
        for number in (2, 1):
            heads = some_heads_of({STREAM: head_of(sent[number])}, directory_digest=known(exercise))
            await exercise.send(write_heads(exercise, heads))

        assert [("dropped-tail", STREAM)] == codes(await exercise.audit())

    async def test_finds_a_stream_of_which_nothing_is_left(self, exercise: Exercise) -> None:
        heads = some_heads_of({STREAM: (7, a_seed("a message"))}, directory_digest=known(exercise))
        await exercise.send(write_heads(exercise, heads))

        assert [("dropped-tail", STREAM)] == codes(await exercise.audit())

    async def test_finds_another_message_than_its_node_speaks_of(self, exercise: Exercise) -> None:
        await exercise.write()
        heads = some_heads_of({STREAM: (1, a_seed("another"))}, directory_digest=known(exercise))
        await exercise.send(write_heads(exercise, heads))

        assert [("heads-mismatch", f"{STREAM}#1")] == codes(await exercise.audit())

    async def test_finds_a_state_in_which_the_directory_never_was(self, exercise: Exercise) -> None:
        await exercise.send(write_heads(exercise, some_heads_of({})))

        assert [("unknown-directory-state", "NL/~1/1#1")] == codes(await exercise.audit())

    async def test_knows_every_state_that_the_directory_was_in(self, exercise: Exercise) -> None:
        before = known(exercise)
        exercise.federation.join("DE")
        await exercise.announce()
        assert known(exercise) != before
        await exercise.send(write_heads(exercise, some_heads_of({}, directory_digest=before)))

        assert [] == codes(await exercise.audit())

    async def test_does_not_know_the_states_of_a_directory_from_which_something_was_taken(
        self, exercise: Exercise
    ) -> None:
        await exercise.send(write_heads(exercise, some_heads_of({}, directory_digest=known(exercise))))
        copy = open_embedded_bus(exercise.folder / "copy.sqlite", clock=lambda: datetime.now(UTC))
        try:
            topics = sorted(await exercise.bus.topics())
            await copy.create_topics(topics)
            for topic in topics:
                raws = [one.value for one in await exercise.bus.read(topic, start=0, most=1000)]
                kept = raws[:-2] if topic == directory_topic(exercise.federation.name) else raws
                await copy.send(topic, [Outgoing("key", raw) for raw in kept])
            audit = await audit_bus(
                copy,
                federation=exercise.federation.name,
                root_digest=exercise.federation.root_digest,
                now=exercise.clock.now,
            )
        finally:
            await copy.close()

        assert ("unknown-directory-state", "NL/~1/1#1") in codes(audit)


class TestSilence:
    async def test_of_a_node_that_others_outlast_is_found(self, exercise: Exercise) -> None:
        await exercise.send(write_heads(exercise, some_heads_of({}, directory_digest=known(exercise))))
        exercise.clock.advance(hours=48)
        await exercise.write(by="BE/customs")
        assert [] == codes(await exercise.audit())

        exercise.clock.advance(minutes=1)
        await exercise.write(by="BE/customs")

        assert [("heads-too-old", "NL/~1")] == codes(await exercise.audit())

    async def test_of_a_node_that_publishes_and_never_sends_heads_is_found(self, exercise: Exercise) -> None:
        await exercise.write()
        exercise.clock.advance(hours=49)
        await exercise.write()

        assert [("heads-too-old", "NL/~1")] == codes(await exercise.audit())

    async def test_of_everybody_is_none(self, exercise: Exercise) -> None:
        await exercise.send(write_heads(exercise, some_heads_of({}, directory_digest=known(exercise))))
        exercise.clock.advance(days=365)

        assert [] == codes(await exercise.audit())


class TestDecisions:
    async def test_that_are_as_they_were_signed_are_no_finding(self, exercise: Exercise, node: Node) -> None:
        for count in (1, 2):
            await record(exercise, node)
            await sign_decisions(exercise, node, None if count == 2 else 3)

        assert [] == await found_in(exercise, node)

    @pytest.mark.parametrize(
        "change",
        [
            lambda connection: connection.execute(
                update(decisions.decision).where(decisions.decision.c.id == 2).values(readers="BE/police")
            ),
            lambda connection: connection.execute(
                update(decisions.decision).where(decisions.decision.c.id == 2).values(decided_at=1)
            ),
            lambda connection: connection.execute(
                update(decisions.decision).where(decisions.decision.c.id == 2).values(directory=a_seed("another"))
            ),
        ],
    )
    async def test_that_were_changed_are_found_by_the_first_root_over_them(
        self, exercise: Exercise, node: Node, change: Callable[[Connection], object]
    ) -> None:
        await record(exercise, node)
        await sign_decisions(exercise, node, 1)
        count = await sign_decisions(exercise, node)
        with writing(node.engine) as connection:
            change(connection)

        changed = [place for code, place in await found_in(exercise, node) if code == "changed-decisions"]
        assert [f"BE/~1: decisions 1 to {count}"] == changed

    async def test_that_were_taken_away_are_found(self, exercise: Exercise, node: Node) -> None:
        await record(exercise, node)
        count = await sign_decisions(exercise, node)
        with writing(node.engine) as connection:
            connection.execute(delete(decisions.decision).where(decisions.decision.c.id == count))

        assert ("decisions-lost", f"BE/~1: {count} decisions") in await found_in(exercise, node)

    async def test_that_a_backup_did_not_have_are_lost_and_not_changed(self, exercise: Exercise, node: Node) -> None:
        await record(exercise, node)
        many = await sign_decisions(exercise, node)
        await sign_decisions(exercise, node, many - 1)
        with writing(node.engine) as connection:
            connection.execute(update(decisions.decision).where(decisions.decision.c.id == many).values(decided_at=1))

        found = [one for one in await found_in(exercise, node) if "decisions" in one[0]]
        assert [("decisions-lost", f"BE/~1: {many} decisions")] == found

    async def test_of_another_node_are_its_own_affair(self, exercise: Exercise, node: Node) -> None:
        await record(exercise, node)
        other = exercise.node("NL/~1")
        await other.receive()
        await sign_decisions(exercise, other)

        assert [] == await found_in(exercise, node)
