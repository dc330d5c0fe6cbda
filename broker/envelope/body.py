"""A section's body, and the two digests by which the header names it.

::

    salt 32 ‖ schema id 32 ‖ length u32 big-endian ‖ Avro ‖ zeros up to the size class

The *commitment* covers what was said (salt, schema id, Avro): a holder can prove a plaintext later without any key,
and a redacted copy still verifies without letting anyone guess what was withheld, because of the salt. The *body
digest* covers what travels, so that a keyless node can check that it holds the signed bytes.
"""

import hashlib
from typing import Final

import msgspec

from broker import limits
from broker.envelope.encoding import COMMITMENT_TAG, tagged_hash
from broker.envelope.header import SectionHead
from broker.errors import BadBody, BodyMismatch, CommitmentMismatch, TooLarge
from broker.types.names import Digest

_SALT: Final = 32
_SCHEMA_ID: Final = 32
_LENGTH: Final = 4
_PREFIX: Final = _SALT + _SCHEMA_ID + _LENGTH


class Content(msgspec.Struct, frozen=True):
    """What a body holds.

    Attributes:
        salt: 32 random bytes.
        schema_id: SHA-256 of the schema's exact bytes.
        avro: The record.
    """

    salt: bytes
    schema_id: bytes
    avro: bytes


def format_body(content: Content) -> bytes:
    """Return the body of *content*, filled up with zeros to its size class.

    Raises:
        BadBody: Salt or schema id are not 32 bytes.
        TooLarge: No size class is large enough.
    """
    if len(content.salt) != _SALT or len(content.schema_id) != _SCHEMA_ID:
        raise BadBody(f"salt and schema id have {len(content.salt)} and {len(content.schema_id)} bytes, expected 32")
    length = len(content.avro)
    size = _size_class(_PREFIX + length)
    used = content.salt + content.schema_id + length.to_bytes(_LENGTH, "big") + content.avro
    return used.ljust(size, b"\x00")


def body_size(avro: int) -> int:
    """Return how many bytes the body of a record has whose Avro has so many.

    Raises:
        TooLarge: No size class is large enough.
    """
    return _size_class(_PREFIX + avro)


def parse_body(body: bytes) -> Content:
    """Parse a body; the exact inverse of :func:`format_body`.

    Raises:
        BadBody: Not a size class, a length that does not fit it, or padding that is not zeros.
    """
    if len(body) < _PREFIX:
        raise BadBody(f"a body of {len(body)} bytes is too short")
    end = _PREFIX + int.from_bytes(body[_PREFIX - _LENGTH : _PREFIX], "big")
    if end > len(body) or len(body) not in limits.BODY_SIZES_BYTES or _size_class(end) != len(body):
        raise BadBody(f"a body of {len(body)} bytes is not the size class of {end} bytes")
    if body.count(0, end) != len(body) - end:
        raise BadBody("the padding of a body is not all zeros")
    return Content(body[:_SALT], body[_SALT : _SALT + _SCHEMA_ID], body[_PREFIX:end])


def commitment(content: Content) -> Digest:
    """Return the digest that commits to *content*, whoever holds which key."""
    return tagged_hash(COMMITMENT_TAG, content.salt + content.schema_id + content.avro)


def body_digest(body: bytes) -> Digest:
    """Return the digest of a body as it is sent."""
    return Digest(hashlib.sha256(body).digest())


def check_body_digest(head: SectionHead, body: bytes) -> None:
    """Check that *body* is the one that the header names.

    Raises:
        BodyMismatch: It is another one.
    """
    if body_digest(body) != head.body_digest:
        raise BodyMismatch(f"the body of section {head.name} is not the one that was signed")


def read_body(head: SectionHead, body: bytes) -> Content:
    """Return the content of an unsealed body that the header names.

    Raises:
        BodyMismatch: It is not the body that was signed.
        BadBody: It is not well formed.
        CommitmentMismatch: The header commits to other content.
    """
    check_body_digest(head, body)
    content = parse_body(body)
    check_commitment(head, content)
    return content


def check_commitment(head: SectionHead, content: Content) -> None:
    """Check that *content* is what the header commits to.

    Raises:
        CommitmentMismatch: It is something else.
    """
    if commitment(content) != head.commitment:
        raise CommitmentMismatch(f"the content of section {head.name} is not the one that the header commits to")


def _size_class(used: int) -> int:
    for size in limits.BODY_SIZES_BYTES:
        if used <= size:
            return size
    raise TooLarge(
        f"a section of {used} bytes; the limit is {limits.BODY_SIZES_BYTES[-1]}",
        hint="send large evidence as attachment records",
    )
