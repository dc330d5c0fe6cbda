"""From a row with our columns to what its incident says, with everything that is wrong with it."""

from collections.abc import Mapping
from datetime import date
from typing import Final

import msgspec

from broker.records.core import Concerned, CountryRole
from broker.records.evidence import IncidentEvidence
from broker.records.incident import IncidentCore, IncidentType
from broker.records.marking import Marking
from broker.records.nominal import IncidentNominal
from broker.records.operational import IncidentOperational
from broker.records.places import Place, PlaceRole
from broker.types.names import Originator, participant_of
from broker.types.vocabulary import Purpose
from producers.intake.countries import ROUTE, country_problem, places_on_route
from producers.intake.dates import read_dates
from producers.intake.evidence import read_evidence, without_bad_language
from producers.intake.incident_types import disposition_of, read_incident_type
from producers.intake.nominal import read_nominal
from producers.intake.operational import read_operational
from producers.intake.quantities import read_quantities, read_substances
from producers.intake.rows import FieldProblem

UNMARKED: Final = Marking(purposes=(Purpose.INVESTIGATION,))
"""Holds the place of the marking until the profile was asked; the narrowest purpose there is."""


class Incident(msgspec.Struct, frozen=True):
    """The sections of an incident; the core waits for its marking and reference."""

    core: IncidentCore
    operational: IncidentOperational | None = None
    nominal: IncidentNominal | None = None
    evidence: IncidentEvidence | None = None


def read_incident(values: Mapping[str, str], reference: str, today: date, problems: list[FieldProblem]) -> Incident:
    """Return the sections of a row, still unmarked; they are good only if no problem was noted."""
    values = without_bad_language(values, problems)
    incident_type = read_incident_type(values, problems)
    substances = read_substances(values, problems)
    places, concerned = _read_places(values)
    core = IncidentCore(
        marking=UNMARKED,
        national_reference=reference,
        # Any type will do for a row that is refused for having none.
        incident_type=incident_type or IncidentType.SEIZURE,
        concerned=concerned,
        dates=read_dates(values, today, problems),
        places=places,
        substances=substances,
        quantities=read_quantities(values, len(substances), problems),
        disposition=disposition_of(incident_type or IncidentType.SEIZURE),
        notes=_notes(values),
        language=values.get("source_lang", ""),
    )
    return Incident(core, read_operational(values), read_nominal(values, problems), read_evidence(values))


def check_country(country: str, field: str, authority: Originator, problems: list[FieldProblem]) -> None:
    """Note a country that is missing, unknown, or not the one that *authority* reports for.

    An organisation's authority has no country of its own and reports for any.
    """
    participant = participant_of(authority)
    if not country:
        problems.append(FieldProblem(field, "missing", "which country does it happen in? ISO 3166-1, like NL"))
    elif country == participant:
        return
    elif problem := country_problem(field, country):
        problems.append(problem)
    elif len(participant) == 2:
        message = f"the row is of {country}, and {authority} reports for {participant}; {country} has to publish it"
        problems.append(FieldProblem(field, "foreign-row", message))


def _read_places(values: Mapping[str, str]) -> tuple[tuple[Place, ...], tuple[Concerned, ...]]:
    country = values.get("reporting_country", "")
    here = values.get("place", "")
    places = [Place(role=PlaceRole.HAPPENED_IN, country=country, withheld=here == "withheld", as_written=here)]
    # The country where it happened is concerned as the one where goods are or were seized: no other role fits it.
    concerned = [Concerned(country=country, role=CountryRole.SEIZED_IN)]
    for column in ROUTE:
        for place, role in places_on_route(column, values.get(column, "")):
            places.append(place)
            if role is not None:
                concerned.append(Concerned(country=place.country, role=role))
    return tuple(places), tuple(dict.fromkeys(concerned))


def _notes(values: Mapping[str, str]) -> str:
    status = values.get("status_1988_at_date", "")
    parts = (values.get("awkward", ""), f"status under the 1988 Convention at the date: {status}" if status else "")
    return "; ".join(part for part in parts if part)
