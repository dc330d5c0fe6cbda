"""From a row with our columns to what its incident says, with everything that is wrong with it."""

from collections.abc import Mapping
from datetime import date
from typing import Final

import msgspec

from broker.catalogue import Catalogue
from broker.notation.locodes import read_locode
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
from producers.intake.quantities import read_amount, read_substances
from producers.intake.rows import FieldProblem
from producers.intake.substance_questions import questions_about_names, questions_about_status, read_cas

UNMARKED: Final = Marking(purposes=(Purpose.INVESTIGATION,))
"""Holds the place of the marking until the profile was asked; the narrowest purpose there is."""


class Incident(msgspec.Struct, frozen=True):
    """The sections of an incident; the core waits for its marking and reference.

    Args:
        questions: What looks wrong and may be right; it keeps nothing back.
    """

    core: IncidentCore
    operational: IncidentOperational | None = None
    nominal: IncidentNominal | None = None
    evidence: IncidentEvidence | None = None
    questions: tuple[FieldProblem, ...] = ()


def read_incident(
    values: Mapping[str, str], reference: str, today: date, problems: list[FieldProblem], *, catalogue: Catalogue
) -> Incident:
    """Return the sections of a row, still unmarked; they are good only if no problem was noted."""
    values = without_bad_language(values, problems)
    incident_type = read_incident_type(values, problems)
    substances = read_substances(values, problems)
    places, concerned = _read_places(values)
    dates = read_dates(values, today, problems)
    amount = read_amount(values, len(substances), problems)
    questions = (
        *questions_about_names(catalogue, substances),
        *read_cas(catalogue, values, substances, problems),
        *questions_about_status(catalogue, values, substances, dates, today),
        *amount.questions,
    )
    core = IncidentCore(
        marking=UNMARKED,
        national_reference=reference,
        # Any type will do for a row that is refused for having none.
        incident_type=incident_type or IncidentType.SEIZURE,
        concerned=concerned,
        dates=dates,
        places=places,
        substances=substances,
        quantities=amount.quantities,
        disposition=disposition_of(incident_type or IncidentType.SEIZURE),
        notes=_notes(values),
        language=values.get("source_lang", ""),
    )
    return Incident(
        core, read_operational(values), read_nominal(values, problems), read_evidence(values), tuple(questions)
    )


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
    places = [
        Place(
            role=PlaceRole.HAPPENED_IN,
            country=country,
            locode=read_locode(here, country) if country else None,
            withheld=here == "withheld",
            as_written=here,
        )
    ]
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
    cas = values.get("cas", "")
    parts = (
        values.get("awkward", ""),
        f"status under the 1988 Convention at the date: {status}" if status else "",
        f"CAS number as reported: {cas}" if cas else "",
    )
    return "; ".join(part for part in parts if part)
