"""A scenario: who takes part, which messages come when, and what is expected of whom."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

import msgspec

from broker.types.names import Originator, Participant
from broker.types.vocabulary import Sector, Tlp, Word

RECALL: Final = "recall"
"""What a message that takes another one back has as its kind."""


class Deed(Word):
    """What is expected of an authority with a message."""

    RECEIVED = "RECEIVED"
    ALERTED = "ALERTED"
    OPENED = "OPENED"
    ANSWERED = "ANSWERED"
    REPLIED = "REPLIED"
    SENT = "SENT"
    REMOVED = "REMOVED"

    @property
    def is_a_message(self) -> bool:
        """Whether it is done by sending one."""
        return self in _MESSAGES


_MESSAGES: Final = frozenset({Deed.ANSWERED, Deed.REPLIED, Deed.SENT})


class Player(msgspec.Struct, frozen=True):
    """A participant, and the sectors of its authorities; the first is its focal point."""

    code: Participant
    name: str
    sectors: tuple[Sector, ...]

    @property
    def authorities(self) -> tuple[Originator, ...]:
        """The names of its authorities."""
        return tuple(Originator(f"{self.code}/{sector.word}") for sector in self.sectors)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is sent.

    Attributes:
        at: Since the start.
        kind: The first part of the path of its schemas, or ``recall``.
        sections: As the scenario writes them, with references in them.
        message: The step that it takes back; empty where it is no recall.
        reason: Why it takes it back.
    """

    id: str
    at: timedelta
    by: Originator
    kind: str
    tlp: Tlp
    sections: Mapping[str, Mapping[str, Any]] = {}
    message: str = ""
    reason: str = ""


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What an authority should do with a message, and by when.

    Attributes:
        message: The step that it is about.
        within: After that message was sent.
        kind: Of the message that should be sent; empty for any, or where none is to be.
        after: When a run without people does it, after that message; None for never, or by itself.
        reaction: The message by which such a run does it.
    """

    id: str
    who: Originator
    deed: Deed
    message: str
    within: timedelta
    points: int
    kind: str = ""
    after: timedelta | None = None
    reaction: Step | None = None


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """An exercise on paper."""

    name: str
    title: str
    says: str
    lasts: timedelta
    players: tuple[Player, ...]
    steps: tuple[Step, ...]
    expected: tuple[Expected, ...]

    @property
    def authorities(self) -> tuple[Originator, ...]:
        """Everybody who takes part."""
        return tuple(one for player in self.players for one in player.authorities)

    @property
    def points(self) -> int:
        """How many there are to be had."""
        return sum(one.points for one in self.expected)

    def messages(self) -> Iterator[Step]:
        """Yield what is sent, the reactions of a run without people included, in order of time."""
        reactions = (one.reaction for one in self.expected if one.reaction is not None)
        yield from sorted((*self.steps, *reactions), key=lambda one: one.at)
