"""Take a message back, or put another one in its place: what its author, or a focal point for it, sends to say so."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, func, select

from broker import decisions
from broker.database import reading, writing
from broker.decisions import load_judgements, parse_audience
from broker.envelope.header import Header
from broker.envelope.message import open_envelope
from broker.errors import ForeignRecall, InvalidRecord, MissingItem
from broker.records.core import Related, RelatedAs
from broker.records.marking import Marking
from broker.records.recall import RecallCore, RecallKind
from broker.relationships import focal_points
from broker.types.names import Digest, Originator, parse_message_name, participant_of
from broker.types.vocabulary import Kind, Purpose, Section, Tlp
from consumers import store
from consumers.inbox import may_know_of
from consumers.relationships import load_relationships
from producers.draft import Draft, RelatedReference, draft_record
from producers.outbox import envelopes, outgoing, releases
from producers.publish import Already, Declined, take
from producers.purge import Removal, order_removal
from tocsin.installation import Node

_ALIKE_SHOWN: Final = 5
_DIGEST_SHOWN: Final = 16
_EVERY_PURPOSE: Final = tuple(purpose for purpose in Purpose if purpose is not Purpose.UNKNOWN)
_ONLY_NOMINAL: Final = frozenset({Section.NOMINAL.word})


class Target(msgspec.Struct, frozen=True):
    """The message that is taken back.

    Attributes:
        is_own: This node sent it, and knows to whom its keys went.
    """

    header: Header
    digest: Digest
    is_own: bool


class Retraction(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said about a message.

    Attributes:
        by: Who says so.
        replaced_by: The national reference of the draft that takes its place; None for a recall.
    """

    target: Target
    by: Originator
    reason: str
    replaced_by: str | None = None

    @property
    def kind(self) -> RecallKind:
        """What it does to the message."""
        return RecallKind.RECALL if self.replaced_by is None else RecallKind.CORRECTION

    @property
    def reference(self) -> str:
        """The national reference of the record: the same for the same message, so that it is taken back once."""
        return f"{self.kind.word}-{self.target.digest.hex()[:_DIGEST_SHOWN]}"


def find_target(node: Node, by: Originator, name: str) -> Target:
    """Return the message that *by* wants to take back, by its name or the beginning of its digest.

    Raises:
        MissingItem: This node has no such message.
        ForeignRecall: It is not for *by* to take back.
        InvalidRecord: It is no record.
    """
    with reading(node.engine) as connection:
        # What was sent from here counts more: it is known to whom its keys went.
        found = {one.digest: one for one in (*_received(connection, name, by), *_sent(connection, name))}
    several = list(found.values())
    if not several:
        raise MissingItem(f"node {node.name} has no message {name[:80]!r}", hint="Name it like NL/customs/1#42.")
    if len(several) > 1:
        digests = ", ".join(one.digest.hex()[:_DIGEST_SHOWN] for one in several)
        raise MissingItem(f"{name[:80]!r} names several messages", hint=f"Name one by its digest: {digests}")
    (target,) = several
    author = target.header.originator
    speaks = by in focal_points(node.directory, node.clock()) and participant_of(by) == participant_of(author)
    if by != author and not speaks:
        raise ForeignRecall(
            f"{target.header.name} is not {by}'s to take back",
            hint=f"Its author {author} takes it back, or a focal point of {participant_of(author)}.",
        )
    if target.header.kind is not Kind.RECORD:
        raise InvalidRecord(f"{target.header.name} is a {target.header.kind.word}: only records are taken back")
    return target


def draft_retraction(node: Node, retraction: Retraction) -> Draft:
    """Return the draft of the record that takes a message back, to everybody who ever got one of its keys."""
    target, new = retraction.target, retraction.replaced_by
    core = RecallCore(
        marking=Marking(purposes=_EVERY_PURPOSE, recipients=holders(node, target)),
        national_reference=retraction.reference,
        related=(Related(digest=target.digest, relation=RelatedAs.RECALLS),),
        message=target.digest,
        kind=retraction.kind,
        reason=retraction.reason,
    )
    header = target.header
    draft = draft_record(core, authority=retraction.by, tlp=header.tlp, status=header.status, authored_at=node.clock())
    if new is None:
        return draft
    # Its digest is known when both are signed; the record that takes the other's place comes first.
    return msgspec.structs.replace(draft, related_references=(RelatedReference(new, RelatedAs.FOLLOWS),))


