"""Builders of notes, checkpoints and the keys under them. Everything in them is invented."""

import hashlib
from collections.abc import Iterable

from broker.log.checkpoint import Checkpoint, format_checkpoint, log_origin
from broker.log.cosignature import cosign
from broker.log.note import COSIGNATURE, ED25519, Note, NoteKey, NoteSignature, format_note, sign_note
from broker.log.trust import LogTrust
from broker.merkle import Hash
from broker.signing.keys import SigningKey

FEDERATION = "exercise-2026"
ORIGIN = log_origin(FEDERATION)
WITNESSES = tuple(f"{FEDERATION}/witness/{code}" for code in ("BE", "DE", "FR", "NL", "PL"))
COSIGNED_AT = 1_772_368_215
"""Seconds since 1970, when the first witness cosigned; each later one a second later."""


def a_note_signer(name: str) -> SigningKey:
    """Return the private key that signs notes under *name*, the same on every call."""
    return SigningKey(hashlib.sha256(f"seed of the notes of {name}".encode()).digest())


def a_note_key(name: str = ORIGIN, kind: int = ED25519) -> NoteKey:
    """Return what others know of that key."""
    return NoteKey(name, kind, a_note_signer(name).public)


def a_checkpoint(size: int = 20, root: bytes | None = None, origin: str = ORIGIN) -> Checkpoint:
    """Return a head of the log."""
    return Checkpoint(origin, size, Hash(root or hashlib.sha256(b"root of %d" % size).digest()))


def a_line(text: str, name: str = ORIGIN) -> NoteSignature:
    """Return the line under *text* of the notary, or of whoever else signs like one."""
    return sign_note(text, a_note_signer(name), name)


def cosigned(text: str, names: Iterable[str] = WITNESSES) -> tuple[NoteSignature, ...]:
    """Return the lines of witnesses, each a second after the one before."""
    return tuple(cosign(text, a_note_signer(name), name, COSIGNED_AT + later) for later, name in enumerate(names))


def a_signed_checkpoint(checkpoint: Checkpoint | None = None, witnesses: Iterable[str] = ()) -> bytes:
    """Return the note of a checkpoint, signed by its notary and cosigned by *witnesses*."""
    text = format_checkpoint(checkpoint or a_checkpoint())
    return format_note(Note(text, (a_line(text), *cosigned(text, witnesses))))


def a_log_trust(quorum: int = 3) -> LogTrust:
    """Return trust in the notary and in five witnesses."""
    return LogTrust(ORIGIN, (a_note_key(),), tuple(a_note_key(name, COSIGNATURE) for name in WITNESSES), quorum)
