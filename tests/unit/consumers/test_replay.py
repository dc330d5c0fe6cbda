"""Every decision on record comes out again as it was; whatever was changed since is found."""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, delete, select, update

from broker import decisions
from broker.admit import read, reopen
from broker.audience import Audiences
from broker.database import reading, writing
from broker.deciders import SenderDeciders
from broker.decisions import DecisionRows, KeptAudience, judgement_row, parse_audience, parse_judgement
from broker.policy.builtin import open_house_table
from broker.policy.decide import Decision, decide
from broker.policy.rule import Effect
from broker.policy.table import Layer, format_table
from broker.relationships import Relationships
from broker.sealing.section import key_commitment
from broker.types.names import Digest, Originator
from broker.types.vocabulary import Handling, Purpose, Relation, Section, Sector, Tlp
from consumers import store
from consumers.past import Past, load_directory_messages
from consumers.replay import Replay, Replayed
from consumers.states import States
from consumers.tables import Texts
from tests.support.exercise import Exercise, Node
from tests.support.federation import admin_stream, an_authority
from tests.support.policy import a_rule, a_table
from tests.support.records import a_core, a_group, a_marking, an_agreement, an_incident

POLICE = Originator("BE/police")


def replayed(node: Node, authority: Originator = POLICE) -> Replayed:
    """Decide everything again, as a program does that only has the database and the keys."""
    with reading(node.engine) as connection:
        states = States(node.follower.directory, load_directory_messages(connection))
        past = Past(connection, node.section_keys.get)
        return Replay(connection, past, states).of(authority)


def codes(found: Replayed) -> set[str]:
    return {one.code for one in found.findings}


async def a_story(exercise: Exercise) -> Node:
    """Return a node that decided about messages of all kinds, under three states of the directory."""
    node = exercise.node()
    await exercise.write({"core": a_core()}, tlp=Tlp.RED)
    await exercise.write(an_incident(marking=a_marking(recipients=("BE/police",))).sections)
    await node.receive()
    await exercise.write({"core": an_agreement("BE", ends_on=None)})
    await exercise.write({"core": a_group()})
    await exercise.write(an_incident(marking=a_marking(recipients=("@NL/lionfish",))).sections)
    await node.receive()
    exercise.federation.say(an_authority("BE/coast"), admin_stream("BE"))
    await exercise.announce()
    exercise.clock.advance(days=1)
    await exercise.write(an_incident(marking=a_marking(handling=(Handling.H0,))).sections)
    await node.receive()
    exercise.federation.say(an_authority("BE/police", sector=Sector.HEALTH), admin_stream("BE"))
    await exercise.announce()
    await exercise.write()
    await node.receive()
    return node


async def test_every_decision_comes_out_as_it_is_on_record(exercise: Exercise) -> None:
    node = await a_story(exercise)
    found = replayed(node)
    assert () == found.findings
    assert (7, 7, 0) == (found.decisions, found.replayed, found.without_content)


async def test_decisions_by_another_house_table_come_out_by_that_one(exercise: Exercise) -> None:
    house = a_table(a_rule(), a_rule("no-names", Effect.NEVER, "Not here.", section=["operational"]))
    node = exercise.node(house=house)
    await exercise.write()
    await node.receive()
    again = exercise.node(house=open_house_table("BE/~1"))
    await exercise.write()
    await again.receive()
    houses = {row.tables[-32:] for row in again.rows(decisions.judgement)}
    assert 2 == len(houses)
    found = replayed(again)
    assert ((), 2) == (found.findings, found.replayed)


def forge(connection: Connection, change: Callable[[Decision], Decision], *, denied: bool = False) -> None:
    """Write one judgement anew, as somebody would who knows how the rows hang together."""
    row = connection.execute(
        select(decisions.judgement, decisions.decision.c.id.label("number"))
        .join(decisions.decision, decisions.decision.c.judgement == decisions.judgement.c.id)
        .where(
            (decisions.judgement.c.outcome == "denied").is_(denied), decisions.decision.c.readers.contains("BE/police")
        )
        .limit(1)
    ).one()
    forged = judgement_row(change(parse_judgement(row)))
    connection.execute(decisions.judgement.insert().prefix_with("OR REPLACE").values(forged))
    here = decisions.decision.c
    connection.execute(update(decisions.decision).where(here.id == row.number).values(judgement=forged["id"]))


def opened_wider(decision: Decision) -> Decision:
    outcomes = tuple(msgspec.structs.replace(one, permitted=True) for one in decision.outcomes)
    return msgspec.structs.replace(decision, outcomes=outcomes)


def closed(decision: Decision) -> Decision:
    outcomes = tuple(msgspec.structs.replace(one, permitted=False) for one in decision.outcomes)
    return msgspec.structs.replace(decision, outcomes=outcomes, obligations=())


