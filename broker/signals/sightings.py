"""First sightings: a substance, or a name that the catalogue does not know, where it was never seen before."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

import msgspec

from broker.signals.naming import ids_in, is_name, keys_of, shown
from broker.signals.observation import Observation, reach
from broker.signals.parameters import Parameters
from broker.signals.regions import region_of
from broker.signals.signal import Found, SignalKind, named

METHOD: Final = "first sighting"


class _Seen(msgspec.Struct, frozen=True):
    """What was seen before: substances, and each with a country or a region."""

    anywhere: set[str]
    places: set[tuple[str, str]]


def first_sightings(
    past: Sequence[Observation],
    new: Sequence[Observation],
    parameters: Parameters,
    beside: Sequence[Observation] = (),
) -> Iterator[Found]:
    """Yield each substance of *new* at the widest place where nothing before had it: anywhere, region or country.

    A substance that may be one of several was seen before if any of these was. Nothing is yielded where too little is
    known of the past: then everything would be new.

    Args:
        beside: Reports of the past that are no events of their own; what they name was there before.
    """
    if len(past) < parameters.least_history:
        return
    seen = _seen((*past, *beside))
    gathered: dict[tuple[str, str], list[Observation]] = {}
    written: dict[str, str] = {}
    for one in new:
        for key, as_written in keys_of(one.facts):
            place = _widest_new(seen, key, one.facts.reporting_country)
            if place is not None:
                gathered.setdefault((key, place), []).append(one)
                written.setdefault(key, as_written)
    earliest = reach(past)
    for (key, place), behind in gathered.items():
        yield _found(key, written[key], place, behind, _Past(len(past), earliest))


class _Past(msgspec.Struct, frozen=True):
    incidents: int
    reaches_back_to: date | None


def _seen(past: Iterable[Observation]) -> _Seen:
    seen = _Seen(set(), set())
    for one in past:
        country = one.facts.reporting_country
        for key, _ in keys_of(one.facts):
            for single in ids_in(key):
                seen.anywhere.add(single)
                seen.places.add((single, country))
                seen.places.add((single, region_of(country)))
    return seen


def _widest_new(seen: _Seen, key: str, country: str) -> str | None:
    """Return the widest place where a substance is new: empty for anywhere; None if it was seen in the country."""
    singles = ids_in(key)
    if seen.anywhere.isdisjoint(singles):
        return ""
    if not country:
        return None
    region = region_of(country)
    if region and not any((single, region) in seen.places for single in singles):
        return region
    return None if any((single, country) in seen.places for single in singles) else country


def _found(key: str, as_written: str, place: str, behind: Sequence[Observation], past: _Past) -> Found:
    back = "an unknown day" if past.reaches_back_to is None else f"{past.reaches_back_to:%Y-%m-%d}"
    where = f"in {place}" if place else "by anybody"
    what = f"{as_written}" if is_name(key) else f"{as_written} ({shown(key)})"
    unknown = " The catalogue does not know this name." if is_name(key) else ""
    return Found(
        kind=SignalKind.NEW_NAME if is_name(key) else SignalKind.FIRST_SIGHTING,
        substance=key,
        as_written=as_written,
        place=place,
        says=f"{what} was not reported {where} before, as far as this node has seen: back to {back}.{unknown}",
        method=METHOD,
        parameters=named(incidents_known_before=past.incidents, reaches_back_to=back),
        figures=named(incidents=len(behind)),
        behind=tuple(behind),
    )
