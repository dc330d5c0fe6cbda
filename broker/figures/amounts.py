"""What one incident adds to the figures: of each substance one amount, and what has to be said of it.

Several amounts of one substance in one message are several statements of one amount: one of them is counted and the
others are told. Nothing is converted from mass to volume, or from pieces to mass.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from broker.cases.facts import ComparableAmount, IncidentFacts, Measure, NamedSubstance
from broker.cases.folding import name_key
from broker.records.quantity import Qualifier, QuantityBasis, Unit
from broker.types.vocabulary import Word

UNNAMED: Final = "?"
"""Begins the key of a substance that has no id of ours; its name as written follows, folded."""

RESTATED_WITHIN: Final = Decimal("0.05")
"""How far apart two statements of one amount are rounding: 50,000 kg and 55 short tons. Beyond, they conflict."""

_ORDER: Final = ((Measure.MASS, Measure.VOLUME), (Measure.PIECES,), (Measure.PACKAGES,))
"""What is counted before what; of mass and volume the one that the report tells first."""


class RemarkKind(Word):
    """What has to be said of an amount."""

    UNKNOWN = "UNKNOWN"
    LOWER_BOUND = "LOWER_BOUND"
    APPROXIMATE = "APPROXIMATE"
    UPPER_BOUND = "UPPER_BOUND"
    RANGE = "RANGE"
    UNKNOWN_UNIT = "UNKNOWN_UNIT"
    CONFLICTING = "CONFLICTING"
    TOLD_OTHERWISE = "TOLD_OTHERWISE"
    BASIS = "BASIS"
    NO_AMOUNT = "NO_AMOUNT"
    NO_UNIT = "NO_UNIT"


class Remark(msgspec.Struct, frozen=True, gc=False):
    """Something that has to be said of an amount, and in which words the report said it."""

    kind: RemarkKind
    says: str


class Addend(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one incident says of one substance, or of several that it has one total for.

    Attributes:
        substances: Our ids, sorted; a name that has none begins with ``?``. Several are one total, never split.
        written: As the report names them.
        unit: KG for a mass, LITRE for a volume; else what is counted; NOT_STATED where no amount can be told.
        low, high: Between which the amount lies; None where it is not told. The lower one is counted.
    """

    substances: tuple[str, ...]
    written: str
    unit: Unit
    low: Decimal | None = None
    high: Decimal | None = None
    remarks: tuple[Remark, ...] = ()


def addends(facts: IncidentFacts) -> tuple[Addend, ...]:
    """Return what an incident adds: one amount for each substance, or for each set of them with one total."""
    told: dict[tuple[str, ...], list[ComparableAmount]] = {}
    written: dict[tuple[str, ...], str] = {}
    for indices, amount in _statements(facts):
        named = [facts.substances[index] for index in indices if index < len(facts.substances)]
        key = substance_key(named)
        written.setdefault(key, " + ".join(dict.fromkeys(one.as_written for one in named)))
        several = told.setdefault(key, [])
        if amount is not None:
            several.append(amount)
    return tuple(_addend(key, written[key], several) for key, several in told.items())


def substance_key(named: Iterable[NamedSubstance]) -> tuple[str, ...]:
    """Return what a line of a form is found by: ids, and names that have none."""
    named = tuple(named)
    if len(named) == 1 and len(named[0].ids) == 1 and "|" not in named[0].ids[0]:
        return named[0].ids  # nearly all are so, and a year of them has to stay quick
    keys: set[str] = set()
    for one in named:
        ids = {part for one_id in one.ids for part in one_id.split("|")}
        keys.update(ids or (UNNAMED + name_key(one.as_written),))
    return tuple(sorted(keys)) or (UNNAMED,)


def _statements(facts: IncidentFacts) -> Iterator[tuple[Sequence[int], ComparableAmount | None]]:
    """Yield each amount with what it is of, then each substance of which no amount is told."""
    every = range(len(facts.substances))
    measured: set[int] = set()
    for amount in facts.amounts:
        # An amount that does not say of what is of all that the report names.
        indices = amount.substances or tuple(every)
        measured.update(indices)
        yield indices, amount
    for index in every:
        if index not in measured:
            yield (index,), None
    if not facts.amounts and not facts.substances:
        yield (), None


