"""What the numbers were measured on."""

import os
import platform
import time
from pathlib import Path

import msgspec


class Machine(msgspec.Struct, frozen=True):
    """A machine, as far as it explains the numbers.

    Attributes:
        fsync_ms: Median time of writing 4 KiB and syncing it, in milliseconds.
    """

    cpu: str
    cores: int
    python: str
    system: str
    fsync_ms: float


def this_machine(folder: Path) -> Machine:
    """Return the machine that we run on, and how fast the disk below *folder* is."""
    return Machine(
        _cpu_model(), os.cpu_count() or 1, platform.python_version(), platform.platform(), _fsync_ms(folder / "fsync")
    )


def resident_mib() -> float:
    """Return the memory that this process has in use, in MiB; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def _fsync_ms(path: Path) -> float:
    times: list[float] = []
    with path.open("wb", buffering=0) as file:
        for _ in range(21):
            start = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            times.append(time.perf_counter() - start)
    path.unlink()
    return sorted(times)[len(times) // 2] * 1000
