"""The columns that we know: those of incidents here, those of other kinds in :mod:`producers.intake.forms`."""

from collections.abc import Mapping
from typing import Final

import msgspec

COLUMNS: Final[Mapping[str, str]] = {
    "national_reference": "your own case number; group and line, or the row's content, stand in for it",
    "group": "the case that several rows belong to",
    "line": "the number of the row in its case",
    "line_role": "line, duplicate_report (second report of the case) or part_of_total (part of another row's amount)",
    "incident_type": "what happened: seizure, stopped_shipment, theft_loss …",
    "date_incident": "when: 2018-01-31, 2018-01, 2018, or a range 2015-11/2016-10",
    "date_precision": "day, month, year, range or unknown",
    "date_reported": "when it was reported or published",
    "reporting_country": "ISO 3166-1 alpha-2 code of the country where it happened and which reports it",
    "place": "where in that country",
    "substance_as_reported": "the substance as written in the report",
    "substance_id": "our id of it; several separated by |",
    "cas": "CAS number as written in the report; several separated by ;",
    "quantity_as_reported": "the amount as written in the report",
    "quantity_value": "the amount as a number, with a decimal point",
    "quantity_unit": "kg, g, t, L, lb, tablet …",
    "quantity_qualifier": "exact, about, more_than …",
    "packages": "how it was packed",
    "physical_form": "liquid, powder, tablet …",
    "declared_as": "what the papers said it was",
    "concealment": "how it was hidden",
    "transport": "how it travelled: sea, road, air, post …; several separated by + / or ;",
    "origin": "country where it came from, with a place in brackets; several separated by ;",
    "transit": "country it went through, likewise",
    "destination": "country where it was to go, likewise",
    "circumstance": "how it came to light, what happened around it",
    "awkward": "what is odd about the report",
    "status_1988_at_date": "the substance's status under the 1988 Convention at the date, as reported",
    "source_kind": "what kind of source",
    "source": "address or title of the source",
    "source_lang": "language of the source, ISO 639-1",
    "tlp": "CLEAR, GREEN, AMBER, AMBER+STRICT or RED",
    "handling": "handling codes H0 to H3; several separated by ;",
    "handling_text": "what H3 restricts, in words",
    "recipients": "who may have it: NL, NL/customs, @NL/lionfish; several separated by ;",
    "excluded": "who must not have it, likewise",
    "purposes": "what it may be used for: prevention; investigation …",
    "release_after": "not before this time: 2026-01-31T08:00:00Z",
    "retain_until": "to be deleted after this time, likewise",
    "status": "actual, exercise or test",
    "container": "container number",
    "seal": "seal number",
    "air_waybill": "air waybill number",
    "marks": "marks and logos; several separated by ;",
    "party_name": "a person or company (goes to the nominal section only)",
    "party_role": "suspect, convicted, victim, consignee, consignor or other",
    "party_kind": "person or company",
    "nationality": "the person's, ISO 3166-1 alpha-2",
    "party_address": "address of the person or company",
    "party_telephone": "telephone of the person or company",
    "fictitious": "yes where the person or company is invented for an exercise",
}
_OF_COMPANIES: Final = ("name", "address", "country", "registration", "telephone", "email")
COMPANY_COLUMNS: Final = tuple(
    f"{role}_{said}" for role in ("exporter", "importer", "consignee", "end_user") for said in _OF_COMPANIES
)
"""What a notification says of the companies in a trade."""
NOMINAL: Final = frozenset(
    (
        *("party_name", "party_role", "party_kind", "party_address", "party_telephone", "nationality"),
        *COMPANY_COLUMNS,
    )
)
"""Columns, of whatever kind of record, whose content no message may repeat."""
REQUIRED: Final = ("incident_type", "reporting_country")
ADDED: Final = ("refused_line", "refused_reasons")
"""What a file of refused rows has on top; ignored when it is read again."""


class ColumnSet(msgspec.Struct, frozen=True):
    """What a file of one kind of record may have.

    Attributes:
        columns: Each column, and what it says.
        required: Those without which no row of the file could be taken.
        sections: The sections of a nested record, the core first.
    """

    columns: Mapping[str, str]
    required: tuple[str, ...]
    sections: tuple[str, ...]


INCIDENT_COLUMNS: Final = ColumnSet(COLUMNS, REQUIRED, ("core", "operational", "nominal", "evidence"))


def some(*names: str) -> Mapping[str, str]:
    """Return those of our columns for incidents that other kinds of record have as well."""
    return {name: COLUMNS[name] for name in names}


SUBSTANCE: Final = some("substance_as_reported", "substance_id", "physical_form")
AMOUNT: Final = some("quantity_as_reported", "quantity_value", "quantity_unit", "quantity_qualifier", "packages")
TRANSPORT: Final = some("transport", "container", "seal", "air_waybill", "marks")
PARTY: Final = some(
    "party_name",
    "party_role",
    "party_kind",
    "nationality",
    "party_address",
    "party_telephone",
    "fictitious",
)
REFERENCE: Final[Mapping[str, str]] = {
    "national_reference": "your own number of it; one that is made from the row's content stands in for it"
}
MARKED: Final[Mapping[str, str]] = {
    "source_lang": "language in which it is written, ISO 639-1",
    "related_to": "another message that it speaks of: NL/customs/1#42, its digest, or your own reference of it",
    "relation": "what it is to that one: supersedes, corrects, replies, follows (if empty), duplicates, part_of …",
    **some(
        "tlp",
        "handling",
        "handling_text",
        "recipients",
        "excluded",
        "purposes",
        "release_after",
        "retain_until",
        "status",
    ),
}
"""What every kind but incidents ends with."""
