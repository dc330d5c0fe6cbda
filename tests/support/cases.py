"""Facts as small as they can be. All invented."""

from datetime import date
from decimal import Decimal
from typing import Any

from broker.cases.facts import ComparableAmount, IncidentFacts, Measure, NamedSubstance
from broker.records.incident import IncidentType
from broker.records.quantity import Qualifier, Unit
from broker.types.vocabulary import Status, Tlp

MARCH = date(2026, 3, 14)


def kilograms(value: str, **changes: Any) -> ComparableAmount:
    fields: dict[str, Any] = {
        "measure": Measure.MASS,
        "low": Decimal(value),
        "high": Decimal(value),
        "unit": Unit.KG,
        "qualifier": Qualifier.EXACT,
        "as_written": f"{value} kg",
        "substances": (0,),
    }
    return ComparableAmount(**(fields | changes))


def some_facts(**changes: Any) -> IncidentFacts:
    fields: dict[str, Any] = {
        "incident_type": IncidentType.SEIZURE,
        "status": Status.EXERCISE,
        "tlp": Tlp.AMBER,
        "national_reference": "NL-1",
        "reporting_country": "NL",
        "countries": ("BE", "NL"),
        "first_day": MARCH,
        "last_day": MARCH,
        "reported_on": None,
        "substances": (NamedSubstance(ids=("AA",), as_written="acetic anhydride"),),
        "amounts": (kilograms("400"),),
        "destinations": ("BE",),
        "place_words": ("rotterdam",),
    }
    return IncidentFacts(**(fields | changes))
