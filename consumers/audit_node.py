"""Check one node's database against the bus: what arrived is there, and nothing was shown without a decision."""

import hashlib
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, exists, select

from broker import decisions
from broker.admit import read_core
from broker.decisions import judgement_row, parse_judgement
from broker.envelope.message import open_envelope
from broker.errors import MalformedError, SchemaError, SealedContent, VerificationError
from broker.policy.decide import Decision, obligations_of
from broker.section_keys import SectionKeys
from broker.types.names import Digest, Originator, participant_of
from broker.types.vocabulary import Action, Kind
from consumers import store
from consumers.audit import BusAudit, Sighting
from consumers.audit_heads import decision_findings
from consumers.audit_purges import is_emptied_copy, purge_findings
from consumers.findings import Finding
from consumers.tombstones import has_tombstone
from consumers.unsealing import reopened


def audit_node(
    connection: Connection, bus: BusAudit, node: Originator, section_keys: SectionKeys | None = None
) -> list[Finding]:
    """Return what is wrong between a node's database and the bus it reads.

    Args:
        section_keys: The key store of the node: with it the content of what is sealed is checked too, and that it was
            decided about; None for an audit without keys.
    """
    serves = _serves(bus, node)
    return [
        *_not_received(connection, bus, node),
        *_not_on_the_bus(connection, bus, node),
        *purge_findings(connection, bus, node),
        *_without_decision(connection, node, serves=serves),
        *(() if section_keys is None else _with_keys(connection, bus, node, section_keys, serves=serves)),
        *_shown_without_permission(connection, node),
        *_judgements(connection, node),
        *_not_shown(connection, node),
        *decision_findings(connection, bus.said, node),
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
    here = store.message.c
    rows = connection.execution_options(yield_per=500).execute(
        select(here.digest, here.stream, here.sequence, here.envelope, has_tombstone().label("is_purged"))
    )
    for row in rows:
        place = f"{row.stream}#{row.sequence}"
        sighting = bus.seen.get(Digest(row.digest))
        if sighting is None and Digest(row.digest) in invalid:
            continue  # it is there, and the audit of the bus says what is wrong with it: its key was revoked since
        if sighting is None:
            yield _at(node, "missing-from-bus", place, "this node received it, and it is not on the bus any more")
        elif not _is_copy(connection, row, sighting):
            yield _at(node, "changed-copy", place, "the copy in the database differs from the one on the bus")
        elif str(open_envelope(row.envelope).header.name) != place:
            yield _at(node, "changed-copy", place, "the row says another stream or number than the message itself")


def _is_copy(connection: Connection, row: Row[Any], sighting: Sighting) -> bool:
    if row.is_purged:
        return is_emptied_copy(connection, Digest(row.digest), row.envelope, sighting)
    return hashlib.sha256(row.envelope).digest() in sighting.copies


_WITH_CONTENT: Final[tuple[ColumnElement[Any], ...]] = tuple(
    store.message.c[name] for name in ("digest", "envelope", "late", "pending")
)


def _with_keys(
    connection: Connection, bus: BusAudit, node: Originator, section_keys: SectionKeys, *, serves: bool
) -> Iterator[Finding]:
    """Every sealed record says what its originator committed to, and was decided about as soon as it could be."""
    here = store.message.c
    records = select(*_WITH_CONTENT).where(here.kind == Kind.RECORD.value, ~has_tombstone())
    rows = connection.execution_options(yield_per=500).execute(records)
    for row, verified, keys in reopened(rows, section_keys):
        sighting = bus.seen.get(Digest(row.digest))
        sealed = any(head.key_commitment is not None for head in verified.header.sections)
        if not sealed or sighting is None or hashlib.sha256(row.envelope).digest() not in sighting.copies:
            continue  # it is checked without keys, or a finding already
        name = str(verified.header.name)
        try:
            broken = tuple(read_core(verified, keys).broken.values())
        except SealedContent:
            continue
        except (MalformedError, SchemaError, VerificationError) as error:
            yield _at(node, error.code, name, str(error))
            continue
        for one in broken:
            yield _at(node, one.code, name, str(one))
        if row.pending and serves:
            yield _at(node, "missing-decision", name, "its key is here, and nobody has decided about it")


def _without_decision(connection: Connection, node: Originator, *, serves: bool) -> Iterator[Finding]:
    """Every record was decided about, and every decision is about a message that is there."""
    made = decisions.decision.c
    # What its sender decided about everybody is no delivery, and is made before the message arrives here.
    decided = exists().where(made.digest == store.message.c.digest, made.judgement.is_not(None))
    undecided = select(store.message.c.stream, store.message.c.sequence).where(
        store.message.c.kind == Kind.RECORD.value, store.message.c.record_kind.is_not(None), ~decided
    )
    if serves:
        for row in connection.execute(undecided):
            place = f"{row.stream}#{row.sequence}"
            yield _at(node, "missing-decision", place, "it was delivered without a decision on record")
    known = exists().where(store.message.c.digest == decisions.decision.c.digest)
    for row in connection.execute(select(made.id).where(~known, made.judgement.is_not(None))):
        yield _at(node, "decision-without-message", f"decision {row.id}", "the message it is about is not there")


def _shown_without_permission(connection: Connection, node: Originator) -> Iterator[Finding]:
    """Every row of an inbox rests on a decision that releases something to that very reader."""
    joined = store.inbox.outerjoin(
        decisions.decision,
        (decisions.decision.c.id == store.inbox.c.decision) & (decisions.decision.c.digest == store.inbox.c.digest),
    ).outerjoin(decisions.judgement, decisions.judgement.c.id == decisions.decision.c.judgement)
    columns = (store.inbox.c.id.label("row"), store.inbox.c.authority, decisions.decision.c.readers)
    for row in connection.execute(select(*columns, decisions.judgement).select_from(joined)):
        place = f"inbox row {row.row}"
        if row.readers is None or row.facts is None or row.authority not in row.readers.split():
            yield _at(node, "missing-decision", place, f"nothing on record released it to {row.authority}")
        elif (decision := _parsed(row)) is not None and not decision.permitted:
            yield _at(node, "shown-without-permission", place, f"the decision on record denies it to {row.authority}")


def _judgements(connection: Connection, node: Originator) -> Iterator[Finding]:
    """Every judgement has the name and the outcome that follow from what it holds."""
    for row in connection.execute(select(decisions.judgement)):
        decision = _parsed(row)
        held = {column.name: getattr(row, column.name) for column in decisions.judgement.c}
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
    purged = set(connection.scalars(select(store.tombstone.c.digest)))
    joined = decisions.decision.join(decisions.judgement, decisions.judgement.c.id == decisions.decision.c.judgement)
    rows = connection.execute(
        select(decisions.decision.c.digest, decisions.decision.c.readers, decisions.judgement)
        .select_from(joined)
        .where(decisions.judgement.c.outcome != "denied")
    )
    for row in rows:
        decision = _parsed(row)
        if decision is None or decision.facts.action is not Action.RECEIVE:
            continue  # a person opened it, which is no delivery; or it was changed, which is a finding of its own
        for reader in row.readers.split():
            if (row.digest, reader) not in shown and row.digest not in purged:
                says = f"a decision on record releases it to {reader}, and it is not in that inbox"
                yield _at(node, "missing-delivery", row.digest.hex()[:16], says)


def _parsed(row: Row[Any]) -> Decision | None:
    """Return the decision in a row of ``decisions.judgement``; None where the row holds none, since it was changed."""
    try:
        return parse_judgement(row)
    except (msgspec.MsgspecError, MalformedError, IndexError, TypeError):
        return None


def _at(node: Originator, code: str, place: str, message: str) -> Finding:
    return Finding(code, f"{node}: {place}", message)
