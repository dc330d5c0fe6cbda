"""One section sealed under its own key, and opened again.

The key is named in the header by its commitment, the sealed body by its digest, the content by its commitment: what
opens is what was signed, for this place, under this key, or nothing opens at all.
"""

import msgspec

from broker.envelope.body import (
    Content,
    body_digest,
    check_body_digest,
    check_commitment,
    commitment,
    format_body,
    parse_body,
)
from broker.envelope.encoding import SECTION_CONTEXT_TAG, SECTION_KEY_TAG, encode_tuple, tagged_hash
from broker.envelope.header import SectionHead
from broker.envelope.message import Part
from broker.errors import KeyMismatch
from broker.sealing.chunks import KEY_BYTES, seal, unseal
from broker.types.names import Digest, Stream


class Place(msgspec.Struct, frozen=True):
    """The message that something is sealed for."""

    federation: str
    stream: Stream
    sequence: int

    def context(self, tag: bytes, *more: str | int | bytes) -> bytes:
        """Return what binds a seal to one use, to this message and to *more*."""
        return encode_tuple(tag, self.federation, str(self.stream), self.sequence, *more)


def key_commitment(key: bytes) -> Digest:
    """Return the digest by which a header names a section key without showing it."""
    return tagged_hash(SECTION_KEY_TAG, key)


def seal_section(name: str, content: Content, *, key: bytes, place: Place) -> Part:
    """Return section *name* of the message at *place*, sealed under *key*.

    Args:
        name: The section's name.
        content: What it says.
        key: 32 random bytes, for this section only.
        place: The message that it will be part of.

    Raises:
        TooLarge: No size class is large enough.
    """
    body = seal(format_body(content), key=key, context=place.context(SECTION_CONTEXT_TAG, name))
    return Part(SectionHead(name, commitment(content), body_digest(body), key_commitment(key)), body)


def open_section(head: SectionHead, body: bytes, *, key: bytes, place: Place) -> Content:
    """Return the content of a sealed body that the header names.

    Raises:
        KeyMismatch: The header commits to another key, or to none.
        BodyMismatch: It is not the body that was signed.
        BrokenSeal: It does not open under this key at this place.
        BadBody: What opens is not well formed.
        CommitmentMismatch: The header commits to other content.
    """
    if head.key_commitment is None or len(key) != KEY_BYTES or key_commitment(key) != head.key_commitment:
        raise KeyMismatch(f"the key for section {head.name} is not the one that the header commits to")
    check_body_digest(head, body)
    content = parse_body(unseal(body, key=key, context=place.context(SECTION_CONTEXT_TAG, head.name)))
    check_commitment(head, content)
    return content
