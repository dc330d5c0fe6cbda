"""The work of an audit in pieces: each can be done by any process, in any order, and again after an interruption.

What comes of a piece is rows for the ledger: numbers, texts and bytes, nothing else, so that it travels fast.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from broker.types.names import Digest

PLACE_BITS: Final = 40
"""A place is a topic's number and an offset in it: one number, so that places can be compared and kept in order."""


class Part(msgspec.Struct, frozen=True):
    """Messages of a topic, from offset *start* up to *end*.

    Attributes:
        number: Of the topic: the directory's is 0, the others follow in the order of their names.
    """

    topic: str
    number: int
    start: int
    end: int

    def place(self, offset: int) -> int:
        """Return the place of an offset of this topic."""
        return (self.number << PLACE_BITS) + offset


class MessageRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A validly signed message.

    Attributes:
        stream: Its name.
        issued_at: In microseconds since 1970.
        outline: SHA-256 of all but the bodies.
        signers: The key ids of those who signed, one behind the other.
        is_whole: Whether its bodies are those that were signed.
    """

    place: int
    digest: bytes
    stream: str
    sequence: int
    previous: bytes
    issued_at: int
    outline: bytes
    signers: bytes
    is_whole: bool = True


class BrokenRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is not valid, or not whole.

    Attributes:
        digest: Of its header; None where the bytes do not even parse.
        content: Whether its header stands and its bodies are the signed ones: then a second copy says nothing new.
    """

    place: int
    digest: bytes | None
    code: str
    says: str
    content: bool = False


class SaidRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """HEADS of a node: the exact bytes of the message."""

    place: int
    node: str
    issued_at: int
    raw: bytes


class MissingRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What lies from *place* up to *until*, and the bus cannot give it any more."""

    place: int
    until: int
    code: str
    says: str


class PartResult(msgspec.Struct, frozen=True, array_like=True):
    """What a part of a topic came to.

    Attributes:
        read: Messages, valid or not.
        signatures: Of each message that is valid how many were checked.
        spoken: When each originator spoke first and last, in microseconds since 1970.
    """

    read: int
    messages: Sequence[MessageRow] = ()
    broken: Sequence[BrokenRow] = ()
    said: Sequence[SaidRow] = ()
    missing: Sequence[MissingRow] = ()
    spoken: dict[str, tuple[int, int]] = {}


class Bundles(msgspec.Struct, frozen=True):
    """Entries of the log under the tiles of level 0 from *start* up to *end*, of a log of *size* entries."""

    start: int
    end: int
    size: int


class LeafRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry of the log."""

    index: int
    digest: bytes
    stream: str
    sequence: int
    seen_at: int
    federation: str


class FlawRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A tile of level 0 and the entries under it that do not agree, or of which one is not there.

    Attributes:
        index: Of the tile.
        peaks: As the hashes in the tile have them; those of the entries are elsewhere. Empty where there is no tile.
        entries: What is wrong, if it is the entries that were changed.
        tile: What is wrong, if it is the tile.
    """

    index: int
    peaks: bytes
    entries: str
    tile: str


class LeavesResult(msgspec.Struct, frozen=True, array_like=True):
    """What some bundles came to.

    Attributes:
        roots: By the index of a tile of level 0 the root over the entries under it; of a partial one the roots of the
            full trees in it, one behind the other. Empty where the entries are not there.
        malformed: Indexes of entries that are none, and why.
    """

    leaves: Sequence[LeafRow]
    roots: dict[int, bytes]
    flaws: Sequence[FlawRow] = ()
    malformed: Sequence[tuple[int, str]] = ()


class AuditPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What all processes of an audit have to know.

    Attributes:
        now: Microseconds since 1970.
        content: Whether the content of what is not sealed is read too.
    """

    federation: str
    root_digest: Digest
    now: int
    content: bool = True
