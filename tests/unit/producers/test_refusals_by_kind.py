"""Bad input of each kind: what was changed in a good row, and the field, the code and the words of the refusal.

Each row of the tables is read from CSV, XLSX and JSON Lines, and refused alike; no message repeats a name.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from broker.types.vocabulary import RecordKind
from producers.intake.forms import form_of
from producers.intake.rows import FieldProblem
from tests.support.rows_by_kind import GOOD, PEOPLE, changed, in_each_format, nested, read_one, refusals

Wrong = tuple[Mapping[str, str], str, str, str]

_NOTIFICATION: Final[tuple[Wrong, ...]] = (
    ({"importing_country": ""}, "importing_country", "missing", "which country is it exported to?"),
    ({"importing_country": "UK"}, "importing_country", "unknown-country", "write GB"),
    ({"importing_country": "be"}, "importing_country", "unknown-country", "write BE"),
    ({"importing_country": "NL"}, "importing_country", "contradiction", "nothing is exported"),
    ({"exporting_country": "BE"}, "exporting_country", "foreign-row", "BE has to publish it"),
    ({"transit_countries": "DE; Lux"}, "transit_countries", "unknown-country", "'Lux' is no ISO 3166-1"),
    ({"act": "amend"}, "act", "unknown-word", "did you mean 'amends'?"),
    ({"act": "amends"}, "notification", "missing", "name the notification"),
    ({"notification": "NL-PEN-1"}, "notification", "contradiction", "speaks of no earlier one"),
    ({"act": "amends", "notification": "NL/regulator/1#99"}, "notification", "unknown-message", "no message that you"),
    ({"act": "amends", "notification": "NL-PEN-2"}, "notification", "unsent-message", "publish that first"),
    ({"act": "cancels", "notification": "BE/regulator/1#7"}, "notification", "foreign-message", "only who notified"),
    ({"act": "amends", "notification": "BE/customs/1#5"}, "notification", "wrong-kind", "expected one of kind notif"),
    ({"substance_as_reported": "", "substance_id": ""}, "substance_as_reported", "missing", "article 12(10)(a)"),
    ({"substance_id": "no;id"}, "substance_id", "bad-substance", "is no substance id"),
    ({"quantity_value": ""}, "quantity_value", "missing", "article 12(10)(a)"),
    ({"quantity_unit": ""}, "quantity_unit", "missing", "the unit of the quantity"),
    ({"quantity_value": "1,000"}, "quantity_value", "bad-number", "write a decimal point"),
    ({"quantity_unit": "kilos"}, "quantity_unit", "unknown-word", "is not known"),
    ({"point_of_entry": ""}, "point_of_entry", "missing", "the expected point of entry"),
    ({"dispatch_from": "", "dispatch_to": "", "simplified": ""}, "dispatch_from", "missing", "date of dispatch"),
    ({"dispatch_to": ""}, "dispatch_to", "missing", "last day of the period"),
    ({"dispatch_from": "1.12.2026"}, "dispatch_from", "bad-date", "expected 2026-01-31"),
    ({"dispatch_to": "2026-02-30"}, "dispatch_to", "bad-date", "'2026-02-30' is no day"),
    ({"dispatch_to": "2026-11-01"}, "dispatch_to", "contradiction", "before"),
    ({"simplified": "perhaps"}, "simplified", "unknown-word", "known are yes, no"),
    ({"shipments_expected": "some"}, "shipments_expected", "bad-number", "a whole number"),
    ({"exporter_name": ""}, "exporter_name", "missing", "name?"),
    ({"exporter_address": ""}, "exporter_address", "missing", "address of the exporter"),
    ({"importer_name": "", "importer_address": ""}, "importer_name", "missing", "name of the importer"),
    ({"consignee_name": "", "consignee_address": ""}, "consignee_name", "missing", "none is known"),
    ({"no_consignee_known": "yes"}, "no_consignee_known", "contradiction", "there is a consignee"),
    ({"importer_country": "Geheimestraat 1"}, "importer_country", "unknown-country", "is no ISO 3166-1"),
    ({"source_lang": "Dutch"}, "source_lang", "bad-language", "expected a tag"),
    ({"tlp": "GREEN"}, "marking", "marking-too-loose", "AMBER is the loosest"),
    ({"tlp": "YELLOW"}, "tlp", "unknown-word", "known are"),
)
_REPLY: Final[tuple[Wrong, ...]] = (
    ({"notification": ""}, "notification", "missing", "which notification is answered?"),
    ({"notification": "BE/regulator/1#77"}, "notification", "unknown-message", "a name like NL/customs/1#42"),
    ({"notification": "f" * 64}, "notification", "unknown-message", "is no message that you have"),
    ({"notification": "BE/police/1#3"}, "notification", "wrong-kind", "is of kind request"),
    ({"notification": "DE/regulator/1#8"}, "notification", "foreign-message", "that one is for FR"),
    ({"notification": "BE/regulator/1#9"}, "importing_country", "nobody-told", "receive it first"),
    ({"reply": ""}, "reply", "missing", "no_objection"),
    ({"reply": "no objections"}, "reply", "unknown-word", "did you mean 'no_objection'?"),
    ({"reason": ""}, "reason", "missing", "objection has to say why"),
    ({"reply": "suspend", "reason": ""}, "reason", "missing", "suspend has to say why"),
    ({"reply": "more_information", "reason": ""}, "reason", "missing", "more-information has to say why"),
    ({"valid_until": "next year"}, "valid_until", "bad-date", "expected 2026-01-31"),
    ({"valid_until": "1821-01-01"}, "valid_until", "bad-date", "is no day"),
    ({"exporting_country": "Holland"}, "exporting_country", "unknown-country", "'Holland'"),
    ({"source_lang": "E"}, "source_lang", "bad-language", "expected a tag"),
    ({"recipients": "Belgium"}, "recipients", "bad-name", "Belgium"),
    ({"relation": "follows"}, "related_to", "missing", "to which message?"),
)
_SHIPMENT: Final[tuple[Wrong, ...]] = (
    ({"notification": ""}, "notification", "missing", "which notification covers it?"),
    ({"notification": "NL-PEN-X"}, "notification", "unknown-message", "'NL-PEN-X'"),
    ({"notification": "NL-PEN-2"}, "notification", "unsent-message", "publish that first"),
    ({"notification": "NL-PEN-1"}, "importing_country", "nobody-told", "say exporting_country"),
    ({"notification": "BE/customs/1#5"}, "notification", "wrong-kind", "is of kind incident"),
    ({"notification": "DE/regulator/1#8"}, "notification", "foreign-message", "NL/regulator writes for NL"),
    ({"shipment": ""}, "shipment", "missing", "which shipment?"),
    ({"event": ""}, "event", "missing", "shipped, arrived, short, cancelled"),
    ({"event": "arived"}, "event", "unknown-word", "did you mean 'arrived'?"),
    ({"happened_on": "2026-11-25"}, "happened_on", "future-date", "lies in the future"),
    ({"happened_on": "20.11.2026"}, "happened_on", "bad-date", "expected 2026-01-31"),
    ({"quantity_value": "12.5.1"}, "quantity_value", "bad-number", "is no amount"),
    (
        {"quantity_as_reported": "", "quantity_value": "", "packages": ""},
        "quantity_value",
        "missing",
        "how much was arrived?",
    ),
    ({"country": "XX"}, "country", "unknown-country", "'XX'"),
    ({"country": ""}, "country", "missing", "in which country?"),
    ({"quantity_qualifier": "abuot"}, "quantity_qualifier", "unknown-word", "did you mean 'about'?"),
    ({"remarks": "=HYPERLINK(1)"}, "remarks", "formula-cell", "enter the value"),
)
_WARNING: Final[tuple[Wrong, ...]] = (
    ({"warning_type": ""}, "warning_type", "missing", "new_substance, new_route"),
    ({"warning_type": "new_substence"}, "warning_type", "unknown-word", "did you mean 'new_substance'?"),
    ({"title": ""}, "title", "missing", "in a few words"),
    ({"says": ""}, "says", "missing", "what do others have to know?"),
    ({"substance_as_reported": ""}, "substance_as_reported", "missing", "A description will do"),
    ({"cas": "108-24-8"}, "cas", "bad-cas", "108-24-8"),
    ({"basis": "guess"}, "basis", "unknown-word", "known are fact, assessment"),
    ({"parameters": ""}, "parameters", "contradiction", "belong together"),
    ({"method": ""}, "parameters", "contradiction", "belong together"),
    ({"date_incident": "last week"}, "date_incident", "bad-date", "expected 2018-01-31"),
    ({"date_incident": "2027-01"}, "date_incident", "future-date", "lies in the future"),
    ({"date_reported": "soon"}, "date_reported", "bad-date", "is no date"),
    ({"country": "EN"}, "country", "unknown-country", "'EN'"),
    ({"quantity_value": "-2"}, "quantity_value", "bad-number", "is no amount"),
    ({"review_by": "2027-13-01"}, "review_by", "bad-date", "is no day"),
    ({"related_to": "NL/customs/1#99"}, "related_to", "unknown-message", "is no message"),
    ({"related_to": "BE/customs/1#5", "relation": "folows"}, "relation", "unknown-word", "did you mean 'follows'?"),
    ({"source_lang": "klingon!"}, "source_lang", "bad-language", "expected a tag"),
    ({"status": "actual"}, "status", "not-actual", "everything here is exercise"),
)
_SCHEDULING: Final[tuple[Wrong, ...]] = (
    ({"stage": ""}, "stage", "missing", "proposal, decision"),
    ({"stage": "implemented"}, "stage", "unknown-word", "did you mean 'implementation'?"),
    ({"scheme": ""}, "scheme", "missing", "UN-1988"),
    ({"substance_as_reported": "", "substance_id": ""}, "substance_as_reported", "missing", "which substance?"),
    ({"substance_id": "A,B"}, "substance_id", "bad-substance", "is no substance id"),
    ({"country": ""}, "country", "missing", "an implementation is a country's"),
    ({"country": "BE"}, "country", "foreign-row", "BE has to publish it"),
    ({"country": "Belgium"}, "country", "unknown-country", "'Belgium'"),
    ({"instrument": ""}, "instrument", "missing", "by which law"),
    ({"stage": "decision"}, "reservation", "contradiction", "only a country's implementation"),
    ({"stage": "decision", "reservation": "", "decided_on": ""}, "decided_on", "missing", "when was it decided?"),
    ({"stage": "notification", "reservation": "", "notified_on": ""}, "notified_on", "missing", "when was it notified"),
    ({"effective_on": "2022-01-01"}, "effective_on", "contradiction", "lies before notified_on"),
    ({"notified_on": "2022-01-01"}, "notified_on", "contradiction", "lies before decided_on"),
    ({"decided_on": "16 March"}, "decided_on", "bad-date", "expected 2026-01-31"),
    ({"decision": "X-INCB/secretariat/1#66"}, "decision", "unknown-message", "is no message"),
    ({"decision": "BE/regulator/1#7"}, "decision", "wrong-kind", "expected one of kind scheduling"),
)
_REQUEST: Final[tuple[Wrong, ...]] = (
    ({"inquiry_type": ""}, "inquiry_type", "missing", "backtracking"),
    ({"inquiry_type": "backtrack"}, "inquiry_type", "unknown-word", "did you mean 'backtracking'?"),
    ({"urgency": ""}, "urgency", "missing", "urgent, normal, routine"),
    ({"urgency": "urgnt"}, "urgency", "unknown-word", "did you mean 'urgent'?"),
    ({"question": ""}, "question", "missing", "what do you ask?"),
    ({"purpose": ""}, "purpose", "missing", "investigation"),
    ({"purpose": "curiosity"}, "purpose", "unknown-word", "is not known"),
    ({"message": "", "lot": "", "recipients": "BE"}, "message", "missing", "begins with a seizure or a lot"),
    ({"message": ""}, "recipients", "missing", "whom do you ask?"),
    ({"message": "BE/customs/1#55"}, "message", "unknown-message", "is no message"),
    ({"message": "NL-PEN-2"}, "message", "unsent-message", "publish that first"),
    ({"answer_by": "tomorrow"}, "answer_by", "bad-time", "expected 2026-01-31T08:00:00Z"),
    ({"answer_by": "2026-11-25T08:00"}, "answer_by", "bad-time", "no time with its zone"),
    ({"answer_by": "2026-11-20T08:00:00Z"}, "answer_by", "past-date", "is over"),
    ({"country": "Q1"}, "country", "unknown-country", "'Q1'"),
    ({"quantity_unit": "tone"}, "quantity_unit", "unknown-word", "is not known"),
    ({"party_role": "FICTITIOUS Piet"}, "party_role", "unknown-word", "the word is not known"),
    ({"party_name": "", "party_address": ""}, "party_name", "missing", "who is it?"),
    ({"nationality": "Geheimestraat 1"}, "nationality", "unknown-country", "is no ISO 3166-1"),
    ({"party_name": "=FICTITIOUS Piet"}, "party_name", "formula-cell", "a formula stands"),
)
_ANSWER: Final[tuple[Wrong, ...]] = (
    ({"request": ""}, "request", "missing", "which request is answered?"),
    ({"request": "BE/police/1#33"}, "request", "unknown-message", "is no message"),
    ({"request": "BE/customs/1#5"}, "request", "wrong-kind", "expected one of kind request"),
    ({"request": "NL/regulator/1#4"}, "request", "foreign-message", "your own"),
    ({"outcome": ""}, "outcome", "missing", "nothing_known"),
    ({"outcome": "anwsered"}, "outcome", "unknown-word", "did you mean 'answered'?"),
    ({"says": ""}, "says", "missing", "has to say something"),
    ({"outcome": "refused", "says": ""}, "says", "missing", "refused has to say something"),
    ({"outcome": "more_time"}, "answer_by", "contradiction", "until when belong together"),
    ({"answer_by": "2026-12-01T08:00:00Z"}, "answer_by", "contradiction", "until when belong together"),
    ({"answer_by": "Monday"}, "answer_by", "bad-time", "with its zone"),
    ({"ask_next": "Germany"}, "ask_next", "bad-name", "Germany"),
    ({"ask_next": "@NL/lionfish"}, "ask_next", "bad-name", "is a group"),
    ({"country": "N"}, "country", "unknown-country", "'N'"),
    ({"quantity_value": "1e3"}, "quantity_value", "bad-number", "is no amount"),
    ({"party_kind": "FICTITIOUS Piet"}, "party_kind", "unknown-word", "the word is not known"),
    ({"fictitious": "perhaps"}, "fictitious", "unknown-word", "known are"),
    ({"party_address": "Geheimestraat 1\x07"}, "party_address", "control-character", "U+0007"),
)
_STATISTICS: Final[tuple[Wrong, ...]] = (
    ({"form": ""}, "form", "missing", "which form?"),
    ({"country": ""}, "country", "missing", "whose figures"),
    ({"country": "BE"}, "country", "foreign-row", "BE has to publish it"),
    ({"country": "Netherlands"}, "country", "unknown-country", "'Netherlands'"),
    ({"starts_on": ""}, "starts_on", "missing", "which day?"),
    ({"ends_on": "2025"}, "ends_on", "bad-date", "expected 2026-01-31"),
    ({"ends_on": "2024-12-31"}, "ends_on", "contradiction", "before"),
    ({"ends_on": "2026-12-31"}, "ends_on", "future-date", "the period is not over"),
    ({"substance_as_reported": ""}, "substance_as_reported", "missing", "of which substance?"),
    ({"substance_id": "AA|KMNO4"}, "substance_id", "bad-substance", "several need a row each"),
    ({"scheduled": ""}, "scheduled", "missing", "Table I or II"),
    ({"scheduled": "maybe"}, "scheduled", "unknown-word", "known are yes, no"),
    ({"quantity_unit": ""}, "quantity_unit", "missing", "in which unit?"),
    ({"quantity_value": "12,5"}, "quantity_value", "bad-number", "write a decimal point"),
    ({"cases": "3.5"}, "cases", "bad-number", "a whole number"),
    ({"origins": "CN; China"}, "origins", "unknown-country", "'China'"),
    ({"tlp": "RED", "recipients": "BE", "excluded": "BE"}, "excluded", "contradiction", "is a recipient as well"),
)
_INCIDENT: Final[tuple[Wrong, ...]] = (
    ({"incident_type": ""}, "incident_type", "missing", "what happened?"),
    ({"incident_type": "seisure"}, "incident_type", "unknown-word", "did you mean 'seizure'?"),
    ({"incident_type": "statistic"}, "incident_type", "aggregate", "belongs into statistics"),
    ({"reporting_country": ""}, "reporting_country", "missing", "which country"),
    ({"reporting_country": "BE"}, "reporting_country", "foreign-row", "BE has to publish it"),
    ({"date_incident": "a while ago"}, "date_incident", "bad-date", "expected 2018-01-31"),
    ({"date_incident": "2027-01-01"}, "date_incident", "future-date", "lies in the future"),
    ({"quantity_value": "1,000"}, "quantity_value", "bad-number", "write a decimal point"),
    ({"quantity_unit": "kilo"}, "quantity_unit", "unknown-word", "is not known"),
    ({"line_role": "part_of_total"}, "group", "missing", "of which case?"),
    ({"party_role": "FICTITIOUS Piet"}, "party_role", "unknown-word", "the word is not known"),
    ({"tlp": "GREEN"}, "marking", "marking-too-loose", "AMBER is the loosest"),
)
REFUSALS: Final[Mapping[RecordKind, tuple[Wrong, ...]]] = {
    RecordKind.INCIDENT: _INCIDENT,
    RecordKind.NOTIFICATION: _NOTIFICATION,
    RecordKind.NOTIFICATION_REPLY: _REPLY,
    RecordKind.SHIPMENT: _SHIPMENT,
    RecordKind.SUBSTANCE_WARNING: _WARNING,
    RecordKind.SCHEDULING: _SCHEDULING,
    RecordKind.REQUEST: _REQUEST,
    RecordKind.ANSWER: _ANSWER,
    RecordKind.STATISTICS: _STATISTICS,
}


def cases() -> Iterator[Any]:
    for kind, table in REFUSALS.items():
        for number, (changes, field, code, says) in enumerate(table):
            name = f"{kind.word}-{number}-{field}-{code}"
            yield pytest.param(kind, changes, (field, code, says), id=name)


def check_names_nobody(problems: tuple[FieldProblem, ...]) -> None:
    said = " ".join(f"{one.field} {one.message}" for one in problems)
    assert [] == [name for name in PEOPLE if name in said]


def test_every_kind_has_ten_refusals_or_more() -> None:
    assert GOOD.keys() == REFUSALS.keys()
    assert all(len(table) >= 10 for table in REFUSALS.values())


@pytest.mark.parametrize(("kind", "changes", "expected"), list(cases()))
def test_a_bad_row_is_refused_by_field_and_code_from_each_format(
    kind: RecordKind, changes: Mapping[str, str], expected: tuple[str, str, str], tmp_path: Path
) -> None:
    field, code, says = expected
    row = changed(kind, changes)
    written = {name: text for name, text in row.items() if "\x07" not in text}
    formats = in_each_format(tmp_path, kind, row if written == row else written)
    if written != row:  # no workbook can hold such a character
        formats = {"a.jsonl": read_one(tmp_path, "b.jsonl", json.dumps(row).encode(), kind)}

    for name, read in formats.items():
        problems = refusals(kind, read)
        found = [one for one in problems if (one.field, one.code) == (field, code)]
        assert found, (name, problems)
        assert any(says in one.message for one in found), (name, found)
        check_names_nobody(problems)


NESTED: Final[tuple[tuple[RecordKind, str, Any, str, str, str], ...]] = (
    (RecordKind.NOTIFICATION, "core.importing_country", 5, "core.importing_country", "bad-record", "Expected `str`"),
    (RecordKind.NOTIFICATION, "core.act", "AMEND", "core.act", "bad-record", "did you mean 'AMENDS'?"),
    (
        RecordKind.NOTIFICATION,
        "core.importing_countri",
        "FR",
        "core",
        "bad-record",
        "did you mean 'importing_country'?",
    ),
    (RecordKind.NOTIFICATION, "trade.companies", "FICTITIOUS Piet", "trade.companies", "bad-record", "does not fit"),
    (RecordKind.NOTIFICATION, "trade.companies", [], "exporter_name", "missing", "article 12(10)(a)"),
    (RecordKind.NOTIFICATION, "core.points_of_entry", [], "point_of_entry", "missing", "point of entry"),
    (RecordKind.NOTIFICATION, "trade", None, "importer_name", "missing", "article 12(10)(a)"),
    (RecordKind.NOTIFICATION_REPLY, "core.reply", "SUSPENDED", "core.reply", "bad-record", "did you mean 'SUSPEND'?"),
    (RecordKind.NOTIFICATION_REPLY, "core.notification", "XX#", "core.notification", "unknown-message", "'XX#'"),
    (RecordKind.NOTIFICATION_REPLY, "core.reason", "", "reason", "missing", "objection has to say why"),
    (RecordKind.SHIPMENT, "core.event", "SHIPED", "core.event", "bad-record", "did you mean 'SHIPPED'?"),
    (RecordKind.SHIPMENT, "core.quantities", [{"value": "x"}], "core.quantities[0].value", "bad-record", "Invalid"),
    (RecordKind.SHIPMENT, "core.notification", "BE/police/1#3", "core.notification", "wrong-kind", "of kind request"),
    (RecordKind.SHIPMENT, "core.quantities", [], "quantity_value", "missing", "how much was arrived?"),
    (RecordKind.SUBSTANCE_WARNING, "core.title", " ", "title", "missing", "must not be empty"),
    (
        RecordKind.SUBSTANCE_WARNING,
        "core.dates",
        [{"kind": "SEEN"}],
        "core.dates[0].kind",
        "bad-record",
        "Invalid enum",
    ),
    (RecordKind.SUBSTANCE_WARNING, "core.method", "", "parameters", "contradiction", "belong together"),
    (RecordKind.SCHEDULING, "core.stage", "IMPLEMENTED", "core.stage", "bad-record", "did you mean 'IMPLEMENTATION'?"),
    (RecordKind.SCHEDULING, "core.substances", [], "substance_as_reported", "missing", "which substance?"),
    (RecordKind.SCHEDULING, "core.effective_on", "soon", "core.effective_on", "bad-record", "date"),
    (RecordKind.REQUEST, "core.urgency", "URGNT", "core.urgency", "bad-record", "did you mean 'URGENT'?"),
    (RecordKind.REQUEST, "core.urgency", None, "core.urgency", "bad-record", "Expected `str`"),
    (RecordKind.REQUEST, "nominal.parties", [{"name": "FICTITIOUS Piet"}], "nominal.parties[0]", "bad-record", "fit"),
    (RecordKind.REQUEST, "core.question", "", "question", "missing", "must not be empty"),
    (RecordKind.ANSWER, "core.outcome", "DONE", "core.outcome", "bad-record", "Invalid enum value"),
    (RecordKind.ANSWER, "core.says", "", "says", "missing", "has to say something"),
    (RecordKind.ANSWER, "core.ask_next", ["Germany"], "ask_next", "bad-name", "Germany"),
    (RecordKind.STATISTICS, "core.lines", [{"as_written": "x"}], "core.lines[0]", "bad-record", "missing required"),
    (RecordKind.STATISTICS, "core.country", "BE", "country", "foreign-row", "BE has to publish it"),
    (RecordKind.STATISTICS, "core", [], "core", "missing", "an object"),
)


@pytest.mark.parametrize("case", NESTED, ids=lambda case: f"{case[0].word}-{case[1]}-{case[4]}")
def test_a_bad_nested_record_is_refused_by_field_and_code(
    case: tuple[RecordKind, str, Any, str, str, str], tmp_path: Path
) -> None:
    kind, path, value, field, code, says = case
    record = nested(kind)
    section, _, member = path.partition(".")
    if member:
        record[section][member] = value
    else:
        record[section] = value

    problems = refusals(kind, read_one(tmp_path, "a.json", json.dumps(record).encode(), kind))
    found = [one for one in problems if (one.field, one.code) == (field, code)]
    assert found, problems
    assert any(says in one.message for one in found), found
    check_names_nobody(problems)


@pytest.mark.parametrize("kind", list(GOOD), ids=lambda kind: kind.word)
def test_an_unknown_column_names_the_nearest_one_of_its_kind(kind: RecordKind, tmp_path: Path) -> None:
    column = form_of(kind).known.required[0]
    row = read_one(tmp_path, "a.jsonl", json.dumps({**GOOD[kind], f"{column}s": "x"}).encode(), kind)

    (problem,) = [one for one in refusals(kind, row) if one.code == "unknown-column"]
    assert f"did you mean {column!r}?" in problem.message


@pytest.mark.parametrize("kind", list(GOOD), ids=lambda kind: kind.word)
def test_a_section_that_the_kind_does_not_have_is_refused(kind: RecordKind, tmp_path: Path) -> None:
    record = {**nested(kind), "dossier": {"name": "FICTITIOUS Piet"}}

    problems = refusals(kind, read_one(tmp_path, "a.json", json.dumps(record).encode(), kind))
    assert [("dossier", "unknown-column")] == [(one.field, one.code) for one in problems]
    check_names_nobody(problems)


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    changes = {"importing_country": "UK", "dispatch_from": "soon", "exporter_address": "", "quantity_unit": "kilos"}

    for row in in_each_format(tmp_path, RecordKind.NOTIFICATION, changed(RecordKind.NOTIFICATION, changes)).values():
        assert changes.keys() <= {one.field for one in refusals(RecordKind.NOTIFICATION, row)}
