"""What a member of a group owns and has in hand; bookkeeping only, without a clock or a connection."""

from collections.abc import Iterable, Mapping


class Holding:
    """The topics of one member.

    Attributes:
        settled: The group has shared out its topics and nobody wants them shared out anew.
        stamp: Changes with everything that makes a fetch under way worthless.
        next: The offset to be handed out next, of each topic that is owned.
        aside: Topics that are not read until somebody says where to go on.
    """

    def __init__(self) -> None:
        self.settled = False
        self.stamp = 0
        self.next: dict[str, int] = {}
        self.aside: set[str] = set()
        self._in_hand: dict[str, int] = {}
        self._from: dict[str, int] = {}
        self._last_served = ""

    @property
    def is_empty_handed(self) -> bool:
        """Nothing was handed out that was not committed."""
        return not self._in_hand

    def freeze(self) -> None:
        """Hand nothing out until :meth:`assign`; what is in hand may be committed."""
        self.settled = False
        self.stamp += 1

    def revoke(self) -> None:
        """Own nothing; what is still in hand is lost."""
        self.freeze()
        self._in_hand.clear()
        self.next.clear()
        self.aside.clear()

    def assign(self, positions: Mapping[str, int]) -> None:
        """Own these topics, each to be read from its position on."""
        self.next = dict(positions)
        self._from = dict(positions)
        self.settled = True
        self.stamp += 1

    def in_turn(self) -> list[str]:
        """Return the topics to be served: that after the one that was served last first."""
        names = sorted(self.next.keys() - self.aside)
        after = [name for name in names if name > self._last_served]
        return after + names[: len(names) - len(after)]

    def hand_out(self, topic: str, next_offset: int) -> None:
        """Note that what lies before *next_offset* was handed out."""
        self.next[topic] = self._in_hand[topic] = next_offset
        self._last_served = topic

    def stay(self, topic: str, next_offset: int) -> None:
        """Note that nothing lies before *next_offset* that could be handed out."""
        self.next[topic] = max(next_offset, self.next[topic])

    def put_aside(self, topic: str) -> None:
        """Do not read *topic* until :meth:`seek`."""
        self.aside.add(topic)
        self.stamp += 1

    def seek(self, topic: str, offset: int) -> None:
        """Read an owned topic from *offset* on; what was in hand of it is no longer waited for."""
        self.next[topic] = offset
        self._from[topic] = min(offset, self._from[topic])
        self._in_hand.pop(topic, None)
        self.aside.discard(topic)
        self.stamp += 1

    def lost(self, positions: Mapping[str, int]) -> set[str]:
        """Return the topics of which this cannot be committed.

        Not what is not owned, and nothing below where this member began: another one went on from there meanwhile.
        """
        return {topic for topic, at in positions.items() if topic not in self.next or at < self._from[topic]}

    def commit(self, positions: Mapping[str, int]) -> None:
        """Note that all below these positions is done with."""
        for topic, position in positions.items():
            if position >= self._in_hand.get(topic, position):
                self._in_hand.pop(topic, None)

    def lose(self, topics: Iterable[str]) -> None:
        """Note that the group took these topics away; nothing of them is in hand."""
        for topic in topics:
            self.next.pop(topic, None)
            self._in_hand.pop(topic, None)
        self.stamp += 1
