"""Flushing: sequence numbers, relations, keys, and a bus that fails."""

from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest

from broker.bus.embedded import open_embedded_bus
from broker.directory.entries import RevocationReason
from broker.envelope.message import Opened
from broker.errors import BadHeader, BusUnavailable, KeyNotValid, KeyRevoked, StaleDirectory, UnknownKey
from broker.records.core import Related, RelatedAs
from broker.records.incident import IncidentCore
from broker.types.names import Originator
from broker.types.vocabulary import Section, Status
from producers import batches, sending
from producers.flush import Flusher, Parked
from producers.outbox import OutboxState, outbox_state
from tests.support.federation import Federation, a_key_entry, a_revocation, a_signing_key, admin_stream
from tests.support.outbox import (
    CUSTOMS,
    NOW,
    POLICE,
    BrokenBus,
    PublishingNode,
    a_clock,
    a_draft,
    check_chains,
    names_of,
    some_drafts,
)


def core_of(node: PublishingNode, message: Opened) -> IncidentCore:
    core = node.read(message).content[Section.CORE]
    assert isinstance(core, IncidentCore)
    return core


async def test_messages_say_what_the_drafts_said(node: PublishingNode) -> None:
    draft = a_draft("R-1", summary="Twelve drums.")
    node.publish(draft)

    report = await node.flusher.flush()

    assert (1, 1, (), ()) == (report.signed, report.sent, report.parked, report.findings)
    (message,) = await node.messages()
    content = node.read(message).content
    assert draft.sections.present() == {section.word: record for section, record in content.items()}
    assert (draft.tlp, draft.status) == (message.header.tlp, message.header.status)
    assert node.follower.directory.digest == message.header.directory_digest


async def test_a_draft_about_the_world_is_never_signed_in_an_exercise(node: PublishingNode) -> None:
    node.publish(
        a_draft("R-1", status=Status.ACTUAL), a_draft("P-1", authority=POLICE, status=Status.ACTUAL), actual=True
    )
    node.publish(a_draft("R-2"))

    for _ in range(2):
        with pytest.raises(BadHeader, match="2 draft"):
            await node.flusher.flush()

    assert ["NL/customs/1#1"] == names_of(await node.messages())
    assert OutboxState(ready=2, parked=0, unsent=0) == outbox_state(node.engine)


async def test_who_has_heard_nobody_signs_nothing_and_loses_nothing(node: PublishingNode) -> None:
    def unheard(*_: object) -> None:
        raise StaleDirectory("nobody was heard")

    node.publish(*some_drafts(2))
    line = node.line(node.bus)
    with pytest.raises(StaleDirectory):
        await Flusher(node.engine, replace(line, check_heard=unheard)).flush()

    assert [] == await node.messages()
    assert OutboxState(ready=2, parked=0, unsent=0) == outbox_state(node.engine)
    assert 2 == (await node.flusher.flush()).sent


async def test_it_is_asked_by_the_directory_that_was_read_just_now(node: PublishingNode) -> None:
    asked: list[bytes] = []
    line = replace(node.line(node.bus), check_heard=lambda _, directory, __: asked.append(directory.digest))
    await Flusher(node.engine, line).flush()

    assert [node.federation.directory.digest] == asked


async def test_streams_have_no_gap_and_each_message_names_the_one_before(node: PublishingNode) -> None:
    node.publish(*some_drafts(300))
    node.publish(a_draft("P-1", authority=POLICE), a_draft("P-2", authority=POLICE))

    report = await node.flusher.flush()

    assert (302, 302) == (report.signed, report.sent)
    messages = await node.messages()
    check_chains(messages)
    assert [f"R-{n}" for n in range(1, 301)] == [core_of(node, one).national_reference for one in messages[:300]]
    assert ["NL/police/1#1", "NL/police/1#2"] == names_of(messages[300:])


