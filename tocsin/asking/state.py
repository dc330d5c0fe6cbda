"""What came of a request: a pure fold over the request and the answers to it, in whatever order they came.

Silence stays silence: nobody's answer is assumed, and nobody answers for another. Whoever was not asked stops no clock.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec

from broker.records.answer import AnswerOutcome
from broker.types.names import Digest, Originator, participant_of

_STRONGEST: Final = (
    AnswerOutcome.ANSWERED,
    AnswerOutcome.MORE_TIME,
    AnswerOutcome.PARTLY,
    AnswerOutcome.NOTHING_KNOWN,
    AnswerOutcome.REFUSED,
)
"""Of several desks of one participant, what counts: what helps most, then what is still to come."""
_SETTLED: Final = frozenset({AnswerOutcome.ANSWERED, AnswerOutcome.NOTHING_KNOWN, AnswerOutcome.REFUSED})


class Addressed(msgspec.Struct, frozen=True):
    """Somebody who is asked.

    Attributes:
        name: As the request names it: a participant, an authority or a group.
        members: The participants and authorities that it stands for; those of a group, else itself.
    """

    name: str
    members: frozenset[str]

    def has(self, authority: Originator) -> bool:
        """Say whether *authority* may answer for it."""
        return not self.members.isdisjoint((authority, participant_of(authority)))


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A request, as far as its clock goes.

    Attributes:
        digests: Its header digest, and those of the requests that it corrects: an answer to any of them is one to it.
    """

    digests: frozenset[Digest]
    asker: Originator
    issued_at: datetime
    answer_by: datetime
    addressed: tuple[Addressed, ...]


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, as far as the clock goes.

    Attributes:
        record: Its header digest.
        until: Until when more time is asked for; None for all others.
    """

    record: Digest
    request: Digest
    by: Originator
    issued_at: datetime
    outcome: AnswerOutcome
    until: datetime | None = None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How one who is asked stands to a request.

    Attributes:
        outcome: What counts of the answers; None for silence.
        due: By when to answer: the request's time, or the later one that was asked for.
        settled_at: When the answer came that settles it; None while it is open.
        replies: The newest answer of each of its authorities, oldest first.
    """

    name: str
    outcome: AnswerOutcome | None
    due: datetime
    settled_at: datetime | None
    replies: tuple[Reply, ...]

    @property
    def is_open(self) -> bool:
        """Whether an answer is still owed: a part is no whole, and more time is no answer."""
        return self.settled_at is None

    def is_overdue(self, now: datetime) -> bool:
        """Say whether an answer is owed and its time has come."""
        return self.is_open and self.due <= now

    @property
    def is_late(self) -> bool:
        """Whether the answer came after its time."""
        return self.settled_at is not None and self.settled_at > self.due


class RequestState(msgspec.Struct, frozen=True):
    """What came of a request.

    Attributes:
        standings: Of everybody who is asked, in the order of the request.
        unasked: Answers of those who were not asked, oldest first.
    """

    standings: tuple[Standing, ...]
    unasked: tuple[Reply, ...]

    @property
    def is_open(self) -> bool:
        """Whether anybody still owes an answer."""
        return any(one.is_open for one in self.standings)

    def is_overdue(self, now: datetime) -> bool:
        """Say whether anybody owes an answer whose time has come."""
        return any(one.is_overdue(now) for one in self.standings)

    @property
    def due(self) -> datetime | None:
        """The next time at which an answer is owed; None where none is."""
        return min((one.due for one in self.standings if one.is_open), default=None)

    @property
    def settled(self) -> int:
        """How many of those who are asked have answered."""
        return sum(not one.is_open for one in self.standings)


def state_of(question: Question, replies: Iterable[Reply]) -> RequestState:
    """Return what came of *question*; the same for the same *replies* in any order, and however often each is there."""
    newest = _newest(one for one in replies if one.request in question.digests)
    standings = tuple(
        _standing(one, question.answer_by, [reply for reply in newest if one.has(reply.by)])
        for one in question.addressed
    )
    unasked = tuple(one for one in newest if not any(asked.has(one.by) for asked in question.addressed))
    return RequestState(standings, unasked)


def _newest(replies: Iterable[Reply]) -> list[Reply]:
    """Return the newest answer of each authority, oldest first; of one moment, the one with the greater digest."""
    found: dict[Originator, Reply] = {}
    for one in replies:
        before = found.get(one.by)
        if before is None or _order(before) < _order(one):
            found[one.by] = one
    return sorted(found.values(), key=_order)


def _order(reply: Reply) -> tuple[datetime, Digest]:
    return reply.issued_at, reply.record


def _standing(addressed: Addressed, answer_by: datetime, replies: list[Reply]) -> Standing:
    said = {one.outcome for one in replies}
    outcome = next((one for one in _STRONGEST if one in said), None)
    settling = (one.issued_at for one in replies if outcome in _SETTLED and one.outcome is outcome)
    return Standing(
        name=addressed.name,
        outcome=outcome,
        due=max((answer_by, *_asked_for(replies))),
        settled_at=min(settling, default=None),
        replies=tuple(replies),
    )


def _asked_for(replies: list[Reply]) -> Iterator[datetime]:
    for one in replies:
        if one.outcome is AnswerOutcome.MORE_TIME and one.until is not None:
            yield one.until
