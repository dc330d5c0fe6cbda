"""A witness of the log: checks, remembers, and only then cosigns; the same over HTTP and in this process."""

from collections.abc import Callable, Collection, Mapping
from typing import Final, TypeAlias

import msgspec

from broker.log.note import COSIGNATURE, NoteKey
from broker.log.witness import OK, SIZE, Answer, Objection, Submission, check_request, cosigned
from broker.signing.keys import SigningKey
from broker.types.time import Clock
from tocsin.witnessing.state import WitnessState

Logs: TypeAlias = Callable[[], Mapping[str, Collection[NoteKey]]]
"""The keys that are trusted for each origin, as they are when it is called; called from several threads."""


class Event(msgspec.Struct, frozen=True):
    """One request and its answer, for a log of what a witness does.

    Attributes:
        suspicion: The code of what the checkpoint may be proof of; empty for none.
        origin: Which log; empty, as all that follows, where no trusted key signed the checkpoint.
        at: The time in the cosignature, seconds since 1970; None where there is none.
    """

    status: int
    says: str
    suspicion: str = ""
    origin: str = ""
    size: int = 0
    root: str = ""
    at: int | None = None


class Witness:
    """One witness under one name and key."""

    def __init__(
        self,
        *,
        name: str,
        key: SigningKey,
        state: WitnessState,
        logs: Logs,
        clock: Clock,
        tell: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        """Wire a witness; *tell* hears of every request, from several threads."""
        self.name: Final = name
        self._key = key
        self._state = state
        self._logs = logs
        self._clock = clock
        self._tell = tell

    @property
    def note_key(self) -> NoteKey:
        """What its cosignatures are checked with."""
        return NoteKey(self.name, COSIGNATURE, self._key.public)

    def answer(self, request: bytes) -> Answer:
        """Return the answer to an ``add-checkpoint`` request; what it cosigns is kept for good before.

        Raises:
            UnusableDatabase, DatabaseBusy: It cannot remember, so it does not cosign.
        """
        submission = check_request(request, self._logs())
        if isinstance(submission, Answer):
            self._tell(Event(submission.status, _says(submission)))
            return submission
        at = self._state.advance(submission, int(self._clock().timestamp()))
        if isinstance(at, Objection):
            self._tell(_refused(submission, at))
            return at.answer
        answer = cosigned(submission, key=self._key, name=self.name, at=at)
        self._tell(_event(submission, OK, "cosigned", at=at))
        return answer


def _refused(submission: Submission, objection: Objection) -> Event:
    answer = objection.answer
    says = _says(answer)
    if answer.content_type == SIZE:
        says = f"asked from {submission.request.old_size}, cosigned last was {says}"
    return _event(submission, answer.status, says, suspicion=objection.suspicion)


def _event(submission: Submission, status: int, says: str, *, suspicion: str = "", at: int | None = None) -> Event:
    head = submission.checkpoint
    return Event(status, says, suspicion, head.origin, head.size, head.root.hex(), at)


def _says(answer: Answer) -> str:
    return answer.body.decode(errors="replace").rstrip("\n")
