"""Measure what sealing costs and print a table: ``python -m bench.sealing``.

A flush of drafts of three sections to 600 authorities on 200 nodes: who may have what is decided, sections are sealed,
keys listed and wrapped, headers chained and signed. Once without any database, once with the node's database and its
key store, each with its commits; nothing is sent. Then what a reader pays: opening a section, deciding four layers.
Times pass on the wall, the best of several; the numbers also go to ``bench/results/`` as JSON.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

from bench.drafts import make_drafts
from bench.machine import Machine, this_machine
from bench.sealing_sides import AUTHOR, Hall, open_hall
from broker.about import Reader
from broker.admit import read, reopen
from broker.facts import delivery, facts_for
from broker.policy.decide import decide
from broker.relationships import Relationships
from broker.types.vocabulary import Tlp
from producers.draft import Draft
from producers.preview import Previewer, about_draft

NODES: Final = 200
FEW_NODES: Final = 10
AUTHORITIES_A_NODE: Final = 3
FIVE_GOAL_MS: Final = 2.0
DISTINCT_GOAL_MS: Final = 4.0
URGENT_GOAL_MS: Final = 60.0
LARGE_RATIO_GOAL: Final = 1.5
SMALL_RATIO_GOAL: Final = 2.2
OPEN_GOAL_US: Final = 100.0
DECIDE_GOAL_US: Final = 20.0
PREVIEW_GOAL_MS: Final = 200.0
_TIMES: Final = 7
_RESULTS: Final = Path(__file__).parent / "results"


class Line(msgspec.Struct, frozen=True):
    """One measurement, and what it is to be at most."""

    name: str
    value: float
    unit: str
    goal: float | None

    @property
    def verdict(self) -> str:
        """Whether the goal is met."""
        return "" if self.goal is None else "met" if self.value <= self.goal else "MISSED"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What one invocation measured."""

    at: datetime
    machine: Machine
    lines: list[Line]


def some_drafts(count: int, distinct: int, codes: Sequence[str]) -> list[Draft]:
    """Return sealed drafts of *distinct* markings, some for everybody, most for some tens of nodes, some for three."""
    drafts = [draft for draft in make_drafts(AUTHOR, 4 * count) if draft.tlp is not Tlp.CLEAR][:count]
    kinds = [_marked(number, codes) for number in range(distinct)]
    found = []
    for number, draft in enumerate(drafts):
        tlp, recipients, excluded, concerned = kinds[number % distinct]
        marking = msgspec.structs.replace(draft.core.marking, recipients=recipients, excluded=excluded)
        told = tuple(
            msgspec.structs.replace(one, country=code, tell=True)
            for one, code in zip(draft.core.concerned, ("NL", *concerned), strict=True)
        )
        core = msgspec.structs.replace(draft.core, marking=marking, concerned=told)
        sections = msgspec.structs.replace(draft.sections, core=core)
        found.append(msgspec.structs.replace(draft, tlp=tlp, sections=sections))
    return found


_LABELS: Final = (Tlp.GREEN, Tlp.GREEN, Tlp.AMBER, Tlp.AMBER, Tlp.RED)
_NAMED: Final = (0, 5, 30, 10, 3)


