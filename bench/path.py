"""Measure the whole path and print a table: ``python -m bench.path [--full | --messages N]``.

Drafts of three sections of about 0.85 KB, facts that vary, committed once in 64, the embedded bus. Sealing is part of
it: who may have which section is decided, each is sealed under a key of its own, the keys are released to the nodes;
one reading authority of another participant finds its keys, opens what it may have, decides and inserts. Times are CPU
time over all threads, so that a slow disk changes them little. The numbers also go to ``bench/results/`` as JSON.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

from bench.machine import Machine, this_machine
from bench.runs import COMMITTED_AT_ONCE, Block, Speed, run_path, run_phases, run_plain

GOAL_US: Final = 500
MESSAGES: Final = 6_400
ALL_MESSAGES: Final = 100_000
_RESULTS: Final = Path(__file__).parent / "results"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What one invocation measured.

    Attributes:
        opened: Messages that the reader could open; the others are not for it.
    """

    at: datetime
    machine: Machine
    messages: int
    opened: int
    path: Speed
    plain: Speed
    blocks: list[Block]
    publish_phases: dict[str, float]
    receive_phases: dict[str, float]


async def measure(messages: int, disk: Path | None = None) -> Result:
    """Run everything, in a temporary folder below *disk*."""
    with tempfile.TemporaryDirectory(dir=disk) as name:
        folders = [Path(name) / one for one in ("machine", "path", "plain", "phases")]
        for folder in folders:
            folder.mkdir()
        path, blocks, opened = await run_path(folders[1], messages)
        few = min(messages, MESSAGES)
        publish_phases, receive_phases = await run_phases(folders[3], few // 2)
        return Result(
            at=datetime.now(UTC),
            machine=this_machine(folders[0]),
            messages=messages,
            opened=opened,
            path=path,
            plain=await run_plain(folders[2], few),
            blocks=blocks,
            publish_phases=publish_phases,
            receive_phases=receive_phases,
        )


def show(result: Result, console: Console) -> None:
    """Print *result* as tables."""
    machine = result.machine
    console.print(f"{machine.cpu}, {machine.cores} cores, Python {machine.python}, fsync {machine.fsync_ms:.2f} ms")
    console.print(f"{result.messages} messages of three sections, committed once in {COMMITTED_AT_ONCE};")
    console.print(f"sealed, keys released to two nodes; the reader of the other one opens {result.opened} of them\n")
    console.print(_speeds(result))
    for title, phases in (("publish", result.publish_phases), ("receive", result.receive_phases)):
        console.print(_phase_table(title, phases))
    console.print(_blocks(result.blocks))


def _speeds(result: Result) -> Table:
    table = Table(title="CPU µs a message", title_justify="left")
    for heading in ("", "path", "quietest tenth", "goal", "", "plain loop", "ratio", "messages/s"):
        table.add_column(heading, justify="left" if not heading else "right")
    path, plain = result.path, result.plain
    # On a machine that others use too, their load shows in CPU time as well: caches, hyper-threads.
    quiet = min(one.publish_us for one in result.blocks), min(one.receive_us for one in result.blocks)
    for name, mine, least, other, seconds in (
        ("publish: take, decide, seal, sign, send", path.publish_us, quiet[0], plain.publish_us, path.publish_seconds),
        ("receive: admit, open, decide, insert", path.receive_us, quiet[1], plain.receive_us, path.receive_seconds),
    ):
        verdict = "met" if mine <= GOAL_US else "MISSED"
        cells = (f"{mine:.0f}", f"{least:.0f}", f"≤ {GOAL_US}", verdict, f"{other:.0f}", f"{mine / other:.2f}")
        table.add_row(name, *cells, f"{result.messages / seconds:.0f}")
    return table


def _phase_table(title: str, phases: dict[str, float]) -> Table:
    table = Table(title=f"where the time goes: {title} (a run with timers, which add some)", title_justify="left")
    table.add_column("phase")
    table.add_column("µs a message", justify="right")
    table.add_column("share", justify="right")
    total = sum(phases.values())
    for phase, spent in phases.items():
        table.add_row(phase, f"{spent:.0f}", f"{spent / total:.0%}")
    return table


def _blocks(blocks: Sequence[Block]) -> Table:
    table = Table(title="as messages pass: the cost and the memory should stay as they are", title_justify="left")
    for heading in ("messages", "publish µs", "receive µs", "memory MiB"):
        table.add_column(heading, justify="right")
    for one in blocks:
        costs = (f"{one.publish_us:.0f}", f"{one.receive_us:.0f}", f"{one.resident_mib:.0f}")
        table.add_row(str(one.messages), *costs)
    return table


def save(result: Result) -> Path:
    """Write *result* as JSON, and return where."""
    _RESULTS.mkdir(exist_ok=True)
    path = _RESULTS / f"path-{result.at:%Y%m%dT%H%M%SZ}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result)))
    return path


def main() -> None:
    """Read the command line, measure, print and save."""
    parser = argparse.ArgumentParser(prog="python -m bench.path", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=MESSAGES, help=f"how many pass (default {MESSAGES})")
    parser.add_argument("--full", action="store_true", help=f"let {ALL_MESSAGES} pass: is memory flat?")
    parser.add_argument("--disk", type=Path, help="folder on the disk to measure (default: the system's temporary one)")
    options = parser.parse_args()
    messages = ALL_MESSAGES if options.full else options.messages
    if messages < 2 * COMMITTED_AT_ONCE:
        parser.error(f"--messages has to be {2 * COMMITTED_AT_ONCE} or more")
    result = asyncio.run(measure(messages, options.disk))
    console = Console(width=100)
    show(result, console)
    console.print(f"\nwritten to {save(result).relative_to(_RESULTS.parent.parent)}")


if __name__ == "__main__":
    main()
