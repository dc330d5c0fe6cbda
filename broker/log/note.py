"""Signed notes: a text and the lines of those who signed it.

::

    text, one line or more, each ended by LF
    (empty line)
    — NAME base64(4 bytes of key hash ‖ signature)

Source: C2SP signed-note v1.0.0.
"""

import hashlib
import re
from collections.abc import Collection, Iterable
from typing import Final

import msgspec

from broker import limits
from broker.errors import BadNote, UntrustedCheckpoint
from broker.log.text import format_base64, parse_base64
from broker.signing.keys import SigningKey, check_note_signature, check_public_key

ED25519: Final = 0x01
"""Signs the text of the note as it is."""
COSIGNATURE: Final = 0x04
"""Signs the text and the time (C2SP tlog-cosignature)."""

KEY_HASH_BYTES: Final = 4
_PUBLIC_BYTES: Final = 32
_DASH: Final = "— "
_CONTROLS: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")


class NoteKey(msgspec.Struct, frozen=True):
    """Who may sign a note, and how.

    Attributes:
        kind: :data:`ED25519` or :data:`COSIGNATURE`.
        public: 32 bytes of Ed25519.
    """

    name: str
    kind: int
    public: bytes

    @property
    def key_hash(self) -> bytes:
        """What a signature line names the key by, beside its name; too short to prove anything."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:KEY_HASH_BYTES]


class NoteSignature(msgspec.Struct, frozen=True):
    """One line of a note; nothing in it is believed."""

    name: str
    key_hash: bytes
    signature: bytes

    def is_of(self, key: NoteKey) -> bool:
        """Say whether the line claims to be *key*'s."""
        return self.name == key.name and self.key_hash == key.key_hash


class Note(msgspec.Struct, frozen=True):
    """A text that ends with a line feed, and at least one signature, whether or not it holds."""

    text: str
    signatures: tuple[NoteSignature, ...]


def parse_note(raw: bytes) -> Note:
    """Parse a note; the exact inverse of :func:`format_note`.

    Raises:
        BadNote: It is none, or beyond the limits.
    """
    text = _decode(raw)
    end = text.rfind("\n\n")
    if end < 0:
        raise BadNote("a note without an empty line before its signatures")
    return Note(text[: end + 1], _parse_lines(text[end + 2 :]))


def format_note(note: Note) -> bytes:
    """Return the bytes of a note; the exact inverse of :func:`parse_note`."""
    return note.text.encode() + b"\n" + format_signatures(note.signatures)


def parse_signatures(raw: bytes) -> tuple[NoteSignature, ...]:
    """Parse the signature lines of a note by themselves; the exact inverse of :func:`format_signatures`.

    Raises:
        BadNote: They are none, or beyond the limits.
    """
    return _parse_lines(_decode(raw))


def format_signatures(signatures: Iterable[NoteSignature]) -> bytes:
    """Return signature lines as they stand in a note."""
    return "".join(f"{_DASH}{one.name} {format_base64(one.key_hash + one.signature)}\n" for one in signatures).encode()


def parse_note_key(text: str) -> NoteKey:
    """Parse a verifier key, ``NAME+HASH+KEY``; the exact inverse of :func:`format_note_key`.

    Raises:
        BadNote: It is none of the two kinds, or the hash is another key's.
        WeakKey: It is a key that others could sign for.
    """
    name, *rest = text.split("+", 2)
    if len(rest) != 2:
        raise BadNote(f"{text[:80]!r} is no verifier key: expected NAME+HASH+KEY")
    encoded = parse_base64(rest[1])
    if len(encoded) != 1 + _PUBLIC_BYTES or encoded[0] not in (ED25519, COSIGNATURE):
        raise BadNote(f"the verifier key {name[:60]!r} is not one of Ed25519")
    key = NoteKey(check_name(name), encoded[0], encoded[1:])
    if key.key_hash.hex() != rest[0]:
        raise BadNote(f"the verifier key {name[:60]!r} has the hash {rest[0][:16]!r}, expected {key.key_hash.hex()}")
    check_public_key(key.public)
    return key


def format_note_key(key: NoteKey) -> str:
    """Return a verifier key as others are told it."""
    return f"{key.name}+{key.key_hash.hex()}+{format_base64(bytes([key.kind]) + key.public)}"


def sign_note(text: str, key: SigningKey, name: str) -> NoteSignature:
    """Return the signature line of *key* under *text*, which has to end with a line feed."""
    note_key = NoteKey(check_name(name), ED25519, key.public)
    return NoteSignature(name, note_key.key_hash, key.sign_note(check_text(text).encode()))


def check_note(note: Note, keys: Collection[NoteKey]) -> NoteKey:
    """Check that one of *keys*, which are of kind :data:`ED25519`, signed a note; return the first that did.

    Signatures of keys that are not asked about are ignored, as the specification wants it.

    Raises:
        UntrustedCheckpoint: None of them signed it.
        BadSignature: A line claims to be one of theirs, and is not.
    """
    known = {(key.name, key.key_hash): key for key in keys if key.kind == ED25519}
    signed: list[NoteKey] = []
    for one in note.signatures:
        key = known.get((one.name, one.key_hash))
        if key is not None:
            check_note_signature(key.public, one.signature, note.text.encode())
            signed.append(key)
    if not signed:
        names = ", ".join(dict.fromkeys(one.name[:60] for one in note.signatures[:3]))
        raise UntrustedCheckpoint(f"a note that nobody signed who may: it is signed by {names}")
    return signed[0]


def check_name(name: str) -> str:
    """Return *name* if a key may have it.

    Raises:
        BadNote: It is empty, or has a space, a plus or a control character.
    """
    if not name or "+" in name or _CONTROLS.search(name) or any(character.isspace() for character in name):
        raise BadNote(f"{name[:60]!r} is no name of a key")
    return name


def check_text(text: str) -> str:
    """Return *text* if it can be signed.

    Raises:
        BadNote: It does not end with a line feed, or has other control characters.
    """
    if not text.endswith("\n") or _CONTROLS.search(text):
        raise BadNote("a text that is signed ends with a line feed, and has no other control character")
    return text


def _decode(raw: bytes) -> str:
    if len(raw) > limits.MAX_NOTE_BYTES:
        raise BadNote(f"a note of {len(raw)} bytes; the limit is {limits.MAX_NOTE_BYTES}")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise BadNote("a note that is not UTF-8") from None
    return check_text(text)


def _parse_lines(text: str) -> tuple[NoteSignature, ...]:
    lines = text.split("\n")[:-1]
    if not 1 <= len(lines) <= limits.MAX_NOTE_SIGNATURES:
        raise BadNote(f"{len(lines)} signatures; expected 1 to {limits.MAX_NOTE_SIGNATURES}")
    return tuple(_parse_line(line) for line in lines)


def _parse_line(line: str) -> NoteSignature:
    if not line.startswith(_DASH):
        raise BadNote(f"{line[:60]!r} is no signature: expected — NAME SIGNATURE")
    name, separator, encoded = line.removeprefix(_DASH).partition(" ")
    data = parse_base64(encoded)
    if not separator or len(data) <= KEY_HASH_BYTES:
        raise BadNote(f"{line[:60]!r} is no signature: expected — NAME SIGNATURE")
    return NoteSignature(check_name(name), data[:KEY_HASH_BYTES], data[KEY_HASH_BYTES:])
