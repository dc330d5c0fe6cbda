"""The topics of an audit: their numbers, how far each is read, and places in them as people write them."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from broker.types.names import directory_topic
from consumers.audit.units import PLACE_BITS, Part

AT_ONCE: Final = 8192
"""Messages in one piece of work."""


class Topics(msgspec.Struct, frozen=True):
    """The topics of a federation.

    Attributes:
        ends: Where each is read to, the directory's first, the others in the order of their names.
    """

    ends: Mapping[str, int]

    @property
    def directory(self) -> Part:
        """The directory's topic: one piece, since everything else rests on it."""
        name, end = next(iter(self.ends.items()))
        return Part(name, 0, 0, end)

    def parts(self) -> Iterator[Part]:
        """Yield the pieces that all other topics are checked in."""
        for number, (name, end) in enumerate(self.ends.items()):
            if number:
                yield from (Part(name, number, start, min(start + AT_ONCE, end)) for start in range(0, end, AT_ONCE))

    def words(self, place: int) -> str:
        """Return a place for people: ``topic@offset``."""
        name, offset = self.find(place)
        return f"{name}@{offset}"

    def find(self, place: int) -> tuple[str, int]:
        """Return the topic and the offset of a place."""
        return list(self.ends)[place >> PLACE_BITS], place & ((1 << PLACE_BITS) - 1)

    @property
    def messages(self) -> int:
        """How many offsets there are; some may be empty."""
        return sum(self.ends.values())


def ours(topics: frozenset[str], federation: str) -> list[str]:
    """Return the topics of a federation, the directory's first."""
    mine = sorted(topic for topic in topics if topic.startswith(f"{federation}.msg."))
    return [directory_topic(federation), *mine]
