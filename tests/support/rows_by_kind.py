"""Good rows of each kind of record, and the messages that they may name. Everything in them is invented."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import openpyxl  # type: ignore[import-untyped]

from broker.policy.profile_usual import usual_profile
from broker.records.notification import NotificationCore
from broker.types.names import Digest, Originator
from broker.types.vocabulary import RecordKind, Status
from producers.draft import Draft
from producers.intake.files import read_rows
from producers.intake.form import NamedMessage, Surroundings
from producers.intake.forms import form_of
from producers.intake.mapping import ColumnMapping
from producers.intake.rows import FieldProblem, Row
from producers.intake.take_in import Refused, take_in
from tests.support.intake import NOW, a_profile
from tests.support.records import a_marking

REGULATOR: Final = Originator("NL/regulator")
PEOPLE: Final = ("FICTITIOUS Exports", "FICTITIOUS Imports", "FICTITIOUS Client", "FICTITIOUS Piet", "Geheimestraat 1")
"""What no message may repeat."""
NOTIFIED: Final = NotificationCore(
    marking=a_marking(),
    national_reference="BE-PEN-7",
    exporting_country="BE",
    importing_country="NL",
    transit_countries=("DE",),
)
_FOR_OTHERS: Final = msgspec.structs.replace(
    NOTIFIED, exporting_country="DE", importing_country="FR", transit_countries=()
)


def _message(number: int, kind: RecordKind, author: str, core: msgspec.Struct | None = None) -> NamedMessage:
    return NamedMessage(digest=Digest(bytes([number]) * 32), kind=kind, author=Originator(author), core=core)


_NAMED: Final[Mapping[str, NamedMessage]] = {
    "BE/regulator/1#7": _message(7, RecordKind.NOTIFICATION, "BE/regulator", NOTIFIED),
    "DE/regulator/1#8": _message(8, RecordKind.NOTIFICATION, "DE/regulator", _FOR_OTHERS),
    "BE/regulator/1#9": _message(9, RecordKind.NOTIFICATION, "BE/regulator"),
    "NL-PEN-1": _message(1, RecordKind.NOTIFICATION, REGULATOR),
    "NL-PEN-2": NamedMessage(digest=None, kind=RecordKind.NOTIFICATION, author=REGULATOR),
    "BE/police/1#3": _message(3, RecordKind.REQUEST, "BE/police"),
    "NL/regulator/1#4": _message(4, RecordKind.REQUEST, REGULATOR),
    "BE/customs/1#5": _message(5, RecordKind.INCIDENT, "BE/customs"),
    "X-INCB/secretariat/1#6": _message(6, RecordKind.SCHEDULING, "X-INCB/secretariat"),
}
_OF_TRADE: Final = (RecordKind.NOTIFICATION, RecordKind.NOTIFICATION_REPLY, RecordKind.SHIPMENT)
"""Kinds whose records concern the countries of a trade, also where they do not repeat them."""
SURROUNDINGS: Final = Surroundings(
    resolve=_NAMED.get, takes_part=lambda participant: participant in ("NL", "BE", "DE", "X-INCB")
)
_GOODS: Final = {
    "substance_as_reported": "acetic anhydride",
    "substance_id": "AA",
    "quantity_as_reported": "1000 kg",
    "quantity_value": "1000",
    "quantity_unit": "kg",
    "quantity_qualifier": "exact",
    "packages": "5 drums",
}
_PARTY: Final = {
    "party_name": "FICTITIOUS Piet",
    "party_role": "consignee",
    "party_kind": "company",
    "party_address": "Geheimestraat 1",
    "fictitious": "yes",
}
GOOD: Final[Mapping[RecordKind, Mapping[str, str]]] = {
    RecordKind.INCIDENT: {
        "national_reference": "NL-1",
        "incident_type": "seizure",
        "date_incident": "2026-03-14",
        "reporting_country": "NL",
        "place": "Rotterdam",
        **_GOODS,
        **_PARTY,
        "destination": "BE",
        "source_kind": "report",
        "container": "MSKU1234565",
    },
    RecordKind.NOTIFICATION: {
        "national_reference": "NL-PEN-9",
        "importing_country": "BE",
        "transit_countries": "DE; LU",
        **_GOODS,
        "intended_use": "acetylation",
        "point_of_exit": "NLRTM",
        "point_of_entry": "BEANR; Zeebrugge",
        "dispatch_from": "2026-12-01",
        "dispatch_to": "2026-12-31",
        "simplified": "yes",
        "shipments_expected": "4",
        "import_authorization": "BE-77",
        "answer_by": "2026-12-15",
        "deadline_rule": "15 working days",
        "exporter_name": "FICTITIOUS Exports",
        "exporter_address": "Geheimestraat 1",
        "exporter_country": "NL",
        "exporter_telephone": "+31 20 1; +31 20 2",
        "importer_name": "FICTITIOUS Imports",
        "importer_address": "Geheimestraat 1",
        "consignee_name": "FICTITIOUS Client",
        "consignee_address": "Geheimestraat 1",
        "source_lang": "nl",
    },
    RecordKind.NOTIFICATION_REPLY: {
        "national_reference": "NL-REPLY-1",
        "notification": "BE/regulator/1#7",
        "reply": "objection",
        "import_authorization": "NL-5",
        "valid_until": "2027-01-31",
        "reason": "the importer has no licence",
        "source_lang": "en",
    },
    RecordKind.SHIPMENT: {
        "national_reference": "NL-SHIP-1",
        "notification": "BE/regulator/1#7",
        "shipment": "1 of 4",
        "event": "arrived",
        "happened_on": "2026-11-20",
        **_GOODS,
        "country": "NL",
        "place": "NLRTM",
        "remarks": "seals whole",
    },
    RecordKind.SUBSTANCE_WARNING: {
        "national_reference": "NL-WARN-1",
        "warning_type": "new_substance",
        "title": "A chemical without a name",
        "says": "It was found beside acetic anhydride in two parcels.",
        "basis": "assessment",
        "substance_as_reported": "unnamed chemical",
        "physical_form": "powder",
        "cas": "108-24-7; 64-19-7",
        "hs_codes": "2915.24",
        "quantity_as_reported": "2 kg",
        "quantity_value": "2",
        "quantity_unit": "kg",
        "date_incident": "2026-10",
        "country": "NL",
        "place": "Schiphol",
        "origin": "CN",
        "destination": "DE",
        "drugs": "heroin",
        "method": "EARS C1",
        "parameters": "baseline 7",
        "review_by": "2027-03-01",
        "source_kind": "laboratory",
        "source": "https://example.org/report",
        "source_lang": "en",
    },
    RecordKind.SCHEDULING: {
        "national_reference": "NL-SCHED-1",
        "stage": "implementation",
        "scheme": "UN-1988",
        "substance_as_reported": "4-AP",
        "substance_id": "4AP",
        "to_class": "I",
        "instrument": "Stb. 2022, 1",
        "decision": "X-INCB/secretariat/1#6",
        "country": "NL",
        "decided_on": "2022-03-16",
        "notified_on": "2022-05-27",
        "effective_on": "2022-11-23",
        "scope": "salts",
        "reservation": "none below 1 g",
    },
    RecordKind.REQUEST: {
        "national_reference": "NL-REQ-1",
        "inquiry_type": "backtracking",
        "urgency": "urgent",
        "message": "BE/customs/1#5",
        "question": "Who shipped this lot?",
        "purpose": "investigation",
        "lot": "LOT-7",
        **_GOODS,
        "country": "NL",
        "place": "Rotterdam",
        "origin": "CN",
        "container": "MSKU1234565",
        "marks": "blue star",
        "details": "two seals",
        **_PARTY,
    },
    RecordKind.ANSWER: {
        "national_reference": "NL-ANS-1",
        "request": "BE/police/1#3",
        "outcome": "answered",
        "says": "It was shipped in May.",
        "ask_next": "DE; BE/customs",
        **_GOODS,
        "country": "NL",
        "place": "Rotterdam",
        "transport": "sea",
        "container": "MSKU1234565",
        **_PARTY,
    },
    RecordKind.STATISTICS: {
        "national_reference": "NL-D-2025-AA",
        "form": "INCB Form D",
        "country": "NL",
        "starts_on": "2025-01-01",
        "ends_on": "2025-12-31",
        "substance_as_reported": "acetic anhydride",
        "substance_id": "AA",
        "scheduled": "yes",
        "quantity_value": "12.5",
        "quantity_unit": "kg",
        "cases": "3",
        "origins": "CN; BE",
        "line_remarks": "one parcel was empty",
        "method": "counted by hand",
    },
}


def changed(kind: RecordKind, changes: Mapping[str, str]) -> dict[str, str]:
    """Return the good row of *kind* with *changes*; an empty text takes a column away."""
    return {name: text for name, text in {**GOOD[kind], **changes}.items() if text}


def in_each_format(folder: Path, kind: RecordKind, row: Mapping[str, str]) -> dict[str, Row]:
    """Return *row* as it is read from CSV, XLSX and JSON Lines."""
    table = {**dict.fromkeys(form_of(kind).known.required, ""), **row}
    contents = {"a.csv": _csv(table), "a.xlsx": _xlsx(table), "a.jsonl": json.dumps(row).encode()}
    return {name: read_one(folder, name, content, kind) for name, content in contents.items()}


def read_one(folder: Path, name: str, content: bytes, kind: RecordKind) -> Row:
    """Return the one row of a file of that *content*."""
    (folder / name).write_bytes(content)
    (row,) = read_rows(folder / name, ColumnMapping(known=form_of(kind).known))
    return row


def take(kind: RecordKind, *rows: Row, at: datetime = NOW) -> Sequence[Draft | Refused]:
    """Take rows in for the Dutch regulator."""
    return list(
        take_in(
            rows,
            authority=REGULATOR,
            profile=usual_profile(REGULATOR, kind) or a_profile(REGULATOR),
            authored_at=at,
            status=Status.EXERCISE,
            form=form_of(kind),
            surroundings=SURROUNDINGS,
        )
    )


def taken_one(kind: RecordKind, row: Row) -> Draft:
    """Return the draft of a row that is taken."""
    (result,) = take(kind, row)
    assert isinstance(result, Draft), result.problems
    return result


def refusals(kind: RecordKind, row: Row) -> tuple[FieldProblem, ...]:
    """Return why a row is refused; nothing where it is taken."""
    (result,) = take(kind, row)
    return result.problems if isinstance(result, Refused) else ()


def nested(kind: RecordKind) -> dict[str, Any]:
    """Return the good row of *kind* as a nested record, in which what follows from it is left out."""
    draft = taken_one(kind, Row(line=1, values=GOOD[kind]))
    sections: dict[str, Any] = msgspec.to_builtins(draft.sections.present())
    core = sections["core"]
    del core["marking"]
    if kind in _OF_TRADE:
        del core["concerned"]
    if kind is RecordKind.REQUEST:
        del core["answer_by"]
    names = {name: GOOD[kind][name] for name in form_of(kind).names if name in GOOD[kind]}
    return {**sections, "core": {**core, **names}}


def _csv(row: Mapping[str, str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(row))
    writer.writeheader()
    writer.writerow(row)
    return text.getvalue().encode()


def _xlsx(row: Mapping[str, str]) -> bytes:
    book = openpyxl.Workbook()
    book.active.append(list(row))
    book.active.append(list(row.values()))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
