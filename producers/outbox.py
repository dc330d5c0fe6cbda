"""The outbox: what a node has promised to publish, what became of it, and the exact bytes that were signed.

Its tables lie in the node's ``node.sqlite``. A draft is stored in one transaction and signed in another; what was
signed is never signed again, but sent until the bus has it. Nothing is ever removed by publishing.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Final

import msgspec
from sqlalchemy import (
    Column,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    literal_column,
    select,
)

from broker.database import reading
from broker.records.core import RelatedAs
from broker.types.names import MessageName, Originator, Stream


class Blob(LargeBinary):
    """Bytes as they are: the driver takes and gives nothing else, and converting them costs as much as storing."""

    cache_ok = True

    def bind_processor(self, dialect: object) -> None:
        """Convert nothing."""

    def result_processor(self, dialect: object, coltype: object) -> None:
        """Convert nothing."""


metadata: Final = MetaData()

sources: Final = Table(
    "outbox_source",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("authority", Text, nullable=False),
    Column("digest", Blob, nullable=False, doc="SHA-256 of the file"),
    Column("name", Text, nullable=False, doc="the file's own name, without folders"),
    Column("lineage", Integer, nullable=False, doc="the first version of the file: files of one lineage are one file"),
    UniqueConstraint("authority", "digest"),
)

drafts: Final = Table(
    "outbox_draft",
    metadata,
    Column("id", Integer, primary_key=True, doc="the order in which drafts were taken"),
    Column("authority", Text, nullable=False),
    Column("national_reference", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("tlp", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("authored_at", Integer, nullable=False, doc="microseconds since 1970"),
    Column("content_digest", Blob, nullable=False, doc="SHA-256 of what is said; empty where it is not known"),
    Column("row_key", Text, doc="the content of a row that has no reference of its own; null for the others"),
    Column(
        "made_reference", Text, doc="the reference made for such a row: its content, and its number among equal ones"
    ),
    Column("lineage", Integer, doc="the file; null where the draft comes from none"),
    Column("line", Integer, nullable=False, doc="of the file; 0 where there is none"),
    Column("sections", Blob, doc="names, schema ids and Avro; null once the message holds them"),
    Column("related", Blob, doc="national references and relations; null for none"),
    Column("stage", Integer, nullable=False, doc="see Stage"),
    Column("waits_for", Text, doc="the national reference that a parked draft waits for"),
    Column("writer", Integer, doc="of the message that the draft became, as are the next two"),
    Column("sequence", Integer),
    Column("digest", Blob),
    UniqueConstraint("authority", "national_reference"),
)

# Written out, not bound: SQLite uses a partial index only where a query repeats its condition to the letter.
IS_WAITING: Final = drafts.c.stage < literal_column("2")
Index("outbox_draft_stage", drafts.c.stage, drafts.c.id, sqlite_where=IS_WAITING)
_IS_MADE: Final = drafts.c.made_reference.is_not(None)
Index(
    "outbox_draft_made",
    drafts.c.authority,
    drafts.c.lineage,
    drafts.c.made_reference,
    unique=True,
    sqlite_where=_IS_MADE,
)
Index("outbox_draft_row", drafts.c.authority, drafts.c.row_key, sqlite_where=drafts.c.row_key.is_not(None))

outgoing: Final = Table(
    "outbox_message",
    metadata,
    Column("id", Integer, primary_key=True, doc="the order in which messages are sent"),
    Column("originator", Text, nullable=False),
    Column("writer", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("topic", Text, nullable=False),
    Column("digest", Blob, nullable=False, doc="header digest"),
    Column("issued_at", Integer, nullable=False, doc="microseconds since 1970"),
    Column("pending", Integer, nullable=False, doc="see Pending"),
    Column("sent_at", Integer, doc="microseconds since 1970; null until the bus has confirmed it"),
    UniqueConstraint("originator", "writer", "sequence"),
)

# By itself, because marking a message as sent would otherwise write all its bytes once more.
envelopes: Final = Table(
    "outbox_envelope",
    metadata,
    Column("id", Integer, primary_key=True, doc="of the message"),
    Column("raw", Blob, nullable=False, doc="the exact bytes"),
)

IS_UNSENT: Final = outgoing.c.pending > literal_column("0")
Index("outbox_message_unsent", outgoing.c.id, sqlite_where=IS_UNSENT)

writers: Final = Table(
    "outbox_writer",
    metadata,
    Column("originator", Text, primary_key=True),
    Column("writer", Integer, primary_key=True),
    Column("sequence", Integer, nullable=False, doc="of its last message; 0 for none"),
    Column("digest", Blob, nullable=False, doc="of its last message; zeros for none"),
    Column("frozen", Integer, nullable=False, doc="1: it is never written to again"),
    Column("known_sequence", Integer, nullable=False, doc="the highest that was seen on the bus when it was compared"),
)

comparisons: Final = Table(
    "outbox_comparison",
    metadata,
    Column("originator", Text, primary_key=True),
    Column("known_bus_offset", Integer, nullable=False, doc="its topic was compared up to here, exclusive"),
)


class Stage(IntEnum):
    """Where a draft stands."""

    READY = 0
    PARKED = 1
    """It names a reference that is not published yet."""
    FLUSHED = 2
    """It is a signed message now."""


class Pending(IntEnum):
    """Whether a message has to be sent."""

    NO = 0
    FIRST = 1
    """The bus has not confirmed it."""
    AGAIN = 2
    """The bus had it and may have lost it."""


class SectionBytes(msgspec.Struct, frozen=True, array_like=True):
    """One section of a draft, encoded and checked."""

    name: str
    schema_id: bytes
    avro: bytes


class RelatedDraft(msgspec.Struct, frozen=True, array_like=True):
    """Another draft or message of the same authority, and what this one is to it."""

    national_reference: str
    relation: RelatedAs


class OutboxState(msgspec.Struct, frozen=True):
    """How much waits in an outbox.

    Attributes:
        ready: Drafts that the next flush signs.
        parked: Drafts that name a reference which is not published yet.
        unsent: Signed messages that the bus has not confirmed.
    """

    ready: int
    parked: int
    unsent: int


_SECTIONS: Final = msgspec.msgpack.Decoder(tuple[SectionBytes, ...])
_RELATED: Final = msgspec.msgpack.Decoder(tuple[RelatedDraft, ...])
_ENCODER: Final = msgspec.msgpack.Encoder()


def pack(parts: Sequence[SectionBytes] | Sequence[RelatedDraft]) -> bytes:
    """Return what a column holds for *parts*; the inverse of the two functions below."""
    return _ENCODER.encode(parts)


def unpack_sections(column: bytes) -> tuple[SectionBytes, ...]:
    """Return the sections in a column."""
    return _SECTIONS.decode(column)


def unpack_related(column: bytes | None) -> tuple[RelatedDraft, ...]:
    """Return the related references in a column."""
    return () if column is None else _RELATED.decode(column)


def message_names(engine: Engine, authority: Originator, references: Sequence[str]) -> Mapping[str, MessageName]:
    """Return the messages that drafts of *authority* became, by national reference; the others are absent."""
    statement = select(drafts.c.national_reference, drafts.c.writer, drafts.c.sequence).where(
        drafts.c.authority == authority,
        drafts.c.national_reference.in_(references),
        drafts.c.stage == Stage.FLUSHED,
    )
    with reading(engine) as connection:
        return {
            reference: MessageName(Stream(authority, writer), sequence)
            for reference, writer, sequence in connection.execute(statement)
        }


def outbox_state(engine: Engine) -> OutboxState:
    """Return how much waits."""
    waiting = select(drafts.c.stage, func.count().label("drafts")).where(IS_WAITING).group_by(drafts.c.stage)
    unsent = select(func.count()).select_from(outgoing).where(IS_UNSENT)
    with reading(engine) as connection:
        counts = {row.stage: row.drafts for row in connection.execute(waiting)}
        return OutboxState(
            counts.get(Stage.READY, 0), counts.get(Stage.PARKED, 0), connection.execute(unsent).scalar_one()
        )
