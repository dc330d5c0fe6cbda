"""A message as one value: read from bytes, or composed to be signed."""

from collections.abc import Collection, Sequence

import msgspec

from broker.envelope.body import Content, body_digest, commitment, format_body
from broker.envelope.header import Header, SectionHead, format_header, header_digest, parse_header
from broker.envelope.outer import Envelope, Signature, format_envelope, parse_envelope
from broker.errors import BadHeader
from broker.types.names import Digest


class Opened(msgspec.Struct, frozen=True):
    """A message that could be parsed. Nothing in it is believed yet.

    Attributes:
        raw: The exact bytes of the envelope.
        header_bytes: The exact signed bytes.
        digest: SHA-256 of ``header_bytes``: the message's identity.
    """

    raw: bytes
    header: Header
    header_bytes: bytes
    digest: Digest
    signatures: tuple[Signature, ...]
    bodies: tuple[bytes | None, ...]


class Part(msgspec.Struct, frozen=True):
    """One section as it will travel, sealed or not: what the header says of it, and its body."""

    head: SectionHead
    body: bytes


class Unsigned(msgspec.Struct, frozen=True):
    """A message that still lacks its signatures."""

    header: Header
    header_bytes: bytes
    digest: Digest
    bodies: tuple[bytes, ...]


def open_envelope(raw: bytes) -> Opened:
    """Parse a whole message.

    Raises:
        MalformedError: One of its leaves, for bytes that no honest writer would produce.
    """
    envelope = parse_envelope(raw)
    header = parse_header(envelope.header)
    if len(envelope.signatures) != len(header.signers):
        raise BadHeader(f"{len(header.signers)} signers are announced, {len(envelope.signatures)} signatures are there")
    if len(envelope.bodies) != len(header.sections):
        raise BadHeader(f"{len(header.sections)} sections are announced, {len(envelope.bodies)} bodies are there")
    digest = header_digest(envelope.header)
    return Opened(raw, header, envelope.header, digest, envelope.signatures, envelope.bodies)


def compose(header: Header, contents: Sequence[tuple[str, Content]]) -> Unsigned:
    """Return a message of *header* with one unsealed section for each of *contents*.

    Args:
        header: Everything but the sections; those that it has are replaced.
        contents: Section names and what they hold, in order.

    Raises:
        BadHeader: Fields that cannot be true together.
        TooLarge: A section or the header exceeds its limit.
    """
    return assemble(header, [unsealed(name, content) for name, content in contents])


def unsealed(name: str, content: Content) -> Part:
    """Return section *name* for everybody to read.

    Raises:
        TooLarge: No size class is large enough.
    """
    body = format_body(content)
    return Part(SectionHead(name, commitment(content), body_digest(body), None), body)


def assemble(header: Header, parts: Sequence[Part]) -> Unsigned:
    """Return a message of *header* with *parts* as its sections, in order.

    Args:
        header: Everything but the sections; those that it has are replaced.
        parts: Sealed and unsealed sections.

    Raises:
        BadHeader: Fields that cannot be true together.
        TooLarge: The header exceeds its limit.
    """
    whole = msgspec.structs.replace(header, sections=tuple([part.head for part in parts]))
    data = format_header(whole)
    return Unsigned(whole, data, header_digest(data), tuple([part.body for part in parts]))


def enclose(message: Unsigned, signatures: Sequence[Signature]) -> bytes:
    """Return the envelope of *message* with *signatures*, one a signer of its header and in that order.

    Raises:
        BadHeader: More or fewer signatures than signers.
        TooLarge: The envelope exceeds its limit.
    """
    if len(signatures) != len(message.header.signers):
        raise BadHeader(f"{len(message.header.signers)} signers are announced, {len(signatures)} signatures are given")
    return format_envelope(Envelope(message.header_bytes, tuple(signatures), message.bodies))


def without_bodies(opened: Opened, names: Collection[str] | None = None) -> bytes:
    """Return the same message without the bodies of the sections *names*; header and signatures stay as they are.

    Args:
        names: None for all sections.
    """
    pairs = zip(opened.header.sections, opened.bodies, strict=True)
    bodies = tuple([None if names is None or head.name in names else body for head, body in pairs])
    return format_envelope(Envelope(opened.header_bytes, opened.signatures, bodies))
