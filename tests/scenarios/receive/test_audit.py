"""A good record has no findings; each fault that is planted in a copy of it is found, by its own name.

The record: five messages of NL customs and two of BE police, read by the nodes of both countries.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from sqlalchemy import Connection, delete, func, insert, select, update

from broker import decisions
from broker.bus.embedded import open_embedded_bus
from broker.bus.port import Outgoing
from broker.database import reading, watching, writing
from broker.envelope.message import open_envelope
from broker.envelope.outer import format_envelope, parse_envelope
from broker.errors import UnknownTopic
from broker.types.names import Digest, directory_topic
from consumers import store
from consumers.audit import BusAudit, audit_bus
from consumers.audit.node import audit_node
from consumers.findings import Finding
from tests.support.exercise import Exercise, Node
from tests.support.federation import a_revocation, a_signing_key, admin_stream, an_authority
from tests.support.records import a_core, an_incident

Raws = list[bytes]


@dataclass
class Record:
    exercise: Exercise
    nodes: dict[str, Node]

    async def topic(self, name: str) -> Raws:
        return [one.value for one in await self.exercise.bus.read(name, start=0, most=1000)]

    async def audit_copy(self, edit: Callable[[Raws], Raws], topic: str = "NL") -> BusAudit:
        """Audit a copy of the bus in which *edit* has changed one topic."""
        names = sorted(await self.exercise.bus.topics())
        changed = self.exercise.topic(topic) if "." not in topic else topic
        copy = open_embedded_bus(self.exercise.folder / "copy.sqlite", clock=lambda: datetime.now(UTC))
        try:
            await copy.create_topics(names)
            for name in names:
                raws = await self.topic(name)
                await copy.send(name, [Outgoing("key", raw) for raw in (edit(raws) if name == changed else raws)])
            federation = self.exercise.federation
            return await audit_bus(
                copy,
                federation=federation.name,
                root_digest=federation.root_digest,
                now=self.exercise.clock.now,
            )
        finally:
            await copy.close()

    def findings(self, audit: BusAudit, node: str = "BE") -> list[Finding]:
        with reading(self.nodes[node].engine) as connection:
            return audit_node(connection, audit, self.nodes[node].name)

    async def findings_after(self, plant: Callable[[Connection], object], node: str = "BE") -> list[tuple[str, str]]:
        """Plant a fault in a node's database, and return what the audit finds there."""
        with writing(self.nodes[node].engine) as connection:
            plant(connection)
        found = self.findings(await self.exercise.audit(), node)
        return [(one.code, one.place) for one in found]


@pytest_asyncio.fixture
async def record(exercise: Exercise) -> AsyncIterator[Record]:
    nodes = {code: exercise.node(f"{code}/~1") for code in ("NL", "BE")}
    for number in range(1, 6):
        await exercise.write(an_incident(national_reference=f"NL-{number}").sections)
    for number in (1, 2):
        await exercise.write({"core": a_core("BE", national_reference=f"BE-{number}")}, by="BE/police")
    for node in nodes.values():
        await node.receive()
    yield Record(exercise, nodes)


def codes(audit: BusAudit) -> list[tuple[str, str]]:
    return [(one.code, one.place) for one in audit.findings]


def unchanged(raws: Raws) -> Raws:
    return raws


async def test_a_good_record_has_no_findings(record: Record) -> None:
    audit = await record.exercise.audit()
    assert () == audit.findings
    assert {} == audit.broken
    assert 7 + len(record.exercise.federation.messages) == audit.messages
    assert audit.messages + 1 == audit.signatures, "the root record has two"
    assert [[], []] == [record.findings(audit, node) for node in ("NL", "BE")]
    with reading(record.nodes["BE"].engine) as connection:
        assert 7 == connection.scalar(select(func.count()).select_from(store.message))


async def test_a_copy_of_the_bus_is_as_good_as_the_bus(record: Record) -> None:
    audit = await record.audit_copy(unchanged)
    assert ((), []) == (audit.findings, record.findings(audit))


async def test_progress_is_told_message_by_message(record: Record) -> None:
    told: list[int] = []
    federation = record.exercise.federation
    audit = await audit_bus(
        record.exercise.bus,
        federation=federation.name,
        root_digest=federation.root_digest,
        now=record.exercise.clock.now,
        progress=told.append,
    )
    assert audit.messages == sum(told)


async def test_a_bus_of_another_federation_is_not_audited(record: Record) -> None:
    with pytest.raises(UnknownTopic):
        await audit_bus(
            record.exercise.bus, federation="other", root_digest=Digest(bytes(32)), now=record.exercise.clock.now
        )


