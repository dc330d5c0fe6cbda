"""The tables of the notary's journal: what it logged and signed, how far it read, and what it could not log."""

from typing import Final

from sqlalchemy import Column, Engine, Index, Integer, LargeBinary, MetaData, Table, Text

from broker import follow
from broker.database import path_of, writing
from broker.errors import StaleDatabase

APPLICATION: Final = 0x74636E6F
VERSION: Final = 1

metadata: Final = MetaData()

entry: Final = Table(
    "entry",
    metadata,
    Column("place", Integer, primary_key=True, doc="index in the log, from 0, without gaps"),
    Column("digest", LargeBinary, nullable=False, unique=True, doc="header digest, 32 bytes"),
    Column("stream", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("seen_at", Integer, nullable=False, doc="microseconds since 1970; never less than at the place before"),
    Index("entry_name", "stream", "sequence"),
)

head: Final = Table(
    "head",
    metadata,
    Column("id", Integer, primary_key=True, doc="1"),
    Column("size", Integer, nullable=False, doc="of the tree that was signed last"),
    Column("root", LargeBinary, nullable=False, doc="of the same, 32 bytes"),
    Column("peaks", LargeBinary, nullable=False, doc="of its right edge, 32 bytes each, the largest first"),
    Column("note", LargeBinary, nullable=False, doc="the signed checkpoint, with the cosignatures that are here"),
)

equivocation: Final = Table(
    "equivocation",
    metadata,
    Column("second_place", Integer, primary_key=True, doc="index in the log of the header that came later"),
    Column("first_place", Integer, nullable=False, doc="index in the log of the one that has the number already"),
    Column("stream", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("first_digest", LargeBinary, nullable=False),
    Column("second_digest", LargeBinary, nullable=False),
)

position: Final = Table(
    "position",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("next", Integer, nullable=False, doc="offset to read on at"),
    Column("last", LargeBinary, nullable=False, doc="SHA-256 of the message before it; empty where it was not had"),
)

gap: Final = Table(
    "gap",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("start", Integer, primary_key=True, doc="first offset that could not be had"),
    Column("next", Integer, nullable=False, doc="first offset behind it"),
    Column("code", Text, nullable=False),
)

waiting: Final = Table(
    "waiting",
    metadata,
    Column("copy", LargeBinary, primary_key=True, doc="SHA-256 of the envelope without its bodies"),
    Column("topic", Text, nullable=False),
    Column("offset", Integer, nullable=False),
    Column("envelope", LargeBinary, nullable=False, doc="without its bodies"),
    Column("code", Text, nullable=False, doc="why it cannot be logged yet"),
    Column("key", LargeBinary, nullable=False, index=True, doc="id of the key that has to change first"),
)

deferred: Final = Table(
    "deferred",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("start", Integer, nullable=False, doc="offset of the first message that there was no room to keep"),
    Column("next", Integer, nullable=False, doc="behind the last"),
)

refused: Final = Table(
    "refused",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("offset", Integer, primary_key=True),
    Column("code", Text, nullable=False, doc="why it never can be logged"),
    Column("says", Text, nullable=False, doc="the same for people"),
)

witness: Final = Table(
    "witness",
    metadata,
    Column("name", Text, primary_key=True),
    Column("size", Integer, nullable=False, doc="of the last checkpoint that it cosigned"),
)

split_view: Final = Table(
    "split_view",
    metadata,
    Column("witness", Text, primary_key=True, doc="who has seen another log under our key"),
    Column("size", Integer, primary_key=True, doc="of our checkpoint"),
    Column("note", LargeBinary, nullable=False, doc="our checkpoint"),
    Column("says", Text, nullable=False),
    Column("at", Integer, nullable=False, doc="microseconds since 1970"),
)


def prepare(engine: Engine) -> None:
    """Make the tables in an empty file.

    Raises:
        StaleDatabase: The file holds something else, or a journal of another version.
    """
    with writing(engine) as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("application_id", "user_version")
        ]
        if found == [APPLICATION, VERSION]:
            deferred.create(connection, checkfirst=True)  # journals that are older lack it
            return
        if any(found) or connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one():
            raise StaleDatabase(
                f"{path_of(engine).name} is no journal of a notary of version {VERSION}: it says {found}",
                hint="Name the file that the notary made, or another one that is not there yet.",
            )
        for tables in (metadata, follow.metadata):
            tables.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION}")
        connection.exec_driver_sql(f"PRAGMA user_version={VERSION}")
