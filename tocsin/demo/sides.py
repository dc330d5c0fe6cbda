"""One report as several authorities see it side by side, and an alert as it reaches the country concerned."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection

from broker.directory import Directory
from broker.policy.decide import SectionOutcome
from broker.section_keys import SectionKeys
from broker.types.names import Originator
from broker.types.vocabulary import Relation, Section
from consumers import inbox
from consumers.opening import unopened
from tocsin.demo.reasons import sentence
from tocsin.demo.telling import tell
from tocsin.demo.views import Sight
from tocsin.showing.items import banner, item_lines, title
from tocsin.showing.records import Line

_SIDES: Final = 5
_DENIED_SIDES: Final = 2


class Cell(msgspec.Struct, frozen=True):
    """A section as one reader sees it: its lines, or why it is withheld."""

    section: Section
    shown: bool
    lines: tuple[str, ...]


class Side(msgspec.Struct, frozen=True):
    """A report as one reader sees it."""

    reader: Originator
    outcome: str
    cells: tuple[Cell, ...]


class Alert(msgspec.Struct, frozen=True):
    """An alert as its reader gets it."""

    reader: Originator
    banner: str
    title: str
    lines: tuple[Line, ...]


def most_varied(sights: Sequence[Sight], readers: Sequence[Originator]) -> str | None:
    """Return the report of which *readers* see all, a part and nothing, in the most different ways; None for none."""
    ways: dict[str, set[object]] = {}
    outcomes: dict[str, set[str]] = {}
    for sight in sights:
        if sight.reader in readers:
            ways.setdefault(sight.message, set()).add(_way(sight))
            outcomes.setdefault(sight.message, set()).add(sight.decision.outcome)
    # In the order of names, so that the same reports always give the same show.
    return max(sorted(ways), key=lambda message: (len(outcomes[message]), len(ways[message])), default=None)


def pick_sides(sights: Sequence[Sight], message: str, readers: Sequence[Originator]) -> list[Sight]:
    """Return how *readers* see one report, each way once, those that see most first; two of them see nothing."""
    ways: dict[object, Sight] = {}
    by_reader = {sight.reader: sight for sight in sights if sight.message == message}
    for reader in readers:
        sight = by_reader.get(reader)
        if sight is not None:
            ways.setdefault(_way(sight), sight)
    ordered = sorted(ways.values(), key=lambda sight: -len(sight.decision.permitted))
    denied = [sight for sight in ordered if not sight.decision.permitted][-_DENIED_SIDES:]
    return [*[sight for sight in ordered if sight.decision.permitted][: _SIDES - len(denied)], *denied]


def side(connection: Connection, section_keys: SectionKeys, sight: Sight, now: datetime) -> Side:
    """Return what the reader of *sight* sees at the moment *now*, read through its own inbox."""
    shown: Mapping[Section, msgspec.Struct | None] = {}
    if sight.decision.permitted:
        shown = inbox.item(connection, section_keys, sight.reader, sight.message, now).sections
    cells = tuple(_cell(one, shown.get(one.section)) for one in sight.decision.outcomes)
    return Side(sight.reader, sight.decision.outcome, cells)


def first_alert(
    connection: Connection, section_keys: SectionKeys, reader: Originator, directory: Directory, now: datetime
) -> Alert | None:
    """Return an alert by which *reader* learns that somebody else's report concerns its country, first by name."""
    unseen = inbox.alerts(connection, section_keys, reader, now)
    concerning = (one for one in unseen if Relation.CONCERNED in one.decision.facts.relation)
    first = min(concerning, key=lambda one: one.message, default=None)
    if first is None:
        return None
    closed = unopened(first)
    return Alert(reader, banner(closed), title(closed), tuple(item_lines(closed, directory)))


def _way(sight: Sight) -> object:
    """Return what distinguishes one way of seeing a report from another: what is shown, and by which rules."""
    return tuple((one.section, one.permitted, one.layer, one.rule_id) for one in sight.decision.outcomes)


def _cell(outcome: SectionOutcome, record: msgspec.Struct | None) -> Cell:
    if record is None:
        return Cell(outcome.section, shown=False, lines=(sentence(outcome),))
    return Cell(outcome.section, shown=True, lines=tell(record))