def with_facts(connection: Connection, **changes: Any) -> None:
    """Forge the facts, and everything that follows from them: only the message says otherwise."""

    def change(decision: Decision) -> Decision:
        facts = msgspec.structs.replace(decision.facts, **changes)
        return decide_by_kept(connection, decision, facts)

    forge(connection, change)


def decide_by_kept(connection: Connection, decision: Decision, facts: Any) -> Decision:
    tables = Texts(connection).of(decision.digests)
    assert tables is not None
    return decide(tables, facts)


def another_house(connection: Connection) -> None:
    """Put another text under the digest of the house table."""
    house = next(row for row in connection.execute(select(decisions.policy_table)) if '"layer": "house"' in row.text)
    text = format_table(a_table(a_rule(section=["core"])))
    connection.execute(
        update(decisions.policy_table).where(decisions.policy_table.c.digest == house.digest).values(text=text)
    )


def another_marking(connection: Connection) -> None:
    """Let a decision rest on a marking table of somebody's own, with its text and a right digest."""
    table = a_table(a_rule(), layer=Layer.MARKING)
    text = format_table(table)
    digest = Digest(hashlib.sha256(text.encode()).digest())
    connection.execute(decisions.policy_table.insert().values(digest=digest, text=text))

    def change(decision: Decision) -> Decision:
        digests = (digest, *decision.digests[1:])
        return decide_by_kept(connection, msgspec.structs.replace(decision, digests=digests), decision.facts)

    forge(connection, change)


CHANGES: dict[str, tuple[Callable[[Connection], Any], str]] = {
    "an outcome in the row": (
        lambda connection: connection.execute(
            update(decisions.judgement).where(decisions.judgement.c.outcome == "denied").values(outcome="released")
        ),
        "changed-decision",
    ),
    "the outcome of a section, all rows in step": (lambda it: forge(it, opened_wider, denied=True), "replay-differs"),
    "a denial of what was released": (lambda it: forge(it, closed), "replay-differs"),
    "a row that is no decision": (
        lambda it: it.execute(update(decisions.judgement).values(facts=b"{}")),
        "changed-decision",
    ),
    "a judgement that is gone": (lambda it: it.execute(delete(decisions.judgement)), "missing-judgement"),
    "the label among the facts": (lambda it: with_facts(it, tlp=Tlp.CLEAR), "facts-differ"),
    "the relation among the facts": (
        lambda it: with_facts(it, relation=frozenset({Relation.COMMUNITY, Relation.GROUP})),
        "facts-differ",
    ),
    "a handling code among the facts": (lambda it: with_facts(it, handling=frozenset({Handling.H3})), "facts-differ"),
    "a grant among the facts": (
        lambda it: with_facts(it, granted=frozenset({(Section.TRADE, Purpose.PREVENTION)})),
        "facts-differ",
    ),
    "the text of a table": (another_house, "changed-table"),
    "a text that is no table": (
        lambda it: it.execute(update(decisions.policy_table).values(text="{}")),
        "changed-table",
    ),
    "a table that is gone": (lambda it: it.execute(delete(decisions.policy_table)), "unknown-table"),
    "a marking table of somebody's own": (another_marking, "wrong-tables"),
    "the digest of the directory": (
        lambda it: it.execute(update(decisions.decision).values(directory=bytes(32))),
        "unknown-directory",
    ),
    "the time": (lambda it: it.execute(update(decisions.decision).values(decided_at=1)), "facts-differ"),
    "the reader": (
        lambda it: it.execute(
            update(decisions.decision)
            .where(decisions.decision.c.readers == "BE/customs")
            .values(readers="BE/customs BE/police")
        ),
        "facts-differ",
    ),
}


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES)
async def test_what_was_changed_is_found(
    exercise: Exercise, change: Callable[[Connection], Any], expected: str
) -> None:
    node = await a_story(exercise)
    with writing(node.engine) as connection:
        change(connection)
    assert expected in codes(replayed(node))


async def test_a_directory_that_was_in_force_at_another_time_is_found(exercise: Exercise) -> None:
    node = await a_story(exercise)
    states = {row.id: row.directory for row in node.rows(decisions.decision)}
    newest = states[max(states)]
    assert 3 == len(set(states.values()))
    with writing(node.engine) as connection:
        connection.execute(update(decisions.decision).values(directory=newest))
    assert {"facts-differ"} == codes(replayed(node)), "the police were no health authority then"


