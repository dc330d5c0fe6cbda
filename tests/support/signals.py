"""Builders for early warning: incidents come down to facts, and series of them. Everything in them is invented."""

import hashlib
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from broker.cases.facts import ComparableAmount, IncidentFacts, Measure, NamedSubstance, RelatedTo
from broker.records.core import RelatedAs
from broker.records.incident import IncidentType
from broker.records.quantity import Unit
from broker.signals.observation import Observation, Window
from broker.types.names import Digest
from broker.types.vocabulary import Status, Tlp

TODAY = date(2026, 3, 31)
WINDOW = Window(date(2026, 3, 1), TODAY)


def a_digest(name: str) -> Digest:
    """Return the digest of the message *name*."""
    return Digest(hashlib.sha256(name.encode()).digest())


def a_substance(key: str = "AA", as_written: str = "") -> NamedSubstance:
    """Return a substance by our ids, several apart by ``|``; without an id by its name."""
    return NamedSubstance(ids=tuple(key.split("|")) if key else (), as_written=as_written or key)


def kilograms(amount: str, **changes: Any) -> ComparableAmount:
    """Return an amount of the first substance."""
    fields: dict[str, Any] = {"measure": Measure.MASS, "low": Decimal(amount), "high": Decimal(amount), "unit": Unit.KG}
    return ComparableAmount(**(fields | changes))


def an_observation(
    name: str, happened: date = date(2026, 3, 10), *, known: date | None = None, **changes: Any
) -> Observation:
    """Return the seizure *name* of acetic anhydride in the Netherlands, known on the day it happened."""
    country = changes.get("reporting_country", "NL")
    fields: dict[str, Any] = {
        "incident_type": IncidentType.SEIZURE,
        "status": Status.ACTUAL,
        "tlp": Tlp.GREEN,
        "national_reference": name,
        "reporting_country": country,
        "countries": (country,) if country else (),
        "first_day": happened,
        "last_day": happened,
        "reported_on": happened,
        "substances": (a_substance(),),
        "amounts": (),
    }
    return Observation(
        facts=IncidentFacts(**(fields | changes)), message=name, digest=a_digest(name), known_on=known or happened
    )


def related(name: str, relation: RelatedAs) -> tuple[RelatedTo, ...]:
    """Return the relation to the message *name*."""
    return (RelatedTo(digest=a_digest(name), relation=relation),)


def a_past(several: int = 30, **changes: Any) -> list[Observation]:
    """Return so many seizures, one a week, the newest in January 2026."""
    newest = date(2026, 1, 20)
    return [an_observation(f"past {back}", newest - timedelta(weeks=back), **changes) for back in range(several)]


def weekly(counts: Iterable[int], last: date, **changes: Any) -> list[Observation]:
    """Return as many seizures in each week as *counts* says; the last of them is the week of the day *last*."""
    numbers = list(counts)
    monday = last - timedelta(days=last.weekday())
    return [
        an_observation(f"week {back} number {number}", monday - timedelta(weeks=back), **changes)
        for back, several in zip(range(len(numbers) - 1, -1, -1), numbers, strict=True)
        for number in range(several)
    ]
