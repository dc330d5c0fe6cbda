"""What disks and administrators do to a topic's messages."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from tests.support.kafka.cluster import Cluster
from tests.support.kafka.health import administration

Place = Literal["content", "offset"]

_OFFSET_BYTES: Final = 8
_LENGTH: Final = struct.Struct(">i")
"""A batch begins with the offset of its first message and the number of bytes that follow."""


@contextmanager
def changed_byte(segment: Path, *, batch: int, place: Place = "content") -> Iterator[None]:
    """Have one byte of a batch, counted from 0, changed in a segment; the broker that has it open reads it so.

    Args:
        place: In what the messages say; or in the offset of the first one, which no checksum covers. A broker with
            such an offset does not even start any more.
    """
    content = segment.read_bytes()
    begins = 0
    for _ in range(batch):
        begins += _LENGTH.unpack_from(content, begins + _OFFSET_BYTES)[0] + _OFFSET_BYTES + _LENGTH.size
    at = begins if place == "offset" else begins + _LENGTH.unpack_from(content, begins + _OFFSET_BYTES)[0] // 2
    _write_byte(segment, at, content[at] ^ 1)
    try:
        yield
    finally:
        _write_byte(segment, at, content[at])


def _write_byte(segment: Path, at: int, byte: int) -> None:
    with segment.open("r+b") as file:
        file.seek(at)
        file.write(bytes([byte]))


def delete_below(cluster: Cluster, topic: str, offset: int) -> None:
    """Have a topic's messages below *offset* deleted, as retention does."""
    admin = AdminClient(administration(cluster))
    for done in admin.delete_records([TopicPartition(topic, 0, offset)]).values():
        done.result(30)
