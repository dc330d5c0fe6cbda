"""Why an authority may or may not have a message: as its sender decided, or as its reader's node did, and as of now."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, func, select

from broker import decisions
from broker.about import Reader
from broker.database import reading
from broker.deciders import Deciders, SenderDeciders
from broker.decisions import KeptAudience, load_judgements, parse_audience
from broker.errors import MissingItem, UnknownAuthority
from broker.facts import delivery, facts_for
from broker.policy.decide import Decider, Decision, Tables
from broker.policy.explain import explain
from broker.policy.table import Layer
from broker.policy.vocabulary import nearest
from broker.relationships import focal_points
from broker.types.names import (
    Digest,
    MessageName,
    Originator,
    Participant,
    parse_message_name,
    parse_stream,
    participant_of,
)
from broker.types.time import from_micros
from broker.types.vocabulary import Action, Kind
from consumers import store
from consumers.inbox import item
from consumers.past import Past
from consumers.relationships import load_relationships
from consumers.tables import Texts
from tocsin.installation import Node
from tocsin.showing.items import contact

_HEXADECIMAL: Final = re.compile(r"[0-9a-fA-F]{1,64}")


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One decision, in words.

    Attributes:
        at: When it was made.
    """

    at: datetime
    decision: Decision
    text: str


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said about one message and one authority.

    Attributes:
        view: ``sender`` or ``reader``.
        recorded: The newest decision on record; None where there is none.
        now: What would be decided now; None where the content is not here any more.
    """

    message: MessageName
    reader: Originator
    view: str
    recorded: Judged | None
    now: Judged | None

    def document(self) -> dict[str, Any]:
        """Return what ``policy explain --json`` prints."""
        return {
            "message": str(self.message),
            "reader": self.reader,
            "view": self.view,
            "recorded": _document(self.recorded),
            "now": _document(self.now),
        }


def explain_sent(node: Node, name: str, authority: Originator) -> Explained:
    """Say what the sender of a message of *node*'s participant decided for any authority of the network.

    Raises:
        MissingItem: This node's participant sent no such message.
        UnknownAuthority: The directory knows no such authority.
    """
    reader = _reader(node, authority)
    with reading(node.engine) as connection:
        message, digest = _find_sent(connection, node, name)
        explainer = _Explainer(node, connection, message, authority)
        kept = _newest_audience(connection, digest)
        recorded = None if kept is None else explainer.of_audience(kept[0], kept[1])
        deciders = SenderDeciders(node.release)
        own = reader.participant == node.participant
        now = explainer.now(digest, reader, lambda participant: deciders.decider(node.directory, participant, own=own))
    return Explained(message=message, reader=authority, view="sender", recorded=recorded, now=now)


def explain_received(node: Node, name: str, authority: Originator) -> Explained:
    """Say what *node* decided for an authority of its own.

    Raises:
        MissingItem: It may see no such message: what is denied looks as if it were not there.
    """
    reader = _reader(node, authority)
    with reading(node.engine) as connection:
        found = item(connection, node.section_keys, authority, name, node.clock())
        digest = Digest(found.digest)
        explainer = _Explainer(node, connection, found.message, authority)
        recorded = explainer.of_row(digest)
        deciders = Deciders(node.house)
        now = explainer.now(digest, reader, lambda participant: deciders.decider(node.directory, participant))
    return Explained(message=found.message, reader=authority, view="reader", recorded=recorded, now=now)


class _Explainer:
    """Puts decisions about one message and one authority into words."""

    def __init__(self, node: Node, connection: Connection, message: MessageName, reader: Originator) -> None:
        self._node = node
        self._connection = connection
        self._message = message
        self._reader = reader
        self._texts = Texts(connection)

    def of_audience(self, kept: KeptAudience, at: datetime) -> Judged | None:
        """Return what a sender decided for the authority when it decided about everybody."""
        judgement = next((one.judgement for one in kept.verdicts if self._reader in one.readers), None)
        if judgement is None:
            return None  # it was no authority of the network then
        return self._judged(load_judgements(self._connection, [judgement])[judgement], at)

    def of_row(self, digest: Digest) -> Judged | None:
        """Return what the node last decided the authority may have: what it then did with it is another question."""
        here = decisions.decision.c
        rows = self._connection.execute(
            select(here.judgement, here.readers, here.decided_at)
            .where(here.digest == digest, here.judgement.is_not(None))
            .order_by(here.id.desc())
        )
        for row in rows:
            if self._reader in row.readers.split():
                made = load_judgements(self._connection, [row.judgement])[row.judgement]
                if made.facts.action is Action.RECEIVE:
                    return self._judged(made, from_micros(row.decided_at))
        return None

    def now(self, digest: Digest, reader: Reader, decider: Callable[[Participant], Decider]) -> Judged | None:
        """Return what would be decided now; None where the content is not here any more."""
        at, directory = self._node.clock(), self._node.directory
        content = Past(self._connection, self._node.section_keys.get).content(digest)
        if content is None:
            return None
        relationships = load_relationships(self._connection, self._node.section_keys, focal_points(directory, at))
        facts = facts_for(content.about, reader, relationships, delivery(reader, at, digest))
        chosen = decider(content.about.participant)
        return self._judged(chosen.decide(facts), at, chosen.tables)

    def _judged(self, decision: Decision, at: datetime, tables: Tables | None = None) -> Judged:
        tables = tables or self._texts.of(decision.digests)
        authors = {} if tables is None else {layer: table.author for layer, table in tables.in_order}
        originator = self._message.stream.originator
        text = explain(
            decision,
            reader=self._reader,
            originator=originator,
            author_of=authors | {Layer.MARKING: originator},
            contact=contact(self._node.directory, originator),
        )
        return Judged(at=at, decision=decision, text=text)


def _reader(node: Node, authority: Originator) -> Reader:
    entries = {one.authority: one for one in node.directory.authorities(node.clock())}
    if authority not in entries:
        hint = nearest(authority, entries)
        raise UnknownAuthority(f"{authority} is no active authority of {node.directory.federation}", hint=hint)
    return Reader.of(entries[authority], active=True)


def _find_sent(connection: Connection, node: Node, name: str) -> tuple[MessageName, Digest]:
    here = store.message.c
    wanted = select(here.stream, here.sequence, here.digest).where(here.kind == Kind.RECORD.value)
    if "#" in name:
        message = parse_message_name(name)
        wanted = wanted.where(here.stream == str(message.stream), here.sequence == message.sequence)
    else:
        beginning = name.upper() if _HEXADECIMAL.fullmatch(name) else "-"
        wanted = wanted.where(func.hex(here.digest).startswith(beginning))
    found = [
        (MessageName(parse_stream(row.stream), row.sequence), Digest(row.digest))
        for row in connection.execute(wanted)
        if participant_of(row.stream) == node.participant
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise MissingItem(f"{name[:80]!r} names {len(found)} messages of {node.participant}; name one by its digest")
    hint = f"Has it come back from the bus? tocsin receive --as {node.participant}/…"
    raise MissingItem(f"{node.participant} has sent no message {name[:80]!r}", hint=hint)


def _newest_audience(connection: Connection, digest: Digest) -> tuple[KeptAudience, datetime] | None:
    here = decisions.decision.c
    row = connection.execute(
        select(decisions.audience.c.content, here.decided_at)
        .join(decisions.decision, here.audience == decisions.audience.c.id)
        .where(here.digest == digest)
        .order_by(here.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else (parse_audience(row.content), from_micros(row.decided_at))


def _document(judged: Judged | None) -> dict[str, Any] | None:
    if judged is None:
        return None
    return {
        "at": judged.at,
        "outcome": judged.decision.outcome,
        "sections": [
            {
                "section": one.section.word,
                "permitted": one.permitted,
                "rule": one.rule_id,
                "layer": one.layer.word,
                "says": one.says,
            }
            for one in judged.decision.outcomes
        ],
        "text": judged.text,
    }
