"""Counts of incidents by week or month: of each substance, and of each substance in each country."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import msgspec

from broker.signals.naming import keys_of
from broker.signals.observation import Observation
from broker.signals.periods import Grain, step_within, steps


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of one substance at one place.

    Attributes:
        place: A country; empty for all that the node sees.
        starts: The first days of all steps, the same in every series.
        counts: One for each step.
        behind: The incidents of each step that has any.
    """

    substance: str
    as_written: str
    place: str
    starts: tuple[date, ...]
    counts: tuple[int, ...]
    behind: Mapping[date, tuple[Observation, ...]]


class Counted(msgspec.Struct, frozen=True):
    """All series over the same steps.

    Attributes:
        undated: Incidents whose day is not known so exactly that they would belong to one step; they are in none.
    """

    series: tuple[Series, ...]
    undated: int


def count(observations: Iterable[Observation], grain: Grain, last: date) -> Counted:
    """Return the series of *observations* to the step of the day *last*.

    They begin with the first step in which anything at all is known: before that, nothing counted is not zero.
    """
    placed: dict[tuple[str, str], dict[date, list[Observation]]] = {}
    written: dict[str, str] = {}
    undated = 0
    for one in observations:
        step = step_within(one.facts.first_day, one.facts.last_day, grain)
        if step is None:
            undated += 1
            continue
        for key, as_written in keys_of(one.facts):
            written.setdefault(key, as_written)
            for place in _places(one):
                placed.setdefault((key, place), {}).setdefault(step, []).append(one)
    first = min((step for several in placed.values() for step in several), default=None)
    if first is None:
        return Counted((), undated)
    starts = tuple(steps(first, last, grain))
    return Counted(tuple(_series(at, written[at[0]], found, starts) for at, found in sorted(placed.items())), undated)


def _series(
    at: tuple[str, str], as_written: str, found: Mapping[date, list[Observation]], starts: tuple[date, ...]
) -> Series:
    return Series(
        substance=at[0],
        as_written=as_written,
        place=at[1],
        starts=starts,
        counts=tuple(len(found.get(start, ())) for start in starts),
        behind={start: tuple(several) for start, several in found.items()},
    )


def _places(one: Observation) -> Iterator[str]:
    yield ""
    if one.facts.reporting_country:
        yield one.facts.reporting_country
