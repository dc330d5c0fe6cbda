"""What the database of a node is held against: the messages of the bus, as the ledger has them."""

from collections.abc import Iterator
from typing import Final, TypeAlias

import msgspec

from broker.directory.directory import Directory
from broker.types.names import Originator, participant_of
from consumers.audit.ledger import Ledger
from consumers.audit.record import BusAudit
from consumers.audit.topics import Topics
from consumers.findings import Finding

BYTES: Final = 256

_ON_THE_BUS: Final = """
SELECT digest, place, outline, whole FROM message WHERE digest >= ? AND digest < ? ORDER BY digest, place
"""


class Yardstick(msgspec.Struct, frozen=True):
    """What a node is held against.

    Attributes:
        serves: Whether an authority is on this node: then it owes decisions.
        is_logged: Whether a log was audited.
    """

    ledger: Ledger
    topics: Topics
    node: Originator
    serves: bool
    is_logged: bool

    def finding(self, code: str, place: str, message: str) -> Finding:
        """Return a finding at a place in the node's database."""
        return Finding(code, f"{self.node}: {place}", message)


def yardstick_of(bus: BusAudit, node: Originator) -> Yardstick:
    """Return what *node* is held against."""
    return Yardstick(bus.ledger, bus.topics, node, _serves(bus.directory, node), bus.checkpoint is not None)


Copies: TypeAlias = dict[bytes, bool]
"""The outlines of all copies of a message, and whether a copy of it has the bodies that were signed."""


def sightings(ledger: Ledger, first: int = 0, end: int = BYTES) -> Iterator[tuple[bytes, int, Copies]]:
    """Yield each message of the bus: digest, the place of its first copy, and what its copies are.

    Args:
        first, end: Of those whose digests begin with a byte from *first* up to *end*.
    """
    last: tuple[bytes, int, Copies] | None = None
    beyond = bytes([end]) if end < BYTES else b"\xff" * 33
    for digest, place, outline, is_whole in ledger.rows(_ON_THE_BUS, bytes([first]), beyond):
        if last is not None and last[0] == digest:
            last[2][outline] = bool(is_whole) or last[2].get(outline, False)
            continue
        if last is not None:
            yield last
        last = (digest, place, {outline: bool(is_whole)})
    if last is not None:
        yield last


def _serves(directory: Directory, node: Originator) -> bool:
    authorities = (
        directory.authority(name)
        for part in directory.parts.national.values()
        for name in part.state.authorities
        if participant_of(name) == participant_of(node)
    )
    return any(entry is not None and entry.node == node for entry in authorities)
