"""Whom to believe about the log, and what a checkpoint is worth: who signed it, and how many cosigned it."""

from collections.abc import Iterator

import msgspec

from broker.errors import BadNote, BadSignature, UntrustedCheckpoint
from broker.log.checkpoint import Checkpoint, parse_checkpoint
from broker.log.cosignature import check_cosignature
from broker.log.note import Note, NoteKey, check_note, parse_note
from broker.log.tree import TreeHead


class LogTrust(msgspec.Struct, frozen=True):
    """Whose signatures count; ``broker.log_trust`` has it from the directory.

    Attributes:
        origin: Of the one log that is asked about.
        notary: Keys that may sign its checkpoints: more than one where the key was replaced.
        witnesses: Keys of those who are appointed to cosign.
        quorum: How many of them it takes; 0 where none are appointed.
    """

    origin: str
    notary: tuple[NoteKey, ...]
    witnesses: tuple[NoteKey, ...]
    quorum: int


class SignedCheckpoint(msgspec.Struct, frozen=True):
    """A checkpoint that the notary did sign.

    Attributes:
        raw: The exact bytes of the note.
        witnesses: The names of those who cosigned it, of all that are appointed.
        quorum: How many it takes.
        witnessed_at: When the quorum was complete, in seconds since 1970; None while it is not.
    """

    raw: bytes
    checkpoint: Checkpoint
    witnesses: tuple[str, ...]
    quorum: int
    witnessed_at: int | None

    @property
    def size(self) -> int:
        """How many leaves the log has."""
        return self.checkpoint.size

    @property
    def head(self) -> TreeHead:
        """Size and root."""
        return self.checkpoint.head

    @property
    def is_witnessed(self) -> bool:
        """Whether a quorum cosigned it; never where nobody is appointed."""
        return self.witnessed_at is not None


def check_checkpoint(raw: bytes, trust: LogTrust) -> SignedCheckpoint:
    """Check that *raw* is a checkpoint of the log in *trust*, and count who cosigned it.

    A cosignature that does not hold is not counted, and no reason to refuse the rest: else one witness could.

    Raises:
        BadNote: It is no checkpoint.
        UntrustedCheckpoint: It is one of another log, or no notary of this one signed it.
        BadSignature: A signature claims to be the notary's, and is not.
    """
    note = parse_note(raw)
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != trust.origin:
        raise UntrustedCheckpoint(f"a checkpoint of the log {checkpoint.origin[:80]!r}; this one is {trust.origin!r}")
    check_note(note, trust.notary)
    cosigned = dict(_cosigned(note, trust))
    times = sorted(cosigned.values())
    complete = times[trust.quorum - 1] if 0 < trust.quorum <= len(times) else None
    return SignedCheckpoint(raw, checkpoint, tuple(sorted(cosigned)), trust.quorum, complete)


def _cosigned(note: Note, trust: LogTrust) -> Iterator[tuple[str, int]]:
    for key in trust.witnesses:
        for one in note.signatures:
            if one.is_of(key):
                try:
                    yield key.name, check_cosignature(note.text, one, key)
                except (BadNote, BadSignature):
                    continue
                break
