"""Recalls as their authors write them."""

from typing import Any

from broker.envelope.message import open_envelope
from broker.records.recall import RecallKind
from broker.types.names import Digest
from tests.support.exercise import CUSTOMS, Exercise
from tests.support.records import a_marking, a_recall

REASON = "The laboratory found table salt."


def digest_of(raw: bytes) -> Digest:
    return open_envelope(raw).digest


def a_recall_of(exercise: Exercise, raw: bytes, *, by: str = CUSTOMS, **changes: Any) -> bytes:
    """Return the next message of a stream: a recall of the message *raw*, to the whole of BE."""
    core = a_recall(marking=a_marking(recipients=("BE",)), message=digest_of(raw), **({"reason": REASON} | changes))
    return exercise.authors.write({"core": core}, by=by)


def a_correction_of(exercise: Exercise, raw: bytes, *, by: Digest, **changes: Any) -> bytes:
    """Return the next message of a stream: it says that the message *by* replaces the message *raw*."""
    return a_recall_of(exercise, raw, kind=RecallKind.CORRECTION, replaced_by=by, **changes)
