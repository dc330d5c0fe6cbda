"""What a run over Kafka measured, and how it is told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

from bench import bare
from bench.latency import Latencies, Latency
from bench.machine import Machine
from bench.runs import COMMITTED_AT_ONCE, Speed
from bench.sides import SENT_AT_ONCE, SideCost, middle, ratios

MOST_TIMES_BARE: Final = 3.0
"""Ours may cost so many times the CPU that bare clients cost."""
LEAST_TIMES_JWS: Final = 3.0
"""What is usually built costs at least so many times what ours does."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What one invocation measured.

    Attributes:
        load: How many processes wanted to run in the minute before; a busy machine makes CPU time dearer too.
        sides: Ours first: signed, as the others are; then signed and sealed, as none of them is.
        path: With databases and policy.
        kafka: What Kafka's own tool says; None where there is no Java to run it.
    """

    at: datetime
    machine: Machine
    load: float
    versions: dict[str, str]
    cluster: str
    messages: int
    sides: list[SideCost]
    path: Speed
    one_by_one: int
    latencies: Latencies
    kafka: Latency | None


def show(result: Result, console: Console) -> None:
    """Print *result* as tables."""
    machine = result.machine
    console.print(f"{machine.cpu}, {machine.cores} cores, Python {machine.python}, fsync {machine.fsync_ms:.2f} ms")
    console.print(", ".join(f"{name} {version}" for name, version in result.versions.items()) + f"; {result.cluster}")
    console.print(f"load when it began: {result.load:.1f}; the less, the more the numbers mean")
    console.print(f"{result.messages} messages of three sections a round, sent {SENT_AT_ONCE} at once\n")
    console.print(_costs(result.sides))
    console.print(_comparison(result.sides))
    console.print(_path(result))
    console.print(_latencies(result))


def _costs(sides: Sequence[SideCost]) -> Table:
    rounds = len(sides[0].publish.cpu_us)
    title = f"transport alone: µs a message, median (least to most) of {rounds} rounds"
    table = _table(title, ("", "publish: CPU", "take: CPU", "publish: passed", "take: passed"))
    for side in sides:
        costs = (side.publish.cpu_us, side.take.cpu_us, side.publish.wall_us, side.take.wall_us)
        table.add_row(side.name, *(f"{middle(one):.0f} ({min(one):.0f} to {max(one):.0f})" for one in costs))
    return table


def _comparison(sides: Sequence[SideCost]) -> Table:
    title = (
        "ours against it: how many times its cost (aiokafka), how many times less (confluent); medians of the rounds"
    )
    headings = ("", "publish: CPU", "take: CPU", "both: CPU", "in the quietest", "both: time", "goal", "sealed, both")
    table = _table(title, headings)
    ours, sealed, *others = sides
    for other in others:
        is_bare = other.name.startswith(bare.NAME)
        goal = f"≤ {MOST_TIMES_BARE:.0f}" if is_bare else f"≥ {LEAST_TIMES_JWS:.0f}"
        pairs = ((ours.publish, other.publish), (ours.take, other.take), (ours.both, other.both))
        cpu = [
            _verdict(middle(_times(mine.cpu_us, its.cpu_us, is_bare=is_bare)), is_bare=is_bare) for mine, its in pairs
        ]
        quietest = _times([min(ours.both.cpu_us)], [min(other.both.cpu_us)], is_bare=is_bare)[0]
        passed = middle(_times(ours.both.wall_us, other.both.wall_us, is_bare=is_bare))
        also_sealed = middle(_times(sealed.both.cpu_us, other.both.cpu_us, is_bare=is_bare))
        table.add_row(other.name, *cpu, f"{quietest:.2f}", f"{passed:.2f}", goal, f"{also_sealed:.2f}")
    return table


def _times(mine: Sequence[float], its: Sequence[float], *, is_bare: bool) -> list[float]:
    return ratios(mine, its) if is_bare else ratios(its, mine)


def _verdict(times: float, *, is_bare: bool) -> str:
    met = times <= MOST_TIMES_BARE if is_bare else times >= LEAST_TIMES_JWS
    return f"{times:.2f} {'met' if met else 'MISSED'}"


def _path(result: Result) -> Table:
    title = f"the whole path over Kafka, databases, policy and sealing included, committed once in {COMMITTED_AT_ONCE}"
    table = _table(title, ("", "CPU µs a message", "messages/s"))
    path = result.path
    for name, cost, seconds in (
        ("publish: take, decide, seal, sign, send", path.publish_us, path.publish_seconds),
        ("receive: admit, open, decide, insert", path.receive_us, path.receive_seconds),
    ):
        table.add_row(name, f"{cost:.0f}", f"{result.messages / seconds:.0f}")
    return table


def _latencies(result: Result) -> Table:
    table = _table(f"one by one, {result.one_by_one} times, nothing else on the bus", ("", "p50 ms", "p99 ms"))
    rows: list[tuple[str, Latency | None]] = [
        ("publish: draft in hand to acknowledged by Kafka", result.latencies.acknowledged),
        ("publish to inbox: draft in hand to row in the other node's inbox", result.latencies.arrived),
        ("Kafka's EndToEndLatency, 1 KB, acks=all", result.kafka),
    ]
    for name, one in rows:
        table.add_row(name, *(("no Java here", "") if one is None else (f"{one.p50_ms:.1f}", f"{one.p99_ms:.1f}")))
    return table


def _table(title: str, headings: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, justify="right" if heading else "left")
    return table
