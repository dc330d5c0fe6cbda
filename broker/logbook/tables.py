"""The tables of the logbook in a node's database. Times are microseconds since 1970."""

from typing import Final

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint

metadata: Final = MetaData()

log_entry: Final = Table(
    "log_entry",
    metadata,
    Column("digest", LargeBinary, primary_key=True, doc="header digest of a message"),
    Column("place", Integer, nullable=False, doc="index of its leaf, from 0"),
    Column("seen_at", Integer, nullable=False, doc="when the notary saw it, as the leaf says"),
    sqlite_with_rowid=False,
)

log_book: Final = Table(
    "log_book",
    metadata,
    Column("id", Integer, primary_key=True, doc="1"),
    Column("size", Integer, nullable=False, doc="entries that were read and found right"),
    Column("peaks", LargeBinary, nullable=False, doc="the right edge of their tree: 32 bytes each, the largest first"),
    Column("began_at", Integer, nullable=False, doc="when the log was read first"),
)

log_checkpoint: Final = Table(
    "log_checkpoint",
    metadata,
    Column("role", Text, primary_key=True, doc="newest; or witnessed: the newest with a quorum"),
    Column("raw", LargeBinary, nullable=False, doc="the exact note"),
    Column("size", Integer, nullable=False),
    Column("witnesses", Integer, nullable=False, doc="how many of those who are appointed cosigned it"),
    Column("witnessed_at", Integer, doc="when its quorum was complete; null while it is not"),
    Column("seen_at", Integer, nullable=False, doc="when this node saw it first"),
)

log_claim: Final = Table(
    "log_claim",
    metadata,
    Column("size", Integer, primary_key=True),
    Column("root", LargeBinary, primary_key=True),
    Column("raw", LargeBinary, nullable=False, doc="a checkpoint that the notary signed and another node has seen"),
    Column("by", Text, nullable=False, doc="the HEADS message that has it"),
    Column("noted_at", Integer, nullable=False, doc="when; it was not compared yet"),
)

log_split: Final = Table(
    "log_split",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ours", LargeBinary, nullable=False, doc="a checkpoint under which this node has read the log"),
    Column("theirs", LargeBinary, nullable=False, doc="one of another history that the notary signed too"),
    Column("by", Text, nullable=False, doc="where it was seen: the log itself, or a HEADS message"),
    Column("found_at", Integer, nullable=False),
    UniqueConstraint("theirs"),
)
