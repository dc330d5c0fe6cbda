"""INCB Form D: what was seized, stopped and diverted in a country in a year, each figure with what it is made of.

A figure is the sum of the lower ends of its cases; the sum of the upper ends stands beside it. Lines are apart by
heading, by whether the substance was in the Tables on the day of the incident, by substance and by unit.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Context, Decimal
from itertools import chain
from types import MappingProxyType
from typing import Final

import msgspec

from broker.errors import InvalidRecord
from broker.figures.amounts import UNNAMED, Addend, Remark, RemarkKind, addends
from broker.figures.reported import Left, LeftOut, Reported
from broker.figures.sieve import HEADINGS, Heading, Scope, left_out, sift
from broker.figures.suspects import suspected_duplicates
from broker.records.incident import Disposition
from broker.records.quantity import Unit
from broker.types.vocabulary import Word

_EXACT: Final = Context(prec=200)
"""Sums do not depend on their order: nothing is rounded."""
_TOLD_ONE_BY_ONE: Final = 3
"""Up to so many remarks of a kind are told each; more are told by their number, and in the cases."""
_NOTHING_BARRED: Final[Mapping[str, str]] = MappingProxyType({})
DUE: Final = (6, 30)
"""Month and day of the following year by which the form is due. Source: INCB, Form D."""


class Part(Word):
    """Whether a substance was in the Tables of the 1988 Convention on the day of the incident."""

    UNKNOWN = "UNKNOWN"
    SCHEDULED = "SCHEDULED"
    UNSCHEDULED = "UNSCHEDULED"
    UNSURE = "UNSURE"


PartOn = Callable[[str, date], Part]
"""From a substance's id and a day to whether it was in the Tables then."""


