"""The header: the small signed part of a message that transport and log need to see.

Its bytes are Avro of ``schemas/avro/header.avsc`` in the one canonical encoding of ``cursor.py``. The bytes that were
signed are kept and forwarded as they are; a header is never encoded again to be checked.
"""

import hashlib
import re
from datetime import datetime
from typing import Final

import msgspec

from broker import limits
from broker.envelope.cursor import Cursor, put_long, put_text
from broker.errors import BadHeader, TooLarge
from broker.types import names
from broker.types.names import Digest, KeyId, MessageName, Originator, Stream
from broker.types.time import from_micros, to_micros
from broker.types.vocabulary import Kind, Status, Tlp

_KINDS: Final = tuple(Kind)
_STATUSES: Final = tuple(Status)
_LABELS: Final = tuple(Tlp)
SECTION_NAME: Final = re.compile(r"[a-z][a-z-]{0,39}")
_UNSEALED_KINDS: Final = frozenset({Kind.RELEASE, Kind.DIRECTORY, Kind.HEADS})
_DIGEST: Final = 32
_KEY_ID: Final = 16


class SectionHead(msgspec.Struct, frozen=True):
    """What the header says of one section.

    Attributes:
        name: ``core``, ``operational``, …
        commitment: Tagged hash of salt, schema id and Avro: what was said.
        body_digest: SHA-256 of the body as sent: what travels.
        key_commitment: Tagged hash of the section key; None where the section is not sealed.
    """

    name: str
    commitment: Digest
    body_digest: Digest
    key_commitment: Digest | None


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The signed part of a message; docs/wire-format.md says what each field means."""

    federation: str
    kind: Kind
    status: Status
    originator: Originator
    writer: int
    sequence: int
    previous: Digest
    issued_at: datetime
    tlp: Tlp
    directory_digest: Digest
    signers: tuple[KeyId, ...]
    sections: tuple[SectionHead, ...]

    @property
    def stream(self) -> Stream:
        """The chain that the message belongs to."""
        return Stream(self.originator, self.writer)

    @property
    def name(self) -> MessageName:
        """What people call the message."""
        return MessageName(self.stream, self.sequence)


def header_digest(header: bytes) -> Digest:
    """Return SHA-256 of a header's bytes: the identity of its message."""
    return Digest(hashlib.sha256(header).digest())


def parse_header(data: bytes) -> Header:
    """Parse a header; the exact inverse of :func:`format_header`.

    Raises:
        TooLarge: More than ``limits.MAX_HEADER_BYTES``.
        NotCanonical: Bytes that ``format_header`` would not print.
        BadHeader: Fields that cannot be true together.
    """
    if len(data) > limits.MAX_HEADER_BYTES:
        raise TooLarge(f"a header of {len(data)} bytes; the limit is {limits.MAX_HEADER_BYTES}")
    cursor = Cursor(data)
    header = Header(
        federation=cursor.text(),
        kind=_KINDS[cursor.index(len(_KINDS))],
        status=_STATUSES[cursor.index(len(_STATUSES))],
        originator=Originator(cursor.text()),
        writer=cursor.long(),
        sequence=cursor.long(),
        previous=Digest(cursor.fixed(_DIGEST)),
        issued_at=from_micros(cursor.long()),
        tlp=_LABELS[cursor.index(len(_LABELS))],
        directory_digest=Digest(cursor.fixed(_DIGEST)),
        signers=_parse_signers(cursor),
        sections=_parse_sections(cursor),
    )
    cursor.end()
    check_header(header)
    return header


def format_header(header: Header) -> bytes:
    """Return the bytes of *header*.

    Raises:
        BadHeader: Fields that cannot be true together.
        TooLarge: More than ``limits.MAX_HEADER_BYTES``.
    """
    check_header(header)
    _check_lengths(header)
    out = bytearray()
    put_text(out, header.federation)
    put_long(out, _KINDS.index(header.kind))
    put_long(out, _STATUSES.index(header.status))
    put_text(out, header.originator)
    put_long(out, header.writer)
    put_long(out, header.sequence)
    out += header.previous
    put_long(out, to_micros(header.issued_at))
    put_long(out, _LABELS.index(header.tlp))
    out += header.directory_digest
    put_long(out, len(header.signers))
    for signer in header.signers:
        out += signer
    put_long(out, 0)
    put_long(out, len(header.sections))
    for section in header.sections:
        _put_section(out, section)
    put_long(out, 0)
    if len(out) > limits.MAX_HEADER_BYTES:
        raise TooLarge(f"a header of {len(out)} bytes; the limit is {limits.MAX_HEADER_BYTES}")
    return bytes(out)