async def test_streams_of_one_node_share_one_signature(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"), a_draft("P-1", authority=POLICE))
    await node.flusher.flush()

    messages = await node.messages()

    assert 1 == len({one.signatures[0].signature for one in messages})
    assert [2, 2] == [one.signatures[0].size for one in messages]


async def test_nothing_to_do_is_nothing_done(node: PublishingNode) -> None:
    assert 0 == (await node.flusher.flush()).signed
    assert [] == await node.messages()


async def test_relations_become_header_digests(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"), a_draft("R-2", related=["R-1"]))
    await node.flusher.flush()
    node.publish(a_draft("R-3", related=["R-2", "R-1"]))
    await node.flusher.flush()

    first, second, third = await node.messages()

    assert (Related(digest=first.digest, relation=RelatedAs.DUPLICATES),) == core_of(node, second).related
    assert [second.digest, first.digest] == [one.digest for one in core_of(node, third).related]


async def test_a_draft_waits_behind_the_one_it_names(node: PublishingNode) -> None:
    node.publish(a_draft("R-2", related=["R-1"]), a_draft("R-3", related=["R-2"]), a_draft("R-1"))

    report = await node.flusher.flush()

    assert (3, ()) == (report.signed, report.parked)
    assert ["R-1", "R-2", "R-3"] == [core_of(node, one).national_reference for one in await node.messages()]


async def test_a_draft_that_names_an_unknown_reference_is_parked_until_it_comes(node: PublishingNode) -> None:
    node.publish(a_draft("R-2", related=["R-1"]), a_draft("R-3"))

    report = await node.flusher.flush()
    assert (Parked(CUSTOMS, "R-2", "R-1"),) == report.parked
    assert 1 == report.signed
    assert OutboxState(ready=0, parked=1, unsent=0) == outbox_state(node.engine)

    node.publish(a_draft("R-1"))
    report = await node.flusher.flush()
    assert ((), 2) == (report.parked, report.signed)
    check_chains(await node.messages())


async def test_drafts_that_name_each_other_are_parked_and_hold_up_nobody(node: PublishingNode) -> None:
    node.publish(a_draft("R-1", related=["R-2"]), a_draft("R-2", related=["R-1"]), *some_drafts(300, first=3))

    report = await node.flusher.flush()

    assert (300, 2) == (report.signed, len(report.parked))


async def test_another_authoritys_reference_is_not_meant(node: PublishingNode) -> None:
    node.publish(a_draft("R-1", authority=POLICE), a_draft("R-2", related=["R-1"]))

    assert (Parked(CUSTOMS, "R-2", "R-1"),) == (await node.flusher.flush()).parked


async def test_authoring_and_issuing_times_are_both_kept(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"))
    await node.flusher.flush()

    with node.engine.connect() as connection:
        kept = connection.exec_driver_sql(
            "SELECT d.authored_at, m.issued_at FROM outbox_draft d JOIN outbox_message m ON m.digest = d.digest"
        ).one()
    (message,) = await node.messages()
    assert [int(NOW.timestamp()) * 1_000_000, int(message.header.issued_at.timestamp()) * 1_000_000] == list(kept)
    assert message.header.issued_at > NOW


@pytest.mark.parametrize("delivers", [False, True])
async def test_a_bus_that_fails_while_sending_loses_nothing(node: PublishingNode, *, delivers: bool) -> None:
    node.publish(*some_drafts(3))
    broken = BrokenBus(node.bus, BusUnavailable("no answer"), delivers=delivers)

    with pytest.raises(BusUnavailable):
        await Flusher(node.engine, node.line(broken)).flush()
    assert OutboxState(ready=0, parked=0, unsent=3) == outbox_state(node.engine)
    node.publish(*some_drafts(2, first=4))
    node.close()
    node.restart()
    report = await node.flusher.flush()

    assert (2, 2 if delivers else 5) == (report.signed, report.sent)
    messages = await node.messages()
    assert [f"NL/customs/1#{n}" for n in range(1, 6)] == names_of(messages)
    check_chains(messages)


async def test_a_process_that_lives_on_sends_the_same_bytes_again(node: PublishingNode) -> None:
    node.publish(*some_drafts(2))
    flusher = Flusher(node.engine, node.line(BrokenBus(node.bus, BusUnavailable("no answer"), delivers=True)))
    for _ in range(2):
        with pytest.raises(BusUnavailable):
            await flusher.flush()

    first, second, again, once_more = await node.messages()

    assert [first.raw, second.raw] == [again.raw, once_more.raw]


async def test_without_a_bus_nothing_is_signed(node: PublishingNode) -> None:
    node.publish(*some_drafts(2))
    await node.bus.close()

    with pytest.raises(Exception, match="closed"):
        await node.flusher.flush()

    assert OutboxState(ready=2, parked=0, unsent=0) == outbox_state(node.engine)
    node.bus = open_embedded_bus(node.path.parent / "bus.sqlite", clock=a_clock())
    try:
        node.close()
        node.restart()
        assert 2 == (await node.flusher.flush()).signed
    finally:
        await node.bus.close()


async def test_a_key_that_is_not_in_the_directory_signs_nothing(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"))
    node.key = a_signing_key("a stranger")
    node.close()
    node.restart()

    with pytest.raises(UnknownKey):
        await node.flusher.flush()

    assert OutboxState(ready=1, parked=0, unsent=0) == outbox_state(node.engine)


async def _say(node: PublishingNode, federation: Federation, entry: object) -> None:
    from broker.bus.port import Outgoing
    from broker.types.names import directory_topic

    opened = federation.say(entry, admin_stream("NL"))  # type: ignore[arg-type]
    await node.bus.send(directory_topic(federation.name), [Outgoing("directory", opened.raw)])


async def test_a_revocation_is_read_before_anything_is_signed(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"))
    revocation = a_revocation(node.key, reason=RevocationReason.COMPROMISED, revoked_at=NOW)
    await _say(node, node.federation, revocation)

    with pytest.raises(KeyRevoked):
        await node.flusher.flush()

    assert 1 == outbox_state(node.engine).ready


async def test_drafts_of_an_authority_that_the_key_may_not_sign_for_stay_and_hold_up_nobody(
    node: PublishingNode,
) -> None:
    node.publish(a_draft("T-1", authority=Originator("NL/task-force")), *some_drafts(2))

    with pytest.raises(KeyNotValid, match="NL/task-force"):
        await node.flusher.flush()

    assert OutboxState(ready=1, parked=0, unsent=0) == outbox_state(node.engine)
    assert ["NL/customs/1#1", "NL/customs/1#2"] == names_of(await node.messages())


async def test_a_key_is_used_only_while_it_is_valid(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"))
    node.clock = a_clock(datetime(2029, 1, 1, tzinfo=UTC))
    node.flusher = Flusher(node.engine, node.line(node.bus))

    with pytest.raises(KeyNotValid):
        await node.flusher.flush()


async def test_a_new_key_goes_on_in_the_same_stream(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"))
    await node.flusher.flush()
    key = a_signing_key("the next key")
    await _say(node, node.federation, a_key_entry(key, [CUSTOMS]))
    node.key = key
    node.close()
    node.restart()
    node.publish(a_draft("R-2"))

    await node.flusher.flush()

    messages = await node.messages()
    check_chains(messages)
    assert ["NL/customs/1#1", "NL/customs/1#2"] == names_of(messages)


async def test_a_key_that_was_granted_other_writers_opens_one_of_them(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"))
    await node.flusher.flush()
    key = a_signing_key("the next key")
    entry = a_key_entry(key, [CUSTOMS])
    grant = msgspec.structs.replace(entry.streams[0], first_writer=7, last_writer=8)
    await _say(node, node.federation, msgspec.structs.replace(entry, streams=(grant,)))
    node.key = key
    node.close()
    node.restart()
    node.publish(a_draft("R-2"))

    await node.flusher.flush()

    assert ["NL/customs/1#1", "NL/customs/7#1"] == names_of(await node.messages())


async def test_large_messages_are_sent_in_several_calls(node: PublishingNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "MAX_SEND_BYTES", 3000)
    monkeypatch.setattr(batches, "MAX_BATCH_BYTES", 2000)
    node.publish(*some_drafts(10))

    assert 10 == (await node.flusher.flush()).sent
    check_chains(await node.messages())


async def test_two_processes_that_flush_one_outbox_make_one_chain(node: PublishingNode) -> None:
    import asyncio

    other = Flusher(node.engine, node.line(node.bus))
    for round_number in range(5):
        node.publish(*some_drafts(20, first=20 * round_number + 1))
        await asyncio.gather(node.flusher.flush(), other.flush())

    seen: dict[str, Opened] = {}
    for message in await node.messages():
        assert message.raw == seen.setdefault(str(message.header.name), message).raw
    assert 100 == len(seen)
    check_chains(seen.values())
    assert 0 == outbox_state(node.engine).unsent
