"""Publishing files of each kind, from the file to the reader's inbox; what is refused, asked and listed."""

import csv
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from broker.types.vocabulary import RecordKind
from producers.intake.forms import FORMS
from tests.cli.commands import Ran, run
from tocsin.publishing import Publication

NOTIFICATION = {
    "national_reference": "NL-PEN-1",
    "importing_country": "BE",
    "transit_countries": "DE",
    "substance_as_reported": "acetic anhydride",
    "substance_id": "AA",
    "quantity_value": "1000",
    "quantity_unit": "kg",
    "point_of_entry": "BEANR",
    "dispatch_from": "2027-01-15",
    "exporter_name": "FICTITIOUS Exports",
    "exporter_address": "Geheimestraat 1",
    "importer_name": "FICTITIOUS Imports",
    "importer_address": "Geheimestraat 2",
    "no_consignee_known": "yes",
}
SHIPMENT = {
    "national_reference": "NL-SHIP-1",
    "notification": "NL-PEN-1",
    "shipment": "1",
    "event": "shipped",
    "quantity_value": "400",
    "quantity_unit": "kg",
}
REQUEST = {
    "national_reference": "NL-REQ-1",
    "inquiry_type": "information",
    "urgency": "urgent",
    "question": "Who bought acetic anhydride?",
    "purpose": "investigation",
    "recipients": "BE/police",
}
WARNING = {
    "warning_type": "new_substance",
    "title": "A chemical without a name",
    "says": "It was found beside acetic anhydride.",
    "substance_as_reported": "unnamed chemical",
}
SCHEDULING = {
    "stage": "implementation",
    "scheme": "UN-1988",
    "substance_id": "4AP",
    "country": "NL",
    "instrument": "Stb. 2022, 1",
}
STATISTICS = {
    "form": "INCB Form D",
    "country": "NL",
    "starts_on": "2025-01-01",
    "ends_on": "2025-12-31",
    "substance_as_reported": "acetic anhydride",
    "scheduled": "yes",
    "quantity_value": "12.5",
    "quantity_unit": "kg",
}


def a_table(folder: Path, *rows: Mapping[str, str], name: str = "rows.csv") -> Path:
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, list(dict.fromkeys(column for row in rows for column in row)))
        writer.writeheader()
        writer.writerows(rows)
    return path


def publish(federation: Path, file: Path, kind: str, authority: str, *more: str) -> Ran:
    return run("publish", file, "--kind", kind, "--as", authority, *more, folder=federation)


def published(federation: Path, file: Path, kind: str, authority: str) -> str:
    """Publish the one row of a file; return the message that it became."""
    ran = publish(federation, file, kind, authority, "--json")
    assert 0 == ran.code, ran.out + ran.err
    (one,) = ran.document(Publication).published
    message: str | None = one.message
    assert message
    return message


def received(federation: Path, authority: str, message: str) -> Mapping[str, Any]:
    """Return a message as *authority* gets it."""
    assert 0 == run("receive", "--as", authority, folder=federation).code
    listed = run("inbox", "--as", authority, "--json", folder=federation).document()
    (found,) = [one for one in listed if one["message"] == message]
    assert isinstance(found, dict)
    return found


def test_a_notification_goes_from_the_exporting_to_the_importing_country_and_back_comes_a_reply(
    federation: Path, tmp_path: Path
) -> None:
    message = published(federation, a_table(tmp_path, NOTIFICATION), "notification", "NL/regulator")
    there = received(federation, "BE/regulator", message)
    transit = received(federation, "DE/regulator", message)
    reply = {"notification": message, "reply": "no_objection"}
    answered = published(federation, a_table(tmp_path, reply, name="r.csv"), "notification-reply", "BE/regulator")
    back = received(federation, "NL/regulator", answered)

    assert ("BE", Decimal(1000), "AMBER") == (
        there["sections"]["core"]["importing_country"],
        Decimal(there["sections"]["core"]["quantities"][0]["value"]),
        there["tlp"],
    )
    assert [None] == [transit["sections"]["trade"]]
    assert "NO_OBJECTION" == back["sections"]["core"]["reply"]
    assert 0 == run("audit", "check", folder=federation).code


