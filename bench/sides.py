"""Ways to bring the same facts through Kafka, and how they are measured beside each other.

In each round every side publishes the same drafts into a topic of its own and takes them out again, in an order that
changes from round to round. A ratio is taken within a round and the median over rounds is told: what else the machine
does meanwhile falls on all sides.
"""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any, Final, Protocol, TypeVar

import msgspec

from bench.drafts import make_drafts
from bench.facts import Records
from bench.network import AUTHOR
from bench.runs import Stopwatch, check_count
from producers.draft import Draft

SENT_AT_ONCE: Final = 255
"""As many as the flusher signs and sends at once, with the release of their keys."""
_WARM_UP: Final = 2 * SENT_AT_ONCE

Held = TypeVar("Held")


class Side(Protocol[Held]):
    """One way, both ends; *Held* is what a program has in hand that goes this way."""

    @property
    def name(self) -> str:
        """What it is called in tables."""
        ...

    def hold(self, draft: Draft) -> Held:
        """Return the facts of *draft* as a program holds them before it publishes; not timed."""
        ...

    async def publish(self, messages: Sequence[Held]) -> None:
        """Return when Kafka has acknowledged all."""
        ...

    async def begin(self) -> None:
        """Connect a reader that stands behind what was taken before; not timed."""
        ...

    async def take(self, count: int) -> Sequence[Held]:
        """Take *count* messages; return those that came last."""
        ...

    async def end(self) -> None:
        """Let the reader go, so that it does not work while others are timed; not timed."""
        ...

    def tell(self, held: Held) -> Records:
        """Return the facts as typed records, to be compared; not timed."""
        ...

    async def close(self) -> None:
        """Give everything back."""
        ...


class Cost(msgspec.Struct, frozen=True):
    """What one end cost in each round, a message: CPU microseconds over all threads, and those that passed."""

    cpu_us: tuple[float, ...]
    wall_us: tuple[float, ...]


class SideCost(msgspec.Struct, frozen=True):
    """What a side cost at both ends."""

    name: str
    publish: Cost
    take: Cost

    @property
    def both(self) -> Cost:
        """The sum of both ends, round by round."""
        out, into = self.publish, self.take
        return Cost(_sums(out.cpu_us, into.cpu_us), _sums(out.wall_us, into.wall_us))


async def measure_sides(sides: Sequence[Side[Any]], *, messages: int, rounds: int) -> list[SideCost]:
    """Let every side carry *messages* in each of *rounds*; return the costs in the order of *sides*.

    Raises:
        RuntimeError: A side lost or changed something.
    """
    watches = {
        side.name: ([Stopwatch() for _ in range(rounds)], [Stopwatch() for _ in range(rounds)]) for side in sides
    }
    for side in sides:
        await _carry(side, _drafts(0, _WARM_UP), Stopwatch(), Stopwatch())
    for number in range(rounds):
        drafts = _drafts(_WARM_UP + number * messages, messages)
        for place in range(len(sides)):
            side = sides[(place + number) % len(sides)]
            publishing, taking = watches[side.name]
            await _carry(side, drafts, publishing[number], taking[number])
    return [SideCost(name, _cost(out, messages), _cost(into, messages)) for name, (out, into) in watches.items()]


def ratios(mine: Sequence[float], other: Sequence[float]) -> list[float]:
    """Return how many times *other* it is, round by round."""
    return [one / two for one, two in zip(mine, other, strict=True)]


def middle(values: Sequence[float]) -> float:
    """Return the median."""
    return float(median(values))


async def _carry(side: Side[Any], drafts: Sequence[Draft], publishing: Stopwatch, taking: Stopwatch) -> None:
    batches = list(_batches([side.hold(draft) for draft in drafts]))
    with _own_heap_only():
        for batch in batches:
            with publishing:
                await side.publish(batch)
    await side.begin()
    with _own_heap_only(), taking:
        last = await side.take(len(drafts))
    await side.end()
    _check(drafts[-len(last) :], [side.tell(one) for one in last], side.name)


@contextmanager
def _own_heap_only() -> Iterator[None]:
    """Keep what the bench itself holds, all the drafts, away from the garbage collector, which would look at it all."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _batches(messages: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(messages), SENT_AT_ONCE):
        yield messages[start : start + SENT_AT_ONCE]


def _drafts(first: int, count: int) -> list[Draft]:
    return list(make_drafts(AUTHOR, count, first=first))


def _check(drafts: Sequence[Draft], told: Sequence[Records], name: str) -> None:
    check_count(len(drafts), len(told))
    for draft, records in zip(drafts, told, strict=True):
        if draft.sections.present() != records:
            raise RuntimeError(f"{name} changed {draft.national_reference}: the numbers would mean nothing")


def _sums(one: Sequence[float], two: Sequence[float]) -> tuple[float, ...]:
    return tuple(a + b for a, b in zip(one, two, strict=True))


def _cost(watches: Sequence[Stopwatch], messages: int) -> Cost:
    return Cost(tuple(one.cpu / messages * 1e6 for one in watches), tuple(one.wall / messages * 1e6 for one in watches))
