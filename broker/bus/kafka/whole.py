"""Reads the records of a batch whose checksum holds: key and value, and nothing else that a writer may put there.

The library reads more: the headers of a record, and their names as UTF-8, though no broker checks them. One message
with another name would look like a damaged disk to every reader, and a million small headers fill its memory.

A record is (numbers in zig-zag, the first its length)::

    length  attributes  time stamp  offset  key length  key  value length  value  headers
    varint  1           varint      varint  varint      …    varint        …      …
"""

import struct
from collections.abc import Iterator
from typing import Final

import msgspec
from aiokafka import errors as kafka  # type: ignore[import-untyped]
from aiokafka.record.util import decode_varint  # type: ignore[import-untyped]

_HEADER: Final = struct.Struct(">qiibIhiqqqhii")
_COMPRESSION: Final = 0x07
_CONTROL: Final = 0x20


class Record(msgspec.Struct, frozen=True):
    """A record as a broker keeps it; either part may be missing."""

    offset: int
    key: bytes | None
    value: bytes | None


def records_of(batch: bytes) -> Iterator[Record]:
    """Yield the records of one batch; none where it is a mark of a writer of transactions.

    Raises:
        UnsupportedCodecError: The batch is compressed; topics of ours never are.
        ValueError, IndexError: It is not made as batches are.
    """
    base, _, _, _, _, attributes, *_, count = _HEADER.unpack_from(batch)
    if attributes & _COMPRESSION:
        raise kafka.UnsupportedCodecError("a compressed batch")
    if attributes & _CONTROL:
        return
    at = _HEADER.size
    for _ in range(count):
        size, at = decode_varint(batch, at)
        end = at + size
        if size < 0 or end > len(batch):
            raise ValueError(f"a record of {size} bytes at {at} of {len(batch)}")
        _, place = decode_varint(batch, at + 1)
        delta, place = decode_varint(batch, place)
        key, place = _part(batch, place, end)
        value, place = _part(batch, place, end)
        yield Record(base + delta, key, value)
        at = end


def _part(batch: bytes, at: int, end: int) -> tuple[bytes | None, int]:
    """Return the bytes whose length stands at *at*, and where they end; None where the length says so."""
    size, at = decode_varint(batch, at)
    if size < 0:
        return None, at
    if at + size > end:
        raise ValueError(f"{size} bytes at {at}, and the record ends at {end}")
    return batch[at : at + size], at + size
