"""A message as one value: read from bytes, or composed to be signed."""

from collections.abc import Sequence

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
    bodies = tuple(format_body(content) for _, content in contents)
    heads = tuple(
        SectionHead(name, commitment(content), body_digest(body), None)
        for (name, content), body in zip(contents, bodies, strict=True)
    )
    whole = msgspec.structs.replace(header, sections=heads)
    data = format_header(whole)
    return Unsigned(whole, data, header_digest(data), bodies)


def enclose(message: Unsigned, signatures: Sequence[Signature]) -> bytes:
    """Return the envelope of *message* with *signatures*, one a signer of its header and in that order.

    Raises:
        BadHeader: More or fewer signatures than signers.
        TooLarge: The envelope exceeds its limit.
    """
    if len(signatures) != len(message.header.signers):
        raise BadHeader(f"{len(message.header.signers)} signers are announced, {len(signatures)} signatures are given")
    return format_envelope(Envelope(message.header_bytes, tuple(signatures), message.bodies))