class Case(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one incident adds to a figure; None where no amount is told."""

    name: str
    low: Decimal | None
    high: Decimal | None
    remarks: tuple[Remark, ...] = ()


class FormLine(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of the form.

    Attributes:
        substances: Several where one total is told of several: it is not split.
        low, high: The sums of the lower and upper ends of the cases; None where none tells an amount.
        cases: Empty where somebody has said that there were none.
    """

    heading: Heading
    part: Part
    substances: tuple[str, ...]
    written: tuple[str, ...]
    unit: Unit
    low: Decimal | None
    high: Decimal | None
    cases: tuple[Case, ...]
    origins: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """By which the figure is opened: ``AA``, ``AA|HCL``, or ``?`` and a name that has no id."""
        return "|".join(self.substances)

    @property
    def remark_counts(self) -> tuple[tuple[str, int], ...]:
        """How many amounts have a remark of which kind, in words."""
        kinds = Counter(remark.kind for case in self.cases for remark in case.remarks)
        return tuple((kind.word, kinds[kind]) for kind in RemarkKind if kind in kinds)


class FormD(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a year, what they leave out, and what a person should look at."""

    scope: Scope
    lines: tuple[FormLine, ...]
    counted: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    warnings: tuple[str, ...]

    @property
    def due(self) -> date:
        """The day by which it is due."""
        return date(self.scope.year + 1, *DUE)

    @property
    def unplaced(self) -> tuple[LeftOut, ...]:
        """Incidents that may be of this year or of another one."""
        return tuple(one for one in self.left_out if one.reason is Left.UNPLACED)


_Key = tuple[Heading, Part, tuple[str, ...], Unit]


def form_d(
    records: Iterable[Reported],
    scope: Scope,
    *,
    part_on: PartOn,
    none_of: Sequence[str] = (),
    barred: Mapping[str, str] = _NOTHING_BARRED,
) -> FormD:
    """Return the figures of a year, the same whatever the order of *records*.

    Args:
        none_of: Ids of substances of which the person who makes the form says that there was none: zero is a figure.
        barred: Names of incidents that would count and may not be used, and why; they still tell what repeats them.

    Raises:
        InvalidRecord: There are cases of a substance of which there are said to be none.
    """
    sifted = sift(records, scope)
    standing = _Standing(part_on)
    grouped: defaultdict[_Key, list[tuple[Reported, Addend]]] = defaultdict(list)
    counted = [one for one in sifted.counted if one.name not in barred]
    for one in counted:
        for addend in addends(one.facts):
            key = (HEADINGS[one.facts.incident_type], standing.of(addend, one), addend.substances, addend.unit)
            grouped[key].append((one, addend))
    lines = [_line(key, several) for key, several in sorted(grouped.items(), key=lambda item: _place(item[0]))]
    alike = [
        f"{one} and {other} may be one event: {why}"
        for one, other, why in suspected_duplicates(chain.from_iterable(grouped.values()))
    ]
    return FormD(
        scope=scope,
        lines=(*lines, *_nothing(none_of, lines, scope, part_on)),
        counted=tuple(one.name for one in counted),
        left_out=(*sifted.left_out, *_barred(sifted.counted, barred)),
        warnings=(*sifted.warnings, *alike),
    )


def _barred(counted: Iterable[Reported], barred: Mapping[str, str]) -> Iterator[LeftOut]:
    for one in counted:
        if one.name in barred:
            yield left_out(one, Left.NOT_PERMITTED, barred[one.name])


class _Standing:
    """Whether what an incident names was in the Tables; each question is asked once."""

    def __init__(self, part_on: PartOn) -> None:
        self._part_on: Final = part_on
        self._known: Final[dict[tuple[str, date], Part]] = {}

    def of(self, addend: Addend, one: Reported) -> Part:
        days = {day for day in (one.facts.first_day, one.facts.last_day) if day is not None}
        parts = {self._on(substance, day) for substance in addend.substances for day in days}
        # A total of substances of which some were listed, or a span in which one came to be, belongs to neither.
        return parts.pop() if len(parts) == 1 else Part.UNSURE

    def _on(self, substance: str, day: date) -> Part:
        if substance.startswith(UNNAMED):
            return Part.UNSURE
        found = self._known.get((substance, day))
        if found is None:
            found = self._known[(substance, day)] = self._part_on(substance, day)
        return found


def _place(key: _Key) -> tuple[int, int, tuple[str, ...], int]:
    heading, part, substances, unit = key
    return list(Heading).index(heading), list(Part).index(part), substances, list(Unit).index(unit)


def _line(key: _Key, several: Sequence[tuple[Reported, Addend]]) -> FormLine:
    heading, part, substances, unit = key
    cases = tuple(
        Case(name=one.name, low=addend.low, high=addend.high, remarks=addend.remarks) for one, addend in several
    )
    return FormLine(
        heading=heading,
        part=part,
        substances=substances,
        written=tuple(sorted({addend.written for _, addend in several if addend.written})),
        unit=unit,
        low=_sum(case.low for case in cases),
        high=_sum(case.high for case in cases),
        cases=cases,
        origins=tuple(sorted({country for one, _ in several for country in one.facts.origins})),
        remarks=tuple(_remarks(cases, several)),
    )


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    total: Decimal | None = None
    for amount in amounts:
        if amount is not None:
            total = amount if total is None else _EXACT.add(total, amount)
    return total


def _remarks(cases: Sequence[Case], several: Sequence[tuple[Reported, Addend]]) -> Iterator[str]:
    told: defaultdict[RemarkKind, list[str]] = defaultdict(list)
    for case in cases:
        for remark in case.remarks:
            told[remark.kind].append(f"{case.name}: {remark.says}")
    for kind in RemarkKind:
        found = told.get(kind, [])
        if found:
            shown = "; ".join(found) if len(found) <= _TOLD_ONE_BY_ONE else f"{len(found)} amounts"
            yield f"{kind.word}: {shown}"
    returned = [one.name for one, _ in several if one.facts.disposition is Disposition.RETURNED]
    if returned:
        yield f"returned afterwards: {len(returned)} of {len(cases)}"


def _nothing(none_of: Sequence[str], lines: Sequence[FormLine], scope: Scope, part_on: PartOn) -> Iterator[FormLine]:
    for substance in dict.fromkeys(none_of):
        there = [line for line in lines if line.heading is Heading.SEIZED and substance in line.substances]
        if there:
            number = sum(len(line.cases) for line in there)
            raise InvalidRecord(f"{substance} is said to be none, and {number} cases of {scope.year} name it")
        yield FormLine(
            heading=Heading.SEIZED,
            part=part_on(substance, scope.last),
            substances=(substance,),
            written=(),
            unit=Unit.KG,
            low=Decimal(),
            high=Decimal(),
            cases=(),
            remarks=("none: so says whoever made the form",),
        )
