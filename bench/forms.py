"""How long Form D of a year takes over a node's index: ``python -m bench.forms [INCIDENTS [COUNTRY]]``.

60,000 incidents of ten years by default; a network that counts all seizures has 600,000. With a country, all of them
happened there: the worst that one form can meet. The numbers also go to ``bench/results/``.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console

from bench.cases import AUTHORITY, loaded
from bench.goals import Line, save, show_lines, show_machine
from bench.incidents import FIRST_YEAR, YEARS
from bench.machine import Machine, resident_mib, this_machine
from broker.catalogue import shipped_catalogue
from broker.figures.form_d import form_d
from broker.figures.sieve import Scope
from broker.types.vocabulary import Status
from tocsin.forms.gathering import gather_year, part_on
from tocsin.forms.yearly import Wish, year_form
from tocsin.installation import Node

MAX_SECONDS: Final = 5.0
COUNTRIES: Final = ("MX", "PK", "NL")


class Result(msgspec.Struct, frozen=True):
    """What a run came to.

    Attributes:
        median_seconds: Of a form, from asking to figures, over years and countries.
        median_cpu_seconds: The same, but for what others did on the machine meanwhile.
        counting_seconds: Of that, the arithmetic alone, of one form.
    """

    machine: Machine
    incidents: int
    forms: int
    median_seconds: float
    worst_seconds: float
    median_cpu_seconds: float
    counting_seconds: float
    gathered: int
    counted: int
    resident_mib: float


def measure(folder: Path, incidents: int, country: str = "") -> Result:
    """Load, then make forms; of *country* alone, where all incidents happened in it."""
    countries = (country,) if country else COUNTRIES
    with loaded(folder, incidents, country=country) as (node, _, _):
        times: list[float] = []
        cpu: list[float] = []
        counted = 0
        for year in range(FIRST_YEAR, FIRST_YEAR + YEARS, 3):
            for one in countries:
                began, worked = time.perf_counter(), time.process_time()
                made = year_form(node, Wish(reader=AUTHORITY, scope=_scope(one, year)))
                times.append(time.perf_counter() - began)
                cpu.append(time.process_time() - worked)
                counted += len(made.form.counted)
        counting, gathered = _counting(node, countries[0])
        return Result(
            machine=this_machine(folder),
            incidents=incidents,
            forms=len(times),
            median_seconds=round(statistics.median(times), 3),
            worst_seconds=round(max(times), 3),
            median_cpu_seconds=round(statistics.median(cpu), 3),
            counting_seconds=round(counting, 3),
            gathered=gathered,
            counted=counted,
            resident_mib=resident_mib(),
        )


def _scope(country: str, year: int) -> Scope:
    # The incidents are drafts of an exercise, all reported by one authority.
    return Scope(country=country, year=year, reporter="NL", status=Status.EXERCISE, drafts=True)


def _counting(node: Node, country: str) -> tuple[float, int]:
    scope = _scope(country, FIRST_YEAR)
    records = gather_year(node, AUTHORITY, scope)
    began = time.perf_counter()
    form_d(records, scope, part_on=part_on(shipped_catalogue()))
    return time.perf_counter() - began, len(records)


def show(result: Result, console: Console) -> None:
    """Print *result* as a table."""
    show_machine(result.machine, console)
    console.print(f"{result.forms} forms of a year and a country, out of {result.incidents} incidents\n")
    lines = [
        Line("the slowest form", result.worst_seconds, "s", MAX_SECONDS, at_most=True),
        Line("a form", result.median_seconds, "s"),
        Line("a form, of CPU time", result.median_cpu_seconds, "s"),
        Line("counting alone", result.counting_seconds, "s"),
        Line("counting, times a form", result.counting_seconds / (result.median_seconds or 1), ""),
        Line("memory", result.resident_mib, "MiB"),
    ]
    show_lines("forms", lines, console)


def main() -> None:
    """Measure, print and save."""
    incidents = int(sys.argv[1]) if len(sys.argv) > 1 else 60_000
    country = sys.argv[2] if len(sys.argv) > 2 else ""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        result = measure(Path(folder), incidents, country)
    show(result, Console(width=100))
    save("forms-of-one-country" if country else "forms", result)


if __name__ == "__main__":
    main()
