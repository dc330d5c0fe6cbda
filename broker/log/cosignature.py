"""Cosignatures: a witness says that a checkpoint is consistent with all that it has seen, and when it said so.

Source: C2SP tlog-cosignature, version 1 with Ed25519.
"""

from typing import Final

from broker.errors import BadNote, BadSignature
from broker.log.note import COSIGNATURE, NoteKey, NoteSignature, check_name, check_text
from broker.signing.keys import SIGNATURE_BYTES, SigningKey, check_note_signature

_TIME_BYTES: Final = 8
_MOST_SECONDS: Final = 2**63 - 1


def cosign(text: str, key: SigningKey, name: str, at: int) -> NoteSignature:
    """Return the cosignature of the witness *name* under the text of a checkpoint.

    Args:
        at: The time, in seconds since 1970.

    Raises:
        BadNote: The name, the text or the time is none that can be signed.
    """
    if not 0 <= at <= _MOST_SECONDS:
        raise BadNote(f"{at} is no time in seconds since 1970")
    note_key = NoteKey(check_name(name), COSIGNATURE, key.public)
    return NoteSignature(
        name, note_key.key_hash, at.to_bytes(_TIME_BYTES, "big") + key.sign_note(_message(check_text(text), at))
    )


def check_cosignature(text: str, signature: NoteSignature, key: NoteKey) -> int:
    """Check that the witness with *key* cosigned the text of a checkpoint; return when, in seconds since 1970.

    Raises:
        BadNote: The line has not the form of a cosignature.
        BadSignature: It is not of this key, or not over this text.
    """
    if len(signature.signature) != _TIME_BYTES + SIGNATURE_BYTES:
        raise BadNote(f"a cosignature of {len(signature.signature)} bytes; expected {_TIME_BYTES + SIGNATURE_BYTES}")
    at = int.from_bytes(signature.signature[:_TIME_BYTES], "big")
    if at > _MOST_SECONDS:
        raise BadNote("a cosignature from beyond the end of time")
    if key.kind != COSIGNATURE or not signature.is_of(key):
        raise BadSignature(f"a line of {signature.name[:60]} is no cosignature of {key.name}")
    check_note_signature(key.public, signature.signature[_TIME_BYTES:], _message(text, at))
    return at


def _message(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()
