"""What the number of a message says about its stream: a value, never an error.

Nothing in a message's content ever halts a stream, a partition or a reader.
"""

from enum import StrEnum
from typing import Protocol

import msgspec

from broker.types.names import Digest


class Numbered(Protocol):
    """What of a header the chain of its stream is made of."""

    @property
    def sequence(self) -> int:
        """Its number."""
        ...

    @property
    def previous(self) -> Digest:
        """The header digest of the message before it."""
        ...


class Position(msgspec.Struct, frozen=True):
    """The highest message of a stream that a reader has seen."""

    sequence: int
    digest: Digest


class SequenceOutcome(StrEnum):
    """How a message stands to what was seen of its stream before."""

    NEXT = "next"
    """The one that was expected."""
    DUPLICATE = "duplicate"
    """Seen already: drop it."""
    GAP = "gap"
    """One or more before it are missing: deliver it, and a finding until they arrive."""
    UNKNOWN_START = "unknown-start"
    """The first that is seen of its stream, but not number 1: as a gap."""
    FILLS = "fills"
    """One of the missing ones: deliver it; the finding heals when none is missing any more."""
    CONFLICT = "conflict"
    """Another validly signed header carries its number: keep and flag both."""
    BROKEN_CHAIN = "broken-chain"
    """It carries the next number but names another message before it: deliver and flag it."""


def check_sequence(header: Numbered, digest: Digest, *, last: Position | None, known: Digest | None) -> SequenceOutcome:
    """Return how a verified message stands to its stream.

    Args:
        header: Of a message whose signature was checked.
        digest: Of that header.
        last: The highest message seen of the stream; None for none.
        known: The digest of the message that was seen under this very number; None for none.
    """
    if known is not None:
        return SequenceOutcome.DUPLICATE if known == digest else SequenceOutcome.CONFLICT
    if last is None:
        return SequenceOutcome.NEXT if header.sequence == 1 else SequenceOutcome.UNKNOWN_START
    if header.sequence <= last.sequence:
        return SequenceOutcome.FILLS
    if header.sequence > last.sequence + 1:
        return SequenceOutcome.GAP
    return SequenceOutcome.NEXT if header.previous == last.digest else SequenceOutcome.BROKEN_CHAIN
