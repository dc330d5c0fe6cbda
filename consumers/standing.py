"""Where a following node stands in each topic, held against where its group on the bus stands; bookkeeping only."""

from collections.abc import Iterator, Mapping, Sequence

from broker.bus.port import Delivered
from broker.errors import CorruptBatch


class Standing:
    """The offsets that a node has to read next.

    Attributes:
        positions: By topic; one that is not there was never read.
    """

    def __init__(self, positions: Mapping[str, int]) -> None:
        self.positions = dict(positions)
        self._went_back: dict[str, int] = {}

    def learn(self, positions: Mapping[str, int]) -> None:
        """Note that all below these positions is done with, or cannot be had."""
        for topic, position in positions.items():
            self.positions[topic] = max(position, self.positions.get(topic, 0))

    def step_over(self, torn: CorruptBatch) -> None:
        """Note that a part cannot be had, if this node has all that lies before it."""
        if torn.start <= self.positions.get(torn.topic, 0):
            self.learn({torn.topic: torn.next})

    def jumps(self, batch: Sequence[Delivered]) -> bool:
        """Say whether *batch* begins behind where the node stands, in any topic."""
        return any(one.offset > self.positions.get(one.topic, 0) for one in _firsts(batch))

    def go_back(self, batch: Sequence[Delivered]) -> dict[str, int]:
        """Return where to read on in the topics in which *batch* jumps.

        Once for each place: where the same comes again, nothing lies between that could be read.
        """
        back = {}
        for one in _firsts(batch):
            position = self.positions.get(one.topic, 0)
            if one.offset > position and self._went_back.get(one.topic) != position:
                back[one.topic] = self._went_back[one.topic] = position
        return back

    def take(self, batch: Sequence[Delivered]) -> list[Delivered]:
        """Return what of *batch* is new, and note that it is done with.

        The group may not have heard of what was read outside it.
        """
        new = [one for one in batch if one.offset >= self.positions.get(one.topic, 0)]
        self.learn({one.topic: one.offset + 1 for one in batch})
        return new


def _firsts(batch: Sequence[Delivered]) -> Iterator[Delivered]:
    """Yield the first of each topic; a topic's messages are in order."""
    return iter({one.topic: one for one in reversed(batch)}.values())