def _addend(key: tuple[str, ...], written: str, told: Sequence[ComparableAmount]) -> Addend:
    comparable = _countable(told)
    if not comparable:
        return Addend(substances=key, written=written, unit=Unit.NOT_STATED, remarks=tuple(_without_amount(told)))
    alike = [one for one in comparable if _unit(one) is _unit(comparable[0])]
    counted, conflict = _counted(alike)
    others = [one for one in told if one is not counted and one not in alike]
    return Addend(
        substances=key,
        written=written,
        unit=_unit(counted),
        low=counted.low,
        high=counted.high,
        remarks=(*conflict, *_said_of(counted), *_otherwise(others)),
    )


def _countable(told: Sequence[ComparableAmount]) -> list[ComparableAmount]:
    """Return the amounts out of which one is counted; packages of a kind that is not told are none."""
    for measures in _ORDER:
        found = [one for one in told if one.measure in measures and _unit(one) is not Unit.NOT_STATED]
        if found:
            return found
    return []


def _counted(alike: Sequence[ComparableAmount]) -> tuple[ComparableAmount, tuple[Remark, ...]]:
    """Return the amount that counts: the first that is told, but the lowest where the report is known to conflict."""
    first, others = alike[0], [one for one in alike[1:] if one != alike[0]]
    apart = [one for one in others if not _agree(first, one)]
    if not apart:
        return first, tuple(_otherwise(others))
    if any(one.qualifier is Qualifier.CONFLICTING for one in alike):
        counted, which = min(alike, key=lambda one: (one.low, one.high)), "lower"
    else:
        counted, which = first, "first"
    says = " and ".join(_shown(one) for one in (first, *apart))
    return counted, (Remark(RemarkKind.CONFLICTING, f"{says}; the {which} one is counted"),)


def _agree(one: ComparableAmount, other: ComparableAmount) -> bool:
    room = 1 + RESTATED_WITHIN
    return one.low <= other.high * room and other.low <= one.high * room


def _unit(amount: ComparableAmount) -> Unit:
    if amount.measure is Measure.MASS:
        return Unit.KG
    return Unit.LITRE if amount.measure is Measure.VOLUME else amount.unit


def _said_of(amount: ComparableAmount) -> Iterator[Remark]:
    text = _shown(amount)
    match amount.qualifier:
        case Qualifier.CONFLICTING if amount.low != amount.high:
            yield Remark(RemarkKind.CONFLICTING, f"{text}; the lower one is counted")
        case Qualifier.ABOUT:
            yield Remark(RemarkKind.APPROXIMATE, text)
        case Qualifier.AT_MOST | Qualifier.LESS_THAN | Qualifier.ALMOST:
            yield Remark(RemarkKind.UPPER_BOUND, f"{text}; {plain_amount(amount.low)} {_symbol(amount)} is counted")
        case Qualifier.RANGE:
            yield Remark(RemarkKind.RANGE, f"{text}; its lower end is counted")
        case _ if amount.is_lower_bound:
            yield Remark(RemarkKind.LOWER_BOUND, text)
        case _:
            pass
    if amount.unit in (Unit.TON_UNSPECIFIED, Unit.GALLON_UNSPECIFIED):
        says = f"{text}: between {plain_amount(amount.low)} and {plain_amount(amount.high)} {_symbol(amount)}"
        yield Remark(RemarkKind.UNKNOWN_UNIT, f"{says}, by which kind was meant; the lower one is counted")
    if amount.basis not in (QuantityBasis.NOT_STATED, QuantityBasis.UNKNOWN):
        yield Remark(RemarkKind.BASIS, f"{text}: {amount.basis.word}")


def _otherwise(others: Iterable[ComparableAmount]) -> Iterator[Remark]:
    for one in others:
        if one.unit is not Unit.NOT_STATED:  # how it was packed is no amount of its own
            yield Remark(RemarkKind.TOLD_OTHERWISE, f"also told as {_shown(one)}: not added")


def _without_amount(told: Sequence[ComparableAmount]) -> Iterator[Remark]:
    if not told:
        yield Remark(RemarkKind.NO_AMOUNT, "no amount that can be added is told")
    for one in told:
        yield Remark(RemarkKind.NO_UNIT, f"{_shown(one)}: of no unit that can be added")


def _shown(amount: ComparableAmount) -> str:
    if amount.as_written:
        return f"“{amount.as_written}”"
    ends = plain_amount(amount.low)
    if amount.high != amount.low:
        ends = f"{ends}–{plain_amount(amount.high)}"
    return f"{ends} {_symbol(amount)}"


def _symbol(amount: ComparableAmount) -> str:
    return {Unit.KG: "kg", Unit.LITRE: "L"}.get(_unit(amount), _unit(amount).word)


def plain_amount(amount: Decimal) -> str:
    """Return an amount in digits, without an exponent and without zeros that say nothing."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