def retract(node: Node, retraction: Retraction) -> bool:
    """Put the record into the outbox; from now on no key of the message goes out, and soon it is purged here.

    Returns:
        Whether it had been there before.

    Raises:
        InvalidRecord: It has mistakes, or the message was taken back before in other words.
    """
    target = retraction.target
    draft = draft_retraction(node, retraction)
    removal = Removal(
        digest=target.digest,
        name=target.header.name,
        sections=None if retraction.replaced_by is None else _ONLY_NOMINAL,
        recall=(retraction.by, draft.national_reference),
    )
    if target.is_own:
        # Before the draft: one that is never taken has no effect, while keys that went out are gone for good.
        with writing(node.engine) as connection:
            order_removal(connection, removal)
    (outcome,) = take(node.engine, lambda: [draft], node.terms())
    if isinstance(outcome, Declined):
        raise InvalidRecord("; ".join(f"{one.field or 'record'}: {one.message}" for one in outcome.problems))
    return isinstance(outcome, Already)


def holders(node: Node, target: Target) -> tuple[str, ...]:
    """Return the authorities and participants that ever got a key of a message, or may have been passed it on.

    For one that everybody can read nobody is named; where this node did not send it, every participant is.
    """
    if target.header.tlp is Tlp.CLEAR:
        return ()
    own = participant_of(target.header.originator)
    now = node.clock()
    if not target.is_own:
        everybody = (entry.code for entry in node.directory.participants())
        return tuple(sorted(code for code in everybody if code != own))
    with reading(node.engine) as connection:
        found = {
            *_decided(connection, target.digest),
            *_served_by(node, _asked(connection, target.digest), now),
            *_permitted(connection, node, target.digest, now),
        }
    return tuple(sorted(name for name in found if participant_of(name) != own))


def _decided(connection: Connection, digest: Digest) -> Iterator[str]:
    """Yield those who were permitted something whenever the audience of a message was decided."""
    wanted = (
        select(decisions.audience.c.content)
        .join(decisions.decision, decisions.decision.c.audience == decisions.audience.c.id)
        .where(decisions.decision.c.digest == digest)
        .distinct()
    )
    for content in connection.scalars(wanted).all():
        verdicts = parse_audience(content).verdicts
        made = load_judgements(connection, [one.judgement for one in verdicts])
        for one in verdicts:
            if made[one.judgement].permitted:
                yield from one.readers


def _asked(connection: Connection, digest: Digest) -> frozenset[Originator]:
    """Return the nodes for which a key was asked for later."""
    rows = connection.scalars(select(releases.c.nodes).where(releases.c.digest == digest))
    return frozenset(Originator(node) for nodes in rows for node in nodes.split())


def _served_by(node: Node, nodes: frozenset[Originator], now: datetime) -> Iterator[str]:
    return (entry.authority for entry in node.directory.authorities(now) if entry.node in nodes)


def _permitted(connection: Connection, node: Node, digest: Digest, now: datetime) -> Iterator[str]:
    """Yield those to whom a reader was ever permitted to pass the message on, and the readers themselves."""
    speakers = focal_points(node.directory, now)
    grants = load_relationships(connection, node.section_keys, speakers).grants
    for one in grants.named.get(digest, ()):
        if one.given:
            yield one.grantee
            yield from one.recipients


def _sent(connection: Connection, name: str) -> Iterable[Target]:
    wanted = select(envelopes.c.raw).join(outgoing, outgoing.c.id == envelopes.c.id)
    if "#" in name:
        message = parse_message_name(name)
        wanted = wanted.where(
            outgoing.c.originator == message.stream.originator,
            outgoing.c.writer == message.stream.writer,
            outgoing.c.sequence == message.sequence,
        )
    else:
        wanted = wanted.where(func.hex(outgoing.c.digest).startswith(name.upper(), autoescape=True))
    return [_target(raw, is_own=True) for raw in connection.scalars(wanted.limit(_ALIKE_SHOWN))]


def _received(connection: Connection, name: str, by: Originator) -> Iterable[Target]:
    wanted = select(store.message.c.envelope).where(may_know_of(by))
    here = store.message.c
    if "#" in name:
        message = parse_message_name(name)
        wanted = wanted.where(here.stream == str(message.stream), here.sequence == message.sequence)
    else:
        wanted = wanted.where(func.hex(here.digest).startswith(name.upper(), autoescape=True))
    return [_target(raw, is_own=False) for raw in connection.scalars(wanted.limit(_ALIKE_SHOWN))]


def _target(raw: bytes, *, is_own: bool) -> Target:
    opened = open_envelope(raw)
    return Target(opened.header, opened.digest, is_own)
