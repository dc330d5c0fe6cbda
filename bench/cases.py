"""How fast a node takes many incidents in, finds them again, and suggests what may be the same event.

``python -m bench.cases [INCIDENTS]``: 60,000 by default; a network of seizures that counts all has 600,000. Taking in
is drafts into the outbox and the index together. Of a question the time that passes is compared with its goal; CPU
time, which others on the machine lengthen less, stands beside it. The numbers also go to ``bench/results/``.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console

from bench.goals import Line, save, show_lines, show_machine
from bench.incidents import FIRST_YEAR, YEARS, make_incidents, sampled_rows
from bench.machine import Machine, resident_mib, this_machine
from bench.runs import check_count
from broker.cases.incident_facts import Label, facts_of
from broker.catalogue import shipped_catalogue
from broker.records.incident import IncidentCore
from broker.types.names import Originator, Participant
from consumers.search.finding import Query
from producers.publish import Taken, Terms, take
from tocsin.casework.search import Search, open_search
from tocsin.casework.suggesting import suggest
from tocsin.founding import Founding, found_federation
from tocsin.installation import Node, open_node
from tocsin.members import usual_member

AUTHORITY: Final = Originator("NL/customs")
MIN_INCIDENTS_A_SECOND: Final = 1500
MAX_SEARCH_MS: Final = 100.0
MAX_SUGGESTION_MS: Final = 50.0
_ASKED: Final = 200
_CAUGHT_UP_AFTER: Final = 20_000


class Latency(msgspec.Struct, frozen=True):
    """Milliseconds of many askings: that passed, and of CPU, which others on the machine do not lengthen."""

    median_ms: float
    p95_ms: float
    cpu_median_ms: float
    cpu_p95_ms: float
    found: int


class Result(msgspec.Struct, frozen=True):
    """What a run came to; *made_seconds* is what making the drafts took, which is no part of taking them in."""

    machine: Machine
    incidents: int
    made_seconds: float
    taken_seconds: float
    indexed_seconds: float
    a_second: float
    a_cpu_second: float
    index_mib: float
    resident_mib: float
    latencies: dict[str, Latency]


@contextmanager
def loaded(folder: Path, incidents: int, *, country: str = "") -> Iterator[tuple[Node, Search, list[float]]]:
    """Give a node with *incidents*, and the seconds of making, taking, indexing, and of CPU for the last two.

    Args:
        country: Where all of them happened; empty for the countries of the sample.
    """
    founding = Founding(id="bench", members=(usual_member("NL"),))
    root = asyncio.run(found_federation(folder / "federation", founding))
    with open_node(root, Participant("NL")) as node, open_search(node) as search:
        seconds = [0.0, 0.0, 0.0, 0.0]
        for first in range(0, incidents, _CAUGHT_UP_AFTER):
            size = min(_CAUGHT_UP_AFTER, incidents - first)
            began = time.perf_counter()
            drafts = list(make_incidents(AUTHORITY, size, first=first, country=country))
            made, busy = time.perf_counter(), time.process_time()
            outcomes = list(take(node.engine, lambda drafts=drafts: drafts, Terms()))  # type: ignore[misc]
            taken = time.perf_counter()
            indexed = search.catch_up()
            done, busy = time.perf_counter(), time.process_time() - busy
            check_count(size, sum(isinstance(one, Taken) for one in outcomes))
            check_count(size, indexed)
            for place, spent in enumerate((made - began, taken - made, done - taken, busy)):
                seconds[place] += spent
            parts = f"{size / (taken - made):7.0f} /s taken, {size / (done - taken):7.0f} /s indexed"
            print(f"{first + size:>9,}  {size / (done - made):7.0f} /s: {parts}", file=sys.stderr)
        yield node, search, seconds


def measure(folder: Path, incidents: int) -> Result:
    """Load, then ask."""
    with loaded(folder, incidents) as (node, search, seconds):
        asked = {**_questions(search), "suggestion": _suggesting(search)}
        latencies = {name: _asked(ask) for name, ask in asked.items()}
        return Result(
            machine=this_machine(folder),
            incidents=incidents,
            made_seconds=seconds[0],
            taken_seconds=seconds[1],
            indexed_seconds=seconds[2],
            a_second=incidents / (seconds[1] + seconds[2]),
            a_cpu_second=incidents / seconds[3],
            index_mib=sum(path.stat().st_size for path in node.own_folder.keys.glob("search.sqlite*")) / 2**20,
            resident_mib=resident_mib(),
            latencies=latencies,
        )


def _questions(search: Search) -> dict[str, Callable[[random.Random], int]]:
    rows = sampled_rows()
    substances = sorted({one.substance for one in rows if one.substance})
    countries = sorted({one.country for one in rows})

    def find(query: Query) -> int:
        return len(search.find(AUTHORITY, query))

    def window(chance: random.Random) -> tuple[date, date]:
        first = date(FIRST_YEAR + chance.randrange(YEARS), chance.randrange(1, 13), 1)
        return first, first.replace(day=28)

    def by_all(chance: random.Random) -> int:
        first, last = window(chance)
        substance, country = chance.choice(substances), chance.choice(countries)
        return find(Query(substances=(substance,), countries=(country,), first=first, last=last))

    def by_day(chance: random.Random) -> int:
        first, last = window(chance)
        return find(Query(first=first, last=last))

    return {
        "substance": lambda chance: find(Query(substances=(chance.choice(substances),))),
        "country": lambda chance: find(Query(countries=(chance.choice(countries),))),
        "day": by_day,
        "substance, country and day": by_all,
    }


def _suggesting(search: Search) -> Callable[[random.Random], int]:
    """Return the asking for what may be the same event as an incident that is not there yet."""
    drafts = make_incidents(AUTHORITY, _ASKED + 1, first=900_000_000)

    def ask(_: random.Random) -> int:
        draft = next(drafts)
        core = draft.core
        if not isinstance(core, IncidentCore):
            raise TypeError(f"expected an incident, not {type(core)}")
        facts = facts_of(core, None, label=Label(draft.tlp, draft.status), ids_of=shipped_catalogue().exact_ids)
        return len(suggest(search, AUTHORITY, facts))

    return ask


def _asked(ask: Callable[[random.Random], int]) -> Latency:
    passed: list[float] = []
    busy: list[float] = []
    found = 0
    for number in range(_ASKED):
        chance = random.Random(number)
        began, before = time.perf_counter(), time.process_time()
        found += ask(chance)
        passed.append((time.perf_counter() - began) * 1000)
        busy.append((time.process_time() - before) * 1000)
    passed.sort()
    busy.sort()
    middle, late = _ASKED // 2, _ASKED * 95 // 100
    return Latency(passed[middle], passed[late], busy[middle], busy[late], found)


def show(result: Result, console: Console) -> None:
    """Print *result* as a table."""
    show_machine(result.machine, console)
    console.print(f"{result.incidents} incidents, of which a node has made drafts and index\n")
    lines = [
        Line("taken in and indexed", result.a_second, "/s", MIN_INCIDENTS_A_SECOND),
        Line("the same, of CPU time", result.a_cpu_second, "/s"),
        Line("indexing, times taking in", result.indexed_seconds / result.taken_seconds, ""),
        Line("index", result.index_mib, "MiB"),
        Line("memory", result.resident_mib, "MiB"),
    ]
    for name, latency in result.latencies.items():
        goal = MAX_SUGGESTION_MS if name == "suggestion" else MAX_SEARCH_MS
        lines.append(Line(f"{name}, 95 of 100 within", latency.p95_ms, "ms", goal, at_most=True))
        lines.append(Line(f"{name}, of CPU time", latency.cpu_p95_ms, "ms"))
    show_lines("cases", lines, console)


def main() -> None:
    """Measure, print and save."""
    incidents = int(sys.argv[1]) if len(sys.argv) > 1 else 60_000
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        result = measure(Path(folder), incidents)
    show(result, Console(width=100))
    save("cases", result)


if __name__ == "__main__":
    main()
