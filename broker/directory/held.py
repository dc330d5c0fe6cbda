"""A DIRECTORY message as the directory holds it: its shape is right, nothing about its signers is known yet."""

import hashlib
from typing import Final

import msgspec

from broker.avro import decode, schema, schema_by_id
from broker.directory.entries import ENTRY_TYPES, Entry, RevocationEntry, schema_path
from broker.directory.rules import check_entry
from broker.envelope.body import Content, read_body
from broker.envelope.header import Header
from broker.envelope.message import Opened
from broker.envelope.outer import Signature
from broker.errors import BadHeader, BodyMissing, BrokerError, UnknownSchema, WrongFederation
from broker.types.names import Digest
from broker.types.vocabulary import Kind, Tlp

_SECTIONS: Final = 1


class Held(msgspec.Struct, frozen=True):
    """One copy of a message.

    Attributes:
        digest: The message's identity.
        copy: SHA-256 of the whole envelope: a copy with another signature must not displace the right one.
        entry: What it says; None where this version cannot read it.
        flaw: Why the entry never applies; None where it may.
    """

    digest: Digest
    copy: Digest
    header: Header
    header_bytes: bytes
    signatures: tuple[Signature, ...]
    entry: Entry | None
    flaw: BrokerError | None

    @property
    def place(self) -> tuple[int, int, Digest, Digest]:
        """Where it stands among its originator's messages, whenever it arrived."""
        return (self.header.writer, self.header.sequence, self.digest, self.copy)


def hold(opened: Opened, federation: str) -> Held:
    """Check the shape of a DIRECTORY message and read its entry.

    A wrong entry is kept as a flaw: the message still takes its place in its stream. A wrong shape or body is refused,
    because it need not be the work of who signed, or could never be a message of the directory.

    Raises:
        WrongFederation: It belongs to another federation.
        BadHeader: It is no DIRECTORY message at TLP:CLEAR with exactly one section.
        BodyMissing, BodyMismatch, BadBody, CommitmentMismatch: The body is not what was signed.
    """
    content = _content(opened, federation)
    header = opened.header
    entry, flaw = None, None
    try:
        entry = _entry(header.sections[0].name, content)
        check_entry(entry, header.originator, federation)
    except BrokerError as error:
        flaw = error
    copy = Digest(hashlib.sha256(opened.raw).digest())
    return Held(opened.digest, copy, header, opened.header_bytes, opened.signatures, entry, flaw)


def revocation_of(held: Held) -> RevocationEntry | None:
    """Return the revocation that a message makes, if it makes one and nothing is wrong with it."""
    return held.entry if isinstance(held.entry, RevocationEntry) and held.flaw is None else None


def _content(opened: Opened, federation: str) -> Content:
    header = opened.header
    if header.federation != federation:
        raise WrongFederation(f"a message of {header.federation}; this is the directory of {federation}")
    if header.kind is not Kind.DIRECTORY or header.tlp is not Tlp.CLEAR:
        raise BadHeader(f"{header.name} is a {header.kind.word} at TLP:{header.tlp.word}, no directory at TLP:CLEAR")
    if len(header.sections) != _SECTIONS:
        raise BadHeader(f"{header.name} has {len(header.sections)} sections; a directory message has one")
    body = opened.bodies[0]
    if body is None:
        raise BodyMissing(f"{header.name} came without its body")
    return read_body(header.sections[0], body)


def _entry(section: str, content: Content) -> Entry:
    written_by = schema_by_id(content.schema_id)
    if section not in ENTRY_TYPES or written_by != schema(schema_path(section)):
        raise UnknownSchema(f"a section {section} with the schema {written_by.path} is no entry of the directory")
    return decode(written_by, content.avro, ENTRY_TYPES[section])
