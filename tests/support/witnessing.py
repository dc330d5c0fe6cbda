"""Builders of witnesses, and of what they are asked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from broker.log.checkpoint import Checkpoint
from broker.log.note import NoteKey
from broker.log.witness import AddCheckpoint, Answer, Cosigned, ask, format_request
from broker.merkle import Hash
from tests.support.notes import ORIGIN, WITNESSES, a_note_key, a_note_signer, a_signed_checkpoint
from tests.support.plain_log import PlainLog, an_entry
from tocsin.witnessing.state import WitnessState, open_witness_state
from tocsin.witnessing.witness import Event, Witness

NOW = 1_780_000_000
"""Seconds since 1970."""
BE = WITNESSES[0]
LOGS = {ORIGIN: (a_note_key(),)}


def a_log(size: int = 40, *, forked_at: int | None = None) -> PlainLog:
    """Return a log; one that is forked has other entries from there on."""
    fork = size if forked_at is None else forked_at
    return PlainLog([an_entry(number if number < fork else -number) for number in range(size)])


LOG = a_log()
FORK = a_log(forked_at=5)
"""Signed by the same key; the first five entries are the same."""


def a_note(size: int, log: PlainLog = LOG) -> bytes:
    """Return the notary's checkpoint of *size*."""
    return a_signed_checkpoint(Checkpoint(ORIGIN, size, log.root(0, size)))


def a_proof(old: int, size: int, log: PlainLog = LOG) -> tuple[Hash, ...]:
    """Return the consistency proof between two sizes."""
    return log.proof(old, 0, size) if 0 < old < size else ()


def a_request(old: int, size: int, log: PlainLog = LOG) -> bytes:
    """Return the request for a cosignature of *size* by a witness that is believed to know *old*."""
    return format_request(AddCheckpoint(old, a_proof(old, size, log), a_note(size, log)))


def conversation(
    answer: Callable[[bytes], Answer], size: int, log: PlainLog = LOG, *, known: int = 0, key: NoteKey | None = None
) -> Cosigned:
    """Ask a witness for its cosignature, and return what it gave."""
    asking = ask(
        a_note(size, log),
        known_size=known,
        prove=lambda old: a_proof(old, size, log),
        key=key or a_note_key(BE, 4),
    )
    request = next(asking)
    while True:
        try:
            request = asking.send(answer(request))
        except StopIteration as ended:
            given: Cosigned = ended.value
            return given


class Seconds:
    """A clock that stands still until it is set."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)


def a_witness(
    state: WitnessState, clock: Seconds | None = None, tell: Callable[[Event], None] = lambda _event: None
) -> Witness:
    """Return the witness of BE, which trusts the notary of the exercise."""
    return Witness(name=BE, key=a_note_signer(BE), state=state, logs=lambda: LOGS, clock=clock or Seconds(), tell=tell)


@contextmanager
def a_state(folder: Path) -> Iterator[WitnessState]:
    """Give the memory in *folder*, made where it is not there."""
    state = open_witness_state(folder / "witness.sqlite")
    try:
        yield state
    finally:
        state.close()
