"""A logbook on a database of its own, and logs on paper for it to read: leaves by their numbers, honest or not."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from broker.database import open_engine
from broker.log.entry import LogEntry, format_entry
from broker.logbook import Logbook, metadata
from broker.types.names import Digest, MessageName, Originator, Stream
from broker.types.time import to_micros
from tests.support.notes import FEDERATION, a_checkpoint, a_signed_checkpoint
from tests.support.plain_log import Files, PlainLog

AT = datetime(2026, 3, 20, 12, tzinfo=UTC)
HEADS = MessageName(Stream(Originator("NL/~1"), 1), 7)


def a_digest(number: int, history: str = "") -> Digest:
    """Return the header digest of a message; another *history* has others under the same numbers."""
    return Digest(hashlib.sha256(f"message {number} {history}".encode()).digest())


def a_leaf(number: int, history: str = "", *, federation: str = FEDERATION) -> bytes:
    """Return the bytes of a leaf; each was seen a second after the one before."""
    stream = Stream(Originator("NL/customs"), 1)
    seen_at = to_micros(AT + timedelta(seconds=number))
    return format_entry(LogEntry(federation, stream, number + 1, a_digest(number, history), seen_at))


def leaves(size: int, *, parting: int | None = None) -> list[bytes]:
    """Return the leaves of a log; from *parting* on those of another history."""
    return [a_leaf(number, "other" if parting is not None and number >= parting else "") for number in range(size)]


def a_checkpoint_of(entries: Sequence[bytes], witnesses: Iterable[str] = ()) -> bytes:
    """Return the signed checkpoint over *entries*."""
    root = PlainLog(entries).root(0, len(entries))
    return a_signed_checkpoint(a_checkpoint(len(entries), root), witnesses)


def a_log_of(entries: Sequence[bytes], witnesses: Iterable[str] = ()) -> Files:
    """Return the files of a log that shows *entries*, checkpoint included."""
    files = PlainLog(entries).files(len(entries))
    files["checkpoint"] = a_checkpoint_of(entries, witnesses)
    return files


def open_book_database(path: Path) -> Engine:
    """Open a database with the tables of a logbook."""
    engine = open_engine(path)
    metadata.create_all(engine)
    return engine


def a_book(engine: Engine) -> Logbook:
    """Return the logbook of a node, as a new process opens it."""
    return Logbook(engine, FEDERATION)
