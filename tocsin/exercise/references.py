"""What a scenario leaves open until it is played: days, times and the digests of messages.

====================== ==================================================
``@day``, ``@day+5``   that many days after the day of the start
``@time+8h``           that long after the start
``@message seizure``   the header digest of the message of that step
====================== ==================================================
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from broker.errors import MalformedError
from broker.types.names import Digest
from tocsin.exercise.durations import parse_duration

_DAY: Final = re.compile(r"@day(?:([+-]\d{1,4}))?", re.ASCII)
_TIME: Final = re.compile(r"@time(?:\+(\S+))?", re.ASCII)
_MESSAGE: Final = re.compile(r"@message ([a-z0-9-]+)", re.ASCII)


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """What references stand for in one play.

    Attributes:
        speed: Seconds of the scenario in one second; times are by the clock on the wall, days by the scenario.
        digests: Of the messages sent so far, by the ids of their steps.
    """

    start: datetime
    speed: float = 1.0
    digests: Mapping[str, Digest]

    def at(self, after: timedelta) -> datetime:
        """Return when something happens that happens so long after the start."""
        return self.start + after / self.speed


def fill(tree: Any, moment: Moment) -> Any:
    """Return *tree* with its references replaced by what they stand for.

    Raises:
        MalformedError: A reference is misspelt, or names a message that was not sent before.
    """
    if isinstance(tree, Mapping):
        return {name: fill(value, moment) for name, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [fill(value, moment) for value in tree]
    if isinstance(tree, str) and tree.startswith("@"):
        return _stands_for(tree, moment)
    return tree


def messages_in(tree: Any) -> Iterator[str]:
    """Yield the ids of the steps that *tree* refers to."""
    if isinstance(tree, Mapping):
        tree = tuple(tree.values())
    if isinstance(tree, list | tuple):
        for value in tree:
            yield from messages_in(value)
    elif isinstance(tree, str) and (found := _MESSAGE.fullmatch(tree)):
        yield found.group(1)


def _stands_for(text: str, moment: Moment) -> Any:
    if found := _DAY.fullmatch(text):
        return (moment.start + timedelta(days=int(found.group(1) or 0))).date()
    if found := _TIME.fullmatch(text):
        return moment.at(parse_duration(found.group(1)) if found.group(1) else timedelta())
    if found := _MESSAGE.fullmatch(text):
        digest = moment.digests.get(found.group(1))
        if digest is None:
            raise MalformedError(f"{text[:60]!r}: no such message is sent before")
        return bytes(digest)
    raise MalformedError(f"{text[:40]!r} is no reference; expected @day+5, @time+8h or @message ID")
