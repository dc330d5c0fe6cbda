"""Whether two amounts may be one: told in another unit, as a lower bound, or with its unit mistaken for another."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import product
from typing import Final, NamedTuple

from broker.cases.facts import ComparableAmount, IncidentFacts, Measure
from broker.records.quantity import Qualifier


class Point(NamedTuple):
    """Something that speaks for two incidents being one, or, with a negative worth, against it."""

    worth: int
    says: str
    is_amount: bool = False


_SAME: Final = Decimal("0.02")
_NEAR: Final = Decimal("0.12")
"""What is lost between two reports that round, and that weigh with and without packing."""
_LIGHTEST: Final = Decimal("0.6")
_HEAVIEST: Final = Decimal("1.9")
"""Kilograms a litre between which the liquids of this trade lie; nothing is converted by it."""
_UNIT_SLIPS: Final = (
    (Decimal(1000), "a thousand times"),
    (Decimal("1.10231131"), "a short ton for a tonne"),
    (Decimal("1.200949926"), "an imperial gallon for a US one"),
)
_APPROXIMATE: Final = frozenset({Qualifier.ABOUT, Qualifier.ALMOST, Qualifier.CONFLICTING})
_WHOLE: Final = (Measure.MASS, Measure.VOLUME)


def amount_points(one: IncidentFacts, other: IncidentFacts) -> Iterator[Point]:
    """Yield what the amounts of two incidents say: the best of them, and whether their packages are as many."""
    packages = [_of_packages(one), _of_packages(other)]
    same_packages = set(packages[0]) & set(packages[1]) - {Decimal(1)}
    if same_packages:
        yield Point(20, f"as many packages: {_number(max(same_packages))}", is_amount=True)
    pairs = list(product(_whole(one), _whole(other)))
    if pairs:
        best = max((_compared(mine, theirs) for mine, theirs in pairs), key=lambda point: point.worth)
        # Packages that are counted alike are told by somebody who saw them; a weight is often guessed from them.
        if best.worth >= 0 or not same_packages:
            yield best
    elif (slip := _mistaken_packages(one, other)) is not None and not same_packages:
        yield slip


def part_point(one: IncidentFacts, other: IncidentFacts) -> Iterator[Point]:
    """Yield that *one* may be a part of *other*: it names a substance that the other does not, and is less.

    Several such parts are told beside a total over substances that are not named.
    """
    if any(named.ids for named in other.substances) or not any(named.ids for named in one.substances):
        return
    for mine, theirs in product(_whole(one), _whole(other)):
        if mine.measure is theirs.measure and mine.low < theirs.low * (1 - _NEAR):
            says = f"{_shown(mine)} of a substance may be part of {_shown(theirs)} of several that are not named"
            yield Point(20, says, is_amount=True)
            return


def _compared(mine: ComparableAmount, theirs: ComparableAmount) -> Point:
    if mine.measure is not theirs.measure:
        return _compared_by_density(mine, theirs)
    gap = _gap(mine, theirs)
    if gap <= _SAME:
        return Point(25, f"the same amount: {_shown(mine)}, and {_shown(theirs)}", is_amount=True)
    if gap <= _NEAR:
        worth = 0 if _are_exact(mine, theirs) else 15
        return Point(worth, f"almost the same amount: {_shown(mine)}, and {_shown(theirs)}", is_amount=True)
    if _is_bounded(mine, theirs) or _is_bounded(theirs, mine):
        return Point(8, f"the amounts do not contradict each other: {_shown(mine)}, {_shown(theirs)}", is_amount=True)
    for factor, says in _UNIT_SLIPS:
        if abs(_ratio(mine, theirs) / factor - 1) <= _SAME:
            return Point(12, f"one amount is the other with {says}: {_shown(mine)}, {_shown(theirs)}", is_amount=True)
    worth = -30 if _are_exact(mine, theirs) else _doubted(mine, theirs)
    return Point(worth, f"another amount: {_shown(mine)}, and {_shown(theirs)}", is_amount=True)


def _compared_by_density(mine: ComparableAmount, theirs: ComparableAmount) -> Point:
    mass, volume = (mine, theirs) if mine.measure is Measure.MASS else (theirs, mine)
    if _LIGHTEST * volume.low <= mass.high and mass.low <= _HEAVIEST * volume.high:
        says = f"{_shown(mass)} may be {_shown(volume)}: a liquid of this trade could weigh that"
        return Point(8, says, is_amount=True)
    worth = _doubted(mine, theirs)
    return Point(worth, f"{_shown(mass)} cannot be {_shown(volume)} of any liquid", is_amount=True)


def _are_exact(mine: ComparableAmount, theirs: ComparableAmount) -> bool:
    return mine.qualifier is theirs.qualifier is Qualifier.EXACT


def _doubted(mine: ComparableAmount, theirs: ComparableAmount) -> int:
    """Return what a contradiction weighs: little where a report contradicts itself already."""
    return -5 if Qualifier.CONFLICTING in (mine.qualifier, theirs.qualifier) else -15


def _mistaken_packages(one: IncidentFacts, other: IncidentFacts) -> Point | None:
    """Return that a number of packages was taken for tonnes, as translations do."""
    for packed, weighed in ((one, other), (other, one)):
        for count, amount in product(_of_packages(packed), _whole(weighed)):
            if count > 1 and amount.low == count * 1000:
                says = f"as many tonnes as packages, {_number(count)}: one may be the other, mistranslated"
                return Point(12, says, is_amount=True)
    return None


def _whole(facts: IncidentFacts) -> Sequence[ComparableAmount]:
    return [one for one in facts.amounts if one.measure in _WHOLE and one.high > 0]


def _of_packages(facts: IncidentFacts) -> Sequence[Decimal]:
    return [one.low for one in facts.amounts if one.measure is Measure.PACKAGES and one.low == one.high]


def _gap(mine: ComparableAmount, theirs: ComparableAmount) -> Decimal:
    """Return how far apart two amounts are at the least, of the larger."""
    apart = max(mine.low - theirs.high, theirs.low - mine.high, Decimal())
    return apart / max(mine.high, theirs.high)


def _ratio(mine: ComparableAmount, theirs: ComparableAmount) -> Decimal:
    low, high = sorted((mine.high, theirs.high))
    return high / low


def _is_bounded(bound: ComparableAmount, amount: ComparableAmount) -> bool:
    """Say whether *amount* is what *bound* says it is at least, and not many times that."""
    return bound.is_lower_bound and bound.low <= amount.high <= bound.low * 2


def _shown(amount: ComparableAmount) -> str:
    unit = "kg" if amount.measure is Measure.MASS else "L"
    about = "about " if amount.qualifier in _APPROXIMATE or amount.low != amount.high else ""
    bound = "at least " if amount.is_lower_bound else ""
    return f"{bound or about}{_number(amount.low)} {unit}"


def _number(value: Decimal) -> str:
    return f"{value:.6g}" if value < 1 else f"{value.quantize(Decimal(1)):,}"