def test_the_companies_are_shown_to_the_importing_regulator_alone(federation: Path, tmp_path: Path) -> None:
    message = published(federation, a_table(tmp_path, NOTIFICATION), "notification", "NL/regulator")
    for authority in ("BE/regulator", "BE/police", "DE/regulator"):
        received(federation, authority, message)

    shown = {
        authority: run("inbox", "show", message, "--as", authority, "--purpose", purpose, folder=federation).out
        for authority, purpose in (
            ("BE/regulator", "regulation"),
            ("BE/police", "prevention"),
            ("DE/regulator", "regulation"),
        )
    }
    assert [True, False, False] == ["FICTITIOUS Exports" in out for out in shown.values()]


def test_a_shipment_names_the_notification_by_our_own_reference_and_is_told_to_its_countries(
    federation: Path, tmp_path: Path
) -> None:
    notified = published(federation, a_table(tmp_path, NOTIFICATION), "notification", "NL/regulator")
    file = a_table(tmp_path, SHIPMENT, {**SHIPMENT, "national_reference": "NL-SHIP-2", "notification": notified})
    ran = publish(federation, file, "shipment", "NL/regulator", "--json")
    first, second = (one.message for one in ran.document(Publication).published)
    assert first
    assert second
    there = received(federation, "BE/regulator", first)
    also = received(federation, "DE/regulator", second)

    assert there["sections"]["core"]["notification"] == also["sections"]["core"]["notification"]
    assert ["NL", "DE", "BE"] == [one["country"] for one in there["sections"]["core"]["concerned"]]


def test_a_shipment_of_a_notification_that_is_not_sent_is_refused_until_it_is(federation: Path, tmp_path: Path) -> None:
    run("receive", "--as", "NL/regulator", folder=federation)
    bus, away = federation / "bus.sqlite", tmp_path / "away.sqlite"
    notifications, shipments = a_table(tmp_path, NOTIFICATION), a_table(tmp_path, SHIPMENT, name="s.csv")
    unknown = publish(federation, shipments, "shipment", "NL/regulator", "--json")
    bus.rename(away)
    publish(federation, notifications, "notification", "NL/regulator")
    waiting = publish(federation, shipments, "shipment", "NL/regulator", "--json", "--dry-run")
    away.rename(bus)
    publish(federation, notifications, "notification", "NL/regulator")
    kept = sorted((federation / "nodes" / "NL" / "refused").glob("s.refused-*.csv"))[0]
    run("receive", "--as", "NL/regulator", folder=federation)
    mended = publish(federation, kept, "shipment", "NL/regulator", "--json")

    assert [["unknown-message"]] == [[why.code for why in one.reasons] for one in unknown.document(Publication).refused]
    assert {"unsent-message"} == {why["code"] for one in waiting.document()["refused"] for why in one["reasons"]}
    assert 1 == len(mended.document(Publication).published), mended.out


def test_what_article_12_asks_for_and_is_missing_is_said_by_column(federation: Path, tmp_path: Path) -> None:
    lacking = {**NOTIFICATION, "dispatch_from": "", "exporter_address": "", "no_consignee_known": ""}
    ran = publish(federation, a_table(tmp_path, NOTIFICATION, lacking), "notification", "NL/regulator", "--json")
    (refused,) = ran.document(Publication).refused

    assert 4 == ran.code
    assert {("dispatch_from", "missing"), ("exporter_address", "missing"), ("consignee_name", "missing")} == {
        (why.field, why.code) for why in refused.reasons
    }
    assert "FICTITIOUS" not in ran.out + ran.err
    assert "Geheimestraat" not in ran.out + ran.err


def test_a_request_is_answered(federation: Path, tmp_path: Path) -> None:
    asked = published(federation, a_table(tmp_path, REQUEST), "request", "NL/police")
    there = received(federation, "BE/police", asked)
    answer = {"request": asked, "outcome": "answered", "says": "Nobody here.", "ask_next": "DE"}
    answered = published(federation, a_table(tmp_path, answer, name="a.csv"), "answer", "BE/police")
    back = received(federation, "NL/police", answered)

    assert ("URGENT", "ANSWERED") == (there["sections"]["core"]["urgency"], back["sections"]["core"]["outcome"])
    assert ["NL/police"] == back["sections"]["core"]["marking"]["recipients"]