def _marked(number: int, codes: Sequence[str]) -> tuple[Tlp, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return label, recipients, excluded and concerned countries, others for every *number*."""
    kind, shift = number % len(_LABELS), number // len(_LABELS)
    several = [codes[(7 * shift + 3 * place) % len(codes)] for place in range(_NAMED[kind] + 4)]
    concerned, excluded = several[:2], several[2:4]
    named = dict.fromkeys(one for one in several[4:] if one not in excluded)
    return _LABELS[kind], tuple(named), tuple(dict.fromkeys(excluded)), tuple(concerned)


def best(work: Callable[[], float], times: int = _TIMES) -> float:
    """Return the least of what *work* measures, in milliseconds."""
    return min(work() for _ in range(times)) * 1e3


def measure(folder: Path) -> list[Line]:
    """Run everything in *folder*."""
    with open_hall(folder / "many", NODES, AUTHORITIES_A_NODE) as many:
        lines = [*_flushes(many), *_reading(many)]
        with open_hall(folder / "few", FEW_NODES, NODES * AUTHORITIES_A_NODE // FEW_NODES) as few:
            lines += _ratios(many, few)
    return lines


def _flushes(hall: Hall) -> list[Line]:
    lines = []
    for name, distinct, goal in (("5 markings", 5, FIVE_GOAL_MS), ("64 markings", 64, DISTINCT_GOAL_MS)):
        drafts = some_drafts(64, distinct, hall.codes)
        lines += [
            Line(f"64 messages, {name}, a message", best(partial(hall.seal, drafts)) / 64, "ms", goal),
            Line("… first flush of a process", best(partial(hall.seal, drafts, cold=True)) / 64, "ms", goal),
            Line("… with database and key store", best(partial(hall.store, drafts)) / 64, "ms", goal),
        ]
    urgent = some_drafts(1, 1, hall.codes)
    return [
        *lines,
        Line(
            "one urgent message, first of a process", best(lambda: hall.seal(urgent, cold=True)), "ms", URGENT_GOAL_MS
        ),
        Line("… with database and key store", best(lambda: hall.store(urgent)), "ms", URGENT_GOAL_MS),
    ]


def _ratios(many: Hall, few: Hall) -> list[Line]:
    lines = []
    for count, goal in ((255, LARGE_RATIO_GOAL), (64, SMALL_RATIO_GOAL)):
        pure = [best(partial(hall.seal, some_drafts(count, 5, hall.codes))) for hall in (many, few)]
        whole = [best(partial(hall.store, some_drafts(count, 5, hall.codes))) for hall in (many, few)]
        lines += [
            Line(f"{NODES} nodes against {FEW_NODES}, flushes of {count}", pure[0] / pure[1], "×", goal),
            Line("… with database and key store", whole[0] / whole[1], "×", goal),
        ]
    return lines


def _reading(hall: Hall) -> list[Line]:
    (draft,) = some_drafts(1, 1, hall.codes)
    raw, keys = hall.one_record(draft)
    verified = reopen(raw, late=False)
    opened = best(lambda: _timed(lambda: read(verified, keys), 300)) * 1e3 / 3
    about = about_draft(draft)
    entry = hall.directory.authorities(hall.now)[-1]
    reader = Reader.of(entry, active=True)
    facts = facts_for(about, reader, Relationships(), delivery(reader, hall.now))
    tables = hall.tables()
    decided = best(lambda: _timed(lambda: decide(tables, facts), 300)) * 1e3
    previewed = best(
        lambda: _timed(lambda: Previewer(hall.directory, Relationships(), hall.release, hall.now).preview(about))
    )
    return [
        Line("opening a section, decoded", opened, "µs", OPEN_GOAL_US),
        Line("a decision of four layers about three sections", decided, "µs", None),
        Line("… about one section", decided / len(facts.sections), "µs", DECIDE_GOAL_US),
        Line("preview for 600 authorities", previewed, "ms", PREVIEW_GOAL_MS),
    ]


def _timed(work: Callable[[], object], times: int = 1) -> float:
    began = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - began) / times


def show(result: Result, console: Console) -> None:
    """Print *result* as a table."""
    machine = result.machine
    console.print(f"{machine.cpu}, {machine.cores} cores, Python {machine.python}, fsync {machine.fsync_ms:.2f} ms")
    console.print(f"{NODES} nodes, {NODES * AUTHORITIES_A_NODE} authorities, drafts of three sections\n")
    table = Table(title="the best of several runs, one thread", title_justify="left")
    for heading in ("", "measured", "goal", ""):
        table.add_column(heading, justify="right" if heading else "left")
    for one in result.lines:
        goal = "" if one.goal is None else f"≤ {one.goal:g}"
        table.add_row(one.name, f"{one.value:.2f} {one.unit}", goal, one.verdict)
    console.print(table)


def save(result: Result) -> Path:
    """Write *result* as JSON, and return where."""
    _RESULTS.mkdir(exist_ok=True)
    path = _RESULTS / f"sealing-{result.at:%Y%m%dT%H%M%SZ}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result)))
    return path


def main() -> None:
    """Measure, print and save."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        result = Result(at=datetime.now(UTC), machine=this_machine(folder), lines=measure(folder))
    show(result, Console(width=100))
    save(result)


if __name__ == "__main__":
    main()
