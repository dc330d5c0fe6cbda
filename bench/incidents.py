"""Any number of incidents with the distributions of the sample: typed drafts, the same on every call. All invented.

Each takes substance, country, route and way of hiding from rows of the sample, and its own day, amount and reference.
"""

import csv
import random
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import resources
from typing import Final, NamedTuple

from broker.records.core import Concerned, CountryRole
from broker.records.dates import DateKind, DatePrecision, DateStatement, month_statement, year_statement
from broker.records.incident import Disposition, IncidentCore, IncidentType
from broker.records.marking import Basis, InformationEvaluation, Marking, SourceEvaluation
from broker.records.operational import IncidentOperational, Leg, TransportMode
from broker.records.places import Place, PlaceRole
from broker.records.quantity import Packages, Qualifier, Quantity, Unit
from broker.records.substances import Identification, Substance
from broker.types.names import Originator
from broker.types.vocabulary import Purpose, Status, Tlp
from producers.draft import Draft, Sections, content_digest

FIRST_YEAR: Final = 2016
YEARS: Final = 10
AUTHORED_AT: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
_TLP: Final = (Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER, Tlp.AMBER, Tlp.AMBER_STRICT)
_TYPES: Final[Mapping[str, IncidentType]] = {
    "seizure": IncidentType.SEIZURE,
    "stopped_shipment": IncidentType.STOPPED_SHIPMENT,
    "suspicious_shipment": IncidentType.SUSPICIOUS_SHIPMENT,
    "theft_loss": IncidentType.THEFT_OR_LOSS,
    "diversion": IncidentType.DIVERSION,
    "illicit_lab": IncidentType.CLANDESTINE_LABORATORY,
    "administrative_hold": IncidentType.STOPPED_SHIPMENT,
    "custody_transfer": IncidentType.TRANSFERRED_GOODS,
    "dumping": IncidentType.DUMPING,
}
_UNITS: Final[Mapping[str, Unit]] = {
    "kg": Unit.KG,
    "g": Unit.G,
    "t": Unit.TONNE,
    "L": Unit.LITRE,
    "lb": Unit.POUND,
    "short_ton": Unit.SHORT_TON,
    "US_gal": Unit.GALLON_US,
    "drum": Unit.DRUM,
    "tablet": Unit.TABLET,
    "count": Unit.COUNT,
}
_MODES: Final[Mapping[str, TransportMode]] = {
    "sea": TransportMode.SEA,
    "air": TransportMode.AIR,
    "road": TransportMode.ROAD,
    "rail": TransportMode.RAIL,
    "post": TransportMode.POST,
    "courier": TransportMode.COURIER,
    "warehouse": TransportMode.WAREHOUSE,
}
_ROUTE: Final = (
    (CountryRole.SENT_FROM, "origin"),
    (CountryRole.TRANSIT, "transit"),
    (CountryRole.DESTINATION, "destination"),
)
_PRECISIONS: Final = ("day",) * 12 + ("month",) * 5 + ("year",) * 2 + ("unknown",)
"""As often as in the sample, about."""


class Sampled(NamedTuple):
    """What a row of the sample lends to others."""

    type: IncidentType
    country: str
    place: str
    written: str
    substance: str | None
    value: Decimal | None
    unit: Unit
    route: tuple[tuple[CountryRole, str], ...]
    mode: TransportMode
    concealment: str
    declared_as: str