async def test_what_is_purged_is_decided_again_by_the_facts_alone(exercise: Exercise) -> None:
    node = await a_story(exercise)
    with writing(node.engine) as connection:
        connection.execute(update(store.message).values(envelope=b""))
    found = replayed(node)
    assert (set(), 7, 7) == (codes(found), found.replayed, found.without_content)
    with writing(node.engine) as connection:
        forge(connection, opened_wider, denied=True)
    assert {"replay-differs"} == codes(replayed(node))


async def test_agreements_that_are_purged_leave_the_other_facts_to_compare(exercise: Exercise) -> None:
    node = await a_story(exercise)
    with writing(node.engine) as connection:
        relating = store.message.c.record_kind.in_(["AGREEMENT", "GROUP"])
        connection.execute(update(store.message).where(relating).values(envelope=b""))
    found = replayed(node)
    assert (set(), 2) == (codes(found), found.without_content)


async def test_decisions_about_others_are_not_counted(exercise: Exercise) -> None:
    node = await a_story(exercise)
    assert 7 == replayed(node, Originator("BE/customs")).decisions
    assert 0 == replayed(node, Originator("NL/customs")).decisions


RELEASE = a_table(
    a_rule(), a_rule("no-evidence", Effect.NEVER, "Evidence stays here.", section=["evidence"]), layer=Layer.RELEASE
)


async def a_sender(exercise: Exercise) -> Node:
    """Return the node of NL, which decided about everybody when it sent a message, and received it back."""
    node = exercise.node("NL/~1")
    await node.follower.catch_up(exercise.bus)
    directory, now = node.follower.directory, exercise.clock.now
    raw = await exercise.write(an_incident(marking=a_marking(recipients=("BE/police",))).sections)
    verified = reopen(raw, late=False)
    about = read(verified, {key_commitment(key): key for _, key in exercise.authors.made}).about
    deciders = SenderDeciders(RELEASE)
    with writing(node.engine) as connection:
        rows = DecisionRows(connection, now, directory.digest)
        rows.add_audience(verified.opened.digest, Audiences(directory, Relationships(), deciders, now).of(about))
        for own in (True, False):
            rows.add_tables(deciders.decider(directory, about.participant, own=own).tables)
        rows.save()
    await node.receive()
    return node


async def test_what_a_sender_decided_about_everybody_comes_out_again(exercise: Exercise) -> None:
    node = await a_sender(exercise)
    found = replayed(node, Originator("NL/customs"))
    assert ((), 2, 2, 0) == (found.findings, found.decisions, found.replayed, found.without_content)
    assert 1 == replayed(node, Originator("NL/police")).decisions, "it sent nothing"


def an_audience(connection: Connection, change: Callable[[KeptAudience], KeptAudience]) -> None:
    """Write what was decided about everybody anew, with its name and in the decision that names it."""
    content = connection.scalar(select(decisions.audience.c.content))
    assert content is not None
    forged = msgspec.json.encode(change(parse_audience(content)), order="deterministic")
    digest = hashlib.sha256(forged).digest()
    connection.execute(update(decisions.audience).values(id=digest, content=forged))
    connection.execute(
        update(decisions.decision).where(decisions.decision.c.audience.is_not(None)).values(audience=digest)
    )


def with_another_node(kept: KeptAudience) -> KeptAudience:
    return msgspec.structs.replace(
        kept, nodes={**kept.nodes, Section.EVIDENCE: (Originator("BE/~1"), Originator("NL/~1"))}
    )


def without_a_verdict(kept: KeptAudience) -> KeptAudience:
    return msgspec.structs.replace(kept, verdicts=kept.verdicts[1:])


def with_readers_exchanged(kept: KeptAudience) -> KeptAudience:
    first, second, *others = kept.verdicts
    exchanged = (
        msgspec.structs.replace(first, readers=second.readers),
        msgspec.structs.replace(second, readers=first.readers),
    )
    return msgspec.structs.replace(kept, verdicts=(*exchanged, *others))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (with_another_node, {"wrong-recipients"}),
        (without_a_verdict, {"wrong-recipients"}),
        (with_readers_exchanged, {"facts-differ"}),
    ],
)
async def test_what_was_changed_of_an_audience_is_found(
    exercise: Exercise, change: Callable[[KeptAudience], KeptAudience], expected: set[str]
) -> None:
    node = await a_sender(exercise)
    with writing(node.engine) as connection:
        an_audience(connection, change)
    assert expected <= codes(replayed(node, Originator("NL/customs")))


@pytest.mark.parametrize("content", [b"", b"{}", b'{"verdicts": [], "nodes": {}}'])
async def test_an_audience_that_is_none_is_found(exercise: Exercise, content: bytes) -> None:
    node = await a_sender(exercise)
    with writing(node.engine) as connection:
        connection.execute(update(decisions.audience).values(content=content))
    assert "changed-decision" in codes(replayed(node, Originator("NL/customs")))