# ── the bus ──────────────────────────────────────────────────────────────────────────────────────────────────────────

NL = "exercise-2026.msg.NL"


def flip(raws: Raws, place: int, message: int = 2) -> Raws:
    raw = bytearray(raws[message])
    raw[place] ^= 1
    return [*raws[:message], bytes(raw), *raws[message + 1 :]]


async def test_finds_a_flipped_byte_in_a_signed_header(record: Record) -> None:
    def edit(raws: Raws) -> Raws:
        return flip(raws, raws[2].index(open_envelope(raws[2]).header.previous))

    audit = await record.audit_copy(edit)
    assert [("bad-signature", f"{NL}@2"), ("gap", "NL/customs/1")] == codes(audit)
    assert [("missing-from-bus", "BE/~1: NL/customs/1#3"), ("not-received", f"BE/~1: {NL}@2")] == sorted(
        (one.code, one.place) for one in record.findings(audit)
    )


async def test_finds_a_flipped_byte_in_a_body_and_the_node_that_holds_the_true_one(record: Record) -> None:
    def edit(raws: Raws) -> Raws:
        return flip(raws, raws[2].index(open_envelope(raws[2]).bodies[1] or b""))

    audit = await record.audit_copy(edit)
    assert [("body-mismatch", f"{NL}@2")] == codes(audit)
    assert [("changed-copy", "BE/~1: NL/customs/1#3")] == [(one.code, one.place) for one in record.findings(audit)]


async def test_finds_a_flipped_byte_in_the_framing(record: Record) -> None:
    audit = await record.audit_copy(lambda raws: flip(raws, 0))
    assert [("bad-framing", f"{NL}@2"), ("gap", "NL/customs/1")] == codes(audit)


async def test_finds_a_message_that_was_removed_from_the_middle(record: Record) -> None:
    audit = await record.audit_copy(lambda raws: [*raws[:2], *raws[3:]])
    assert [("gap", "NL/customs/1")] == codes(audit)
    assert "3" in audit.findings[0].message
    assert [("missing-from-bus", "BE/~1: NL/customs/1#3")] == [(one.code, one.place) for one in record.findings(audit)]


async def test_finds_a_message_that_was_removed_from_the_end_by_the_node_that_had_read_it(record: Record) -> None:
    audit = await record.audit_copy(lambda raws: raws[:-1])
    assert [] == codes(audit)
    assert [("missing-from-bus", "BE/~1: NL/customs/1#5")] == [(one.code, one.place) for one in record.findings(audit)]


async def test_finds_a_removed_message_that_was_the_first(record: Record) -> None:
    audit = await record.audit_copy(lambda raws: raws[1:])
    assert [("gap", "NL/customs/1")] == codes(audit)


async def test_finds_messages_whose_order_was_changed(record: Record) -> None:
    audit = await record.audit_copy(lambda raws: [raws[0], raws[2], raws[1], *raws[3:]])
    assert [("out-of-order", "NL/customs/1#2")] == codes(audit)
    assert [] == record.findings(audit)


async def test_a_replayed_message_is_counted_and_no_finding(record: Record) -> None:
    audit = await record.audit_copy(lambda raws: [*raws, raws[1]])
    assert ([], 1) == (codes(audit), audit.repeated)


async def test_finds_a_message_that_was_put_into_another_topic(record: Record) -> None:
    raws = await record.topic(NL)
    audit = await record.audit_copy(lambda mine: [*mine, raws[0]], topic="BE")
    assert [("wrong-topic", "exercise-2026.msg.BE@2")] == codes(audit)


async def test_finds_a_message_forged_with_a_key_that_nobody_enrolled(record: Record) -> None:
    forged = record.exercise.authors.write(key=a_signing_key("a forger"))
    audit = await record.audit_copy(lambda raws: [*raws, forged])
    assert [("unknown-key", f"{NL}@5")] == codes(audit)


async def test_finds_a_message_forged_with_another_participants_key(record: Record) -> None:
    forged = record.exercise.authors.write(key=record.exercise.federation.signing_key("BE/police"))
    audit = await record.audit_copy(lambda raws: [*raws, forged])
    assert [("key-not-valid", f"{NL}@5")] == codes(audit)


async def test_finds_a_second_history_of_one_number(record: Record) -> None:
    first = open_envelope((await record.topic(NL))[4]).header
    other = record.exercise.authors.compose({"core": a_core()}, sequence=5, previous=first.previous)
    raw = record.exercise.authors.sign([other])[0]
    audit = await record.audit_copy(lambda raws: [*raws, raw, raw])
    assert ([("conflict", "NL/customs/1#5")], 1) == (codes(audit), audit.repeated)


