"""What became of a scenario's messages: read from the databases of the nodes, whoever did it, a person or the run."""

from collections.abc import Iterator
from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, select

from broker import decisions
from broker.database import reading
from broker.envelope.message import open_envelope
from broker.policy.facts import Facts
from broker.records.answer import AnswerCore
from broker.records.core import Related
from broker.records.notification_reply import NotificationReplyCore
from broker.records.registry import path_of
from broker.types.names import Digest, MessageName, Originator
from broker.types.time import from_micros
from broker.types.vocabulary import Action, Section
from consumers import store
from consumers.inbox import items
from producers.outbox import drafts, envelopes, outgoing
from tocsin.exercise.scenario import Deed
from tocsin.installation import Node

_facts = msgspec.json.Decoder(Facts)


class Sent(msgspec.Struct, frozen=True):
    """A message that was sent."""

    name: MessageName
    digest: Digest
    at: datetime


class Written(msgspec.Struct, frozen=True):
    """A message of an authority, and the messages that it speaks of."""

    sent: Sent
    kind: str
    speaks_of: frozenset[Digest]
    deed: Deed


def find_sent(node: Node, authority: Originator, reference: str) -> Sent | None:
    """Return the message of *authority* under a national reference; None where it was not sent from *node*."""
    statement = (
        select(envelopes.c.raw)
        .join(outgoing, outgoing.c.id == envelopes.c.id)
        .join(
            drafts,
            (drafts.c.authority == outgoing.c.originator)
            & (drafts.c.writer == outgoing.c.writer)
            & (drafts.c.sequence == outgoing.c.sequence),
        )
        .where(drafts.c.authority == authority, drafts.c.national_reference == reference)
    )
    with reading(node.engine) as connection:
        raw = connection.execute(statement).scalar_one_or_none()
    if raw is None:
        return None
    opened = open_envelope(raw)
    return Sent(opened.header.name, opened.digest, opened.header.issued_at)


def done_at(node: Node, who: Originator, deed: Deed, digest: Digest) -> datetime | None:
    """Return when an authority did what needs no message; None if it did not."""
    with reading(node.engine) as connection:
        match deed:
            case Deed.RECEIVED:
                return _received(connection, who, digest)
            case Deed.ALERTED:
                return _earliest(connection, _of_alert(store.alert.c.raised_at, who, digest))
            case Deed.OPENED:
                seen = _earliest(connection, _of_alert(store.alert.c.seen_at, who, digest))
                return min((one for one in (seen, _opened(connection, who, digest)) if one is not None), default=None)
            case Deed.REMOVED:
                return _earliest(
                    connection, select(func.min(store.tombstone.c.purged_at)).where(store.tombstone.c.digest == digest)
                )
            case _:
                return None


def written(node: Node, who: Originator) -> Iterator[Written]:
    """Yield what an authority has sent that speaks of other messages, oldest first."""
    with reading(node.engine) as connection:
        for one in items(connection, node.section_keys, who, node.clock()):
            core = one.sections.get(Section.CORE)
            if one.originator != who or core is None:
                continue
            sent = Sent(one.message, Digest(one.digest), one.issued_at)
            yield Written(sent, path_of(core).partition("/")[0], _speaks_of(core), _deed(core))


def _speaks_of(core: msgspec.Struct) -> frozenset[Digest]:
    """Return the messages that a record names: in ``related``, and in fields of its kind."""
    values = [getattr(core, name) for name in core.__struct_fields__]
    single = [Digest(value) for value in values if isinstance(value, bytes)]
    related = [one.digest for value in values if isinstance(value, tuple) for one in value if isinstance(one, Related)]
    return frozenset((*single, *related))


def _deed(core: msgspec.Struct) -> Deed:
    match core:
        case AnswerCore():
            return Deed.ANSWERED
        case NotificationReplyCore():
            return Deed.REPLIED
        case _:
            return Deed.SENT


def _received(connection: Connection, who: Originator, digest: Digest) -> datetime | None:
    joined = store.inbox.join(store.message, store.message.c.digest == store.inbox.c.digest)
    here = (store.inbox.c.authority == who) & (store.inbox.c.digest == digest)
    return _earliest(connection, select(func.min(store.message.c.received_at)).select_from(joined).where(here))


def _of_alert(column, who: Originator, digest: Digest):  # type: ignore[no-untyped-def]
    return select(func.min(column)).where(store.alert.c.authority == who, store.alert.c.digest == digest)


def _opened(connection: Connection, who: Originator, digest: Digest) -> datetime | None:
    """Return when a person first opened a message: a decision of its own, on record."""
    made, why = decisions.decision, decisions.judgement
    statement = (
        select(made.c.readers, made.c.decided_at, why.c.facts)
        .join(why, why.c.id == made.c.judgement)
        .where(made.c.digest == digest)
        .order_by(made.c.id)
    )
    for readers, at, facts in connection.execute(statement):
        if who in readers.split() and _facts.decode(facts).action is Action.OPEN:
            return from_micros(at)
    return None


def _earliest(connection: Connection, statement) -> datetime | None:  # type: ignore[no-untyped-def]
    micros = connection.execute(statement).scalar_one_or_none()
    return None if micros is None else from_micros(micros)