def sampled_rows() -> Sequence[Sampled]:
    """Return what the incidents of the sample lend; its statistics are none."""
    text = (resources.files("tocsin.data") / "incidents.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return [_sampled(row) for row in rows if row["incident_type"] in _TYPES and _is_country(row["reporting_country"])]


def make_incidents(authority: Originator, count: int, *, first: int = 0, country: str = "") -> Iterator[Draft]:
    """Yield *count* drafts, the same on every call.

    Args:
        first: The number of the first one.
        country: Where all of them happened; empty for the countries of the sample.
    """
    rows = [row._replace(country=country or row.country) for row in sampled_rows()]
    for number in range(first, first + count):
        yield _draft(authority, number, rows)


def _draft(authority: Originator, number: int, rows: Sequence[Sampled]) -> Draft:
    chance = random.Random(number)
    what, where = chance.choice(rows), chance.choice(rows)
    sections = Sections(core=_core(authority, number, what, where, chance), operational=_operational(what, chance))
    tlp = chance.choice(_TLP)
    return Draft(
        authority=authority,
        sections=sections,
        tlp=tlp,
        status=Status.EXERCISE,
        authored_at=AUTHORED_AT + timedelta(seconds=number),
        content_digest=content_digest(sections, tlp=tlp, status=Status.EXERCISE),
        line=number + 2,
    )


def _core(authority: Originator, number: int, what: Sampled, where: Sampled, chance: random.Random) -> IncidentCore:
    happened = _dates(chance)
    return IncidentCore(
        marking=_MARKING,
        concerned=_concerned(what, where),
        national_reference=f"{authority}-{number:08d}",
        incident_type=what.type,
        dates=happened,
        places=(Place(role=PlaceRole.HAPPENED_IN, country=where.country, as_written=where.place),),
        substances=(Substance(as_written=what.written, substance_id=what.substance, identified=Identification.LABEL),),
        quantities=_quantities(what, chance),
        disposition=Disposition.HELD,
        summary=f"Report {number} of a busy authority.",
        language="en",
    )


_MARKING: Final = Marking(
    purposes=(Purpose.PREVENTION, Purpose.INVESTIGATION, Purpose.STATISTICS),
    source_evaluation=SourceEvaluation.A,
    information_evaluation=InformationEvaluation.I1,
    basis=Basis.FACT,
)


def _concerned(what: Sampled, where: Sampled) -> tuple[Concerned, ...]:
    named = ((CountryRole.SEIZED_IN, where.country), *what.route)
    return tuple(Concerned(country=country, role=role, tell=True) for role, country in dict.fromkeys(named))


def _dates(chance: random.Random) -> tuple[DateStatement, ...]:
    year, month = FIRST_YEAR + chance.randrange(YEARS), chance.randrange(1, 13)
    day = date(year, month, chance.randrange(1, monthrange(year, month)[1] + 1))
    told = day + timedelta(days=chance.randrange(1, 60))
    reported = DateStatement(kind=DateKind.REPORTED, precision=DatePrecision.DAY, earliest=told, latest=told)
    match chance.choice(_PRECISIONS):
        case "day":
            happened = DateStatement(kind=DateKind.OCCURRED, precision=DatePrecision.DAY, earliest=day, latest=day)
        case "month":
            happened = month_statement(DateKind.OCCURRED, year, month)
        case "year":
            happened = year_statement(DateKind.OCCURRED, year)
        case _:
            return (reported,)
    return happened, reported


def _quantities(what: Sampled, chance: random.Random) -> tuple[Quantity, ...]:
    if what.value is None:
        return ()
    amount = (what.value * Decimal(chance.randrange(20, 400)) / 100).quantize(Decimal("0.01"))
    qualifier = chance.choice((Qualifier.EXACT, Qualifier.EXACT, Qualifier.ABOUT, Qualifier.MORE_THAN))
    packages = (Packages(count=chance.randrange(1, 400), kind="drum"),) if chance.random() < 0.3 else ()
    return (
        Quantity(
            as_written=f"{amount} {what.unit.word}",
            value=amount,
            unit=what.unit,
            qualifier=qualifier,
            packages=packages,
            substances=(0,),
        ),
    )


def _operational(what: Sampled, chance: random.Random) -> IncidentOperational:
    container = f"TOCU{chance.randrange(10**7):07d}" if chance.random() < 0.4 else None
    return IncidentOperational(
        legs=(Leg(mode=what.mode, container=container),), concealment=what.concealment, declared_as=what.declared_as
    )


def _sampled(row: Mapping[str, str]) -> Sampled:
    route = tuple((role, row[column]) for role, column in _ROUTE if _is_country(row[column]))
    unit = _UNITS.get(row["quantity_unit"])
    return Sampled(
        type=_TYPES[row["incident_type"]],
        country=row["reporting_country"],
        place=row["place"],
        written=row["substance_as_reported"],
        substance=row["substance_id"].split("|")[0] or None,
        value=None if unit is None or not row["quantity_value"] else Decimal(row["quantity_value"]),
        unit=unit or Unit.NOT_STATED,
        route=route,
        mode=_MODES.get(row["transport"].split("+")[0], TransportMode.NOT_STATED),
        concealment=row["concealment"],
        declared_as=row["declared_as"],
    )


def _is_country(text: str) -> bool:
    return len(text) == 2 and text.isascii() and text.isupper() and text != "EU"