async def test_finds_a_message_that_follows_another_than_the_one_before_it(record: Record) -> None:
    other = record.exercise.authors.compose(previous=Digest(bytes([7]) * 32))
    raw = record.exercise.authors.sign([other])[0]
    audit = await record.audit_copy(lambda raws: [*raws, raw])
    assert [("broken-chain", "NL/customs/1#6")] == codes(audit)


async def test_finds_messages_of_a_key_that_was_revoked_and_blames_no_node_for_them(record: Record) -> None:
    exercise = record.exercise
    exercise.federation.say(a_revocation(exercise.federation.signing_key("BE/police")), admin_stream("BE"))
    await exercise.announce()
    audit = await exercise.audit()
    assert ["key-revoked", "key-revoked"] == [one.code for one in audit.findings]
    assert [] == record.findings(audit)


async def test_finds_a_directory_message_that_does_not_apply(record: Record) -> None:
    foreign = record.exercise.federation.compose(an_authority("BE/coast"), admin_stream("NL")).raw
    audit = await record.audit_copy(lambda raws: [*raws, foreign], topic=directory_topic("exercise-2026"))
    assert ["foreign-entry"] == [one.code for one in audit.findings]


async def test_finds_rubbish_in_the_directory_topic(record: Record) -> None:
    topic = directory_topic("exercise-2026")
    audit = await record.audit_copy(lambda raws: [*raws, b"rubbish"], topic=topic)
    assert [("bad-framing", f"{topic}@{len(record.exercise.federation.messages)}")] == codes(audit)


# ── a node's database ────────────────────────────────────────────────────────────────────────────────────────────────


def first_of(connection: Connection, sequence: int) -> bytes:
    here = (store.message.c.stream == "NL/customs/1") & (store.message.c.sequence == sequence)
    return bytes(connection.execute(select(store.message.c.digest).where(here)).scalar_one())


async def test_finds_a_copy_that_was_changed_in_the_database(record: Record) -> None:
    def plant(connection: Connection) -> None:
        digest = first_of(connection, 3)
        raw = connection.execute(select(store.message.c.envelope).where(store.message.c.digest == digest)).scalar_one()
        envelope = parse_envelope(raw)
        bodies = (bytes(len(envelope.bodies[0] or b"")), *envelope.bodies[1:])
        changed = format_envelope(msgspec.structs.replace(envelope, bodies=bodies))
        connection.execute(update(store.message).where(store.message.c.digest == digest).values(envelope=changed))

    assert [("changed-copy", "BE/~1: NL/customs/1#3")] == await record.findings_after(plant)


async def test_finds_a_message_that_was_removed_from_the_database(record: Record) -> None:
    def plant(connection: Connection) -> None:
        digest = first_of(connection, 3)
        for table in (store.message, store.inbox, decisions.decision):
            connection.execute(delete(table).where(table.c.digest == digest))

    assert [("not-received", f"BE/~1: {NL}@2")] == await record.findings_after(plant)


async def test_finds_decisions_about_a_message_that_is_not_there(record: Record) -> None:
    def plant(connection: Connection) -> None:
        connection.execute(delete(store.message).where(store.message.c.digest == first_of(connection, 3)))

    found = await record.findings_after(plant)
    assert {"not-received", "decision-without-message"} == {code for code, _ in found}


async def test_finds_a_message_whose_decisions_were_removed(record: Record) -> None:
    def plant(connection: Connection) -> None:
        digest = first_of(connection, 3)
        connection.execute(delete(decisions.decision).where(decisions.decision.c.digest == digest))
        connection.execute(delete(store.inbox).where(store.inbox.c.digest == digest))

    assert [("missing-decision", "BE/~1: NL/customs/1#3")] == await record.findings_after(plant)


async def test_finds_inbox_rows_that_no_decision_released(record: Record) -> None:
    def plant(connection: Connection) -> None:
        digest = first_of(connection, 3)
        values = {"id": 900, "authority": "BE/health", "digest": digest, "decision": 9000}
        connection.execute(insert(store.inbox), values)

    assert [("missing-decision", "BE/~1: inbox row 900")] == await record.findings_after(plant)


async def test_finds_an_inbox_row_that_leans_on_the_decision_for_another_reader(record: Record) -> None:
    def plant(connection: Connection) -> None:
        digest = first_of(connection, 3)
        row = connection.execute(select(store.inbox).where(store.inbox.c.digest == digest)).first()
        assert row is not None
        values = {"id": 900, "authority": "BE/health", "digest": digest, "decision": row.decision}
        connection.execute(insert(store.inbox), values)

    assert [("missing-decision", "BE/~1: inbox row 900")] == await record.findings_after(plant)


