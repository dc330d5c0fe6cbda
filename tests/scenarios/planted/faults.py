"""Every finding that ``audit check`` can give, planted by itself: what somebody does, and nothing else is wrong."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from broker import decisions
from broker.envelope.message import open_envelope
from broker.envelope.outer import format_envelope, parse_envelope
from broker.log.entry import LogEntry
from broker.log.port import CHECKPOINT
from broker.log.tiles import Tile
from broker.logbook import log_entry
from broker.types.names import Digest
from consumers import store
from tests.scenarios.planted.stage import Stage, raws_of
from tests.support.exercise import CUSTOMS, Exercise
from tests.support.federation import a_revocation, a_seed, a_signing_key, admin_stream
from tests.support.heads import head_of, some_heads_of, write_heads
from tests.support.records import a_core

Plant = Callable[[Stage], Awaitable[None]]
BUS, LOG, WHOLE = "bus", "log", "whole"
"""Which record a fault is planted in: topics alone, topics and log, or all of it."""


@dataclass(frozen=True)
class Fault:
    """A fault, by the code under which it has to be found."""

    record: str
    plant: Plant
    code: str = ""


FAULTS: Final[dict[str, Fault]] = {}


def fault(code: str, record: str) -> Callable[[Plant], Plant]:
    """Register what plants the fault that is found as *code*."""

    def register(plant: Plant) -> Plant:
        assert code not in FAULTS, f"{code} is planted already"
        FAULTS[code] = Fault(record, plant, code)
        return plant

    return register


def known(exercise: Exercise) -> Digest:
    """Return the digest of the directory as it is now."""
    return exercise.federation.directory.digest


async def say(stage: Stage, by: str = "NL/~1", **changes: object) -> None:
    """Send HEADS that are right but for *changes*."""
    exercise = stage.exercise
    heads = some_heads_of({}, directory_digest=known(exercise))
    await exercise.send(write_heads(exercise, msgspec.structs.replace(heads, **changes), by=by))


def flipped(data: bytes) -> bytes:
    """Return *data* with its last bit changed."""
    return data[:-1] + bytes([data[-1] ^ 1])


# ── on the bus ───────────────────────────────────────────────────────────────────────────────────────────────────────


@fault("bad-framing", BUS)
async def rubbish(stage: Stage) -> None:
    stage.topic().add(b"rubbish")


@fault("not-canonical", BUS)
async def a_byte_more(stage: Stage) -> None:
    stage.topic().put(-1, raws_of(stage.topic())[-1] + b"\x00")


@fault("body-mismatch", BUS)
async def a_flipped_byte_in_a_body(stage: Stage) -> None:
    raw = raws_of(stage.topic())[0]
    body = open_envelope(raw).bodies[0]
    assert body is not None
    stage.topic().put(0, raw.replace(body, flipped(body)))


@fault("body-missing", BUS)
async def a_body_that_was_cut_out(stage: Stage) -> None:
    envelope = parse_envelope(raws_of(stage.topic())[0])
    stage.topic().put(0, format_envelope(msgspec.structs.replace(envelope, bodies=(None,))))


@fault("bad-signature", BUS)
async def a_changed_signature(stage: Stage) -> None:
    envelope = parse_envelope(raws_of(stage.topic())[-1])
    (signature,) = envelope.signatures
    wrong = msgspec.structs.replace(signature, signature=flipped(signature.signature))
    stage.topic().put(-1, format_envelope(msgspec.structs.replace(envelope, signatures=(wrong,))))


@fault("unknown-key", BUS)
async def a_message_by_nobody_known(stage: Stage) -> None:
    stage.topic().add(stage.exercise.authors.write(key=a_signing_key("a forger")))


@fault("key-not-valid", BUS)
async def a_message_by_another_participant(stage: Stage) -> None:
    stage.topic().add(stage.exercise.authors.write(key=stage.exercise.federation.signing_key("BE/police")))


@fault("wrong-topic", BUS)
async def a_message_in_the_topic_of_another(stage: Stage) -> None:
    stage.topic("BE").add(stage.exercise.authors.write())


@fault("clock-ahead", BUS)
async def a_message_of_tomorrow(stage: Stage) -> None:
    later = stage.exercise.clock.now + timedelta(days=1)
    stage.topic().add(stage.exercise.authors.write(issued_at=later))


@fault("key-revoked", BUS)
async def a_message_of_a_revoked_key_that_nothing_proves_older(stage: Stage) -> None:
    exercise = stage.exercise
    assert 1 == len(stage.topic("BE").messages())
    exercise.federation.say(a_revocation(exercise.federation.signing_key("BE/police")), admin_stream("BE"))
    await exercise.announce()


@fault("gap", BUS)
async def a_message_that_was_deleted(stage: Stage) -> None:
    stage.topic().remove(2)  # NL/customs/1#2


@fault("out-of-order", BUS)
async def two_messages_that_changed_places(stage: Stage) -> None:
    stage.topic().swap(2, 4)  # NL/customs/1#2 and #3


@fault("conflict", BUS)
async def a_second_history(stage: Stage) -> None:
    first = open_envelope(raws_of(stage.topic())[4])
    other = stage.exercise.authors.compose(
        {"core": a_core()}, sequence=first.header.sequence, previous=first.header.previous
    )
    stage.topic().add(stage.exercise.authors.sign([other])[0])


@fault("broken-chain", BUS)
async def a_message_behind_another_one(stage: Stage) -> None:
    stage.topic().add(stage.exercise.authors.write(previous=Digest(a_seed("another message"))))


@fault("dropped-tail", BUS)
async def an_end_that_was_cut_off(stage: Stage) -> None:
    await say(stage, streams=some_heads_of({"NL/customs/1": head_of(raws_of(stage.topic())[4])}).streams)
    stage.topic().remove(4)


@fault("heads-mismatch", BUS)
async def heads_of_another_history(stage: Stage) -> None:
    await say(stage, streams=some_heads_of({"NL/customs/1": (3, a_seed("another"))}).streams)


@fault("unknown-directory-state", BUS)
async def heads_of_another_directory(stage: Stage) -> None:
    await say(stage, directory_digest=Digest(a_seed("another directory")))


@fault("heads-too-old", BUS)
async def a_node_that_fell_silent(stage: Stage) -> None:
    await say(stage)
    stage.exercise.clock.advance(hours=49)
    await say(stage, by="BE/~1")


# ── in the log ───────────────────────────────────────────────────────────────────────────────────────────────────────


@fault("missing-checkpoint", LOG)
async def a_checkpoint_that_was_taken_away(stage: Stage) -> None:
    del stage.files[CHECKPOINT]


@fault("forged-checkpoint", LOG)
async def a_checkpoint_by_another_key(stage: Stage) -> None:
    stage.sign_log(key=a_signing_key("a forger"))


@fault("foreign-log", LOG)
async def the_checkpoint_of_another_log(stage: Stage) -> None:
    stage.sign_log(origin="another-network/log")


@fault("changed-tile", LOG)
async def a_flipped_byte_in_a_tile(stage: Stage) -> None:
    path = Tile(0, 0, stage.log.checkpoint.size).path
    stage.files[path] = flipped(stage.files[path])


@fault("changed-entry", LOG)
async def an_entry_that_names_another_message(stage: Stage) -> None:
    stage.sign_log(with_last(stage, lambda one: msgspec.structs.replace(one, sequence=one.sequence + 1)))


@fault("leaf-without-message", LOG)
async def the_last_message_of_a_topic_is_deleted(stage: Stage) -> None:
    stage.topic().remove(-1)


@fault("message-without-leaf", LOG)
async def a_message_that_the_notary_left_out(stage: Stage) -> None:
    stage.sign_log([*stage.log.entries()[:-2], stage.log.entries()[-1]])


@fault("duplicate-leaf", LOG)
async def a_message_that_was_logged_twice(stage: Stage) -> None:
    entries = stage.log.entries()
    stage.sign_log([*entries, msgspec.structs.replace(entries[-2], seen_at=entries[-1].seen_at)])


@fault("time-runs-back", LOG)
async def a_leaf_that_was_dated_back(stage: Stage) -> None:
    stage.sign_log(with_last(stage, lambda one: msgspec.structs.replace(one, seen_at=one.seen_at - 1)))


@fault("reordered", LOG)
async def a_log_in_another_order(stage: Stage) -> None:
    entries = stage.log.entries()
    places = [place for place, one in enumerate(entries) if str(one.stream).startswith("NL/")]
    one, other = places[-2:]  # NL/police/1#2 and NL/customs/1#3, which name nobody of the other's stream
    entries[one], entries[other] = entries[other], entries[one]
    stage.sign_log(entries)


@fault("disputed", LOG)
async def a_message_that_a_revoked_key_dated_back(stage: Stage) -> None:
    exercise = stage.exercise
    key = exercise.federation.signing_key("BE/police")
    exercise.federation.say(a_revocation(key), admin_stream("BE"))
    await exercise.announce()
    stage.log.run()
    await exercise.send(exercise.authors.write(by="BE/police", issued_at=exercise.clock.now - timedelta(days=1)))
    stage.log.run()


@fault("no-quorum", LOG)
async def cosignatures_that_were_taken_away(stage: Stage) -> None:
    await say(stage, checkpoint=stage.files[CHECKPOINT])
    stage.strip_cosignatures()


@fault("log-rolled-back", LOG)
async def a_log_from_before(stage: Stage) -> None:
    before = dict(stage.files)
    await stage.exercise.write({"core": a_core()})
    stage.log.run()
    await say(stage, checkpoint=stage.files[CHECKPOINT])
    stage.files.clear()
    stage.files.update(before)


@fault("split-view", LOG)
async def two_logs_of_one_notary(stage: Stage) -> None:
    shown, entries = dict(stage.files), stage.log.entries()
    stage.sign_log([*entries[:-1], msgspec.structs.replace(entries[-1], seen_at=entries[-1].seen_at + 1)])
    other = stage.files[CHECKPOINT]
    stage.files.clear()
    stage.files.update(shown)
    await say(stage, checkpoint=other)


def with_last(stage: Stage, change: Callable[[LogEntry], LogEntry]) -> list[LogEntry]:
    """Return the entries of the log, the last one changed."""
    *entries, last = stage.log.entries()
    return [*entries, change(last)]


# ── in a node's database ─────────────────────────────────────────────────────────────────────────────────────────────


def digest_of_last(connection: Connection) -> bytes:
    """Return the digest of the last message of NL customs that a node has: its decisions are signed by nobody yet."""
    here = store.message.c
    wanted = select(here.digest).where(here.stream == f"{CUSTOMS}/1").order_by(here.sequence.desc()).limit(1)
    return bytes(connection.execute(wanted).scalar_one())


def forget(connection: Connection, digest: bytes) -> None:
    """Remove the decisions about a message, and what was shown of it."""
    for table in (decisions.decision, store.inbox):
        connection.execute(delete(table).where(table.c.digest == digest))


@fault("not-received", WHOLE)
async def a_message_that_was_removed(stage: Stage) -> None:
    def plant(connection: Connection) -> None:
        digest = digest_of_last(connection)
        forget(connection, digest)
        connection.execute(delete(store.message).where(store.message.c.digest == digest))

    stage.edit_node(plant)


@fault("missing-from-bus", WHOLE)
async def a_message_that_was_never_sent(stage: Stage) -> None:
    def plant(connection: Connection) -> None:
        row = connection.execute(select(store.message).where(store.message.c.kind == "HEADS")).mappings().first()
        assert row is not None
        raw = stage.exercise.authors.write({"core": a_core()})
        changes = {"digest": open_envelope(raw).digest, "envelope": raw, "stream": f"{CUSTOMS}/1", "sequence": 5}
        connection.execute(insert(store.message).values({**row, **changes}))

    stage.edit_node(plant)


@fault("changed-copy", WHOLE)
async def a_copy_that_was_changed(stage: Stage) -> None:
    def plant(connection: Connection) -> None:
        here = store.message.c.digest == digest_of_last(connection)
        raw = connection.execute(select(store.message.c.envelope).where(here)).scalar_one()
        connection.execute(update(store.message).where(here).values(envelope=flipped(raw[:-1]) + raw[-1:]))

    stage.edit_node(plant)


@fault("changed-logbook", WHOLE)
async def a_logbook_that_was_changed(stage: Stage) -> None:
    stage.edit_node(lambda connection: connection.execute(update(log_entry).values(seen_at=log_entry.c.seen_at - 1)))


@fault("unfounded-purge", WHOLE)
async def a_tombstone_of_nothing(stage: Stage) -> None:
    row = {"digest": a_seed("nothing"), "reason": "retention-over", "by": None, "sections": "core", "purged_at": 1}
    stage.edit_node(lambda connection: connection.execute(insert(store.tombstone).values(row)))


@fault("missing-decision", WHOLE)
async def decisions_that_were_removed(stage: Stage) -> None:
    stage.edit_node(lambda connection: forget(connection, digest_of_last(connection)))


@fault("decision-without-message", WHOLE)
async def a_decision_about_nothing(stage: Stage) -> None:
    def plant(connection: Connection) -> None:
        row = denied(connection)
        values = {name: value for name, value in row.items() if name != "id"} | {"digest": a_seed("nothing")}
        connection.execute(insert(decisions.decision).values(values))

    stage.edit_node(plant)


@fault("shown-without-permission", WHOLE)
async def an_inbox_row_that_was_slipped_in(stage: Stage) -> None:
    def plant(connection: Connection) -> None:
        row = denied(connection)
        values = {"authority": row["readers"].split()[0], "digest": row["digest"], "decision": row["id"]}
        connection.execute(insert(store.inbox).values(values))

    stage.edit_node(plant)


@fault("missing-delivery", WHOLE)
async def an_inbox_row_that_was_taken_away(stage: Stage) -> None:
    def plant(connection: Connection) -> None:
        here = store.inbox.c
        wanted = (here.digest == digest_of_last(connection)) & (here.authority == "BE/police")
        assert 1 == connection.execute(delete(store.inbox).where(wanted)).rowcount

    stage.edit_node(plant)


@fault("changed-decision", WHOLE)
async def a_judgement_by_other_tables(stage: Stage) -> None:
    stage.edit_node(lambda connection: connection.execute(update(decisions.judgement).values(tables=bytes(128))))


@fault("changed-decisions", WHOLE)
async def a_decision_that_was_dated_back(stage: Stage) -> None:
    first = decisions.decision.c.id == 1
    stage.edit_node(lambda connection: connection.execute(update(decisions.decision).where(first).values(decided_at=1)))


@fault("decisions-lost", WHOLE)
async def a_database_from_a_backup(stage: Stage) -> None:
    await say(stage, by="BE/~1", decisions_count=1000, decisions_root=Digest(a_seed("decisions")))


def denied(connection: Connection) -> dict[str, Any]:
    """Return a decision that denies everything to its readers."""
    made = decisions.decision
    joined = made.join(decisions.judgement, decisions.judgement.c.id == made.c.judgement)
    wanted = select(made).select_from(joined).where(decisions.judgement.c.outcome == "denied").limit(1)
    return dict(connection.execute(wanted).mappings().one())
