"""Measure the way through Kafka and print tables: ``python -m bench.kafka [--messages N] [--bootstrap HOST:PORT]``.

First the transport alone, beside two others that carry the same facts; then the whole path with databases and policy;
then how long one report takes. Without ``--bootstrap`` a broker is started on this machine and thrown away. The numbers
also go to ``bench/results/`` as JSON.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiokafka  # type: ignore[import-untyped]
import confluent_kafka
import fastavro
import joserfc
import msgspec
from rich.console import Console

from bench.bare import Bare
from bench.clusters import Place, open_place
from bench.facts import TYPED, UNTYPED
from bench.jws import Jws
from bench.kafka_result import Result, show
from bench.latency import Latency, measure_kafka, measure_latency
from bench.machine import this_machine
from bench.network import make_federation, topics_of
from bench.runs import COMMITTED_AT_ONCE, run_path
from bench.sides import Side, SideCost, measure_sides
from bench.signed import Signed
from tests.support.kafka.distribution import NoBroker

MESSAGES: Final = 2_048
ROUNDS: Final = 7
ONE_BY_ONE: Final = 1_000
_RESULTS: Final = Path(__file__).parent / "results"


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured.

    Attributes:
        messages: In each round and on the whole path.
        one_by_one: For the latencies.
        disk: A folder on the disk to measure; None for the system's temporary one.
    """

    messages: int
    rounds: int
    one_by_one: int
    disk: Path | None


async def measure(place: Place, options: Options) -> Result:
    """Run everything on the cluster at *place*."""
    with tempfile.TemporaryDirectory(dir=options.disk) as name:
        folders = [Path(name) / one for one in ("machine", "path", "latency")]
        for folder in folders:
            folder.mkdir()
        machine, load = this_machine(folders[0]), os.getloadavg()[0]
        sides = await _measure_sides(place, options)
        path, _, _ = await run_path(folders[1], options.messages, place.namespace("path").open_buses())
        latencies = await measure_latency(folders[2], place.namespace("latency").open_buses(), options.one_by_one)
        return Result(
            at=datetime.now(UTC),
            machine=machine,
            load=load,
            versions={one.__name__: one.__version__ for one in (aiokafka, confluent_kafka, fastavro, joserfc)},
            cluster=place.says,
            messages=options.messages,
            sides=sides,
            path=path,
            one_by_one=options.one_by_one,
            latencies=latencies,
            kafka=await _measure_kafka(place, options.one_by_one),
        )


async def _measure_sides(place: Place, options: Options) -> list[SideCost]:
    space, federation = place.namespace("sides"), make_federation()
    bus, sealed = space.open_bus(), place.namespace("sealed").open_bus()
    names = ("bare-untyped", "bare-typed", "jws-untyped", "jws-typed")
    await bus.create_topics([*topics_of(federation), *names])
    await sealed.create_topics(topics_of(federation))
    topics = [space.topic(name) for name in names]
    sides: list[Side[Any]] = [
        Signed(bus, federation, sealed=False),
        Signed(sealed, federation, sealed=True),
        Bare(place.brokers, topics[0], UNTYPED),
        Bare(place.brokers, topics[1], TYPED),
        Jws(place.brokers, topics[2], UNTYPED),
        Jws(place.brokers, topics[3], TYPED),
    ]
    try:
        return await measure_sides(sides, messages=options.messages, rounds=options.rounds)
    finally:
        for side in sides:
            await side.close()


async def _measure_kafka(place: Place, messages: int) -> Latency | None:
    if place.distribution is None:
        return None
    space = place.namespace("tool")
    bus = space.open_bus()
    try:
        await bus.create_topics(["records"])
    finally:
        await bus.close()
    return await asyncio.to_thread(measure_kafka, place.distribution, place.brokers, space.topic("records"), messages)


def save(result: Result) -> Path:
    """Write *result* as JSON, and return where."""
    _RESULTS.mkdir(exist_ok=True)
    path = _RESULTS / f"kafka-{result.at:%Y%m%dT%H%M%SZ}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result)))
    return path


def main() -> int:
    """Read the command line, measure, print and save; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.kafka", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--bootstrap", metavar="HOST:PORT", help="a cluster to use, in the clear (default: start one)")
    parser.add_argument("--messages", type=int, default=MESSAGES, help=f"in each round (default {MESSAGES})")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how often (default {ROUNDS})")
    parser.add_argument("--one-by-one", type=int, default=ONE_BY_ONE, help=f"for latencies (default {ONE_BY_ONE})")
    parser.add_argument("--disk", type=Path, help="folder on the disk to measure (default: the system's temporary one)")
    given = parser.parse_args()
    if given.messages < 2 * COMMITTED_AT_ONCE or given.rounds < 1 or given.one_by_one < 100:
        parser.error(f"--messages has to be {2 * COMMITTED_AT_ONCE} or more, --rounds 1, --one-by-one 100")
    options = Options(messages=given.messages, rounds=given.rounds, one_by_one=given.one_by_one, disk=given.disk)
    try:
        with open_place(given.bootstrap) as place:
            result = asyncio.run(measure(place, options))
    except NoBroker as missing:
        sys.stderr.write(f"{missing}; or name one: --bootstrap HOST:PORT\n")
        return 1
    console = Console(width=120)
    show(result, console)
    console.print(f"\nwritten to {save(result).relative_to(_RESULTS.parent.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
