"""Points: for what was done in time all of them, late half of them, never done none."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

import msgspec

from broker.types.names import Originator, Participant, participant_of
from broker.types.vocabulary import Word
from tocsin.exercise.scenario import Deed, Expected

_LATE: Final = 0.5
"""Share of the points for what was done late."""


class Verdict(Word):
    """How it was done."""

    IN_TIME = "IN_TIME"
    LATE = "LATE"
    MISSING = "MISSING"
    OPEN = "OPEN"
    """Not done, and there is time left."""


class Scored(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one expectation.

    Attributes:
        took: Time of the scenario from the message to the deed; None where it was not done.
        by: The message by which it was done; empty for what needs none.
    """

    expected: Expected
    verdict: Verdict
    took: timedelta | None
    points: float
    by: str = ""


class NodeScore(msgspec.Struct, frozen=True):
    """The points of a participant."""

    participant: Participant
    points: float
    of: int
    late: int
    missing: int


def judge(expected: Expected, took: timedelta | None, passed: timedelta | None, by: str = "") -> Scored:
    """Return the verdict on one expectation.

    Args:
        took: Time of the scenario from the message to the deed; None where it was not done.
        passed: Time of the scenario since the message; None where the message was not sent.
    """
    if took is not None:
        verdict = Verdict.IN_TIME if took <= expected.within else Verdict.LATE
    else:
        verdict = Verdict.OPEN if passed is None or passed <= expected.within else Verdict.MISSING
    share = {Verdict.IN_TIME: 1.0, Verdict.LATE: _LATE}.get(verdict, 0.0)
    return Scored(expected=expected, verdict=verdict, took=took, points=expected.points * share, by=by)


def by_node(several: Sequence[Scored]) -> tuple[NodeScore, ...]:
    """Return the points of each participant, by its code."""
    codes = sorted({participant_of(one.expected.who) for one in several})
    return tuple(_sum(code, [one for one in several if participant_of(one.expected.who) == code]) for code in codes)


def tally(several: Iterable[Scored], who: Originator) -> dict[Deed, tuple[int, int]]:
    """Return of each deed that was expected of an authority how often it was done in time, and of how often."""
    found: dict[Deed, tuple[int, int]] = {}
    for one in several:
        if one.expected.who == who:
            done, of = found.get(one.expected.deed, (0, 0))
            found[one.expected.deed] = done + (one.verdict is Verdict.IN_TIME), of + 1
    return found


def _sum(code: Participant, several: Sequence[Scored]) -> NodeScore:
    return NodeScore(
        code,
        sum(one.points for one in several),
        sum(one.expected.points for one in several),
        sum(one.verdict is Verdict.LATE for one in several),
        sum(one.verdict is Verdict.MISSING for one in several),
    )
