"""What a node could not have of the bus: kept as findings until the bus gives it, or somebody decides to go on without.

Three things keep a node from reading on, and none of them is its own mistake:

- ``bus-behind``: the topic ends before the place where this node stands. It was rolled back, or is another one.
- ``retention-passed``: messages were deleted before this node read them.
- ``corrupt-batch``: bytes were changed. They are stepped over, and asked for again: another replica may have them.

A topic of the first two kinds is left aside; all others are read on.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from sqlalchemy import Engine

from broker.database import reading, writing
from broker.errors import CorruptBatch, PositionOutOfRange, RetentionPassed, TransportError
from broker.types.time import Clock
from consumers.findings import Findings, open_findings

BEHIND: Final = "bus-behind"
"""The code of a topic that ends before the place where a node stands."""
_STOPPING: Final = (BEHIND, RetentionPassed.code)
_PLACE: Final = re.compile(r"(?P<topic>.+)@(?P<start>\d+)-(?P<next>\d+)")

Stopping = PositionOutOfRange | RetentionPassed
"""Why a topic is left aside."""


class Torn(msgspec.Struct, frozen=True):
    """A part of a topic that was stepped over: from *start* on, up to and without *next*."""

    topic: str
    start: int
    next: int

    def __str__(self) -> str:
        return f"{self.topic}@{self.start}-{self.next}"


class Gaps:
    """The gaps that one node knows of."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def stopped(self) -> dict[str, str]:
        """Return which topics are left aside, and the code of the reason."""
        with reading(self._engine) as connection:
            return {one.place: one.code for one in open_findings(connection) if one.code in _STOPPING}

    def settle(self, topics: frozenset[str], stopped: Mapping[str, Stopping]) -> None:
        """Record which of *topics* are left aside now; whatever was and is not any more has healed."""
        was = {(code, topic) for topic, code in self.stopped().items() if topic in topics}
        now = {(_code(error), topic): error for topic, error in stopped.items()}
        healed = was - now.keys()
        if not now and not healed:
            return
        with writing(self._engine) as connection:
            findings = Findings(connection)
            for (code, topic), error in now.items():
                findings.report(code, topic, str(error), self._clock())
            for code, topic in healed:
                findings.heal(code, topic, self._clock())

    def stop(self, topic: str, error: Stopping) -> None:
        """Record that *topic* is left aside from now on."""
        with writing(self._engine) as connection:
            Findings(connection).report(_code(error), topic, str(error), self._clock())

    def tear(self, error: CorruptBatch) -> None:
        """Record that a part of a topic was stepped over."""
        place = str(Torn(error.topic, error.start, error.next))
        with writing(self._engine) as connection:
            Findings(connection).report(error.code, place, str(error), self._clock())

    def torn(self) -> Iterator[Torn]:
        """Yield every part that was stepped over and not had since."""
        with reading(self._engine) as connection:
            found = [one.place for one in open_findings(connection) if one.code == CorruptBatch.code]
        for place in found:
            match = _PLACE.fullmatch(place)
            if match is not None:
                yield Torn(match["topic"], int(match["start"]), int(match["next"]))

    def mend(self, torn: Torn) -> None:
        """Record that a part that was stepped over has been had after all."""
        with writing(self._engine) as connection:
            Findings(connection).heal(CorruptBatch.code, str(torn), self._clock())


def _code(error: TransportError) -> str:
    return BEHIND if isinstance(error, PositionOutOfRange) else error.code
