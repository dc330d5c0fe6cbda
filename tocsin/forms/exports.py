"""Reports of single incidents as files: which there are in a time, which of them may leave, and in which form."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Final

import msgspec

from broker.errors import MissingItem
from broker.figures.reported import Reported
from broker.records.incident import IncidentType
from broker.types.names import Originator
from broker.types.vocabulary import Status
from tocsin.forms.files import json_bytes
from tocsin.forms.gathering import find_message, gather_span
from tocsin.forms.handling import handling_document
from tocsin.forms.leaving import Departure
from tocsin.forms.parquet_file import parquet_bytes
from tocsin.forms.rows import Row, cells_of, rows_of
from tocsin.forms.seizure_report import reports_document, reports_page
from tocsin.forms.stix import stix_bundle
from tocsin.forms.tables import csv_bytes
from tocsin.installation import Node

SEIZURES: Final = (IncidentType.SEIZURE, IncidentType.CLANDESTINE_LABORATORY)


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Which incidents are asked for.

    Args:
        reporter: The participant whose reports; empty for all that the authority sees.
        message: One message alone, by its name; empty for all.
        types: Empty for all.
    """

    reader: Originator
    first: date
    last: date
    reporter: str = ""
    message: str = ""
    types: tuple[IncidentType, ...] = ()
    status: Status = Status.ACTUAL


def find_reports(node: Node, span: Span) -> tuple[Reported, ...]:
    """Return the incidents that are asked for, the earliest first.

    Raises:
        MissingItem: There are none; says what there is instead.
    """
    if span.message:
        one = find_message(node, span.reader, span.message)
        seen: tuple[Reported, ...] = () if one is None else (one,)
    else:
        seen = gather_span(node, span.reader, span.first, span.last)
    found = tuple(one for one in seen if _is_wanted(one, span))
    if not found:
        which = span.message[:80] if span.message else f"from {span.first} to {span.last}"
        says = f"{span.reader} sees no such incident {which}"
        raise MissingItem(says, hint=_instead(seen, span))
    return found


def _is_wanted(one: Reported, span: Span) -> bool:
    return (
        one.facts.status is span.status
        and (not span.reporter or one.participant == span.reporter)
        and (not span.types or one.facts.incident_type in span.types)
    )


def _instead(seen: Sequence[Reported], span: Span) -> str:
    if not seen:
        return f"It sees none at all there. Has its node received? tocsin receive --as {span.reader}"
    others = [one for one in seen if one.facts.status is not span.status]
    if others:
        return f"{len(others)} are {others[0].facts.status.word}: --exercise asks for them."
    return f"{len(seen)} others are there: of other types, or reported by others (--reporter)."


def seizures_json(departure: Departure, _: datetime) -> bytes:
    """Return individual reports as JSON."""
    return json_bytes(reports_document(departure))


def seizures_html(departure: Departure, _: datetime) -> bytes:
    """Return individual reports as one page."""
    return reports_page(departure)


def stix_json(departure: Departure, at: datetime) -> bytes:
    """Return a STIX 2.1 bundle."""
    title = f"Precursor incidents, TLP:{departure.mark.tlp.word}"
    return json_bytes(stix_bundle(departure, title=title, at=at))


def rows_csv(departure: Departure, _: datetime) -> bytes:
    """Return rows as CSV; every row carries its own marking."""
    columns = Row.__struct_fields__
    return csv_bytes(
        columns, (cells_of(row) for one in departure.exported for row in rows_of(one, departure.catalogue))
    )


def rows_parquet(departure: Departure, _: datetime) -> bytes:
    """Return rows as Parquet."""
    rows = [row for one in departure.exported for row in rows_of(one, departure.catalogue)]
    return parquet_bytes(rows, handling_document(departure.mark, departure.exported[0].status))


Written = Callable[[Departure, datetime], bytes]
"""From what may leave, and when, to the bytes of a file."""
