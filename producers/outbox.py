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
    Connection,
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
from broker.types.vocabulary import Word


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
    Column("digest", Blob, nullable=False, doc="of the file, see producers.veil"),
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
    Column("content_digest", Blob, nullable=False, doc="of what is said, see producers.veil; empty where unknown"),
    Column("row_key", Text, doc="the content of a row that has no reference of its own; null for the others"),
    Column(
        "made_reference", Text, doc="the reference made for such a row: its content, and its number among equal ones"
    ),
    Column("lineage", Integer, doc="the file; null where the draft comes from none"),
    Column("line", Integer, nullable=False, doc="of the file; 0 where there is none"),
    Column("sections", Blob, doc="names, schema ids and Avro; null once the message holds them"),
    Column("related", Blob, doc="national references and relations; null for none"),
    Column("retain_until", Integer, doc="microseconds since 1970; null for ever, and once that is done with"),
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
Index("outbox_draft_retained", drafts.c.retain_until, sqlite_where=drafts.c.retain_until.is_not(None))
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
    Column("kind", Text, nullable=False, doc="RECORD, RELEASE or HEADS"),
    Column("topic", Text, nullable=False),
    Column("digest", Blob, nullable=False, doc="header digest"),
    Column("issued_at", Integer, nullable=False, doc="microseconds since 1970"),
    Column("pending", Integer, nullable=False, doc="see Pending"),
    Column("sent_at", Integer, doc="microseconds since 1970; null until the bus has confirmed it"),
    Column("logged", Integer, nullable=False, default=0, server_default="0", doc="1: this node has seen it in the log"),
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
IS_UNLOGGED: Final = outgoing.c.logged == literal_column("0")
Index("outbox_message_unlogged", outgoing.c.id, sqlite_where=IS_UNLOGGED)

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


sealed_messages: Final = Table(
    "outbox_sealed",
    metadata,
    Column("digest", Blob, primary_key=True, doc="of a sealed message whose keys may still go to somebody"),
    Column("message", Integer, nullable=False, doc="its id in outbox_message"),
    Column("checked", Integer, nullable=False, doc="the readership that its audience was last compared with"),
    Column("due_at", Integer, doc="when its embargo ends, in microseconds since 1970; null for none"),
)
Index("outbox_sealed_checked", sealed_messages.c.checked)
Index("outbox_sealed_due", sealed_messages.c.due_at, sqlite_where=sealed_messages.c.due_at.is_not(None))

readerships: Final = Table(
    "outbox_readership",
    metadata,
    Column("id", Integer, primary_key=True, doc="the newest is the one in force"),
    Column("digest", Blob, nullable=False, doc="SHA-256 of all that the audience of a message depends on"),
)

releases: Final = Table(
    "outbox_release",
    metadata,
    Column("id", Integer, primary_key=True, doc="the order in which they were asked for"),
    Column("issuer", Text, nullable=False, doc="the authority in whose stream the RELEASE is written"),
    Column("digest", Blob, nullable=False, doc="of the message to which the key belongs"),
    Column("originator", Text, nullable=False, doc="of that message, as are the next four"),
    Column("writer", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("tlp", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("section", Text, nullable=False),
    Column("key_commitment", Blob, nullable=False),
    Column("nodes", Text, nullable=False, doc="to whom the key goes, separated by blanks"),
    Column("reason", Text, nullable=False, doc="see Reason"),
    Column("became", Blob, doc="the RELEASE message that has the key; empty where it is gone; null while it waits"),
)
IS_ASKED_FOR: Final = releases.c.became.is_(None)
Index("outbox_release_waiting", releases.c.id, sqlite_where=IS_ASKED_FOR)

announced: Final = Table(
    "outbox_heads",
    metadata,
    Column("id", Integer, primary_key=True, doc="1"),
    Column("size", Integer, nullable=False, doc="decisions that the tree over them has"),
    Column("peaks", Blob, nullable=False, doc="the right edge of that tree: 32 bytes each, the largest first"),
    Column("last", Integer, nullable=False, doc="id of the last decision in it"),
    Column("at", Integer, nullable=False, doc="when HEADS were last written; below 0: never"),
    Column("decisions", Integer, nullable=False, doc="that those HEADS counted"),
    Column("messages", Integer, nullable=False, doc="of the node's authorities, that those HEADS spoke of"),
)


withdrawals: Final = Table(
    "outbox_withdrawal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", Blob, nullable=False, doc="of a message of ours that is taken back, or whose time is over"),
    Column("originator", Text, nullable=False, doc="of that message, as are the next two"),
    Column("writer", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("sections", Text, nullable=False, doc="those that go, separated by blanks; empty for all"),
    Column("authority", Text, doc="whose recall has to be sent first, and its reference; null where nothing has"),
    Column("national_reference", Text),
    Column("purged_at", Integer, doc="microseconds since 1970; null until then"),
    Column("scrubbed_at", Integer, doc="when the files were rid of the bytes; null until then"),
    UniqueConstraint("digest", "sections"),
)
IS_UNSCRUBBED: Final = withdrawals.c.scrubbed_at.is_(None)
Index("outbox_withdrawal_unscrubbed", withdrawals.c.id, sqlite_where=IS_UNSCRUBBED)


class Stage(IntEnum):
    """Where a draft stands."""

    HELD = -1
    """It may be one of the messages on the bus whose content this node cannot know any more."""
    READY = 0
    PARKED = 1
    """It names a reference that is not published yet."""
    FLUSHED = 2
    """It is a signed message now."""
    EXPIRED = 3
    """Its time was over before it was signed: its content is gone."""


class Pending(IntEnum):
    """Whether a message has to be sent."""

    NO = 0
    FIRST = 1
    """The bus has not confirmed it."""
    AGAIN = 2
    """The bus had it and may have lost it."""


class Reason(Word):
    """Why a key goes out after its message."""

    EMBARGO_OVER = "EMBARGO_OVER"
    LATE_JOINER = "LATE_JOINER"
    """An authority, a node, its first sealing key, an agreement or a group that is new since."""
    LOST_KEYS = "LOST_KEYS"
    GRANT = "GRANT"
    CORRECTION = "CORRECTION"


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
        held: Drafts that may be on the bus already, where they cannot be read.
    """

    ready: int
    parked: int
    unsent: int
    held: int = 0


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


def national_reference_of(connection: Connection, message: MessageName) -> str | None:
    """Return under which national reference this node sent a message; None where it did not."""
    reference: str | None = connection.scalar(
        select(drafts.c.national_reference).where(
            drafts.c.authority == message.stream.originator,
            drafts.c.writer == message.stream.writer,
            drafts.c.sequence == message.sequence,
        )
    )
    return reference


def outbox_state(engine: Engine) -> OutboxState:
    """Return how much waits."""
    waiting = select(drafts.c.stage, func.count().label("drafts")).where(IS_WAITING).group_by(drafts.c.stage)
    unsent = select(func.count()).select_from(outgoing).where(IS_UNSENT)
    with reading(engine) as connection:
        counts = {row.stage: row.drafts for row in connection.execute(waiting)}
        return OutboxState(
            ready=counts.get(Stage.READY, 0),
            parked=counts.get(Stage.PARKED, 0),
            unsent=connection.execute(unsent).scalar_one(),
            held=counts.get(Stage.HELD, 0),
        )
