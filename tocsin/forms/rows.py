"""Incidents as rows: one for each amount of each, with everything that the core says of it and how it is marked."""

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

import msgspec

from broker.catalogue import Catalogue, shipped_catalogue
from broker.figures.amounts import addends
from broker.figures.form_d import Part
from broker.records.incident import IncidentCore
from broker.records.operational import IncidentOperational
from broker.types.names import Originator
from broker.types.vocabulary import Status, Tlp
from tocsin.forms.gathering import part_on
from tocsin.forms.leaving import Exported

PLACES: Final = Decimal("0.000000001")
"""Amounts in rows are exact to a billionth of a kilogram or litre; the text beside them is the report's own."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One amount of one incident; the columns of CSV and Parquet, in their order.

    Attributes:
        amount_low, amount_high: In the unit, between which the amount lies; None where it is not told.
        scheduled: Whether the substance was in the Tables of the 1988 Convention on the day.
    """

    message: str
    originator: Originator
    national_reference: str
    tlp: Tlp
    handling: str
    purposes: str
    status: Status
    incident_type: str
    country: str
    first_day: date | None
    last_day: date | None
    dates_as_written: str
    places: str
    substance: str
    substance_as_written: str
    scheduled: str
    amount_low: Decimal | None
    amount_high: Decimal | None
    unit: str
    amounts_as_written: str
    amount_remarks: str
    origins: str
    transits: str
    destinations: str
    disposition: str
    transport: str
    concealment: str
    declared_as: str
    related: str
    summary: str
    language: str


def rows_of(exported: Exported, catalogue: Catalogue | None = None) -> Iterator[Row]:
    """Yield the rows of one incident.

    Args:
        catalogue: By which it is said what was scheduled; None for the one that ships.
    """
    facts, core = exported.reported.facts, exported.core
    standing = part_on(catalogue or shipped_catalogue())
    moved = exported.operational or IncidentOperational()
    for addend in addends(facts):
        days = {day for day in (facts.first_day, facts.last_day) if day is not None}
        parts = {standing(one, day) for one in addend.substances for day in days}
        yield Row(
            message=exported.reported.name,
            originator=exported.originator,
            national_reference=core.national_reference,
            tlp=exported.tlp,
            handling=_handling(core),
            purposes=" ".join(one.word for one in core.marking.purposes),
            status=exported.status,
            incident_type=core.incident_type.word,
            country=facts.reporting_country,
            first_day=facts.first_day,
            last_day=facts.last_day,
            dates_as_written="; ".join(f"{one.kind.word}: {one.as_written}" for one in core.dates if one.as_written),
            places="; ".join(one.as_written for one in core.places if one.as_written),
            substance="|".join(addend.substances),
            substance_as_written=addend.written,
            scheduled=(parts.pop() if len(parts) == 1 else Part.UNSURE).word,
            amount_low=_rounded(addend.low),
            amount_high=_rounded(addend.high),
            unit=addend.unit.word,
            amounts_as_written="; ".join(one.as_written for one in core.quantities if one.as_written),
            amount_remarks="; ".join(f"{one.kind.word}: {one.says}" for one in addend.remarks),
            origins=" ".join(facts.origins),
            transits=" ".join(facts.transits),
            destinations=" ".join(facts.destinations),
            disposition=core.disposition.word,
            transport=moved.transport,
            concealment=moved.concealment,
            declared_as=moved.declared_as,
            related=" ".join(f"{one.relation.word}:{one.digest.hex()}" for one in core.related),
            summary=core.summary,
            language=core.language,
        )


def cells_of(row: Row) -> tuple[str, ...]:
    """Return a row as text."""
    return tuple(_cell(value) for value in msgspec.structs.astuple(row))


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case Decimal():
            return f"{value.normalize():f}"
        case Tlp() | Status():
            return value.word
        case _:
            return str(value)


def _handling(core: IncidentCore) -> str:
    codes = " ".join(one.word for one in core.marking.handling)
    return f"{codes}: {core.marking.handling_text}" if core.marking.handling_text else codes


def _rounded(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.quantize(PLACES, ROUND_HALF_EVEN)
