"""The read side's tables in a node's database.

Times are microseconds since 1970. What a person may see is decided row by row in ``inbox``; ``message`` holds what
arrived, whoever may see it, and is read through ``consumers.inbox`` only.
"""

from typing import Final

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint, text

metadata: Final = MetaData()

message: Final = Table(
    "message",
    metadata,
    Column("digest", LargeBinary, primary_key=True, doc="header digest, 32 bytes"),
    Column("stream", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("kind", Text, nullable=False, doc="RECORD, RELEASE or HEADS"),
    Column("record_kind", Text, doc="what a record reports; null for other kinds and for content that does not decode"),
    Column("issued_at", Integer, nullable=False),
    Column("received_at", Integer, nullable=False),
    Column("outcome", Text, nullable=False, doc="sequence outcome"),
    Column("late", Boolean, nullable=False),
    Column("backfill", Boolean, nullable=False, doc="history read by a new or restored node: no alerts"),
    Column("due_at", Integer, doc="when an embargo ends that keeps something from a reader: then it is decided again"),
    Column("envelope", LargeBinary, nullable=False, doc="exact bytes"),
    Index("message_by_number", "stream", "sequence"),
    Index("message_by_record_kind", "record_kind"),
    Index("message_due", "due_at", sqlite_where=text("due_at IS NOT NULL")),
)

inbox: Final = Table(
    "inbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("authority", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("decision", Integer, nullable=False, doc="id of the decision that released it"),
    UniqueConstraint("authority", "digest"),
)

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

decision: Final = Table(
    "decision",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False, index=True, doc="of the message"),
    Column("readers", Text, nullable=False, doc="the authorities that it holds for, separated by blanks"),
    Column("judgement", LargeBinary, nullable=False),
    Column("directory", LargeBinary, nullable=False, doc="digest of the directory it was decided under"),
    Column("decided_at", Integer, nullable=False),
)

alert: Final = Table(
    "alert",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("authority", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("raised_at", Integer, nullable=False),
    Column("seen_at", Integer),
    UniqueConstraint("authority", "digest"),
)

finding: Final = Table(
    "finding",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("found_at", Integer, nullable=False),
    Column("healed_at", Integer),
    UniqueConstraint("code", "place"),
)

quarantine: Final = Table(
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("offset", Integer, nullable=False),
    Column("code", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("quarantined_at", Integer, nullable=False),
    Column("admitted_at", Integer, doc="when a later attempt went well"),
    UniqueConstraint("topic", "offset"),
)

stream_head: Final = Table(
    "stream_head",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
)

missing: Final = Table(
    "missing",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("first", Integer, primary_key=True),
    Column("last", Integer, nullable=False, doc="the numbers from first to last have not arrived"),
)

position: Final = Table(
    "position",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("next", Integer, nullable=False, doc="offset that is to be read next"),
    Column("history", Integer, nullable=False, doc="offsets below were there before this node: read without alerts"),
)
