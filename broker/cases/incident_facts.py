"""What an incident comes down to: from its sections to the facts that are compared, searched and counted."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from broker.cases.amounts import comparable
from broker.cases.facts import ComparableAmount, IncidentFacts, Measure, NamedSubstance, RelatedTo
from broker.cases.folding import words_of
from broker.records.core import Concerned, CountryRole
from broker.records.dates import DateKind
from broker.records.incident import IncidentCore
from broker.records.operational import IncidentOperational, TransportMode
from broker.records.places import PlaceRole
from broker.records.quantity import Unit
from broker.records.substances import Substance
from broker.types.names import Digest
from broker.types.vocabulary import Status, Tlp

IdsOf = Callable[[str], tuple[str, ...]]
"""From a name as written to our ids of the substance: none where it is not known, several where it is ambiguous."""

_HAPPENED: Final = (DateKind.OCCURRED, DateKind.FOUND, DateKind.OPENED)
"""Which date says when it happened; the first that is told counts."""
_TOLD: Final = (DateKind.ANNOUNCED, DateKind.REPORTED)
_ORIGIN: Final = frozenset({PlaceRole.MADE_IN, PlaceRole.SENT_FROM, PlaceRole.ORIGIN})


class Label(NamedTuple):
    """What stands on a message besides its sections."""

    tlp: Tlp
    status: Status


def facts_of(
    core: IncidentCore, operational: IncidentOperational | None, *, label: Label, ids_of: IdsOf
) -> IncidentFacts:
    """Return the facts of an incident.

    Args:
        operational: None where the reader may not see it, or there is none.
        ids_of: Knows the catalogue; asked only where the record itself names no id.
    """
    first, last = _days(core)
    moved = IncidentOperational() if operational is None else operational
    happened = _happened_in(core)
    return IncidentFacts(
        incident_type=core.incident_type,
        status=label.status,
        tlp=label.tlp,
        national_reference=core.national_reference,
        reporting_country=happened,
        countries=_countries(core, happened),
        first_day=first,
        last_day=last,
        reported_on=max(_told(core), default=None),
        substances=tuple(_named(one, ids_of) for one in core.substances),
        amounts=tuple(_amounts(core)),
        origins=_in_role(core, (CountryRole.MADE_IN, CountryRole.SENT_FROM), _ORIGIN),
        transits=_in_role(core, (CountryRole.TRANSIT,), frozenset({PlaceRole.TRANSIT})),
        destinations=_in_role(core, (CountryRole.DESTINATION,), frozenset({PlaceRole.DESTINATION})),
        place_words=_place_words(core),
        transports=_transports(moved),
        concealment=moved.concealment,
        declared_as=moved.declared_as,
        disposition=core.disposition,
        related=tuple(RelatedTo(digest=Digest(one.digest), relation=one.relation) for one in core.related),
    )


def renamed(facts: IncidentFacts, ids_of: IdsOf) -> IncidentFacts:
    """Return *facts* with the ids that a newer catalogue has for its names; those that the report names stay.

    Where nothing is another, *facts* itself is returned.
    """
    now = tuple(_renamed(one, ids_of) for one in facts.substances)
    return facts if now == facts.substances else msgspec.structs.replace(facts, substances=now)


def no_ids(_: str) -> tuple[str, ...]:
    """Know no substance."""
    return ()


def _days(core: IncidentCore) -> tuple[date | None, date | None]:
    for kind in _HAPPENED:
        told = [one for one in core.dates if one.kind is kind and (one.earliest or one.latest)]
        if told:
            first = min(day for one in told if (day := one.earliest or one.latest) is not None)
            last = max(day for one in told if (day := one.latest or one.earliest) is not None)
            return first, last
    return None, None


def _told(core: IncidentCore) -> Iterator[date]:
    for one in core.dates:
        day = one.latest or one.earliest
        if one.kind in _TOLD and day is not None:
            yield day


def _happened_in(core: IncidentCore) -> str:
    named = [one.country for one in core.concerned if one.role is CountryRole.SEIZED_IN]
    named += [one.country for one in core.places if one.role is PlaceRole.HAPPENED_IN and one.country]
    return named[0] if named else ""


def _countries(core: IncidentCore, happened: str) -> tuple[str, ...]:
    named = {one.country for one in core.concerned} | {one.country for one in core.places} | {happened}
    return tuple(sorted(named - {""}))


def _in_role(core: IncidentCore, roles: tuple[CountryRole, ...], places: frozenset[PlaceRole]) -> tuple[str, ...]:
    concerned: Iterable[Concerned] = (one for one in core.concerned if one.role in roles)
    named = [one.country for one in concerned]
    named += [one.country for one in core.places if one.role in places and one.country]
    return tuple(dict.fromkeys(named))


def _place_words(core: IncidentCore) -> tuple[str, ...]:
    here = [one for one in core.places if one.role is PlaceRole.HAPPENED_IN and not one.withheld]
    texts = [text for one in here for text in (one.as_written, one.region or "", one.locode or "")]
    return tuple(dict.fromkeys(word for text in texts for word in words_of(text)))


def _named(substance: Substance, ids_of: IdsOf) -> NamedSubstance:
    if substance.substance_id is not None:
        return NamedSubstance(ids=(substance.substance_id,), as_written=substance.as_written)
    return NamedSubstance(ids=ids_of(substance.as_written), as_written=substance.as_written, by_name=True)


def _renamed(named: NamedSubstance, ids_of: IdsOf) -> NamedSubstance:
    return msgspec.structs.replace(named, ids=ids_of(named.as_written)) if named.by_name else named


def _amounts(core: IncidentCore) -> Iterator[ComparableAmount]:
    for quantity in core.quantities:
        found = comparable(quantity)
        if found is not None:
            yield found
        for packages in quantity.packages:
            if packages.count is not None and (found is None or found.measure is not Measure.PACKAGES):
                yield _packages(packages.count, packages.as_written or packages.kind, quantity.substances)


def _packages(count: int, written: str, substances: tuple[int, ...]) -> ComparableAmount:
    return ComparableAmount(
        measure=Measure.PACKAGES,
        low=Decimal(count),
        high=Decimal(count),
        unit=Unit.NOT_STATED,
        as_written=written,
        substances=substances,
    )


def _transports(operational: IncidentOperational) -> tuple[str, ...]:
    modes = [leg.mode.word for leg in operational.legs if leg.mode is not TransportMode.NOT_STATED]
    return tuple(dict.fromkeys([*modes, *words_of(operational.transport)]))
