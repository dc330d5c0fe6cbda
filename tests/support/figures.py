"""Builders of incidents as they come to be counted. Everything in them is invented."""

from datetime import date
from decimal import Decimal
from typing import Any

from broker.cases.facts import ComparableAmount, IncidentFacts, Measure, NamedSubstance, RelatedTo
from broker.figures.form_d import FormD, FormLine, Part, form_d
from broker.figures.reported import Left, Reported
from broker.figures.sieve import Scope
from broker.records.core import RelatedAs
from broker.records.incident import IncidentType
from broker.records.quantity import Unit
from broker.types.names import Digest, Originator
from broker.types.vocabulary import Status, Tlp

YEAR = 2025
SCOPE = Scope(country="NL", year=YEAR, reporter="NL")
NO = frozenset({"ACETONITRILE"})
"""Substances that are in no Table, for these tests."""
NEW = {"NORFENTANYL": date(2025, 7, 1)}
"""Substances that came into the Tables on a day, for these tests."""


def part_on(substance: str, day: date) -> Part:
    """Return whether a substance of these tests was in the Tables."""
    if substance in NO or day < NEW.get(substance, date.min):
        return Part.UNSCHEDULED
    return Part.SCHEDULED


def digest_of(name: str) -> Digest:
    """Return a digest that is a name's own."""
    return Digest(name.encode().rjust(32, b"\x01")[-32:])


def an_amount(low: str, unit: Unit = Unit.KG, *, high: str | None = None, **changes: Any) -> ComparableAmount:
    """Return an amount that is in the unit of its measure already."""
    measures = {Unit.KG: Measure.MASS, Unit.LITRE: Measure.VOLUME, Unit.TABLET: Measure.PIECES}
    fields: dict[str, Any] = {
        "measure": measures.get(unit, Measure.PACKAGES),
        "low": Decimal(low),
        "high": Decimal(high or low),
        "unit": unit,
        "substances": (0,),
    }
    return ComparableAmount(**(fields | changes))


def facts(
    *amounts: ComparableAmount,
    substances: tuple[str, ...] = ("AA",),
    day: date | None = date(YEAR, 3, 1),
    **changes: Any,
) -> IncidentFacts:
    """Return the facts of a seizure."""
    fields: dict[str, Any] = {
        "incident_type": IncidentType.SEIZURE,
        "status": Status.ACTUAL,
        "tlp": Tlp.GREEN,
        "national_reference": "NL-1",
        "reporting_country": "NL",
        "countries": ("NL",),
        "first_day": day,
        "last_day": day,
        "reported_on": None,
        "substances": tuple(NamedSubstance(ids=(one,), as_written=one.lower()) for one in substances),
        "amounts": amounts,
        "origins": ("CN",),
    }
    return IncidentFacts(**(fields | changes))


def reported(name: str, *amounts: ComparableAmount, **changes: Any) -> Reported:
    """Return an incident that a message of the Netherlands' customs reports."""
    originator = changes.pop("originator", "NL/customs")
    is_draft = changes.pop("is_draft", False)
    return Reported(
        facts=facts(*amounts, **changes),
        name=name,
        originator=Originator(originator),
        digest=digest_of(name),
        is_draft=is_draft,
    )


def related(name: str, relation: RelatedAs) -> tuple[RelatedTo, ...]:
    """Return that an incident relates to the one called *name*."""
    return (RelatedTo(digest=digest_of(name), relation=relation),)


def a_form(*records: Reported, scope: Scope = SCOPE, none_of: tuple[str, ...] = ()) -> FormD:
    """Return the form of the year."""
    return form_d(records, scope, part_on=part_on, none_of=none_of)


def figures(form: FormD) -> dict[tuple[str, str], str]:
    """Return the figures, by substance and unit."""
    return {(one.key, one.unit.word): "-" if one.low is None else str(one.low) for one in form.lines}


def the_line(form: FormD) -> FormLine:
    """Return the only line."""
    (line,) = form.lines
    return line


def left_out(form: FormD) -> dict[str, Left]:
    """Return why incidents are left out, by name."""
    return {one.name: one.reason for one in form.left_out}
