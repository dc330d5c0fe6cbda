"""What every bus checks, and how it says that something is wrong; each adapter raises the same."""

import re
from collections.abc import Iterable
from typing import Final

from broker import limits
from broker.bus.port import Outgoing
from broker.errors import BadName, PositionOutOfRange, TooLarge, UnknownTopic

_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")


def check_topics(names: Iterable[str]) -> None:
    """Check that each name can be a topic's.

    Raises:
        BadName: One is not 1 to 249 of the permitted characters.
    """
    for name in names:
        if not _TOPIC.fullmatch(name):
            raise BadName(f"{name[:60]!r} is no topic: expected 1 to 249 of A-Z a-z 0-9 . _ -")


def check_sizes(messages: Iterable[Outgoing]) -> None:
    """Check that each message fits into a topic.

    Raises:
        TooLarge: One does not.
    """
    for place, message in enumerate(messages):
        size = len(message.key.encode()) + len(message.value)
        if size > limits.MAX_RECORD_BYTES:
            raise TooLarge(f"message {place} of the batch has {size} bytes; a topic takes {limits.MAX_RECORD_BYTES}")


def check_position(topic: str, position: int, *, end: int) -> None:
    """Check that *position* lies between 0 and the end of *topic*.

    Raises:
        PositionOutOfRange: It does not.
    """
    if not 0 <= position <= end:
        raise PositionOutOfRange(
            f"position {position} of {topic} does not exist: the topic ends at {end}",
            hint="The bus may have been restored or replaced; compare it with what this node has recorded.",
        )


def check_known(known: Iterable[str], names: Iterable[str]) -> None:
    """Check that the bus has every topic of *names*.

    Raises:
        UnknownTopic: It lacks one.
    """
    missing = set(names).difference(known)
    if missing:
        raise unknown_topic(missing)


def unknown_topic(names: Iterable[str]) -> UnknownTopic:
    """Return the error that says which topics are missing."""
    return UnknownTopic(f"the bus has no topic {', '.join(sorted(names))}", hint="Create it first.")
