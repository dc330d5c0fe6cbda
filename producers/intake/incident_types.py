"""What files call incidents, in our words; and what is no incident."""

from collections.abc import Mapping
from typing import Final

from broker.records.incident import Disposition, IncidentType
from producers.intake.rows import FieldProblem
from producers.intake.words import plain, read_word

_OTHER_WORDS: Final[Mapping[str, IncidentType]] = {
    "theft_loss": IncidentType.THEFT_OR_LOSS,
    "theft": IncidentType.THEFT_OR_LOSS,
    "loss": IncidentType.THEFT_OR_LOSS,
    "illicit_lab": IncidentType.CLANDESTINE_LABORATORY,
    "administrative_hold": IncidentType.STOPPED_SHIPMENT,
    "suspended_shipment": IncidentType.STOPPED_SHIPMENT,
    "custody_transfer": IncidentType.TRANSFERRED_GOODS,
    "destruction": IncidentType.DESTROYED_GOODS,
    "suspicious_enquiry": IncidentType.SUSPICIOUS_ORDER,
}
TYPES: Final[Mapping[str, IncidentType]] = {
    **{plain(member.word): member for member in IncidentType if member is not IncidentType.UNKNOWN},
    **_OTHER_WORDS,
}
AGGREGATE: Final = "statistic"


def read_incident_type(values: Mapping[str, str], problems: list[FieldProblem]) -> IncidentType | None:
    """Return what happened; an aggregate is refused, whatever else its row says."""
    written = values.get("incident_type", "")
    if not written:
        problems.append(FieldProblem("incident_type", "missing", "what happened? For example seizure"))
        return None
    if plain(written) == AGGREGATE:
        problems.append(FieldProblem("incident_type", "aggregate", _why_aggregate(values)))
        return None
    return read_word("incident_type", values, TYPES, None, problems)


def disposition_of(incident_type: IncidentType) -> Disposition:
    """Return what became of the goods, as far as the type alone says it."""
    return Disposition.DESTROYED if incident_type is IncidentType.DESTROYED_GOODS else Disposition.NOT_STATED


def _why_aggregate(values: Mapping[str, str]) -> str:
    period = values.get("date_incident", "")
    over = f"over {period[:40]}" if period else "over a period"
    where = values.get("reporting_country") or "several countries"
    return (
        f"an aggregate, not an incident: a total {over} for {where} counts many incidents at once "
        "and would be counted a second time beside them; it belongs into statistics"
    )
