"""What a draft of an incident says, in short facts, so that a table can name those that matter."""

from collections.abc import Iterator
from decimal import Decimal

from broker.records.core import CountryRole
from broker.records.dates import DateKind, DatePrecision, DateStatement
from broker.records.incident import IncidentCore
from broker.records.operational import IncidentOperational
from broker.records.places import PlaceRole
from broker.records.quantity import Packages
from producers.draft import Draft

_ROUTE = {PlaceRole.ORIGIN: "origin", PlaceRole.TRANSIT: "transit", PlaceRole.DESTINATION: "destination"}


def facts_of(draft: Draft) -> frozenset[str]:
    """Return everything that *draft* says, as the table writes it."""
    core = draft.core
    assert isinstance(core, IncidentCore)
    return frozenset((*_of_core(core), *_amounts(core), *_places(core), *_operational(draft), *_dates(core)))


def questions_of(draft: Draft) -> tuple[str, ...]:
    """Return what is asked about *draft*, as ``code: message``."""
    return tuple(f"{one.code}: {one.message}" for one in draft.questions)


def outcome_of(draft: Draft) -> str:
    """Return what *draft* is to the other reports of its case."""
    for related in draft.related_references:
        as_word = {"DUPLICATES": "second report of", "PART_OF": "part of"}[related.relation.value]
        return f"{as_word} {related.national_reference}"
    return "taken in"


def plain(amount: Decimal | None) -> str:
    """Return a number without noughts behind the point."""
    if amount is None:
        return "nothing"
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _of_core(core: IncidentCore) -> Iterator[str]:
    yield f"type {core.incident_type.value}"
    yield f"disposition {core.disposition.value}"
    yield f"language {core.language}"
    seized_in = [one.country for one in core.concerned if one.role is CountryRole.SEIZED_IN]
    yield f"country {seized_in[0]}"
    for substance in core.substances:
        yield f"substance {substance.as_written}"
        known = substance.substance_id is not None
        yield f"id {substance.substance_id}" if known else f"no id: {substance.as_written}"
        yield f"form {substance.physical_form}"
    _, _, status = core.notes.partition("status under the 1988 Convention at the date: ")
    yield f"status {status}"


def _amounts(core: IncidentCore) -> Iterator[str]:
    for place, quantity in enumerate(core.quantities):
        if place:
            yield f"also {plain(quantity.value)} {quantity.unit.value}"
            continue
        yield f"amount {plain(quantity.value)} {quantity.unit.value} {quantity.qualifier.value}"
        yield f"text {quantity.as_written}"
        yield f"one amount of {len(quantity.substances)} substances"
        yield from map(_packages, quantity.packages)


def _packages(packages: Packages) -> str:
    if packages.count is None:
        return f"packages as written: {packages.as_written}"
    size = f"of {packages.size}" if packages.size else ""
    return " ".join(part for part in ("packages", str(packages.count), packages.kind, size) if part)


def _places(core: IncidentCore) -> Iterator[str]:
    yield f"place {core.places[0].as_written}"
    for place in core.places[1:]:
        word = _ROUTE[place.role]
        yield f"{word} {place.country}" if place.country else f"untold {word}: {place.as_written}"
    if not any(place.role is PlaceRole.ORIGIN for place in core.places):
        yield "no origin"


def _operational(draft: Draft) -> Iterator[str]:
    section = draft.sections.operational
    if isinstance(section, IncidentOperational):
        yield f"declared {section.declared_as}"
        yield f"circumstance {section.circumstance}"
        for part in section.circumstance.split("; "):
            yield f"circumstance {part}"


def _dates(core: IncidentCore) -> Iterator[str]:
    if not any(one.kind is DateKind.OCCURRED for one in core.dates):
        yield "no date"
    for one in core.dates:
        yield f"reported {one.as_written}" if one.kind is DateKind.REPORTED else _when(one)


def _when(statement: DateStatement) -> str:
    first, last = statement.earliest, statement.latest
    assert first is not None
    match statement.precision:
        case DatePrecision.DAY:
            return f"day {first}"
        case DatePrecision.MONTH:
            return f"month {first:%Y-%m}"
        case DatePrecision.YEAR:
            return f"year {first:%Y}"
        case _:
            return f"days {first} to {last}"
