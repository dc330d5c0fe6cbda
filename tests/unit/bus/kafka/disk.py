"""A topic's file, and a broker that reads it: by the heads of its batches, from the file's beginning."""

import struct
from collections.abc import Sequence

from aiokafka.record.default_records import DefaultRecordBatchBuilder  # type: ignore[import-untyped]
from aiokafka.record.util import calc_crc32c  # type: ignore[import-untyped]

LENGTH_AT = 8
MAGIC_AT = 16
CRC_AT = 17
ATTRIBUTES_AT = 21
_OVERHEAD = 12
_SMALLEST_LEGACY = 14


def a_batch(base: int, values: Sequence[bytes], *, header: bytes = b"") -> bytes:
    """Return the bytes of a batch whose first message is at *base*; *header* is the name of one on the last message."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 20)
    for place, value in enumerate(values):
        is_last = place + 1 == len(values)
        builder.append(place, 0, b"k", value, headers=[("?" * len(header), b"")] if header and is_last else [])
    raw = bytearray(builder.build())
    raw[:8] = struct.pack(">q", base)
    return signed(raw.replace(b"?" * len(header), header) if header else raw)


def signed(raw: bytearray) -> bytes:
    """Return a batch with the checksum that belongs to its content."""
    raw[CRC_AT:ATTRIBUTES_AT] = struct.pack(">I", calc_crc32c(bytes(raw[ATTRIBUTES_AT:])))
    return bytes(raw)


class Disk:
    """What a broker gives of a file, as Kafka's does: it believes every length and offset that it comes across.

    It begins to look where its index says, which has every second batch.

    Args:
        batches: Those of a topic that begins at 0.
        window: How many bytes it gives at once; one batch at least.
    """

    def __init__(self, batches: Sequence[bytes], *, window: int = 1 << 20) -> None:
        self.content = bytearray(b"".join(batches))
        self.places = [len(b"".join(batches[:number])) for number in range(len(batches))]
        self.questions = 0
        self._index = [(struct.unpack_from(">q", self.content, at)[0], at) for at in self.places[::2]]
        self._window = window

    async def ask(self, offset: int) -> bytes:
        self.questions += 1
        at = max(at for base, at in self._index if base <= offset)
        while at + CRC_AT <= len(self.content):
            base, length = struct.unpack_from(">qi", self.content, at)
            size = length + _OVERHEAD
            if length < _SMALLEST_LEGACY:
                return b""  # a broker says that its file is damaged
            if at + size > len(self.content):
                return b""
            last = struct.unpack_from(">i", self.content, at + 23)[0] if self.content[at + MAGIC_AT] >= 2 else 0
            if base + last >= offset:
                return bytes(self.content[at : at + max(size, self._window)])
            at += size
        return b""
