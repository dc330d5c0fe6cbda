"""The machine: how fast its disk keeps what it is told to keep, and whether its clock can be right."""

import os
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from broker import limits
from tocsin.doctor.check import Check, bad, care, good

_SYNCS: Final = 5
_SLOW_SECONDS: Final = 0.1
_REMEDY: Final = "Compare with a time server; messages issued in the future are refused everywhere."


def check_disk(folder: Path) -> Iterator[Check]:
    """Measure how long a durable write takes in *folder*."""
    try:
        seconds = _sync_seconds(folder)
    except OSError as error:
        yield bad("disk", f"nothing can be written to {folder}: {error.strerror}", "Check owner, mode and free space.")
        return
    says = f"a durable write takes {seconds * 1000:.1f} ms"
    if seconds > _SLOW_SECONDS:
        yield care("disk", says, "Bursts will be slow: use a local disk.")
    else:
        yield good("disk", says)


def check_clock(now: datetime, newest: datetime | None) -> Iterator[Check]:
    """Compare the clock with the newest signed thing that was seen."""
    says = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if newest is not None and newest - now > limits.MAX_CLOCK_AHEAD:
        yield bad("clock", f"{says}, before the newest message ({newest:%Y-%m-%d %H:%M:%S})", _REMEDY)
    else:
        yield good("clock", says)


def _sync_seconds(folder: Path) -> float:
    with tempfile.TemporaryFile(dir=folder) as file:
        started = time.perf_counter()
        for _ in range(_SYNCS):
            file.write(b"\0" * limits.KIB)
            file.flush()
            os.fsync(file.fileno())
        return (time.perf_counter() - started) / _SYNCS