@pytest.mark.parametrize(
    ("kind", "row"),
    [("substance-warning", WARNING), ("scheduling", SCHEDULING), ("statistics", STATISTICS)],
)
def test_what_the_community_has_to_know_goes_to_all(
    federation: Path, tmp_path: Path, kind: str, row: Mapping[str, str]
) -> None:
    message = published(federation, a_table(tmp_path, row), kind, "NL/regulator")

    for authority in ("BE/regulator", "DE/regulator"):
        found = received(federation, authority, message)
        assert "GREEN" == found["tlp"]
        assert found["sections"]["core"] is not None


@pytest.mark.parametrize("kind", FORMS, ids=lambda kind: kind.word)
def test_the_columns_of_each_kind_are_listed(kind: RecordKind) -> None:
    shown = run("publish", "--columns", "--kind", kind.word)
    document = run("publish", "--columns", "--kind", kind.word, "--json").document()

    assert 0 == shown.code
    assert (kind.word, list(FORMS[kind].known.columns)) == (
        document["kind"],
        [one["column"] for one in document["columns"]],
    )
    assert all(column in shown.out for column in FORMS[kind].known.columns)


def test_nothing_to_publish_or_nobody_to_publish_for_is_a_mistake_of_use(federation: Path, tmp_path: Path) -> None:
    file = a_table(tmp_path, SHIPMENT)

    assert 2 == run("publish", "--kind", "shipment", "--as", "NL/regulator", folder=federation).code
    without = run("publish", file, "--kind", "shipment", folder=federation)
    assert (2, True) == (without.code, "--as" in without.err)


@pytest.mark.parametrize(
    ("kind", "says"), [("shipmnt", "did you mean 'shipment'?"), ("grant", "tocsin record publish")]
)
def test_a_kind_that_files_do_not_hold_is_refused(federation: Path, tmp_path: Path, kind: str, says: str) -> None:
    ran = publish(federation, a_table(tmp_path, SHIPMENT), kind, "NL/regulator")

    assert (2, True) == (ran.code, says in ran.err)


def test_a_dry_run_says_to_whom_a_notification_would_go(federation: Path, tmp_path: Path) -> None:
    ran = publish(federation, a_table(tmp_path, NOTIFICATION), "notification", "NL/regulator", "--dry-run", "--json")
    (group,) = ran.document()["would_publish"]
    readers = {one["section"]: json.dumps(one["permitted"]) for one in group["audience"]}

    assert (0, "AMBER", ["BE", "DE"]) == (ran.code, group["tlp"], group["alerted"])
    assert ("BE/regulator" in readers["core"], "DE/regulator" in readers["core"]) == (True, True)
    assert ("BE/regulator" in readers["trade"], "DE/regulator" in readers["trade"]) == (True, False)


def test_questions_keep_nothing_back_and_are_shown(federation: Path, tmp_path: Path) -> None:
    elsewhere = {**NOTIFICATION, "importing_country": "FR", "point_of_entry": "FRLEH"}
    file = a_table(tmp_path, elsewhere)
    document = publish(federation, file, "notification", "NL/regulator", "--json").document()
    shown = publish(federation, file, "notification", "NL/regulator")

    assert [(2, "importing_country", "not-in-network")] == [
        (one["line"], one["field"], one["code"]) for one in document["questions"]
    ]
    assert 1 == len(document["published"])
    assert "1 question, which kept nothing back" in shown.out
    assert "FR takes no part in this network" in shown.out


def test_rows_of_one_record_are_one_message_that_is_corrected_as_a_whole(federation: Path, tmp_path: Path) -> None:
    figures = {**STATISTICS, "record": "NL-D-2025"}
    acetone = {**figures, "substance_as_reported": "acetone"}
    first = a_table(tmp_path, figures, {**acetone, "quantity_value": "7"}, name="figures.csv")

    message = published(federation, first, "statistics", "NL/regulator")
    again = publish(federation, first, "statistics", "NL/regulator", "--json").document(Publication)
    mended = a_table(tmp_path, {**figures, "record": "NL-D-2025-2"}, {**acetone, "record": "NL-D-2025-2"})
    corrected = run(
        "correct", message, mended, "--as", "NL/regulator", "--reason", "The sum was wrong.", folder=federation
    )

    assert ([], [message]) == (list(again.published), [one.message for one in again.already])
    assert 0 == corrected.code, corrected.err
    replaced = re.search(r"was corrected\b.*\bby (NL/regulator/1#[0-9]+)", corrected.out + corrected.err)
    assert replaced is not None, corrected.out
    assert replaced[1] == received(federation, "BE/regulator", replaced[1])["message"]


