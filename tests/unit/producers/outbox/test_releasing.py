"""Later RELEASE messages: the end of an embargo, late joiners, what was asked for; each once."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from broker.bus.port import Outgoing
from broker.database import reading, writing
from broker.envelope.message import Opened
from broker.errors import BusUnavailable
from broker.relationships import Relationships, StandingAgreement
from broker.types.names import Digest, Originator, Participant, directory_topic
from broker.types.vocabulary import Kind, Section
from producers import releasing
from producers.asking import Message, release_sections
from producers.flush import Flusher
from producers.outbox import Reason, readerships, releases, sealed_messages
from tests.support.federation import Federation, a_node, admin_stream, an_authority
from tests.support.outbox import (
    CUSTOMS,
    NOW,
    POLICE,
    BrokenBus,
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
from tests.support.records import a_marking, an_agreement

EVERYTHING = {"core", "operational", "nominal"}


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[PublishingNode]:
    async with a_publishing_node(tmp_path, a_sealing_federation("NL", "BE", "FR")) as one:
        yield one


async def read_by(node: PublishingNode, reader: str) -> list[set[str]]:
    """Return the sections of each record that a node can open."""
    messages = await node.messages()
    keys = keys_for(node.federation, reader, messages)
    return [readable(one, keys) for one in records_in(messages)]


async def announce(node: PublishingNode, federation: Federation, known: int) -> None:
    """Send what the directory has since it had *known* messages."""
    new = [Outgoing("directory", raw) for raw in federation.messages[known:]]
    await node.bus.send(directory_topic(federation.name), new)


def at(node: PublishingNode, moment: datetime) -> None:
    """Let it be *moment* for the node."""
    node.clock = lambda: moment
    node.close()
    node.restart()


def reasons(node: PublishingNode) -> set[str]:
    with reading(node.engine) as connection:
        return set(connection.execute(select(releases.c.reason)).scalars())


async def test_the_end_of_an_embargo_releases_to_those_who_had_to_wait(node: PublishingNode) -> None:
    ends = NOW + timedelta(days=2)
    node.publish(a_draft("R-1", marking=a_marking(release_after=ends)), a_draft("R-2"))
    await node.flusher.flush()
    assert [set(), {"core"}] == await read_by(node, "BE/~1")

    at(node, ends - timedelta(seconds=1))
    assert 0 == (await node.flusher.flush()).released
    at(node, ends + timedelta(seconds=1))
    report = await node.flusher.flush()

    assert (0, 0, 1, 1) == (report.signed, report.sent, report.released, report.nodes)
    assert [{"core"}, {"core"}] == await read_by(node, "BE/~1")
    assert {Reason.EMBARGO_OVER} == reasons(node)
    messages = await node.messages()
    check_chains(messages)
    assert Kind.RELEASE is messages[-1].header.kind
    assert 0 == (await node.flusher.flush()).released


async def test_a_participant_that_joins_later_gets_what_it_may_have(node: PublishingNode) -> None:
    concerned = ("SE",)
    node.publish(a_draft("R-1", marking=a_marking(recipients=concerned)), a_draft("R-2"))
    await node.flusher.flush()
    known = len(node.federation.messages)
    node.federation.join("SE")
    await announce(node, node.federation, known)
    assert 0 == (await node.flusher.flush()).released  # nobody could be reached there

    known = len(node.federation.messages)
    node.federation.enrol_sealing_key("SE/~1", NOW - timedelta(days=1))
    await announce(node, node.federation, known)
    report = await node.flusher.flush()

    assert (1, 1) == (report.released, report.nodes)
    assert [EVERYTHING, set()] == await read_by(node, "SE/~1")
    assert {Reason.LATE_JOINER} == reasons(node)


async def test_a_key_that_replaces_another_makes_nobody_a_late_joiner(node: PublishingNode) -> None:
    node.publish(*some_drafts(2))
    await node.flusher.flush()
    before = node.federation.sealing_keys["NL/~1"]
    known = len(node.federation.messages)
    node.federation.enrol_sealing_key("BE/~1", NOW)
    node.federation.enrol_sealing_key("NL/~1", NOW)
    assert before != node.federation.sealing_keys["NL/~1"]
    await announce(node, node.federation, known)

    assert 0 == (await node.flusher.flush()).released

    # No message was even looked at.
    with reading(node.engine) as connection:
        assert 1 == connection.scalar(select(func.max(readerships.c.id)))


async def test_an_agreement_that_is_new_opens_what_went_before(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"))
    await node.flusher.flush()
    assert [set()] == await read_by(node, "FR/~1")

    node.relationships = Relationships(agreements=(StandingAgreement.of(CUSTOMS, an_agreement("FR")),))
    await node.flusher.flush()

    assert [{"core", "operational"}] == await read_by(node, "FR/~1")
    node.relationships = Relationships()
    assert 0 == (await node.flusher.flush()).released
    node.relationships = Relationships(agreements=(StandingAgreement.of(CUSTOMS, an_agreement("FR")),))
    assert 0 == (await node.flusher.flush()).released


async def test_a_second_node_of_a_reader_is_a_late_joiner(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"))
    await node.flusher.flush()
    known = len(node.federation.messages)
    node.federation.say(a_node("BE/~2"), admin_stream("BE"))
    node.federation.say(an_authority("BE/force", node="BE/~2"), admin_stream("BE"))
    node.federation.enrol_sealing_key("BE/~2", NOW - timedelta(days=1))
    await announce(node, node.federation, known)

    assert 1 == (await node.flusher.flush()).released

    assert [{"core"}] == await read_by(node, "BE/~2")


async def test_nothing_is_released_of_what_was_recalled_purged_or_has_expired(node: PublishingNode) -> None:
    ends = NOW + timedelta(days=2)
    over = a_marking(release_after=ends, retain_until=ends + timedelta(seconds=1))
    node.publish(*(a_draft(f"R-{number}", marking=a_marking(release_after=ends)) for number in (1, 2)))
    node.publish(a_draft("R-3", marking=over))
    await node.flusher.flush()
    recalled, purged, _ = records_in(await node.messages())
    node.withheld = {recalled.digest}
    node.section_keys.destroy(
        [head.key_commitment for head in purged.header.sections if head.key_commitment], owner=Participant("NL")
    )

    at(node, ends + timedelta(seconds=1))
    assert 0 == (await node.flusher.flush()).released

    assert [set()] * 3 == await read_by(node, "BE/~1")
    with reading(node.engine) as connection:
        assert 0 == connection.scalar(select(func.count()).select_from(sealed_messages))


@pytest.mark.timeout(120)
async def test_many_messages_are_compared_in_chunks_and_a_process_that_ends_goes_on(
    node: PublishingNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releasing, "COMPARED_AT_ONCE", 3)
    monkeypatch.setattr(releasing, "RELEASED_AT_ONCE", 4)
    node.publish(*some_drafts(20))
    await node.flusher.flush()
    node.relationships = Relationships(agreements=(StandingAgreement.of(CUSTOMS, an_agreement("FR")),))
    broken = BrokenBus(node.bus, BusUnavailable("no answer"), delivers=False)
    for _ in range(3):
        with pytest.raises(BusUnavailable):
            await Flusher(node.engine, node.line(broken)).flush()

    await node.flusher.flush()

    assert [{"core", "operational"}] * 20 == await read_by(node, "FR/~1")
    messages = await node.messages()
    check_chains(messages)
    with reading(node.engine) as connection:
        assert 40 == connection.scalar(select(func.count()).select_from(releases))
        assert 0 == connection.scalar(select(func.count()).where(releases.c.became.is_(None)))


async def test_a_message_that_waits_goes_before_what_late_joiners_get(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"))
    await node.flusher.flush()
    node.relationships = Relationships(agreements=(StandingAgreement.of(CUSTOMS, an_agreement("FR")),))
    node.publish(a_draft("R-2"))

    await node.flusher.flush()

    kinds = [one.header.kind for one in await node.messages()]
    assert [Kind.RELEASE, Kind.RECORD, Kind.RELEASE, Kind.RECORD, Kind.RELEASE] == kinds


def ask(node: PublishingNode, message: Opened, section: Section, to: str, issuer: Originator = CUSTOMS) -> None:
    with writing(node.engine) as connection:
        release_sections(
            connection,
            Message(message.header, message.digest),
            {section: [Originator(to)]},
            issuer=issuer,
            reason=Reason.GRANT,
        )


async def test_what_was_asked_for_goes_out_in_the_issuers_stream(node: PublishingNode) -> None:
    node.publish(a_draft("R-1", marking=a_marking(recipients=("BE",))))
    await node.flusher.flush()
    (message,) = records_in(await node.messages())
    ask(node, message, Section.NOMINAL, "BE/~1", issuer=POLICE)

    report = await node.flusher.flush()

    assert (0, 1, 1) == (report.signed, report.released, report.nodes)
    assert "NL/police/1#1" == names_of(await node.messages())[-1]
    assert Section.NOMINAL.word in (await read_by(node, "BE/~1"))[0]


async def test_what_was_asked_for_waits_for_a_reader_who_cannot_be_reached(node: PublishingNode) -> None:
    named = a_marking(recipients=("BE/police", "SE/regulator"))
    node.publish(a_draft("R-1", marking=named, concerned=()))
    await node.flusher.flush()
    (message,) = records_in(await node.messages())
    known = len(node.federation.messages)
    node.federation.join("SE")
    ask(node, message, Section.CORE, "SE/~1")
    ask(node, message, Section.NOMINAL, "BE/~1")
    assert 1 == (await node.flusher.flush()).released

    node.federation.enrol_sealing_key("SE/~1", NOW - timedelta(days=1))
    await announce(node, node.federation, known)
    await node.flusher.flush()

    assert [{"core"}] == await read_by(node, "SE/~1")


async def test_a_key_that_is_destroyed_before_the_flush_goes_to_nobody(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"))
    await node.flusher.flush()
    (message,) = records_in(await node.messages())
    ask(node, message, Section.NOMINAL, "BE/~1")
    commitments = [Digest(head.key_commitment) for head in message.header.sections if head.key_commitment]
    node.section_keys.destroy(commitments, owner=Participant("NL"))

    assert 0 == (await node.flusher.flush()).released

    assert [{"core"}] == await read_by(node, "BE/~1")
    assert 0 == (await node.flusher.flush()).released
