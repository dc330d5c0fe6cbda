"""What an author's outbox keeps of messages that were taken back, or whose time is over: nothing but their headers."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from broker.database import path_of, reading, writing
from broker.envelope.message import open_envelope
from broker.errors import DatabaseBusy
from broker.types.names import Digest, MessageName, Stream
from broker.types.vocabulary import Tlp
from producers import purge
from producers.outbox import Stage, drafts, envelopes, outbox_state, outgoing, withdrawals
from producers.purge import Removal, order_removal, purge_outbox, withheld
from producers.recovery import resend
from tests.support.outbox import CUSTOMS, NOW, PublishingNode, a_draft
from tests.support.records import a_marking

PLANTED = "FICTITIOUS-PLANTED-CONTAINER-7"
LATER = NOW + timedelta(days=2)
UNTIL = NOW + timedelta(days=1)
STREAM = Stream(CUSTOMS, 1)


def files_with(node: PublishingNode, planted: str) -> list[str]:
    folder = path_of(node.engine).parent
    return [one.name for one in sorted(folder.glob("*.sqlite*")) if planted.encode() in one.read_bytes()
            and not one.name.startswith("bus")]  # fmt: skip


def an_order(node: PublishingNode, sequence: int, **changes: object) -> Removal:
    with reading(node.engine) as connection:
        digest = connection.scalar(select(outgoing.c.digest).where(outgoing.c.sequence == sequence))
    fields = {"digest": Digest(digest or b""), "name": MessageName(STREAM, sequence)} | changes
    return Removal(**fields)  # type: ignore[arg-type]


def order(node: PublishingNode, removal: Removal) -> None:
    with writing(node.engine) as connection:
        order_removal(connection, removal)


def bodies(node: PublishingNode, sequence: int) -> list[bool]:
    """Say which bodies of a message the outbox still has."""
    joined = select(envelopes.c.raw).join(outgoing, outgoing.c.id == envelopes.c.id)
    with reading(node.engine) as connection:
        raw = connection.scalar(joined.where(outgoing.c.sequence == sequence))
    return [body is not None for body in open_envelope(raw or b"").bodies]


async def test_a_message_is_emptied_when_its_time_is_over(node: PublishingNode) -> None:
    marking = a_marking(retain_until=UNTIL)
    node.publish(a_draft("R-1", tlp=Tlp.CLEAR, summary=PLANTED, marking=marking), a_draft("R-2", tlp=Tlp.CLEAR))
    await node.flusher.flush()
    assert [] != files_with(node, PLANTED)
    assert 0 == purge_outbox(node.engine, node.section_keys, UNTIL - timedelta(seconds=1))
    assert 1 == purge_outbox(node.engine, node.section_keys, LATER)
    assert [] == files_with(node, PLANTED)
    assert ([False] * 3, [True] * 3) == (bodies(node, 1), bodies(node, 2))
    assert 0 == purge_outbox(node.engine, node.section_keys, LATER)


async def test_its_keys_are_destroyed(node: PublishingNode) -> None:
    node.publish(a_draft("R-1", marking=a_marking(retain_until=UNTIL)))
    await node.flusher.flush()
    (message,) = await node.messages()
    assert 3 == len(node.keys_of(message))
    purge_outbox(node.engine, node.section_keys, LATER)
    assert {} == node.keys_of(message)


async def test_a_draft_whose_time_is_over_before_it_was_signed_is_never_sent(node: PublishingNode) -> None:
    node.publish(a_draft("R-1", summary=PLANTED, marking=a_marking(retain_until=UNTIL)))
    assert 1 == purge_outbox(node.engine, node.section_keys, LATER)
    assert [] == files_with(node, PLANTED)
    report = await node.flusher.flush()
    assert (0, 0) == (report.sent, outbox_state(node.engine).ready)
    with reading(node.engine) as connection:
        assert [(Stage.EXPIRED, None)] == connection.execute(select(drafts.c.stage, drafts.c.sections)).all()


async def test_what_the_bus_does_not_have_yet_is_sent_before_it_is_purged(node: PublishingNode) -> None:
    node.publish(a_draft("R-1", tlp=Tlp.CLEAR, marking=a_marking(retain_until=UNTIL)))
    await node.flusher.flush()
    assert 1 == resend(node.engine, STREAM)
    assert 0 == purge_outbox(node.engine, node.section_keys, LATER)
    assert [True] * 3 == bodies(node, 1)
    await node.flusher.flush()
    assert 1 == purge_outbox(node.engine, node.section_keys, LATER)
    assert [False] * 3 == bodies(node, 1)


async def test_what_was_purged_is_never_sent_again(node: PublishingNode) -> None:
    node.publish(a_draft("R-1", marking=a_marking(retain_until=UNTIL)), a_draft("R-2"))
    await node.flusher.flush()
    purge_outbox(node.engine, node.section_keys, LATER)
    assert 1 == resend(node.engine, STREAM), "the other one is"
    await node.flusher.flush()
    assert 3 == len(await node.messages())


async def test_a_recalled_message_goes_when_the_bus_has_the_recall(node: PublishingNode) -> None:
    node.publish(a_draft("R-1", tlp=Tlp.CLEAR))
    await node.flusher.flush()
    removal = an_order(node, 1, recall=(CUSTOMS, "the-recall"))
    order(node, removal)
    assert 0 == purge_outbox(node.engine, node.section_keys, LATER), "nobody has been told"
    with reading(node.engine) as connection:
        assert frozenset() == withheld(connection, [removal.digest]), "the recall was not taken into the outbox"
    node.publish(a_draft("the-recall", tlp=Tlp.CLEAR))
    with reading(node.engine) as connection:
        assert {removal.digest} == withheld(connection, [removal.digest])
    assert 0 == purge_outbox(node.engine, node.section_keys, LATER), "it is not signed yet"
    await node.flusher.flush()
    assert 1 == purge_outbox(node.engine, node.section_keys, LATER)
    assert [False] * 3 == bodies(node, 1)


async def test_a_corrected_message_loses_persons_and_companies_only(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"))
    await node.flusher.flush()
    order(node, an_order(node, 1, sections=frozenset({"nominal"})))
    purge_outbox(node.engine, node.section_keys, LATER)
    (message,) = await node.messages()
    names = [head.name for head in message.header.sections]
    assert {"core": True, "operational": True, "nominal": False} == dict(zip(names, bodies(node, 1), strict=True))
    assert 2 == len(node.keys_of(message))


async def test_a_crash_between_the_keys_and_the_commit_heals_at_the_next_run(
    node: PublishingNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.publish(a_draft("R-1", marking=a_marking(retain_until=UNTIL)))
    await node.flusher.flush()
    with monkeypatch.context() as patched:
        patched.setattr(purge, "_purge", _crash)
        with pytest.raises(_Crash):
            purge_outbox(node.engine, node.section_keys, LATER)
    assert [True] * 3 == bodies(node, 1)
    assert 1 == purge_outbox(node.engine, node.section_keys, LATER)
    assert [False] * 3 == bodies(node, 1)


async def test_a_reader_who_stays_delays_the_scrubbing_only(
    node: PublishingNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise DatabaseBusy("somebody reads")

    node.publish(a_draft("R-1", tlp=Tlp.CLEAR, summary=PLANTED, marking=a_marking(retain_until=UNTIL)))
    await node.flusher.flush()
    with monkeypatch.context() as patched:
        patched.setattr(purge, "scrub", busy)
        assert 1 == purge_outbox(node.engine, node.section_keys, LATER)
    with reading(node.engine) as connection:
        assert [None] == connection.scalars(select(withdrawals.c.scrubbed_at)).all()
    purge_outbox(node.engine, node.section_keys, LATER)
    assert [] == files_with(node, PLANTED)
    with reading(node.engine) as connection:
        assert None not in connection.scalars(select(withdrawals.c.scrubbed_at)).all()


class _Crash(Exception):
    pass


def _crash(*_: object, **__: object) -> None:
    raise _Crash