def test_rows_of_a_refused_record_come_back_together_and_can_be_mended(federation: Path, tmp_path: Path) -> None:
    figures = {**STATISTICS, "record": "NL-D-2025"}
    other = {**figures, "substance_as_reported": "acetone", "method": "estimated"}
    file = a_table(tmp_path, {**figures, "method": "counted"}, other)
    dry = publish(federation, file, "statistics", "NL/regulator", "--dry-run", "--json").document()
    refused = publish(federation, file, "statistics", "NL/regulator", "--json")
    (kept,) = (federation / "nodes" / "NL" / "refused").glob("*.csv")
    kept.write_text(kept.read_text("utf-8-sig").replace("estimated", "counted"), "utf-8")
    mended = publish(federation, kept, "statistics", "NL/regulator", "--json")

    said = [(one.line, why.code) for one in refused.document(Publication).refused for why in one.reasons]
    assert (4, [(2, "record-refused"), (3, "contradiction")]) == (refused.code, said)
    assert [2, 3] == [one["line"] for one in dry["refused"]]
    assert [{"field", "code", "message"}] * 2 == [set(why) for one in dry["refused"] for why in one["reasons"]]
    assert 1 == len(mended.document(Publication).published)


def test_refused_rows_of_a_json_file_are_kept_mended_and_published(federation: Path, tmp_path: Path) -> None:
    file = tmp_path / "warnings.jsonl"
    file.write_text(json.dumps({**WARNING, "warning_type": "new_substence"}) + "\n", "utf-8")
    refused = publish(federation, file, "substance-warning", "NL/regulator", "--json")
    (kept,) = (federation / "nodes" / "NL" / "refused").glob("*.jsonl")
    kept.write_text(kept.read_text("utf-8").replace("new_substence", "new_substance"), "utf-8")
    mended = publish(federation, kept, "substance-warning", "NL/regulator", "--json")

    assert ["did you mean 'new_substance'?"] == [
        why.message.partition("; ")[2] for one in refused.document(Publication).refused for why in one.reasons
    ]
    assert 1 == len(mended.document(Publication).published)


def test_persons_of_a_request_come_from_a_file_of_their_own(federation: Path, tmp_path: Path) -> None:
    persons = a_table(
        tmp_path,
        {
            "national_reference": "NL-REQ-1",
            "party_name": "FICTITIOUS Piet",
            "party_role": "suspect",
            "fictitious": "yes",
        },
        name="persons.csv",
    )
    ran = publish(federation, a_table(tmp_path, REQUEST), "request", "NL/police", "--persons", str(persons))
    run("receive", "--as", "BE/police", folder=federation)
    shown = run("inbox", "show", "NL/police/1#2", "--as", "BE/police", "--purpose", "investigation", folder=federation)

    assert 0 == ran.code
    assert "FICTITIOUS Piet" not in ran.out + ran.err
    assert "FICTITIOUS Piet" in shown.out


def test_records_of_these_kinds_are_not_for_the_command_of_single_records(federation: Path, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text('{"kind": "shipment", "core": {}}', "utf-8")
    ran = run("record", "publish", file, "--as", "NL/regulator", folder=federation)

    assert (4, True) == (ran.code, "tocsin publish --kind shipment takes them in." in ran.err)


def test_a_message_is_corrected_by_a_row_of_its_own_kind(federation: Path, tmp_path: Path) -> None:
    message = published(
        federation, a_table(tmp_path, {**WARNING, "national_reference": "NL-W-1"}), "substance-warning", "NL/regulator"
    )
    mended = a_table(tmp_path, {**WARNING, "national_reference": "NL-W-2", "title": "Another title"}, name="m.csv")
    ran = run(
        "correct",
        message,
        mended,
        "--as",
        "NL/regulator",
        "--reason",
        "The title was wrong.",
        "--json",
        folder=federation,
    )
    new = ran.document()["replaced_by"]

    assert 0 == ran.code
    assert "Another title" == received(federation, "BE/regulator", new)["sections"]["core"]["title"]
