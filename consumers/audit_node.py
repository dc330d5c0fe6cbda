"""Check one node's database against the bus: what arrived is there, and nothing was shown without a decision."""

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, exists, select

from broker.envelope.message import open_envelope
from broker.errors import MalformedError
from broker.policy.decide import Decision, obligations_of
from broker.types.names import Digest, Originator, participant_of
from broker.types.vocabulary import Action, Kind
from consumers import store
from consumers.audit import BusAudit
from consumers.findings import Finding
from consumers.judgements import judgement_row, parse_judgement


def audit_node(connection: Connection, bus: BusAudit, node: Originator) -> list[Finding]:
    """Return what is wrong between a node's database and the bus it reads."""
    return [
        *_not_received(connection, bus, node),
        *_not_on_the_bus(connection, bus, node),
        *_without_decision(connection, node, serves=_serves(bus, node)),
        *_shown_without_permission(connection, node),
        *_judgements(connection, node),
        *_not_shown(connection, node),
    ]


def _serves(bus: BusAudit, node: Originator) -> bool:
    authorities = (
        bus.directory.authority(name)
        for part in bus.directory.parts.national.values()
        for name in part.state.authorities
        if participant_of(name) == participant_of(node)
    )
    return any(entry is not None and entry.node == node for entry in authorities)


def _not_received(connection: Connection, bus: BusAudit, node: Originator) -> Iterator[Finding]:
    """Every message below the node's position is in its database, or in quarantine with a reason."""
    positions = {row.topic: row.next for row in connection.execute(select(store.position))}
    have = set(connection.scalars(select(store.message.c.digest)))
    quarantined = {(row.topic, row.offset) for row in connection.execute(select(store.quarantine))}
    there: dict[tuple[str, int], Digest | None] = {
        (sighting.topic, sighting.offset): digest for digest, sighting in bus.seen.items()
    }
    for (topic, offset), digest in {**there, **bus.broken}.items():
        if offset < positions.get(topic, 0) and digest not in have and (topic, offset) not in quarantined:
            says = "read past, but neither in the database nor in quarantine"
            yield _at(node, "not-received", f"{topic}@{offset}", says)


def _not_on_the_bus(connection: Connection, bus: BusAudit, node: Originator) -> Iterator[Finding]:
    """Every message that the node holds is still on the bus, byte for byte."""
    invalid = set(bus.broken.values())
    rows = connection.execution_options(yield_per=500).execute(
        select(store.message.c.digest, store.message.c.stream, store.message.c.sequence, store.message.c.envelope)
    )
    for row in rows:
        place = f"{row.stream}#{row.sequence}"
        sighting = bus.seen.get(Digest(row.digest))
        if sighting is None and Digest(row.digest) in invalid:
            continue  # it is there, and the audit of the bus says what is wrong with it: its key was revoked since
        if sighting is None:
            yield _at(node, "missing-from-bus", place, "this node received it, and it is not on the bus any more")
        elif hashlib.sha256(row.envelope).digest() not in sighting.copies:
            yield _at(node, "changed-copy", place, "the copy in the database differs from the one on the bus")
        elif str(open_envelope(row.envelope).header.name) != place:
            yield _at(node, "changed-copy", place, "the row says another stream or number than the message itself")


def _without_decision(connection: Connection, node: Originator, *, serves: bool) -> Iterator[Finding]:
    """Every record was decided about, and every decision is about a message that is there."""
    decided = exists().where(store.decision.c.digest == store.message.c.digest)
    undecided = select(store.message.c.stream, store.message.c.sequence).where(
        store.message.c.kind == Kind.RECORD.value, store.message.c.record_kind.is_not(None), ~decided
    )
    if serves:
        for row in connection.execute(undecided):
            place = f"{row.stream}#{row.sequence}"
            yield _at(node, "missing-decision", place, "it was delivered without a decision on record")
    known = exists().where(store.message.c.digest == store.decision.c.digest)
    for row in connection.execute(select(store.decision.c.id).where(~known)):
        yield _at(node, "decision-without-message", f"decision {row.id}", "the message it is about is not there")


def _shown_without_permission(connection: Connection, node: Originator) -> Iterator[Finding]:
    """Every row of an inbox rests on a decision that releases something to that very reader."""
    joined = store.inbox.outerjoin(
        store.decision,
        (store.decision.c.id == store.inbox.c.decision) & (store.decision.c.digest == store.inbox.c.digest),
    ).outerjoin(store.judgement, store.judgement.c.id == store.decision.c.judgement)
    columns = (store.inbox.c.id.label("row"), store.inbox.c.authority, store.decision.c.readers)
    for row in connection.execute(select(*columns, store.judgement).select_from(joined)):
        place = f"inbox row {row.row}"
        if row.readers is None or row.facts is None or row.authority not in row.readers.split():
            yield _at(node, "missing-decision", place, f"nothing on record released it to {row.authority}")
        elif (decision := _parsed(row)) is not None and not decision.permitted:
            yield _at(node, "shown-without-permission", place, f"the decision on record denies it to {row.authority}")


def _judgements(connection: Connection, node: Originator) -> Iterator[Finding]:
    """Every judgement has the name and the outcome that follow from what it holds."""
    for row in connection.execute(select(store.judgement)):
        decision = _parsed(row)
        held = {column.name: getattr(row, column.name) for column in store.judgement.c}
        if (
            decision is None
            or held != judgement_row(decision)
            or decision.obligations != obligations_of(decision.facts, decision.outcomes)
        ):
            says = "its facts, its outcome or its obligations were changed after it was made"
            yield _at(node, "changed-decision", f"judgement {row.id.hex()[:16]}", says)


def _not_shown(connection: Connection, node: Originator) -> Iterator[Finding]:
    """What a delivery decided to release lies in the inbox of each reader that it names."""
    shown = {(row.digest, row.authority) for row in connection.execute(select(store.inbox))}
    joined = store.decision.join(store.judgement, store.judgement.c.id == store.decision.c.judgement)
    rows = connection.execute(
        select(store.decision.c.digest, store.decision.c.readers, store.judgement)
        .select_from(joined)
        .where(store.judgement.c.outcome != "denied")
    )
    for row in rows:
        decision = _parsed(row)
        if decision is None or decision.facts.action is not Action.RECEIVE:
            continue  # a person opened it, which is no delivery; or it was changed, which is a finding of its own
        for reader in row.readers.split():
            if (row.digest, reader) not in shown:
                says = f"a decision on record releases it to {reader}, and it is not in that inbox"
                yield _at(node, "missing-delivery", row.digest.hex()[:16], says)


def _parsed(row: Row[Any]) -> Decision | None:
    """Return the decision in a row of ``store.judgement``; None where the row holds none, since it was changed."""
    try:
        return parse_judgement(row)
    except (msgspec.MsgspecError, MalformedError, IndexError, TypeError):
        return None


def _at(node: Originator, code: str, place: str, message: str) -> Finding:
    return Finding(code, f"{node}: {place}", message)