def check_header(header: Header) -> None:
    """Check that the fields of *header* can be true together.

    Raises:
        BadHeader: With the field and what was expected.
        BadName: Federation or originator are not well formed.
    """
    names.check_federation(header.federation)
    if Kind.UNKNOWN is header.kind or Status.UNKNOWN is header.status or Tlp.UNKNOWN is header.tlp:
        raise BadHeader("UNKNOWN stands where a kind, a status or a TLP label has to")
    _check_originator(header)
    if not 1 <= header.writer <= limits.MAX_WRITER:
        raise BadHeader(f"writer {header.writer} is not between 1 and {limits.MAX_WRITER}")
    if not 1 <= header.sequence <= limits.MAX_SEQUENCE:
        raise BadHeader(f"sequence {header.sequence} is not between 1 and {limits.MAX_SEQUENCE}")
    if (header.sequence == 1) != (header.previous == names.ZERO_DIGEST):
        raise BadHeader("only the first message of a stream names no previous one")
    _check_signers(header)
    _check_sections(header)


def _check_lengths(header: Header) -> None:
    """Check what a parsed header cannot get wrong: its digests and key ids were read by their lengths."""
    digests: list[Digest | None] = [header.previous, header.directory_digest]
    for section in header.sections:
        digests += (section.commitment, section.body_digest, section.key_commitment)
    if any(len(digest) != _DIGEST for digest in digests if digest is not None):
        raise BadHeader(f"a digest is not {_DIGEST} bytes long")
    if any(len(signer) != _KEY_ID for signer in header.signers):
        raise BadHeader(f"a key id is not {_KEY_ID} bytes long")


def _check_originator(header: Header) -> None:
    """Authorities write records and releases, nodes write heads, administrators write the directory."""
    names.check_originator(header.originator)
    match header.kind:
        case Kind.RECORD | Kind.RELEASE:
            fits = not names.is_office(header.originator)
        case Kind.DIRECTORY:
            fits = names.is_administrator(header.originator)
        case _:
            fits = names.is_office(header.originator) and not names.is_administrator(header.originator)
    if not fits:
        raise BadHeader(f"{header.originator} is no originator of kind {header.kind.word}")


def _check_signers(header: Header) -> None:
    most = limits.MAX_ROOT_SIGNERS if header.originator == names.ROOT else limits.MAX_SIGNERS
    if not 1 <= len(header.signers) <= most:
        raise BadHeader(f"{len(header.signers)} signers; 1 to {most} are allowed")
    if len(set(header.signers)) != len(header.signers):
        raise BadHeader("a signer is named twice")


def _check_sections(header: Header) -> None:
    sections = header.sections
    if not 1 <= len(sections) <= limits.MAX_SECTIONS:
        raise BadHeader(f"{len(sections)} sections; 1 to {limits.MAX_SECTIONS} are allowed")
    if len({section.name for section in sections}) != len(sections):
        raise BadHeader("a section is named twice")
    sealed = header.kind not in _UNSEALED_KINDS and header.tlp is not Tlp.CLEAR
    for section in sections:
        if not SECTION_NAME.fullmatch(section.name):
            raise BadHeader(f"{section.name[:40]!r} is no section's name")
        if (section.key_commitment is not None) != sealed:
            what = "is not sealed" if sealed else "is sealed"
            raise BadHeader(f"section {section.name} of a {header.kind.word} at TLP:{header.tlp.word} {what}")


def _parse_signers(cursor: Cursor) -> tuple[KeyId, ...]:
    count = cursor.count(limits.MAX_ROOT_SIGNERS)
    signers = tuple([KeyId(cursor.fixed(_KEY_ID)) for _ in range(count)])
    cursor.end_of_array(count)
    return signers


def _parse_sections(cursor: Cursor) -> tuple[SectionHead, ...]:
    count = cursor.count(limits.MAX_SECTIONS)
    sections = tuple(
        [
            SectionHead(
                cursor.text(),
                Digest(cursor.fixed(_DIGEST)),
                Digest(cursor.fixed(_DIGEST)),
                Digest(cursor.fixed(_DIGEST)) if cursor.index(2) else None,
            )
            for _ in range(count)
        ]
    )
    cursor.end_of_array(count)
    return sections


def _put_section(out: bytearray, section: SectionHead) -> None:
    put_text(out, section.name)
    out += section.commitment
    out += section.body_digest
    if section.key_commitment is None:
        put_long(out, 0)
    else:
        put_long(out, 1)
        out += section.key_commitment
