"""How well unusual counts are found: false alarms, misses and delay on invented series.

``python -m bench.signals [SERIES]``: 20 of each kind by default, which takes some minutes. Each is eight years of
weekly counts of one kind. Into the last two years nothing is put (false alarms), or one outbreak of four weeks (misses
and delay). The numbers depend on the seed alone; they also go to ``bench/results/``.
"""

import math
import random
import sys
import tempfile
import timeit
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

from bench.goals import save, show_machine
from bench.machine import Machine, this_machine
from broker.signals import ears as short
from broker.signals import farrington as long
from broker.signals.parameters import USUAL

WEEKS: Final = 8 * 52
JUDGED: Final = 2 * 52
"""The last weeks: those that are judged."""
OUTBREAK_WEEKS: Final = 4
SEED: Final = 20260101
SERIES: Final = 20
_BESIDE: Final = "EARS C2"
"""What the others' false alarms are compared with: the usual method where the past is short."""


class Kind(msgspec.Struct, frozen=True):
    """A kind of series.

    Attributes:
        mean: Incidents a week.
        dispersion: Variance over mean; 1 is chance alone.
        season: By how much the mean rises and falls over a year, as a share of it.
        trend: By how much the mean grows in a year, as a share of it.
    """

    name: str
    mean: float
    dispersion: float = 1.0
    season: float = 0.0
    trend: float = 0.0


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """How a method did on one kind of series.

    Attributes:
        false_alarms_a_year: Of one series.
        sensitivity: Share of the outbreaks with an alarm in any of their weeks.
        delay_weeks: From the first week of an outbreak to the first alarm, on average over those found.
    """

    kind: str
    method: str
    false_alarms_a_year: float
    sensitivity: float
    missed: int
    delay_weeks: float


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What one invocation measured."""

    machine: Machine
    series: int
    results: tuple[Result, ...]
    farrington_ms_a_week: float


KINDS: Final = (
    Kind("rare, 0.5 a week", 0.5),
    Kind("steady, 3 a week", 3.0),
    Kind("scattered, 5 a week", 5.0, dispersion=2.0),
    Kind("seasonal, 10 a week", 10.0, dispersion=1.5, season=0.5),
    Kind("growing, 5 a week", 5.0, trend=0.1),
)
_Alarm = Callable[[Sequence[int], int], bool]


def series(kind: Kind, chance: random.Random) -> list[int]:
    """Return one series of *kind* without an outbreak."""
    return [draw(_mean(kind, week), kind.dispersion, chance) for week in range(WEEKS)]


def draw(mean: float, dispersion: float, chance: random.Random) -> int:
    """Return a count with this *mean* and the variance ``dispersion · mean``."""
    if dispersion > 1:
        mean = chance.gammavariate(mean / (dispersion - 1), dispersion - 1)
    count, product, limit = 0, chance.random(), math.exp(-mean)
    while product > limit:
        count, product = count + 1, product * chance.random()
    return count


def with_outbreak(counts: Sequence[int], kind: Kind, at: int, chance: random.Random) -> list[int]:
    """Return *counts* with four weeks from *at* on to which three standard deviations are added, at least 4."""
    extra = max(4.0, 3 * math.sqrt(_mean(kind, at) * kind.dispersion))
    return [
        count + (draw(extra, 1.0, chance) if at <= week < at + OUTBREAK_WEEKS else 0)
        for week, count in enumerate(counts)
    ]


def measure(kind: Kind, method: str, alarm: _Alarm, several: int, seed: int = SEED) -> Result:
    """Return how a method does on so many series of *kind*."""
    chance = random.Random(f"{seed} {kind.name}")
    false, delays = 0, []
    for _ in range(several):
        quiet = series(kind, chance)
        false += sum(alarm(quiet, week) for week in range(WEEKS - JUDGED, WEEKS))
        begins = chance.randrange(WEEKS - JUDGED, WEEKS - OUTBREAK_WEEKS)
        loud = with_outbreak(quiet, kind, begins, chance)
        found = next((late for late in range(OUTBREAK_WEEKS) if alarm(loud, begins + late)), None)
        delays += [] if found is None else [found]
    return Result(
        kind=kind.name,
        method=method,
        false_alarms_a_year=round(false * 52 / JUDGED / several, 2),
        sensitivity=round(len(delays) / several, 2),
        missed=several - len(delays),
        delay_weeks=round(sum(delays) / len(delays), 2) if delays else math.inf,
    )


def _mean(kind: Kind, week: int) -> float:
    growth = math.exp(math.log1p(kind.trend) * week / 52)
    return kind.mean * (1 + kind.season * math.sin(week / 52 * math.tau)) * growth


def _by_ears(number: int) -> _Alarm:
    def alarm(counts: Sequence[int], at: int) -> bool:
        if counts[at] < USUAL.least_count:
            return False
        said = short.ears(counts, at)
        return said is not None and said.is_alarm(number)

    return alarm


def _by_farrington(counts: Sequence[int], at: int) -> bool:
    if counts[at] < USUAL.least_count or not long.is_enough(counts, at):
        return False
    said = long.farrington(counts, at)
    return said is not None and counts[at] > said.upper


METHODS: Final[dict[str, _Alarm]] = {
    "EARS C1": _by_ears(1),
    "EARS C2": _by_ears(2),
    "EARS C3": _by_ears(3),
    "Farrington": _by_farrington,
}


def _one_week() -> float:
    """Return the milliseconds that Farrington takes to judge one week."""
    counts = series(KINDS[3], random.Random(SEED))
    return round(min(timeit.repeat(lambda: long.farrington(counts, WEEKS - 1), number=5, repeat=3)) / 5 * 1000, 1)


def measure_all(several: int) -> Measured:
    """Return all figures over so many series of each kind."""
    results = tuple(measure(kind, name, alarm, several) for kind in KINDS for name, alarm in METHODS.items())
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        machine = this_machine(Path(folder))
    return Measured(machine=machine, series=several, results=results, farrington_ms_a_week=_one_week())


def show(measured: Measured, console: Console) -> None:
    """Print *measured* as a table."""
    show_machine(measured.machine, console)
    console.print(f"{measured.series} series of each kind, {JUDGED} weeks judged of {WEEKS}")
    console.print(f"Farrington takes {measured.farrington_ms_a_week:.1f} ms a week\n")
    table = Table(title="signals", title_justify="left")
    for heading in ("", "method", "false alarms a year", f"× {_BESIDE}", "outbreaks found", "weeks until found"):
        table.add_column(heading, justify="left" if heading in {"", "method"} else "right")
    beside = {one.kind: one.false_alarms_a_year for one in measured.results if one.method == _BESIDE}
    for one in measured.results:
        ratio = f"{one.false_alarms_a_year / beside[one.kind]:.2f}" if beside[one.kind] else ""
        delay = f"{one.delay_weeks:.1f}" if math.isfinite(one.delay_weeks) else ""
        cells = (f"{one.false_alarms_a_year:.2f}", ratio, f"{one.sensitivity:.0%}", delay)
        table.add_row(one.kind, one.method, *cells)
    console.print(table)


def main() -> None:
    """Measure, print and save."""
    measured = measure_all(int(sys.argv[1]) if len(sys.argv) > 1 else SERIES)
    show(measured, Console(width=100))
    save("signals", measured)


if __name__ == "__main__":
    main()
