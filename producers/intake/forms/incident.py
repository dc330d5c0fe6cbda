"""The form of incidents."""

from collections.abc import Mapping
from typing import Any, Final

from broker.records.evidence import IncidentEvidence
from broker.records.incident import IncidentCore
from broker.records.nominal import IncidentNominal
from broker.records.operational import IncidentOperational
from broker.records.places import PlaceRole
from broker.types.vocabulary import RecordKind
from producers.draft import Sections
from producers.intake.columns import INCIDENT_COLUMNS
from producers.intake.form import Content, Form, Writing
from producers.intake.incident import check_country, read_incident
from producers.intake.rows import FieldProblem


def _read(values: Mapping[str, str], writing: Writing, problems: list[FieldProblem]) -> Content:
    check_country(values.get("reporting_country", ""), "reporting_country", writing.authority, problems)
    today, catalogue = writing.authored_at.date(), writing.surroundings.catalogue
    incident = read_incident(values, writing.reference, today, problems, catalogue=catalogue)
    sections = Sections(
        core=incident.core, operational=incident.operational, nominal=incident.nominal, evidence=incident.evidence
    )
    return Content(sections, questions=getattr(incident, "questions", ()))


def _prepare(core: Mapping[str, Any], writing: Writing, problems: list[FieldProblem]) -> Mapping[str, Any]:
    check_country(_country_of(core), "core.places", writing.authority, problems)
    return core


def _country_of(core: Mapping[str, Any]) -> str:
    """Return the country where a nested record says that it happened, or nothing."""
    places = core.get("places")
    for place in places if isinstance(places, list) else ():
        if isinstance(place, Mapping) and place.get("role") == PlaceRole.HAPPENED_IN:
            return str(place.get("country", ""))
    return ""


INCIDENT: Final = Form(
    kind=RecordKind.INCIDENT,
    known=INCIDENT_COLUMNS,
    types={
        "core": IncidentCore,
        "operational": IncidentOperational,
        "nominal": IncidentNominal,
        "evidence": IncidentEvidence,
    },
    read=_read,
    prepare=_prepare,
)
