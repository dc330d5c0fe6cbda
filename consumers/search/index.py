"""The tables of the index, in a database of their own that is never part of a backup.

::

    source   a draft or message of which something is known      word   numbers for authorities, substances, countries
      ├─ entry   what one authority may see of it: facts, sealed at rest
      │    └─ facet   one row for each pair of substance and country, 0 for any: found by it and by day
      ├─ link    other messages that it speaks of
      └─ token   HMAC of a container, a telephone, a name …, and the section it stands in
    catalogue    by which names each authority's entries were made

Which substances, countries and days an incident has is there to be read by whoever has the file; what was said of it,
and numbers and names, are not.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Connection, Engine, Index, Integer, LargeBinary, MetaData, Table, Text, event, select

from broker.database import open_engine, reading, writing
from broker.sealing.rest import NONCE_BYTES, RestKey
from broker.types.names import Digest

metadata: Final = MetaData()

state: Final = Table(
    "search_state",
    metadata,
    Column("id", Integer, primary_key=True, doc="1"),
    Column("key_check", LargeBinary, nullable=False, doc="shows whether the store key is the one it was made with"),
    Column("drafts", Integer, nullable=False, doc="the last draft of the outbox that is in it, as are the next three"),
    Column("decisions", Integer, nullable=False),
    Column("tombstones", Integer, nullable=False),
    Column("withdrawals", Integer, nullable=False),
    Column("editions", LargeBinary, doc="digest of the editions and of who may hear them when that was last looked at"),
)

source: Final = Table(
    "search_source",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("draft", Integer, unique=True, doc="id in the outbox; null for what arrived"),
    Column("digest", LargeBinary, unique=True, doc="header digest; null for what was drafted here"),
    Column("originator", Text, nullable=False, doc="who says so; of a forward, the author"),
    Column("about", LargeBinary, doc="digest of the message that it is or passes on; null for drafts"),
    Column("kind", Text, nullable=False, doc="of record"),
    Column("retain_until", Integer, doc="microseconds since 1970; null for ever"),
    Index("search_source_retained", "retain_until"),
    Index("search_source_about", "about"),
)

entry: Final = Table(
    "search_entry",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", Integer, nullable=False, index=True),
    Column("reader", Integer, nullable=False, doc="the word of the authority that may see it"),
    Column("sealed", LargeBinary, nullable=False, doc="facts, sealed at rest"),
)

facet: Final = Table(
    "search_facet",
    metadata,
    Column("reader", Integer, primary_key=True, autoincrement=False),
    Column("substance", Integer, primary_key=True, autoincrement=False, doc="a word; 0 for any"),
    Column("country", Integer, primary_key=True, autoincrement=False, doc="a word; 0 for any"),
    Column("span", Integer, primary_key=True, autoincrement=False, doc="how long it may have lasted: see spans.py"),
    Column("day", Integer, primary_key=True, autoincrement=False, doc="the first, counted from 1 January of year 1"),
    Column("entry", Integer, primary_key=True, autoincrement=False),
    Column("last_day", Integer, nullable=False, doc="of what nobody knows the day of: when it was told"),
    Column("type", Integer, nullable=False, doc="of incident: its place among the words"),
    Column("status", Integer, nullable=False, doc="as the type"),
    sqlite_with_rowid=False,
)

word: Final = Table(
    "search_word",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("text", Text, nullable=False, unique=True),
)

token: Final = Table(
    "search_token",
    metadata,
    Column("token", LargeBinary, primary_key=True),
    Column("source", Integer, primary_key=True, autoincrement=False, index=True),
    Column("section", Integer, primary_key=True, autoincrement=False, doc="its place among the words"),
    sqlite_with_rowid=False,
)

link: Final = Table(
    "search_link",
    metadata,
    Column("target", LargeBinary, primary_key=True, doc="digest of a message that the source speaks of"),
    Column("source", Integer, primary_key=True, autoincrement=False, index=True),
    sqlite_with_rowid=False,
)

catalogue: Final = Table(
    "search_catalogue",
    metadata,
    Column("reader", Integer, primary_key=True, autoincrement=False, doc="the word of an authority"),
    Column("names", LargeBinary, nullable=False, doc="digest of what each name means in the catalogue it has received"),
    Column("until", Integer, nullable=False, doc="its entries up to this one are to be made by it anew; 0: all are"),
)

VERSION: Final = 2
"""Of the tables and of what stands in them; an index of another version is made anew."""
_CACHE_KIB: Final = 64 * 1024
_TOKEN_BYTES: Final = 16
"""Of the HMAC: that any two of a billion numbers are mistaken for one another has a chance of about 10⁻²¹."""


class Seals:
    """What the index is sealed with: keys derived from the node's store key. Never shows them."""

    def __init__(self, rest: RestKey, randomness: Callable[[int], bytes]) -> None:
        self._rest = rest
        self._randomness = randomness
        self._token = rest.keyed_digests(b"search-token")
        self.check: Final = self._token(b"check")
        """Is another one under another store key."""

    def token(self, kind: str, value: str) -> bytes:
        """Return what recognises a term."""
        return self._token(f"{kind}\0{value}".encode())[:_TOKEN_BYTES]

    def seal(self, number: int, content: bytes) -> bytes:
        """Return *content* sealed as that of entry *number*."""
        return self._rest.seal(content, commitment=_place(number), nonce=self._randomness(NONCE_BYTES))

    def open(self, number: int, sealed: bytes) -> bytes:
        """Return the content of entry *number*.

        Raises:
            BrokenSeal: It is not what was sealed there.
        """
        return self._rest.open(sealed, commitment=_place(number))


def open_index(path: Path, seals: Seals) -> Engine:
    """Open the index in the file *path*; where there is none, or another version's or key's, an empty one is made.

    Raises:
        MissingFile: The folder is not there.
        UnusableDatabase, DatabaseBusy: It cannot be used.
    """
    engine = open_engine(path)
    event.listen(engine, "connect", _widen_cache)
    engine.dispose()  # of the connection that it was tried with
    try:
        with reading(engine) as connection:
            is_ours = _is_ours(connection, seals)
        if not is_ours:
            with writing(engine) as connection:
                # Another process may have been faster.
                if not _is_ours(connection, seals):
                    make_anew(connection, seals)
    except BaseException:
        engine.dispose()
        raise
    return engine


def make_anew(connection: Connection, seals: Seals) -> None:
    """Empty the index, whatever it was."""
    there = MetaData()
    there.reflect(connection)
    there.drop_all(connection)
    metadata.create_all(connection)
    nothing: dict[str, Any] = dict.fromkeys(("drafts", "decisions", "tombstones", "withdrawals"), 0)
    connection.execute(state.insert().values(id=1, key_check=seals.check, **nothing))
    connection.exec_driver_sql(f"PRAGMA user_version={VERSION}")


def _widen_cache(driver: Any, _: object) -> None:
    """Let the pages that many rows go into stay in memory until they are written."""
    driver.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")


def _is_ours(connection: Connection, seals: Seals) -> bool:
    if connection.exec_driver_sql("PRAGMA user_version").scalar_one() != VERSION:
        return False
    return connection.scalar(select(state.c.key_check)) == seals.check


def _place(number: int) -> Digest:
    return Digest(hashlib.sha256(b"tocsin/search/entry/%d" % number).digest())
