"""The envelope: a header's exact bytes, its signatures, and one body a section.

::

    C3 01                     Avro single-object marker
    8 bytes                   CRC-64-AVRO of schemas/avro/envelope.avsc, little-endian
    header                    bytes
    signatures                [signature: bytes, batch: {size: int, index: int, path: [fixed 32]}]
    bodies                    [null | bytes]

The parser refuses whatever :func:`format_envelope` would not print, so a message has one byte string. The fingerprint
only selects among the envelope schemas that ship; it protects nothing.
"""

from typing import Final

import msgspec

from broker import limits
from broker.envelope.cursor import Cursor, put_bytes, put_int32, put_long
from broker.errors import BadFraming, NotCanonical, TooLarge
from broker.merkle import Hash

FRAME: Final = bytes.fromhex("c3018e24e73410cfb4bf")
_HASH: Final = 32
_MOST_SIGNATURES: Final = limits.MAX_ROOT_SIGNERS


class Signature(msgspec.Struct, frozen=True):
    """A signature over the root of a batch, and the way from one header to that root.

    Attributes:
        signature: 64 bytes with Ed25519.
        size: Number of headers in the batch, 1 to 256.
        index: Place of this header in the batch, from 0.
        path: Hashes from the leaf upwards, at most 8.
    """

    signature: bytes
    size: int
    index: int
    path: tuple[Hash, ...]


class Envelope(msgspec.Struct, frozen=True):
    """The outermost record; nothing in it is believed yet."""

    header: bytes
    signatures: tuple[Signature, ...]
    bodies: tuple[bytes | None, ...]


def parse_envelope(data: bytes) -> Envelope:
    """Parse an envelope; the exact inverse of :func:`format_envelope`.

    Raises:
        TooLarge: More than ``limits.MAX_ENVELOPE_BYTES``.
        BadFraming: Not an envelope of a version that we know.
        NotCanonical: Bytes that ``format_envelope`` would not print.
    """
    if len(data) > limits.MAX_ENVELOPE_BYTES:
        raise TooLarge(f"an envelope of {len(data)} bytes; the limit is {limits.MAX_ENVELOPE_BYTES}")
    if not data.startswith(FRAME):
        raise BadFraming(f"an envelope begins with {FRAME.hex()}, not with {data[: len(FRAME)].hex()}")
    cursor = Cursor(data, len(FRAME))
    envelope = Envelope(cursor.bytes(), _parse_signatures(cursor), _parse_bodies(cursor))
    cursor.end()
    return envelope


def format_envelope(envelope: Envelope) -> bytes:
    """Return the bytes of *envelope*.

    Raises:
        TooLarge: More than ``limits.MAX_ENVELOPE_BYTES``, or more of anything than the parser takes.
        NotCanonical: A step of a path is not 32 bytes long.
    """
    out = bytearray(FRAME)
    put_bytes(out, envelope.header)
    _put_signatures(out, envelope.signatures)
    _put_count(out, len(envelope.bodies), limits.MAX_SECTIONS)
    for body in envelope.bodies:
        if body is None:
            put_long(out, 0)
        else:
            put_long(out, 1)
            put_bytes(out, body)
    put_long(out, 0)
    if len(out) > limits.MAX_ENVELOPE_BYTES:
        raise TooLarge(f"an envelope of {len(out)} bytes; the limit is {limits.MAX_ENVELOPE_BYTES}")
    return bytes(out)


def _parse_signatures(cursor: Cursor) -> tuple[Signature, ...]:
    count = cursor.count(_MOST_SIGNATURES)
    signatures = tuple([_parse_signature(cursor) for _ in range(count)])
    cursor.end_of_array(count)
    return signatures


def _parse_signature(cursor: Cursor) -> Signature:
    signature, size, index = cursor.bytes(), cursor.int32(), cursor.int32()
    count = cursor.count(limits.MAX_BATCH_PATH)
    block = cursor.fixed(count * _HASH)
    path = tuple([Hash(block[start : start + _HASH]) for start in range(0, len(block), _HASH)])
    cursor.end_of_array(count)
    return Signature(signature, size, index, path)


def _parse_bodies(cursor: Cursor) -> tuple[bytes | None, ...]:
    count = cursor.count(limits.MAX_SECTIONS)
    bodies = tuple([cursor.bytes() if cursor.index(2) else None for _ in range(count)])
    cursor.end_of_array(count)
    return bodies


def _put_signatures(out: bytearray, signatures: tuple[Signature, ...]) -> None:
    _put_count(out, len(signatures), _MOST_SIGNATURES)
    for one in signatures:
        put_bytes(out, one.signature)
        put_int32(out, one.size)
        put_int32(out, one.index)
        _put_count(out, len(one.path), limits.MAX_BATCH_PATH)
        for step in one.path:
            if len(step) != _HASH:
                raise NotCanonical(f"a step of a path has {len(step)}, not {_HASH} bytes")
            out += step
        put_long(out, 0)
    put_long(out, 0)


def _put_count(out: bytearray, count: int, most: int) -> None:
    """Append the head of an array; an empty one has none, only its end."""
    if count > most:
        raise TooLarge(f"an array of {count} items; the limit is {most}")
    if count:
        put_long(out, count)
