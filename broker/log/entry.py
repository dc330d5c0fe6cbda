"""What a leaf of the log says: which message was seen when. Never the message.

Six lines, each ended by LF: ``tocsin entry v1``, federation, stream, sequence, header digest in base64, time seen in
microseconds since 1970 (docs/wire-format.md).
"""

import re
from binascii import a2b_base64
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

import msgspec

from broker import limits
from broker.errors import BadName, BadTile
from broker.log.text import format_base64
from broker.types.names import Digest, MessageName, Stream, check_federation, parse_stream
from broker.types.time import to_micros

HEADING: Final = "tocsin entry v1"
_LAST_SEEN: Final = to_micros(datetime.max.replace(tzinfo=UTC))
# A log is read entry by entry, ten million of them: one expression takes half the time of a function a line. Of
# the last character of a digest in base64, two bits are behind its end, and have to be zeros.
_ENTRY: Final = re.compile(
    HEADING.encode()
    + rb"\n([a-z0-9-]+)\n([A-Za-z0-9/~-]+)\n([1-9][0-9]{0,18})"
    + rb"\n([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)\n(0|[1-9][0-9]{0,18})\n"
)


class LogEntry(msgspec.Struct, frozen=True):
    """One leaf.

    Attributes:
        digest: The header digest: the identity of the message.
        seen_at: When the notary saw it first, in microseconds since 1970.
    """

    federation: str
    stream: Stream
    sequence: int
    digest: Digest
    seen_at: int

    @property
    def name(self) -> MessageName:
        """What people call the message."""
        return MessageName(self.stream, self.sequence)


def format_entry(entry: LogEntry) -> bytes:
    """Return the bytes of a leaf; the exact inverse of :func:`parse_entry`."""
    digest = format_base64(entry.digest)
    return f"{HEADING}\n{entry.federation}\n{entry.stream}\n{entry.sequence}\n{digest}\n{entry.seen_at}\n".encode()


def parse_entry(raw: bytes) -> LogEntry:
    """Parse the bytes of a leaf; the exact inverse of :func:`format_entry`.

    Raises:
        BadTile: They are none of version 1.
    """
    found = _ENTRY.fullmatch(raw) if len(raw) <= limits.MAX_LOG_ENTRY_BYTES else None
    if found is None:
        raise BadTile(f"{raw[:60]!r} begins no entry of version 1, or one of more than its six lines")
    federation, stream, sequence, digest, seen_at = found.groups()
    try:
        entry = LogEntry(
            _federation(federation), _stream(stream), int(sequence), Digest(a2b_base64(digest)), int(seen_at)
        )
    except BadName as error:
        raise BadTile(f"an entry that is not well formed: {error}") from None
    if entry.sequence > limits.MAX_SEQUENCE or entry.seen_at > _LAST_SEEN:
        raise BadTile(f"an entry of {entry.name} with a number or a time that is too large")
    return entry


@lru_cache(maxsize=4096)
def _stream(raw: bytes) -> Stream:
    return parse_stream(raw.decode("ascii"))


@lru_cache(maxsize=16)
def _federation(raw: bytes) -> str:
    return check_federation(raw.decode("ascii"))
