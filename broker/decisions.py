"""Decisions as a node keeps them: what was decided about which message, for whom, and by which facts and tables.

::

    decision ──▶ judgement     what was decided at a reader: one row a message and distinct outcome
             └─▶ audience      what was decided at the sender about all authorities: one row a message
    policy_table               the text of every table that a judgement names by its digest

A judgement is kept once for each distinct tuple of facts and tables, an audience once for each distinct set of
judgements and readers. Facts name no person and no substance, so they outlive the content. Rows are only ever added:
a node signs a tree over them.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from struct import Struct
from typing import Any, Final

import msgspec
from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, Row, Table, Text, func, select
from sqlalchemy.dialects.sqlite import insert

from broker.audience import Audience
from broker.policy.decide import Decision, Obligation, SectionOutcome, Tables
from broker.policy.facts import Facts
from broker.policy.table import format_table, table_digest
from broker.types.names import Digest, Originator
from broker.types.time import to_micros
from broker.types.vocabulary import Section

metadata: Final = MetaData()

judgement: Final = Table(
    "judgement",
    metadata,
    Column("id", LargeBinary, primary_key=True, doc="SHA-256 over facts and tables, 32 bytes"),
    Column("outcome", Text, nullable=False, doc="released, redacted or denied"),
    Column("facts", LargeBinary, nullable=False, doc="JSON of what was decided by; names of authorities only"),
    Column("outcomes", LargeBinary, nullable=False, doc="JSON: for each section what each table said"),
    Column("obligations", Text, nullable=False, doc="words separated by blanks"),
    Column("tables", LargeBinary, nullable=False, doc="digests of the four tables in their order, 4 × 32 bytes"),
)

audience: Final = Table(
    "audience",
    metadata,
    Column("id", LargeBinary, primary_key=True, doc="SHA-256 over the content, 32 bytes"),
    Column("content", LargeBinary, nullable=False, doc="JSON: who was judged how, and the nodes that get each key"),
)

decision: Final = Table(
    "decision",
    metadata,
    Column("id", Integer, primary_key=True, doc="from 1, without gaps"),
    Column("digest", LargeBinary, nullable=False, index=True, doc="of the message"),
    Column("readers", Text, nullable=False, doc="the authorities that it holds for, separated by blanks; or empty"),
    Column("judgement", LargeBinary, doc="of these readers; null where the sender decided about everybody"),
    Column("audience", LargeBinary, doc="what the sender decided; null where a reader's node decided"),
    Column("directory", LargeBinary, nullable=False, doc="digest of the directory it was decided under"),
    Column("decided_at", Integer, nullable=False, doc="microseconds since 1970"),
)

policy_table: Final = Table(
    "policy_table",
    metadata,
    Column("digest", LargeBinary, primary_key=True, doc="SHA-256 over the text, 32 bytes"),
    Column("text", Text, nullable=False, doc="canonical JSON"),
)

_encoder: Final = msgspec.json.Encoder(order="deterministic")
_facts: Final = msgspec.json.Decoder(Facts)
_outcomes: Final = msgspec.json.Decoder(tuple[SectionOutcome, ...])
_DIGEST: Final = 32
_AT_ONCE: Final = 500
"""Ids in one statement; SQLite takes 999 at least."""


class KeptVerdict(msgspec.Struct, frozen=True):
    """One judgement of an audience, by its id, and the authorities that it holds for."""

    judgement: bytes
    readers: tuple[Originator, ...]


class KeptAudience(msgspec.Struct, frozen=True):
    """An audience as it is kept.

    Attributes:
        nodes: The nodes that get the key of each section.
    """

    verdicts: tuple[KeptVerdict, ...]
    nodes: Mapping[Section, tuple[Originator, ...]]


_audience: Final = msgspec.json.Decoder(KeptAudience)


class DecisionRows:
    """Collects the decisions of one transaction, and writes them together."""

    def __init__(self, connection: Connection, now: datetime, directory: Digest) -> None:
        self._connection = connection
        self._now = to_micros(now)
        self._directory = directory
        self._next = (connection.scalar(select(func.max(decision.c.id))) or 0) + 1
        self._decisions: list[dict[str, Any]] = []
        # By identity: a decider returns the same object for equal facts. What is held here keeps its identity.
        self._judged: dict[int, tuple[Decision, dict[str, Any]]] = {}
        self._audiences: dict[int, tuple[Audience, dict[str, Any]]] = {}
        self._tables: dict[int, Tables] = {}

    def add(self, digest: Digest, made: Decision, readers: Iterable[Originator]) -> int:
        """Note what was decided about a message for *readers*; return the id of the row."""
        return self._add(digest, " ".join(readers), {"judgement": self._judgement(made), "audience": None})

    def add_audience(self, digest: Digest, made: Audience) -> int:
        """Note what the sender of a message decided about everybody; return the id of the row."""
        return self._add(digest, "", {"judgement": None, "audience": self._audience(made)})

    def add_tables(self, tables: Tables) -> None:
        """Note the tables that the decisions rest on, so that they can be made again."""
        self._tables.setdefault(id(tables), tables)

    def save(self) -> None:
        """Write everything."""
        tables = [table for tables in self._tables.values() for _, table in tables.in_order]
        texts = [{"digest": table_digest(one), "text": format_table(one)} for one in tables]
        for table, rows in (
            (policy_table, texts),
            (judgement, [row for _, row in self._judged.values()]),
            (audience, [row for _, row in self._audiences.values()]),
        ):
            if rows:
                self._connection.execute(insert(table).on_conflict_do_nothing(), rows)
        if self._decisions:
            self._connection.execute(decision.insert(), self._decisions)

    def _add(self, digest: Digest, readers: str, what: dict[str, Any]) -> int:
        number = self._next
        self._next += 1
        self._decisions.append(
            {
                "id": number,
                "digest": digest,
                "readers": readers,
                **what,
                "directory": self._directory,
                "decided_at": self._now,
            }
        )
        return number

    def _judgement(self, made: Decision) -> bytes:
        known = self._judged.get(id(made))
        if known is None:
            known = self._judged[id(made)] = (made, judgement_row(made))
        return bytes(known[1]["id"])

    def _audience(self, made: Audience) -> bytes:
        known = self._audiences.get(id(made))
        if known is None:
            kept = KeptAudience(
                tuple(KeptVerdict(self._judgement(one.decision), one.readers) for one in made.verdicts),
                {section: tuple(sorted(nodes)) for section, nodes in made.nodes.items()},
            )
            content = _encoder.encode(kept)
            row = {"id": hashlib.sha256(content).digest(), "content": content}
            known = self._audiences[id(made)] = (made, row)
        return bytes(known[1]["id"])


def judgement_row(made: Decision) -> dict[str, Any]:
    """Return the row of :data:`judgement` for a decision."""
    facts = _encoder.encode(made.facts)
    tables = b"".join(made.digests)
    return {
        "id": hashlib.sha256(facts + tables).digest(),
        "outcome": made.outcome,
        "facts": facts,
        "outcomes": _encoder.encode(made.outcomes),
        "obligations": " ".join(one.word for one in made.obligations),
        "tables": tables,
    }


def parse_judgement(row: Row[Any]) -> Decision:
    """Return the decision in a row of :data:`judgement`; the inverse of :func:`judgement_row`."""
    digests = [Digest(row.tables[start : start + _DIGEST]) for start in range(0, len(row.tables), _DIGEST)]
    return Decision(
        _facts.decode(row.facts),
        _outcomes.decode(row.outcomes),
        tuple(Obligation.from_word(word) for word in row.obligations.split()),
        (digests[0], digests[1], digests[2], digests[3]),
    )


def parse_audience(content: bytes) -> KeptAudience:
    """Return the audience in a row of :data:`audience`."""
    return _audience.decode(content)


def newest_audience(connection: Connection, digest: Digest) -> KeptAudience | None:
    """Return what the sender last decided about the message *digest*; None where this node did not send it."""
    wanted = (
        select(audience.c.content)
        .join(decision, decision.c.audience == audience.c.id)
        .where(decision.c.digest == digest)
        .order_by(decision.c.id.desc())
        .limit(1)
    )
    content = connection.scalar(wanted)
    return None if content is None else parse_audience(content)


def load_judgements(connection: Connection, ids: Sequence[bytes]) -> Mapping[bytes, Decision]:
    """Return the decisions of some judgements, by id."""
    wanted = list(dict.fromkeys(ids))
    pages = (wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE))
    rows = (row for page in pages for row in connection.execute(select(judgement).where(judgement.c.id.in_(page))))
    return {row.id: parse_judgement(row) for row in rows}


def decision_leaf(row: Row[Any]) -> bytes:
    """Return the bytes by which a row of :data:`decision` stands in the tree that its node signs.

    They are ``encode_tuple(id, digest, readers, judgement, audience, directory, decided_at)``, empty for what is null;
    written out, because a node hashes every decision that it makes.
    """
    number, digest, readers, judged, sent_to, directory, decided_at = tuple(row)
    text, judged, sent_to = readers.encode(), judged or b"", sent_to or b""
    return b"".join(
        (
            _LEAF_START(_LONG, number, len(digest)), digest, _LENGTH(len(text)), text, _LENGTH(len(judged)), judged,
            _LENGTH(len(sent_to)), sent_to, _LENGTH(len(directory)), directory, _LEAF_END(_LONG, decided_at),
        )
    )  # fmt: skip


_LONG: Final = 8
_LENGTH: Final = Struct(">I").pack
_LEAF_START: Final = Struct(">IQI").pack
_LEAF_END: Final = Struct(">IQ").pack
