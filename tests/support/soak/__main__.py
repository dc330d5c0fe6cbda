"""``make soak``: many messages while the nodes of a real cluster are killed in turn; exit code 1 on any breach.

``python -m tests.support.soak [--messages N] [--seconds-between-kills S]``
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from tests.support.kafka.cluster import Cluster, NodeFailed, Shape
from tests.support.kafka.distribution import NoBroker, obtain
from tests.support.kafka.preparing import prepare
from tests.support.soak.run import READERS, WRITERS, Plan, Run, soak

MESSAGES: Final = 100_000
SECONDS_BETWEEN_KILLS: Final = 5.0
LIMIT_MINUTES: Final = 40.0
_HEADINGS: Final = ("", "arrived", "lost", "twice", "strange", "disorder", "found", "again", "pause")


def main() -> int:
    """Return the exit code: 0 where nothing was lost, doubled or out of order."""
    arguments = _arguments()
    console = Console()
    plan = Plan(
        messages=arguments.messages,
        seconds_between_kills=arguments.seconds_between_kills,
        limit_seconds=arguments.limit_minutes * 60,
    )
    try:
        prepare(clusters=True)
        with tempfile.TemporaryDirectory() as folder, Cluster(Shape(nodes=3, secure=True), obtain()) as cluster:
            console.print(_says(plan))
            run = asyncio.run(soak(cluster, "soak", Path(folder), plan))
    except NoBroker as missing:
        console.print(f"soak: {missing}", style="red")
        return 1
    except NodeFailed as failed:
        console.print(f"soak: a broker did not come back: {failed}", style="red")
        return 1
    except TimeoutError:
        console.print(f"soak: not finished after {plan.limit_seconds:g} seconds", style="red")
        return 1
    show(run, console)
    return 0 if run.is_whole else 1


def show(run: Run, console: Console) -> None:
    """Print *run* as a table: of *found*, what a node finds wrong; of *again*, what it was given again and dropped."""
    table = Table(title="each reading node", title_justify="left", box=SIMPLE, pad_edge=False)
    for heading in _HEADINGS:
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for node in run.nodes:
        verdict = node.verdict
        counts = (verdict.arrived, verdict.lost, verdict.doubled, verdict.strange, verdict.disordered)
        rest = (_listed(node.findings) or "0", str(node.repeated), f"{node.longest_pause:.0f} s")
        table.add_row(node.code, *map(str, counts), *rest)
    console.print(table)
    console.print(
        f"{run.messages} messages to {len(run.nodes)} nodes in {run.seconds:.0f} s "
        f"({run.messages / run.seconds:.0f} a second), {run.kills} brokers killed and restarted, "
        f"{run.unconfirmed} unconfirmed"
    )
    console.print(f"writers were told: {_listed(run.told) or 'nothing'}")
    for node in run.nodes:
        console.print(f"{node.code} was told: {_listed(node.told) or 'nothing'}")
    console.print("whole" if run.is_whole else "BREACH", style="green" if run.is_whole else "red")


def _says(plan: Plan) -> str:
    return (
        f"{plan.messages} messages from {len(WRITERS)} writers to {len(READERS)} reading nodes over three brokers "
        f"with TLS; one after the other is killed, {plan.seconds_between_kills:g} s after the one before came back"
    )


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} × {code}" for code, count in sorted(counts.items()))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.support.soak")
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--seconds-between-kills", type=float, default=SECONDS_BETWEEN_KILLS)
    parser.add_argument("--limit-minutes", type=float, default=LIMIT_MINUTES)
    arguments = parser.parse_args()
    if arguments.messages < len(WRITERS) or arguments.messages % len(WRITERS):
        parser.error(f"--messages: a multiple of {len(WRITERS)}, the number of writers")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
