"""Tells what is whole in the bytes of a topic from what is not; works on bytes only.

A topic is batches, one after the other (all integers big-endian)::

    0       8        12      16      17    21           23                 …
    base    length   epoch   magic   CRC   attributes   last offset delta   … records
    8       4        4       1       4     2            4

The CRC covers what follows it, and nothing before: a changed base or length is seen only beside the neighbours.
Where the length leads astray, the next batch is looked for byte by byte.
"""

import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

import msgspec
from aiokafka import errors as kafka  # type: ignore[import-untyped]
from aiokafka.record.memory_records import MemoryRecords  # type: ignore[import-untyped]

from broker.bus.kafka.whole import Record, records_of

DAMAGE: Final = (
    kafka.CorruptRecordException,
    kafka.UnsupportedCodecError,
    kafka.RecordTooLargeError,
    ValueError,
    IndexError,
    TypeError,
    OverflowError,
    EOFError,
    MemoryError,
    AssertionError,
    struct.error,
    zlib.error,
)
"""What reading a batch raises that is not what a writer of ours wrote."""

_HEADER: Final = struct.Struct(">qiibIhi")
_BEFORE_LENGTH_COUNTS: Final = 12
_SMALLEST: Final = 61
_MAGIC: Final = 2
_MAGIC_AT: Final = 16
_BASE_BYTES: Final = 8


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """What some bytes of a topic have of a place in it.

    Attributes:
        records: The records from that place on, in order and without a gap.
        position: What was looked at reaches to here: behind the records, and what lies between that is no message.
        next: Where whole batches begin again; None where the place itself is whole, or none was found.
        begins_there: The bytes begin with the batch that holds the place, by what its head says.
    """

    records: Sequence[Record] = ()
    position: int
    next: int | None = None
    begins_there: bool = False


class _Batch(msgspec.Struct, frozen=True):
    """A batch at a place in the bytes, and the offsets from *base* to before *next* that it says it holds."""

    at: int
    size: int
    base: int
    next: int


def survey(raw: bytes, *, start: int, end: int) -> Survey:
    """Return what *raw* has of the offset *start*, in a topic that ends at *end*."""
    head = _read_head(raw, 0, end)
    begins_there = head is not None and head.base <= start < head.next
    behind = [batch for batch in _believable(list(_whole(raw, end)), start, end) if batch.next > start]
    if behind and behind[0].base <= start:
        found = _read(raw, behind, start)
        return msgspec.structs.replace(found, begins_there=begins_there)
    after = behind[0].base if behind else None
    if after is None and head is not None and begins_there:
        after = head.next
    return Survey(position=start, next=after, begins_there=begins_there)


def _read(raw: bytes, batches: Sequence[_Batch], start: int) -> Survey:
    records: list[Record] = []
    position = start
    for batch in batches:
        if batch.base > position:
            break
        found, is_whole = _records(raw, batch, position)
        records += found
        if not is_whole:
            # What is before it comes first; it is met again.
            return Survey(records=records, position=position, next=None if records else batch.next)
        position = batch.next
    return Survey(records=records, position=position)


def _records(raw: bytes, batch: _Batch, start: int) -> tuple[list[Record], bool]:
    """Return the records of a batch from *start* on, up to one that cannot be read, and whether there is none such."""
    found: list[Record] = []
    try:
        for record in records_of(raw[batch.at : batch.at + batch.size]):
            if start <= record.offset < batch.next:
                found.append(record)  # noqa: PERF401 - what was read before the damage is kept
    except DAMAGE:
        return found, False
    return found, True


def _believable(batches: Sequence[_Batch], start: int, end: int) -> Iterator[_Batch]:
    """Yield the batches whose base agrees with that of a neighbour, or that have none to compare it with."""
    for before, batch, after in _with_neighbours(batches):
        agrees_before = batch.base == (start if before is None else before.next)
        agrees_after = batch.next == (end if after is None else after.base)
        if agrees_before or agrees_after or (before is None and after is None):
            yield batch


def _with_neighbours(batches: Sequence[_Batch]) -> Iterator[tuple[_Batch | None, _Batch, _Batch | None]]:
    """Yield each batch with those before and after it; None where other bytes lie between."""
    touching = [one.at + one.size == two.at for one, two in pairwise(batches)]
    for place, batch in enumerate(batches):
        before = batches[place - 1] if place > 0 and touching[place - 1] else None
        after = batches[place + 1] if place < len(touching) and touching[place] else None
        yield before, batch, after


def _whole(raw: bytes, end: int) -> Iterator[_Batch]:
    """Yield the batches of which every byte that the CRC covers is as it was written."""
    # Every base is below the end, so its first bytes are zero: cheap to look for.
    zeros = _BASE_BYTES - (end.bit_length() + 7) // 8
    head = re.compile(rb"(?s)\x00{%d}(?=.{%d}\x02)" % (zeros, _MAGIC_AT - zeros))
    at = 0
    while found := head.search(raw, at):
        at = found.start()
        batch = _read_head(raw, at, end)
        if batch is None or at + batch.size > len(raw):
            at += 1
        elif _open(raw, batch).validate_crc():
            yield batch
            at += batch.size
        else:
            # Within a damaged batch there may be what looks like one: its own length is asked first.
            at += batch.size if _read_head(raw, at + batch.size, end) or at + batch.size == len(raw) else 1


def _read_head(raw: bytes, at: int, end: int) -> _Batch | None:
    """Return what the bytes at a place say, if that can be the head of a batch in a topic that ends at *end*."""
    if at + _HEADER.size > len(raw):
        return None
    base, length, _, magic, _, _, last = _HEADER.unpack_from(raw, at)
    size = length + _BEFORE_LENGTH_COUNTS
    if magic != _MAGIC or size < _SMALLEST or base < 0 or last < 0 or base + last >= end:
        return None
    return _Batch(at, size, base, base + last + 1)


def _open(raw: bytes, batch: _Batch) -> Any:
    return MemoryRecords(raw[batch.at : batch.at + batch.size]).next_batch()
