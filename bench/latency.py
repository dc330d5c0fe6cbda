"""How long a single report takes to another country's inbox on an idle cluster, and Kafka's own measure beside it.

Reports are published one after another, each when the one before has arrived: from the draft in hand to its row in the
reader's inbox, committed. Both nodes are in this process, each with its own connection and database, whose commits wait
for the disk. Kafka's ``EndToEndLatency`` sends records of 1 KB without content and knows whole milliseconds only.
"""

import asyncio
import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from bench.drafts import make_drafts
from bench.network import AUTHOR, Buses, Network, open_network
from consumers.deliver import Taken
from producers.draft import Draft
from producers.publish import take
from tests.support.kafka.distribution import Distribution

_WARM_UP: Final = 50
_ARRIVES_WITHIN_SECONDS: Final = 30.0
_TOOL: Final = "org.apache.kafka.tools.EndToEndLatency"
_TOOL_WITHIN_SECONDS: Final = 300
_RECORD_BYTES: Final = 1024
_PERCENTILES: Final = re.compile(r"^Percentiles: 50th = (\d+), 99th = (\d+)", re.MULTILINE)


class Latency(msgspec.Struct, frozen=True):
    """Milliseconds of the median, and that only one in a hundred exceeds."""

    p50_ms: float
    p99_ms: float


class Latencies(msgspec.Struct, frozen=True):
    """From the draft in hand until then.

    Attributes:
        acknowledged: Signed, and Kafka has it.
        arrived: It is in the reader's inbox.
    """

    acknowledged: Latency
    arrived: Latency


async def measure_latency(folder: Path, buses: Buses, messages: int) -> Latencies:
    """Publish *messages* one by one and wait for each."""
    async with open_network(folder, buses) as network:
        drafts = list(make_drafts(AUTHOR, messages + _WARM_UP))
        arrivals = _Arrivals()
        following = asyncio.create_task(network.receiver.follow(arrivals.heard))
        try:
            times = [await _one(network, draft, arrivals, number) for number, draft in enumerate(drafts, 1)]
        finally:
            following.cancel()
            await asyncio.wait({following})
    measured = times[_WARM_UP:]
    return Latencies(_latency([one[0] for one in measured]), _latency([one[1] for one in measured]))


def measure_kafka(distribution: Distribution, brokers: str, topic: str, messages: int) -> Latency:
    """Run Kafka's own measurement over *topic*, as the cluster calls it.

    Raises:
        RuntimeError: It says nothing that we understand.
    """
    words = (_TOOL, brokers, topic, str(messages), "all", str(_RECORD_BYTES))
    done = subprocess.run(
        distribution.command(*words, heap="128m"),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=_TOOL_WITHIN_SECONDS,
        check=False,
    )
    found = _PERCENTILES.search(done.stdout)
    if found is None:
        raise RuntimeError(f"{_TOOL} ended with {done.returncode}: {(done.stdout + done.stderr)[-500:]}")
    return Latency(float(found[1]), float(found[2]))


class _Arrivals:
    """Counts what the receiver reports, and notes when."""

    def __init__(self) -> None:
        self._count = 0
        self._at = 0.0
        self._news = asyncio.Event()

    def heard(self, taken: Taken) -> None:
        self._count += taken.messages
        self._at = time.perf_counter()
        self._news.set()

    async def reached(self, count: int) -> float:
        """Return when message number *count* had been taken, as soon as it is."""
        async with asyncio.timeout(_ARRIVES_WITHIN_SECONDS):
            while self._count < count:
                self._news.clear()
                await self._news.wait()
        return self._at


async def _one(network: Network, draft: Draft, arrivals: _Arrivals, number: int) -> tuple[float, float]:
    """Return the seconds until Kafka had *draft*, and until it had arrived."""
    start = time.perf_counter()
    for _ in take(network.outbox, lambda: [draft]):
        pass
    await network.flusher.flush()
    acknowledged = time.perf_counter()
    return acknowledged - start, await arrivals.reached(number) - start


def _latency(seconds: Sequence[float]) -> Latency:
    ordered = sorted(seconds)
    return Latency(ordered[len(ordered) // 2] * 1000, ordered[len(ordered) * 99 // 100] * 1000)
