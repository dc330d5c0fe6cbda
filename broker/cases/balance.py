"""How much a case comes to, each gram once: second reports, parts and goods that were seized before are not added."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from broker.cases.facts import IncidentFacts, Measure
from broker.records.core import RelatedAs
from broker.types.names import Digest

_NOT_ADDED: Final = frozenset({RelatedAs.DUPLICATES, RelatedAs.PART_OF})
_COUNTED: Final = (Measure.MASS, Measure.VOLUME)


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """What several incidents of a case come to, of one substance and in one measure.

    Attributes:
        substance: Our id, or the name as written; several where one amount is of several.
        low, high: Kilograms or litres: between which it lies.
        is_lower_bound: At least one of them says "at least".
        messages: Those it is made of.
    """

    substance: str
    measure: Measure
    low: Decimal
    high: Decimal
    is_lower_bound: bool
    messages: tuple[Digest, ...]


class Left(msgspec.Struct, frozen=True):
    """An incident that is not added, and why."""

    message: Digest
    says: str


class Balance(msgspec.Struct, frozen=True):
    """What a case comes to."""

    sums: tuple[Sum, ...]
    left: tuple[Left, ...]


def balance(incidents: Mapping[Digest, IncidentFacts]) -> Balance:
    """Return what the incidents of a case come to.

    A second report is left out only beside the first one: who sees it alone has to count it.
    """
    left = {digest: why for digest, facts in incidents.items() if (why := _why_not(facts, incidents))}
    sums: dict[tuple[str, Measure], Sum] = {}
    for digest, facts in incidents.items():
        if digest in left:
            continue
        for one in _amounts(digest, facts):
            key = (one.substance, one.measure)
            sums[key] = _added(sums[key], one) if key in sums else one
    return Balance(tuple(sums.values()), tuple(Left(digest, why) for digest, why in left.items()))


def _why_not(facts: IncidentFacts, beside: Mapping[Digest, IncidentFacts]) -> str:
    if facts.seen_before:
        return f"{facts.incident_type.word}: the goods were seized before"
    for one in facts.related:
        if one.relation in _NOT_ADDED and one.digest in beside:
            return f"{one.relation.word} another message of this case"
    return ""


def _amounts(digest: Digest, facts: IncidentFacts) -> Sequence[Sum]:
    """Return an incident's amounts; of several of one substance and measure the first, for they tell one amount."""
    found: dict[tuple[str, Measure], Sum] = {}
    for amount in facts.amounts:
        if amount.measure in _COUNTED:
            named = amount.substances or range(len(facts.substances))
            name = " + ".join(_name(facts, index) for index in named) or "not named"
            found.setdefault(
                (name, amount.measure),
                Sum(
                    substance=name,
                    measure=amount.measure,
                    low=amount.low,
                    high=amount.high,
                    is_lower_bound=amount.is_lower_bound,
                    messages=(digest,),
                ),
            )
    return list(found.values())


def _name(facts: IncidentFacts, index: int) -> str:
    substance = facts.substances[index]
    return "/".join(substance.ids) or substance.as_written


def _added(one: Sum, other: Sum) -> Sum:
    return msgspec.structs.replace(
        one,
        low=one.low + other.low,
        high=one.high + other.high,
        is_lower_bound=one.is_lower_bound or other.is_lower_bound,
        messages=_each_once((*one.messages, *other.messages)),
    )


def _each_once(digests: Iterable[Digest]) -> tuple[Digest, ...]:
    return tuple(dict.fromkeys(digests))
