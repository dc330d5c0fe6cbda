"""What readers confirm, to whom and when; and what an originator comes to know of who has read a message."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace
from sqlalchemy import insert, select

from broker.bus.port import Bus
from broker.database import reading, writing
from broker.errors import DatabaseBusy, InvalidRecord, MissingItem, UnknownAuthority
from broker.records.receipt import PurgedBecause, Receipted, ReceiptEntry
from broker.types.names import Originator
from broker.types.time import to_micros
from broker.types.vocabulary import Kind, Purpose, RecordKind, Section, Tlp
from consumers import store
from consumers.receipts import load_covered
from producers import receipts
from producers.draft import Draft
from producers.outbox import outgoing
from producers.publish import Declined
from tests.scenarios.receipts.network import CUSTOMS, Network
from tests.support.exercise import until
from tocsin import accounting
from tocsin.accounting import write_receipts
from tocsin.cli import following
from tocsin.cli.heads import give_account_of
from tocsin.cli.output import Output
from tocsin.installation import Node
from tocsin.who_read import Readership, WhoRead, who_read

POLICE = Originator("NL/police")


def sent(node: Node, kind: Kind = Kind.RECORD) -> list[str]:
    """Return the streams of the messages of a kind that *node* has signed, oldest first."""
    with reading(node.engine) as connection:
        wanted = select(outgoing.c.originator).where(outgoing.c.kind == kind.value).order_by(outgoing.c.id)
        return list(connection.scalars(wanted))


def newest(node: Node, by: str = CUSTOMS) -> str:
    """Return the name of the last record that an authority of *node* has sent."""
    wanted = (
        select(outgoing.c.writer, outgoing.c.sequence)
        .where(outgoing.c.originator == by, outgoing.c.kind == Kind.RECORD.value)
        .order_by(outgoing.c.id.desc())
        .limit(1)
    )
    with reading(node.engine) as connection:
        row = connection.execute(wanted).one()
    return f"{by}/{row.writer}#{row.sequence}"


def reader(found: WhoRead, name: str) -> Readership:
    (one,) = [one for one in found.readers if one.authority == name]
    return one


async def test_deliveries_are_confirmed_for_each_reader_and_refusals_are_not(network: Network) -> None:
    await network.publish("R-1", tlp=Tlp.RED)
    await network.receive(network.be)

    (entry,) = network.owed(network.be)
    assert ("BE/police", Receipted.RELEASED, None) == (entry.reader, entry.what, entry.purpose)
    assert (Section.CORE, Section.OPERATIONAL, Section.NOMINAL) == entry.sections


async def test_an_opening_is_confirmed_with_its_purpose_and_without_a_person(network: Network) -> None:
    await network.publish("R-1", tlp=Tlp.RED)
    await network.receive(network.be)
    await network.confirm()
    network.clock.advance(hours=1)
    network.open(newest(network.nl))

    (entry,) = network.owed(network.be)
    assert ("BE/police", Receipted.OPENED, Purpose.INVESTIGATION) == (entry.reader, entry.what, entry.purpose)
    assert network.clock.now == entry.at


async def test_a_refused_opening_stays_at_home(network: Network) -> None:
    await network.publish("R-1", tlp=Tlp.RED)
    await network.receive(network.be)
    await network.confirm()
    network.open(newest(network.nl), purpose=Purpose.STATISTICS)

    assert [] == network.owed(network.be)


async def test_a_purge_is_confirmed_with_its_reason_for_everybody_who_had_it(network: Network) -> None:
    await network.publish("R-1", tlp=Tlp.RED)
    await network.receive(network.be)
    await network.confirm()
    with writing(network.be.engine) as connection:
        digest = connection.scalar(select(store.message.c.digest).where(store.message.c.record_kind == "INCIDENT"))
        row = {"digest": digest, "reason": "recalled", "sections": "core nominal", "by": None}
        connection.execute(insert(store.tombstone), {**row, "purged_at": to_micros(network.clock.now)})

    (entry,) = network.owed(network.be)
    assert ("BE/police", Receipted.PURGED, PurgedBecause.RECALLED) == (entry.reader, entry.what, entry.because)
    assert (Section.CORE, Section.NOMINAL) == entry.sections


async def test_nothing_is_confirmed_twice(network: Network) -> None:
    await network.publish("R-1", "R-2")
    await network.receive(network.be)
    first, second = write_receipts(network.be), write_receipts(network.be)

    assert (True, 0) == (first.entries > 0, second.entries)
    assert () == second.drafts


async def test_receipts_that_cannot_be_stored_stay_owed(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    await network.publish("R-1")
    await network.receive(network.be)
    owed = network.owed(network.be)
    monkeypatch.setattr(receipts, "take_within", lambda *_, **__: [Declined(0, "receipt", ())])
    with pytest.raises(InvalidRecord):
        write_receipts(network.be)

    assert owed
    assert owed == network.owed(network.be)


async def test_receipts_heads_and_own_messages_are_owed_none(network: Network) -> None:
    await network.publish("R-1")
    await network.account(network.nl)
    await network.receive(network.be)
    await network.receive(network.nl)
    await network.confirm()
    await network.receive(network.be)

    assert ([], []) == (network.owed(network.nl), network.owed(network.be))


async def test_a_node_confirms_once_a_day_where_anything_is_owed(network: Network) -> None:
    await network.account(network.be)
    await network.publish("R-1")
    await network.receive(network.be)
    network.clock.advance(hours=23)
    await network.account(network.be)
    assert [] == sent(network.be)

    network.clock.advance(hours=1)
    await network.account(network.be)
    assert ["BE/police"] == sent(network.be)

    network.clock.advance(hours=24)
    await network.account(network.be)
    assert ["BE/police"] == sent(network.be)
    with reading(network.be.engine) as connection:
        assert load_covered(connection).until is not None


async def test_a_daily_job_that_runs_a_little_early_skips_no_day(network: Network) -> None:
    await network.account(network.be)
    for _ in range(3):
        network.clock.advance(hours=23, minutes=50)
        await network.account(network.be)

    assert ["BE/~1"] * 4 == sent(network.be, Kind.HEADS)


async def test_heads_go_out_with_the_account_and_speak_of_the_receipts(network: Network) -> None:
    await network.publish("R-1")
    await network.receive(network.be)
    await network.account(network.be)
    network.clock.advance(hours=24)
    await network.account(network.be)

    assert ["BE/~1", "BE/~1"] == sent(network.be, Kind.HEADS)


async def test_an_audit_of_what_was_said_so_finds_nothing(network: Network) -> None:
    await network.publish("R-1")
    for _ in range(2):
        for node in (network.nl, network.be):
            await network.receive(node)
            await network.account(node)
        network.clock.advance(hours=25)
    for node in (network.nl, network.be):
        with reading(node.engine) as connection:
            assert [] == list(connection.scalars(select(store.finding.c.code)))


class TestWhoRead:
    async def test_begins_with_those_who_got_the_key_and_have_not_answered(self, network: Network) -> None:
        await network.publish("R-1", tlp=Tlp.RED)

        found = who_read(network.nl, CUSTOMS, newest(network.nl))

        (one,) = found.readers
        assert ("BE/police", "BE/~1", False) == (one.authority, one.node, one.has_answered)
        assert (network.clock.now, None, (), None) == (one.key_sent_at, one.delivered_at, one.opened, one.purged_at)

    async def test_tells_what_was_delivered_and_opened_and_for_what(self, network: Network) -> None:
        await network.publish("R-1", tlp=Tlp.RED)
        network.clock.advance(hours=1)
        await network.receive(network.be)
        delivered_at = network.clock.now
        network.clock.advance(hours=1)
        network.open(newest(network.nl))
        await network.confirm()

        one = reader(who_read(network.nl, CUSTOMS, newest(network.nl)), "BE/police")
        assert (True, delivered_at) == (one.has_answered, one.delivered_at)
        assert [("investigation", network.clock.now)] == [(each.purpose, each.at) for each in one.opened]

    async def test_leaves_out_who_may_not_have_it_and_the_own_participant(self, network: Network) -> None:
        await network.publish("R-1", tlp=Tlp.RED)
        await network.receive(network.be)
        await network.confirm()

        assert ["BE/police"] == [one.authority for one in who_read(network.nl, CUSTOMS, newest(network.nl)).readers]

    async def test_may_be_asked_by_the_focal_point_too(self, network: Network) -> None:
        await network.publish("R-1")

        name = newest(network.nl)
        assert who_read(network.nl, CUSTOMS, name) == who_read(network.nl, POLICE, name)

    async def test_knows_a_message_by_the_beginning_of_its_digest(self, network: Network) -> None:
        await network.publish("R-1", "R-2")
        with reading(network.nl.engine) as connection:
            records = select(outgoing.c.digest).where(outgoing.c.kind == Kind.RECORD.value)
            digest = list(connection.scalars(records.order_by(outgoing.c.id)))[-1]

        assert newest(network.nl) == str(who_read(network.nl, CUSTOMS, digest.hex()[:12]).message)

    @pytest.mark.parametrize("asks", ["NL/health", "NL/regulator"])
    async def test_is_denied_to_others_as_if_there_were_no_such_message(self, network: Network, asks: str) -> None:
        await network.publish("R-1")
        name = newest(network.nl)
        with pytest.raises(MissingItem) as denied:
            who_read(network.nl, Originator(asks), name)
        with pytest.raises(MissingItem) as absent:
            who_read(network.nl, Originator(asks), "NL/customs/1#999")

        assert str(denied.value).replace(name, "NL/customs/1#999") == str(absent.value)

    async def test_is_denied_to_a_reader(self, network: Network) -> None:
        await network.publish("R-1")
        await network.receive(network.be)

        with pytest.raises(MissingItem):
            who_read(network.be, Originator("BE/police"), newest(network.nl))

    async def test_believes_a_receipt_for_readers_of_its_own_participant_only(
        self, network: Network, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await network.publish("R-1", tlp=Tlp.RED)
        await network.receive(network.be)
        honest = receipts.draft_receipts

        def forged(owed: Mapping[Originator, Sequence[ReceiptEntry]], issue: receipts.Issue) -> list[Draft]:
            lies = {to: [replace(one, reader="FR/police") for one in entries] for to, entries in owed.items()}
            return honest(lies, issue)

        monkeypatch.setattr(receipts, "draft_receipts", forged)
        await network.confirm()

        with reading(network.nl.engine) as connection:
            kinds = list(connection.scalars(select(store.message.c.record_kind)))
        assert RecordKind.RECEIPT.value in kinds
        assert [False] == [one.has_answered for one in who_read(network.nl, CUSTOMS, newest(network.nl)).readers]


async def test_a_follower_gives_account_by_itself(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_ACCOUNT_EVERY_SECONDS", 0.01)
    run = following._Following(network.be, "BE/police", following.Manner(None, None), Output(json=False))
    task = asyncio.create_task(run.run())
    try:
        await until(lambda: sent(network.be, Kind.HEADS) == ["BE/~1"])
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_what_keeps_a_node_from_its_account_keeps_it_from_nothing_else(
    network: Network, capsys: pytest.CaptureFixture[str]
) -> None:
    network.be.own_folder.root.joinpath("keys/node.pem").unlink()
    async with network.be.bus() as bus:
        await give_account_of(network.be, bus)

    assert "HEADS and receipts of BE/~1 wait: " in capsys.readouterr().err


@asynccontextmanager
async def a_follower(network: Network) -> AsyncIterator[None]:
    run = following._Following(network.be, "BE/police", following.Manner(None, None), Output(json=False))
    task = asyncio.create_task(run.run())
    try:
        yield
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_no_trouble_with_receipts_keeps_heads_back(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    await network.publish("R-1")
    await network.receive(network.be)
    await network.account(network.be)
    before = sent(network.be, Kind.HEADS)
    network.clock.advance(hours=25)
    monkeypatch.setattr(accounting, "find_author", lambda *_: None)

    with pytest.raises(UnknownAuthority):
        await network.account(network.be)
    assert [*before, "BE/~1"] == sent(network.be, Kind.HEADS)


async def test_a_follower_says_once_that_nobody_is_heard_and_what_to_do(
    network: Network, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rounds: list[None] = []

    async def counted(node: Node, bus: Bus) -> accounting.Account:
        rounds.append(None)
        return await accounting.give_account(node, bus)

    monkeypatch.setattr(following, "_ACCOUNT_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(following, "give_account", counted)
    network.clock.advance(days=3)
    async with a_follower(network):
        await until(lambda: len(rounds) > 5)

    (said,) = [line for line in capsys.readouterr().err.splitlines() if "what is to be sent waits" in line]
    assert "stale-directory" in said
    assert "tocsin heads" in said


async def test_a_follower_watches_on_where_the_database_was_busy(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[None] = []

    def busy(node: Node) -> str:
        del node
        asked.append(None)
        raise DatabaseBusy("somebody writes")

    monkeypatch.setattr(following, "WATCH_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(Node, "unheard", busy)
    async with a_follower(network):
        await until(lambda: len(asked) > 2)