async def test_finds_an_inbox_row_that_the_decision_on_record_denies(record: Record) -> None:
    def plant(connection: Connection) -> None:
        digest = first_of(connection, 3)
        denied = (decisions.decision.c.digest == digest) & decisions.decision.c.readers.contains("BE/health")
        decision = connection.execute(select(decisions.decision.c.id).where(denied)).scalar_one()
        values = {"id": 900, "authority": "BE/health", "digest": digest, "decision": decision}
        connection.execute(insert(store.inbox), values)

    assert [("shown-without-permission", "BE/~1: inbox row 900")] == await record.findings_after(plant)


async def test_finds_quarantine_that_was_emptied(record: Record) -> None:
    exercise = record.exercise
    await exercise.bus.send(NL, [Outgoing("key", b"rubbish")])
    await exercise.send(exercise.authors.write(key=a_signing_key("a forger")))
    await record.nodes["BE"].receive()
    assert [] == record.findings(await exercise.audit())

    found = await record.findings_after(lambda connection: connection.execute(delete(store.quarantine)))
    assert [("not-received", f"BE/~1: {NL}@5"), ("not-received", f"BE/~1: {NL}@6")] == found


async def test_what_a_node_has_not_read_yet_is_no_finding(record: Record) -> None:
    await record.exercise.write()
    assert [] == await record.exercise.audit_node(record.nodes["BE"])


async def test_a_node_that_serves_no_authority_owes_no_decisions(exercise: Exercise) -> None:
    node = exercise.node("BE/~2")
    await exercise.write()
    await node.receive()
    assert [] == node.rows(decisions.decision)
    assert [] == await exercise.audit_node(node)


async def test_a_restored_database_reads_again_what_it_lacks(record: Record, tmp_path: Path) -> None:
    exercise, node = record.exercise, record.nodes["BE"]
    backup = tmp_path / "backup.sqlite"
    with watching(node.engine) as connection:
        connection.exec_driver_sql("VACUUM INTO ?", (str(backup),))
    for _ in range(3):
        await exercise.write()
    await node.receive()
    restored = exercise.node(file="backup.sqlite")
    assert 3 == (await restored.receive()).messages
    assert [one.digest for one in node.items("BE/police")] == [one.digest for one in restored.items("BE/police")]
    assert [] == await exercise.audit_node(restored)


async def test_finds_an_inbox_row_that_was_taken_away(record: Record) -> None:
    hidden: list[bytes] = []

    def plant(connection: Connection) -> None:
        digest = first_of(connection, 3)
        hidden.append(digest)
        here = (store.inbox.c.digest == digest) & (store.inbox.c.authority == "BE/police")
        assert 1 == connection.execute(delete(store.inbox).where(here)).rowcount

    found = await record.findings_after(plant)
    assert [("missing-delivery", f"BE/~1: {hidden[0].hex()[:16]}")] == found


@pytest.mark.parametrize("column", ["outcome", "obligations", "facts", "outcomes", "tables"])
async def test_finds_a_judgement_that_was_changed(record: Record, column: str) -> None:
    changed = {"outcome": "denied", "obligations": "", "facts": b"{}", "outcomes": b"[]", "tables": b"\x00" * 128}

    def plant(connection: Connection) -> None:
        values = {column: changed[column]}
        one = (
            select(decisions.judgement.c.id)
            .where(decisions.judgement.c.outcome == "redacted")
            .limit(1)
            .scalar_subquery()
        )
        connection.execute(update(decisions.judgement).where(decisions.judgement.c.id == one).values(values))

    assert "changed-decision" in {code for code, _ in await record.findings_after(plant)}


async def test_finds_a_row_that_says_another_number_than_its_message(record: Record) -> None:
    def plant(connection: Connection) -> None:
        here = store.message.c.digest == first_of(connection, 3)
        connection.execute(update(store.message).where(here).values(sequence=33))

    assert [("changed-copy", "BE/~1: NL/customs/1#33")] == await record.findings_after(plant)


async def test_says_nothing_but_that_the_root_is_another_one_where_it_is(record: Record) -> None:
    exercise = record.exercise
    name, wrong = exercise.federation.name, Digest(b"\x01" * 32)
    audit = await audit_bus(exercise.bus, federation=name, root_digest=wrong, now=exercise.clock.now)
    assert [("untrusted-root", "the directory")] == codes(audit)
    assert not audit.is_rooted
