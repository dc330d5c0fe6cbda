"""``evidence.json``: which message an evidence file is about, what is in it, and the digest of every other file."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from broker import limits
from broker.errors import BadEvidence, BadName, UnknownEvidence
from broker.types.names import Digest, check_authority

FORMAT: Final = "tocsin-evidence"
VERSION: Final = 1
MAX_BYTES: Final = 4 * limits.KIB * limits.KIB
"""What the names and digests of as many files as there may be can have; decoded, JSON takes many times its size."""
_HEXADECIMAL: Final = frozenset("0123456789abcdef")
_HASH_DIGITS: Final = 64


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``evidence.json`` says; digests are SHA-256 in hexadecimal, lower case.

    Attributes:
        digest: Header digest of the message.
        disclosed: The sections that are in the file, in the order of the header; ``withheld``: those that are not.
        exported_by: For whom it was made; the word of whoever made it, like everything that no step checks.
        files: The digest of every other file, by its name.
        message: Its name, ``NL/customs/1#42``.
        root_digest: Of the first root record, as the exporter trusts it; who verifies brings his own.
    """

    digest: str
    disclosed: tuple[str, ...]
    exported_by: str
    federation: str
    files: Mapping[str, str]
    format: str
    message: str
    root_digest: str
    version: int
    withheld: tuple[str, ...]


class _Kind(msgspec.Struct, frozen=True):
    """What can be read of every version."""

    format: str
    version: int


_encoder: Final = msgspec.json.Encoder(order="sorted")
_decoder: Final = msgspec.json.Decoder(Manifest)
_kind: Final = msgspec.json.Decoder(_Kind)


def format_manifest(manifest: Manifest) -> bytes:
    """Return the bytes of ``evidence.json``: sorted, without blanks, with one line feed at the end."""
    return _encoder.encode(manifest) + b"\n"


def parse_manifest(raw: bytes) -> Manifest:
    """Parse ``evidence.json``; the exact inverse of :func:`format_manifest`.

    Raises:
        UnknownEvidence: It is of another version.
        BadEvidence: Bytes that ``format_manifest`` would not print, or a digest that is none.
    """
    if len(raw) > MAX_BYTES:
        raise BadEvidence(f"its evidence.json has {len(raw)} bytes; the limit is {MAX_BYTES}")
    manifest = _decode(raw)
    if format_manifest(manifest) != raw:
        raise BadEvidence("its evidence.json is not in its one canonical form")
    _check_authority(manifest.exported_by)
    for digest in (manifest.digest, manifest.root_digest, *manifest.files.values()):
        parse_digest(digest)
    return manifest


def digest_of(content: bytes) -> str:
    """Return the digest of a file, as the manifest has it."""
    return hashlib.sha256(content).hexdigest()


def parse_digest(text: str) -> Digest:
    """Return a digest that is written in hexadecimal.

    Raises:
        BadEvidence: It is not 64 hexadecimal digits in lower case.
    """
    if len(text) != _HASH_DIGITS or not _HEXADECIMAL.issuperset(text):
        raise BadEvidence(f"{text[:80]!r} is no SHA-256 digest in hexadecimal")
    return Digest(bytes.fromhex(text))


def canonical_json(value: Any) -> bytes:
    """Return *value* as JSON for programs: sorted, without blanks, with one line feed at the end."""
    return _encoder.encode(value) + b"\n"


def readable_json(value: Any) -> bytes:
    """Return *value* as JSON for people: sorted, indented by two, with one line feed at the end."""
    return msgspec.json.format(_encoder.encode(value), indent=2) + b"\n"


def _check_authority(name: str) -> None:
    try:
        check_authority(name)
    except BadName as error:
        raise BadEvidence(f"whom it was made for is no authority: {error}") from None


def _decode(raw: bytes) -> Manifest:
    try:
        kind = _kind.decode(raw)
        if kind.format != FORMAT:
            raise BadEvidence(f"its evidence.json is of the format {kind.format[:40]!r}; expected {FORMAT!r}")
        if kind.version != VERSION:
            raise UnknownEvidence(
                f"an evidence file of version {kind.version}; this program knows version {VERSION}",
                hint="Use a newer version of tocsin, or another verifier.",
            )
        return _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadEvidence(f"its evidence.json cannot be read: {error}") from None
