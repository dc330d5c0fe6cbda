"""All methods of early warning over one window."""

from collections.abc import Iterable

import msgspec

from broker.signals.amounts import unusual_amounts
from broker.signals.counts import unusual_counts
from broker.signals.novelty import new_concealments, new_declarations, new_routes
from broker.signals.observation import Observation, Window, beside_events, countable, reach, split
from broker.signals.parameters import USUAL, Parameters
from broker.signals.sightings import first_sightings
from broker.signals.signal import Signal, SignalKind, signal_of
from broker.types.vocabulary import Status


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, and what has to be known to read it.

    Attributes:
        signals: By kind; each once.
        incidents: Events that were looked at, the past included.
        left_out: Reports that are none of their own: second reports, parts, destroyed goods, another status.
        notes: What could not be judged, and why.
    """

    signals: tuple[Signal, ...]
    incidents: int
    left_out: int
    notes: tuple[str, ...]


def find_signals(
    observations: Iterable[Observation], window: Window, status: Status, parameters: Parameters = USUAL
) -> Findings:
    """Return what is new or unusual in *window* against everything known before it.

    Args:
        status: Of the network: in an exercise its messages count among themselves, and never among actual ones.
    """
    given = tuple(observations)
    events = countable(given, status)
    past, new = split(events, window)
    beside = beside_events((one for one in given if one.facts.status is status), events, window)
    counts = unusual_counts(events, window, parameters)
    found = (
        *first_sightings(past, new, parameters, beside),
        *counts.found,
        *unusual_amounts(past, new, parameters),
        *new_routes(past, new, parameters, beside),
        *new_concealments(past, new, parameters, beside),
        *new_declarations(past, new, parameters, beside),
    )
    signals = {one.id: one for one in (signal_of(each, window) for each in found)}
    order = list(SignalKind)
    notes = (*_notes(past, parameters), *counts.notes)
    return Findings(
        signals=tuple(sorted(signals.values(), key=lambda one: (order.index(one.kind), one.substance, one.place))),
        incidents=len(events),
        left_out=len(given) - len(events),
        notes=notes,
    )


def _notes(past: tuple[Observation, ...] | list[Observation], parameters: Parameters) -> Iterable[str]:
    back = reach(past)
    if len(past) < parameters.least_history:
        need = parameters.least_history
        yield f"Only {len(past)} incidents were known before: with less than {need} nothing can be called new."
    elif back is not None:
        yield f"Compared with {len(past)} incidents known before, back to {back:%Y-%m-%d}."
