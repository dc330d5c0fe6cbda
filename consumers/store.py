"""The read side's tables in a node's database.

Times are microseconds since 1970. What a person may see is decided row by row in ``inbox``; ``message`` holds what
arrived, whoever may see it, and is read through ``consumers.inbox`` only. Sealed sections are there as they came: their
keys are in the key store, never here.
"""

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

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
    Column("pending", Boolean, nullable=False, default=False, server_default=false(), doc="its core has no key here"),
    Column(
        "closed",
        Text,
        nullable=False,
        default="",
        server_default="",
        doc="sections that had no key here when it was last decided, separated by blanks",
    ),
    Column("due_at", Integer, doc="when an embargo ends that keeps something from a reader: then it is decided again"),
    Column("purge_at", Integer, doc="until when its author lets it be kept; null for ever, and once it is purged"),
    Column("original", LargeBinary, doc="header digest of the message that it passes on; null where it passes on none"),
    Column("author", Text, doc="who wrote what it passes on; null where it passes on none"),
    Column("envelope", LargeBinary, nullable=False, doc="exact bytes"),
    Index("message_by_number", "stream", "sequence"),
    Index("message_by_record_kind", "record_kind"),
    Index("message_due", "due_at", sqlite_where=text("due_at IS NOT NULL")),
    Index("message_purge", "purge_at", sqlite_where=text("purge_at IS NOT NULL")),
    Index("message_original", "original", sqlite_where=text("original IS NOT NULL")),
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

too_late: Final = Table(
    "too_late",
    metadata,
    Column("authority", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("sections", Text, nullable=False, doc="whose key came when this reader might not have them any more"),
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
# Written out, not bound: SQLite uses a partial index only where a query repeats its condition to the letter.
IS_UNPROVEN: Final = text("admitted_at IS NULL AND code = 'key-revoked'")
Index("quarantine_unproven", quarantine.c.id, sqlite_where=IS_UNPROVEN)

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

awaited: Final = Table(
    "awaited",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("section", Text, primary_key=True),
    Column("commitment", LargeBinary, primary_key=True, doc="of a key that came before its message"),
)

unopened: Final = Table(
    "unopened",
    metadata,
    Column("digest", LargeBinary, primary_key=True, doc="of a RELEASE with nothing for this node, as far as it knows"),
    Column("participant", Text, nullable=False, doc="who issued it"),
    Column("issued_at", Integer, nullable=False),
    Column("tried", Text, nullable=False, doc="ids of the sealing keys it was tried with, separated by blanks"),
    Index("unopened_by_tried", "participant", "tried", "issued_at"),
)

withdrawal: Final = Table(
    "withdrawal",
    metadata,
    Column("recall", LargeBinary, primary_key=True, doc="header digest of the recall record"),
    Column("message", LargeBinary, nullable=False, index=True, doc="header digest of the message it takes back"),
    Column("by", Text, nullable=False, doc="its originator"),
    Column("reason", Text, nullable=False, doc="recalled or corrected"),
    Column("says", Text, nullable=False, doc="why, in the words of its author"),
    Column("replaced_by", LargeBinary, doc="header digest of the message that corrects the other; null for none"),
    Column("issued_at", Integer, nullable=False),
    Column("examined", LargeBinary, doc="digest of the directory by which it was last seen whether it counts"),
)

tombstone: Final = Table(
    "tombstone",
    metadata,
    Column("id", Integer, primary_key=True, doc="the order in which messages were purged"),
    Column("digest", LargeBinary, nullable=False, doc="of the message"),
    Column("reason", Text, nullable=False, doc="recalled, corrected or retention-over"),
    Column("by", LargeBinary, doc="header digest of the recall record; null where the message's own date came"),
    Column("sections", Text, nullable=False, doc="what was removed now, separated by blanks"),
    Column("purged_at", Integer, nullable=False),
    Column("scrubbed_at", Integer, doc="when the files were rid of the bytes; null until then"),
    UniqueConstraint("digest", "reason"),
    Index("tombstone_unscrubbed", "id", sqlite_where=text("scrubbed_at IS NULL")),
)

claim: Final = Table(
    "claim",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False, doc="of the message that its node says has this number"),
    Column("by", Text, nullable=False, doc="the HEADS message that says so; the message has not arrived"),
)

receipt_state: Final = Table(
    "receipt_state",
    metadata,
    Column("id", Integer, primary_key=True, doc="1"),
    Column("decision", Integer, nullable=False, doc="the last decision that receipts have covered"),
    Column("purge", Integer, nullable=False, doc="the same of purges"),
    Column("until", Integer, nullable=False, doc="end of the period that they covered; 0: none yet"),
)

query: Final = Table(
    "case_query",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("asked_at", Integer, nullable=False),
    Column("authority", Text, nullable=False),
    Column("person", Text, nullable=False, doc="who asked, as the authority calls its people; empty where nobody said"),
    Column("purpose", Text, nullable=False),
    Column("kind", Text, nullable=False, doc="of term: CONTAINER, TELEPHONE, COMPANY …"),
    Column("term", LargeBinary, nullable=False, doc="HMAC under a key of the node: tells who asked for the same twice"),
    Column("hits", Integer, nullable=False, doc="messages that the authority may see"),
    Column("cross_hits", Integer, nullable=False, doc="originators whose messages it may not see"),
    Index("case_query_by_authority", "authority", "asked_at"),
)
