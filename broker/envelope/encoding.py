"""Encodings under every signature and digest: the tuple, the tagged hash, the pre-authentication encoding."""

import hashlib
from typing import Final, assert_never

from broker.types.names import Digest

HEADER_TYPE: Final = b"application/vnd.tocsin.header.v1"
BATCH_TYPE: Final = b"application/vnd.tocsin.batch.v1"
KEY_POSSESSION_TYPE: Final = b"application/vnd.tocsin.key-possession.v1"

COMMITMENT_TAG: Final = b"tocsin/commitment/v1"
SECTION_KEY_TAG: Final = b"tocsin/section-key/v1"
KEY_ID_TAG: Final = b"tocsin/key-id/v1"

SECTION_CONTEXT_TAG: Final = b"tocsin/section/v1"
LIST_CONTEXT_TAG: Final = b"tocsin/list/v1"
WRAP_INFO_TAG: Final = b"tocsin/wrap/v1"
WRAP_MARK_TAG: Final = b"tocsin/wrap-tag/v1"


def encode_tuple(*fields: str | int | bytes) -> bytes:
    """Return *fields* as one byte string that no other fields of the same types encode to.

    Each field is its length as u32 big-endian, then its bytes: text as UTF-8, a number as u64 big-endian.
    """
    parts = bytearray()
    for field in fields:
        match field:
            case str():
                data = field.encode()
            case int():
                data = field.to_bytes(8, "big")
            case bytes():
                data = field
            case _:
                assert_never(field)
        parts += len(data).to_bytes(4, "big") + data
    return bytes(parts)


def tagged_hash(tag: bytes, data: bytes) -> Digest:
    """Return SHA-256(tag ‖ 0x00 ‖ data); the tag keeps digests of one use from meaning something in another."""
    return Digest(hashlib.sha256(tag + b"\x00" + data).digest())


def pre_authentication_encoding(payload_type: bytes, payload: bytes) -> bytes:
    """Return the bytes that are signed for a payload of a type.

    Source: DSSE (Dead Simple Signing Envelope) v1, protocol, ``PAE``.
    """
    return b"DSSEv1 %d %b %d %b" % (len(payload_type), payload_type, len(payload), payload)
