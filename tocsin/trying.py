"""Try a table that nobody has signed yet on the messages that a node has: what would change, for whom. Writes nothing.

Own messages are decided about as their sender does, for every authority of the network; others as this node reads them.
Both tables decide at the same moment and under the same directory, so whatever differs comes from the table alone.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, assert_never

import msgspec
from sqlalchemy import Connection, select

from broker.about import Reader
from broker.admit import Read
from broker.audience import Audience, Audiences
from broker.database import reading
from broker.deciders import Deciders, SenderDeciders
from broker.directory import Directory
from broker.errors import BadTable
from broker.facts import delivery, facts_for
from broker.policy.decide import Decider, Decision, Tables
from broker.policy.facts import Facts
from broker.policy.table import Layer, Table
from broker.relationships import Relationships, focal_points
from broker.types.names import Digest, MessageName, Originator, Participant, participant_of
from broker.types.time import to_micros
from broker.types.vocabulary import Kind, Section
from consumers import store
from consumers.deliver import readers_of
from consumers.past import Past
from consumers.relationships import load_relationships
from tocsin.installation import Node

_AS_SENDER: Final = frozenset({Layer.NATIONAL, Layer.COMMUNITY, Layer.RELEASE})
_AS_READER: Final = frozenset({Layer.COMMUNITY, Layer.HOUSE})


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A section that a reader would have besides, or no longer have.

    Attributes:
        rule: Of the tried table's decision: by which the section would be permitted, or refused.
        says: Its sentence.
    """

    message: MessageName
    reader: Originator
    section: Section
    gains: bool
    rule: str
    says: str


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What would change.

    Attributes:
        messages: How many were decided about by both tables.
        without_content: How many could not be: they are purged, or sealed from here.
    """

    messages: int
    without_content: int
    changes: tuple[Change, ...]

    def document(self) -> dict[str, Any]:
        """Return what ``policy try --json`` prints."""
        return {
            "messages": self.messages,
            "without_content": self.without_content,
            "changes": [
                {
                    "message": str(one.message),
                    "reader": one.reader,
                    "section": one.section.word,
                    "gains": one.gains,
                    "rule": one.rule,
                    "says": one.says,
                }
                for one in self.changes
            ],
        }


def try_table(node: Node, table: Table, *, since: datetime | None) -> Trial:
    """Return what *table* would change for the messages that *node* has received *since*.

    Raises:
        BadTable: A table in force has a mistake, or it is the marking table, which is part of the format.
    """
    if table.layer is Layer.MARKING:
        raise BadTable("the marking table is part of the format, and the same everywhere: there is nothing to try")
    now = node.clock()
    with reading(node.engine) as connection:
        past = Past(connection, node.section_keys.get)
        relationships = load_relationships(connection, node.section_keys, focal_points(node.directory, now))
        trials = _Trials(node, table, relationships, now)
        changes: list[Change] = []
        messages = without_content = 0
        for digest in _records(connection, since):
            content = past.content(digest)
            if content is None:
                without_content += 1
                continue
            messages += 1
            changes += trials.of(content)
    return Trial(messages=messages, without_content=without_content, changes=tuple(changes))


def _records(connection: Connection, since: datetime | None) -> list[Digest]:
    here = store.message.c
    wanted = select(here.digest).where(here.kind == Kind.RECORD.value)
    if since is not None:
        wanted = wanted.where(here.received_at >= to_micros(since))
    return [
        Digest(digest) for digest in connection.scalars(wanted.order_by(here.received_at, here.stream, here.sequence))
    ]


def with_table(tables: Tables, table: Table) -> Tables:
    """Return *tables* with *table* in the place of its layer; unchanged where that layer has no place among them."""
    match table.layer:
        case Layer.NATIONAL:
            return msgspec.structs.replace(tables, national=table)
        case Layer.COMMUNITY:
            return msgspec.structs.replace(tables, community=table)
        case Layer.HOUSE | Layer.RELEASE:
            return msgspec.structs.replace(tables, house=table) if tables.house.layer is table.layer else tables
        case Layer.MARKING:
            return msgspec.structs.replace(tables, marking=table)
        case _:
            assert_never(table.layer)


class _TriedDeciders(SenderDeciders):
    """The deciders of a sender, with one table put in the place of the one in force."""

    def __init__(self, release: Table, table: Table) -> None:
        super().__init__(release)
        self._table = table
        self._tried: dict[tuple[Participant, bool], Decider] = {}

    def decider(self, directory: Directory, participant: Participant, *, own: bool) -> Decider:
        """Return the decider for messages of *participant* under *directory*; see the class that this extends."""
        present = super().decider(directory, participant, own=own)
        # Its own participant is bound by no release rules.
        if own and self._table.layer is Layer.RELEASE:
            return present
        key = (participant, own)
        if key not in self._tried:
            self._tried[key] = Decider(with_table(present.tables, self._table))
        return self._tried[key]


class _Trials:
    """Decides about one message after another by both tables."""

    def __init__(self, node: Node, table: Table, relationships: Relationships, now: datetime) -> None:
        self._node = node
        self._table = table
        self._relationships = relationships
        self._now = now
        self._readers = readers_of(node.directory, node.name, now)
        self._deciders = Deciders(node.house)
        self._tried: dict[Participant, Decider] = {}
        common = (node.directory, relationships)
        self._present = Audiences(*common, SenderDeciders(node.release), now)
        self._changed = Audiences(
            *common, _TriedDeciders(node.release, table), now, readership=self._present.readership
        )

    def of(self, content: Read) -> Iterator[Change]:
        """Yield what would change about one message."""
        header = content.verified.header
        own = participant_of(header.originator) == self._node.participant
        if own and self._table.layer in _AS_SENDER:
            digest = content.verified.opened.digest
            before, after = self._present.of(content.about, digest), self._changed.of(content.about, digest)
            yield from _changes(header.name, _by_reader(before), _by_reader(after))
        elif self._table.layer in _AS_READER:
            yield from self._as_reader(content)

    def _as_reader(self, content: Read) -> Iterator[Change]:
        participant = content.about.participant
        present = self._deciders.decider(self._node.directory, participant)
        if participant not in self._tried:
            self._tried[participant] = Decider(with_table(present.tables, self._table))
        before: dict[Originator, Decision] = {}
        after: dict[Originator, Decision] = {}
        for reader in self._readers:
            facts = self._facts(content, reader)
            before[reader.authority] = present.decide(facts)
            after[reader.authority] = self._tried[participant].decide(facts)
        yield from _changes(content.verified.header.name, before, after)

    def _facts(self, content: Read, reader: Reader) -> Facts:
        request = delivery(reader, self._now, content.verified.opened.digest)
        return facts_for(content.about, reader, self._relationships, request)


def _by_reader(audience: Audience) -> dict[Originator, Decision]:
    return {name: verdict.decision for verdict in audience.verdicts for name in verdict.readers}


def _changes(
    message: MessageName, before: Mapping[Originator, Decision], after: Mapping[Originator, Decision]
) -> Iterator[Change]:
    for reader, tried in sorted(after.items(), key=lambda one: one[0]):
        present = before[reader].permitted
        for outcome in tried.outcomes:
            if outcome.permitted is not (outcome.section in present):
                yield Change(
                    message=message,
                    reader=reader,
                    section=outcome.section,
                    gains=outcome.permitted,
                    rule=outcome.rule_id,
                    says=outcome.says,
                )
