"""What the library read, as the port has it."""

from collections.abc import Sequence
from typing import Any

from broker.bus.port import Delivered


def is_sequence(records: Sequence[Any], start: int) -> bool:
    """Say whether records follow on *start* without a gap, as all do that writers of ours write.

    The offset of a batch has no checksum: where a disk changed it, only its neighbours tell.
    """
    return bool(records[0].offset == start and records[-1].offset - start == len(records) - 1)


def delivered(topic: str, records: Sequence[Any]) -> list[Delivered]:
    """Return what the library read from our *topic* as the port has it."""
    return [
        Delivered(topic, one.offset, one.key.decode("utf-8", "replace") if one.key else "", one.value or b"")
        for one in records
    ]
