"""What was measured beside what is to be reached, as a table and as a file in ``bench/results/``."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

from bench.machine import Machine

_RESULTS: Final = Path(__file__).parent / "results"


class Line(msgspec.Struct, frozen=True):
    """One figure.

    Attributes:
        goal: What it has to reach, or to stay below where *at_most*; None where nothing is asked of it.
    """

    name: str
    value: float
    unit: str
    goal: float | None = None
    at_most: bool = False

    @property
    def ratio(self) -> str:
        """The figure as a multiple of its goal; empty without one."""
        return "" if not self.goal else f"{self.value / self.goal:.2f}"

    @property
    def verdict(self) -> str:
        """Whether the goal is met; empty without one."""
        if self.goal is None:
            return ""
        return "met" if (self.value <= self.goal if self.at_most else self.value >= self.goal) else "MISSED"


def show_machine(machine: Machine, console: Console) -> None:
    """Print what it was measured on, and how many processes wanted to run there in the last minute."""
    console.print(f"{machine.cpu}, {machine.cores} cores, Python {machine.python}, fsync {machine.fsync_ms:.2f} ms")
    console.print(f"load {os.getloadavg()[0]:.1f}: above {machine.cores}, what passes on the clock is too long")


def show_lines(title: str, lines: Sequence[Line], console: Console) -> None:
    """Print *lines* as a table."""
    table = Table(title=title, title_justify="left")
    for heading in ("", "measured", "goal", "× goal", ""):
        table.add_column(heading, justify="right" if heading else "left")
    for one in lines:
        goal = "" if one.goal is None else f"{'≤' if one.at_most else '≥'} {one.goal:g}"
        value = f"{one.value:,.0f}" if one.value >= 100 else f"{one.value:.2f}"
        table.add_row(one.name, f"{value} {one.unit}", goal, one.ratio, one.verdict)
    console.print(table)


def save(name: str, result: msgspec.Struct) -> Path:
    """Write *result* as JSON under *name* and the time, and return where."""
    _RESULTS.mkdir(exist_ok=True)
    path = _RESULTS / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result)))
    return path
