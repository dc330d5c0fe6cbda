"""Heads: what a node has sent and what it has seen, so that nothing is dropped or hidden unnoticed."""

from typing import Final

import msgspec

from broker.errors import BadName
from broker.records.bounds import Count, Sequence, Sha256, Writer
from broker.records.problems import Problem, Problems
from broker.records.texts import repetition_problems
from broker.types import names

SECTION: Final = "heads"
"""The one section of a HEADS message."""


class StreamState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a stream stands."""

    originator: names.Originator
    writer: Writer
    sequence: Sequence
    digest: Sha256
    frozen: bool

    @property
    def stream(self) -> names.Stream:
        """The stream that this speaks of."""
        return names.Stream(self.originator, self.writer)

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the stream's name."""
        try:
            names.check_originator(self.originator)
        except BadName as error:
            yield Problem("originator", "bad-name", str(error))


class Heads(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a node has sent and what it has seen."""

    streams: tuple[StreamState, ...]
    directory_digest: Sha256
    decisions_root: Sha256
    decisions_count: Count
    checkpoint: bytes | None = None

    def broken_rules(self) -> Problems:
        """Yield a problem for each stream that is there twice."""
        yield from repetition_problems("streams", [one.stream for one in self.streams])
