"""Cases by command: search, suggest, match, link, trace back; each reader in what it may see."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.cli.commands import Ran, run

COLUMNS = (
    "national_reference", "incident_type", "date_incident", "reporting_country", "place", "substance_as_reported",
    "substance_id", "quantity_value", "quantity_unit", "origin", "destination", "container", "party_name",
    "party_role", "party_kind", "party_telephone", "recipients", "excluded", "tlp", "retain_until", "fictitious",
)  # fmt: skip
CONTAINER = "TOCU 305438 3"
TELEPHONE = "+31 20 555 0199"
COMPANY = "FICTITIOUS Voorbeeld Chemie B.V."


def a_report(reference: str = "NL-1", **changes: str) -> dict[str, str]:
    return {
        "national_reference": reference, "incident_type": "seizure", "date_incident": "2026-01-10",
        "reporting_country": "NL", "place": "Rotterdam", "substance_as_reported": "acetic anhydride",
        "substance_id": "AA", "quantity_value": "1000", "quantity_unit": "L", "origin": "CN", "destination": "BE",
        "container": CONTAINER, "party_name": COMPANY, "party_role": "consignee", "party_kind": "company",
        "party_telephone": TELEPHONE, "fictitious": "yes", **changes,
    }  # fmt: skip


def publish(folder: Path, path: Path, *rows: dict[str, str], by: str = "NL/customs") -> list[str]:
    lines = [",".join(COLUMNS), *(",".join(row.get(name, "") for name in COLUMNS) for row in rows)]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    published = run("publish", path, "--as", by, "--json", folder=folder)
    assert 0 == published.code, published.out + published.err
    return [one["message"] for one in published.document()["published"]]


def receive(folder: Path, *authorities: str) -> None:
    for one in authorities:
        received = run("receive", "--as", one, "--json", folder=folder)
        assert 0 == received.code, received.err


def case(folder: Path, *arguments: str, by: str = "NL/customs") -> Any:
    found = run("case", *arguments, "--as", by, "--json", folder=folder)
    assert 0 == found.code, found.err
    return found.document()


def references(found: Any) -> list[str]:
    return [one["national_reference"] for one in found]


def match(folder: Path, *term: str, by: str = "NL/customs", purpose: str = "investigation") -> Any:
    return case(folder, "match", *term, "--purpose", purpose, by=by)


def test_search_finds_by_substance_country_day_and_type(federation: Path, tmp_path: Path) -> None:
    rows = [
        a_report("NL-1"),
        a_report("NL-2", substance_id="PMK", substance_as_reported="PMK", destination="DE", date_incident="2026-02-01"),
        a_report("NL-3", incident_type="stopped_shipment", date_incident="2025", destination="DE"),
        a_report("NL-4", date_incident=""),
    ]
    publish(federation, tmp_path / "a.csv", *rows)
    search = [
        (("--substance", "PMK"), ["NL-2"]),
        (("--substance", "acetic anhydride"), ["NL-1", "NL-3", "NL-4"]),
        (("--country", "DE"), ["NL-2", "NL-3"]),
        (("--from", "2026-01-10", "--to", "2026-01-31"), ["NL-1"]),
        (("--from", "2025-06-01", "--to", "2025-06-01"), ["NL-3"]),
        (("--type", "stopped-shipment"), ["NL-3"]),
        (("--substance", "AA", "--country", "BE", "--from", "2026-01-01"), ["NL-1"]),
        (("--most", "2"), ["NL-2", "NL-1"]),
    ]
    for arguments, expected in search:
        assert expected == references(case(federation, "search", *arguments)), arguments
    receive(federation, "NL/customs", "BE/police")
    assert ["NL-2", "NL-1", "NL-3", "NL-4"] == references(case(federation, "search")), "its own, once each"
    assert ["NL-1", "NL-4"] == references(case(federation, "search", "--country", "BE", by="BE/police"))


def test_an_exercise_says_so_in_every_list(federation: Path, tmp_path: Path) -> None:
    publish(federation, tmp_path / "two.csv", a_report(), a_report("NL-2", place="Europoort"))
    receive(federation, "NL/customs")

    search = run("case", "search", "--as", "NL/customs", folder=federation)
    suggested = run("case", "suggest", "NL/customs/1#2", "--as", "NL/customs", folder=federation)

    for ran in (search, suggested):
        assert ran.out.startswith("EXERCISE EXERCISE EXERCISE"), ran.out


def test_search_says_what_it_does_not_know(federation: Path) -> None:
    for arguments, says in (
        (("--substance", "acetic anhydrid"), "substance"),
        (("--country", "Belgium"), "two capitals"),
        (("--type", "seizur"), "seizure"),
        (("--from", "yesterday"), "2026-05-01"),
    ):
        refused = run("case", "search", *arguments, "--as", "NL/customs", folder=federation)
        assert 2 == refused.code
        assert says in refused.err


def test_a_recalled_message_is_found_by_nobody(federation: Path, tmp_path: Path) -> None:
    receive(federation, "BE/police")
    (message,) = publish(federation, tmp_path / "a.csv", a_report())
    receive(federation, "BE/police", "NL/customs")
    assert ["NL-1"] == references(case(federation, "search", by="BE/police"))
    recalled = run("recall", message, "--as", "NL/customs", "--reason", "Salt.", folder=federation)
    assert 0 == recalled.code, recalled.err
    receive(federation, "BE/police", "NL/customs")
    for by in ("NL/customs", "NL/police", "BE/police"):
        assert [] == case(federation, "search", by=by)
        assert {"matches": [], "elsewhere": []} == match(federation, "--container", CONTAINER, by=by)


def test_what_recognises_goods_and_companies_is_in_no_file(federation: Path, tmp_path: Path) -> None:
    publish(federation, tmp_path / "a.csv", a_report(place="Planted Harbour", recipients="BE/police"))
    receive(federation, "NL/customs", "BE/police")
    match(federation, "--company", COMPANY)
    match(federation, "--telephone", TELEPHONE, by="BE/police")
    planted = [
        *(CONTAINER, "TOCU305438", "TOCU3054383", TELEPHONE, "+31205550199", "31205550199", COMPANY),
        *("fictitious voorbeeld chemie", "Planted Harbour", "planted harbour"),
    ]
    files = [path for node in ("NL", "BE") for path in (federation / "nodes" / node).rglob("*") if path.is_file()]
    assert any(path.name == "search.sqlite" for path in files)
    for path in files:
        content = path.read_bytes()
        for text in planted:
            assert text.encode() not in content, (path.name, text)


def test_a_match_names_the_messages_that_are_yours_to_see(federation: Path, tmp_path: Path) -> None:
    (message,) = publish(federation, tmp_path / "a.csv", a_report(recipients="BE/police"))
    receive(federation, "BE/police", "NL/customs")
    for term in (("--container", "tocu3054383"), ("--company", "fictitious VOORBEELD chemie"),
                 ("--telephone", "0031 (0)20-5550199")):  # fmt: skip
        found = match(federation, *term, by="BE/police")
        assert [message] == [one["message"] for one in found["matches"]], term
        assert [] == found["elsewhere"]
    assert ["NL-1"] == references(match(federation, "--container", CONTAINER)["matches"])
    assert [] == match(federation, "--container", "TOCU 305439 9")["matches"]


def test_across_authorities_a_match_says_whom_to_ask_and_nothing_else(federation: Path, tmp_path: Path) -> None:
    publish(federation, tmp_path / "a.csv", a_report(recipients="BE/police"))
    receive(federation, "BE/police", "BE/health")
    found = run("case", "match", "--container", CONTAINER, "--as", "BE/health", "--purpose", "prevention", "--json",
                folder=federation)  # fmt: skip
    document = found.document()
    assert [] == document["matches"]
    assert ["NL/customs"] == [one["originator"] for one in document["elsewhere"]]
    assert document["elsewhere"][0]["contact"]
    assert {"originator", "contact"} == set(document["elsewhere"][0])
    for secret in ("NL-1", "NL/customs/1#", "operational", "Rotterdam", "acetic"):
        assert secret not in found.out + found.err


@pytest.mark.parametrize("closed", [{"excluded": "BE/health"}, {"excluded": "BE/health", "tlp": "RED"}, {"tlp": "RED"}])
def test_whoever_is_excluded_or_not_named_is_told_of_no_match(
    closed: dict[str, str], federation: Path, tmp_path: Path
) -> None:
    publish(federation, tmp_path / "a.csv", a_report(recipients="BE/police", **closed))
    receive(federation, "BE/police", "BE/health")
    asked = match(federation, "--container", CONTAINER, by="BE/health", purpose="prevention")
    assert [] == asked["elsewhere"]
    assert 1 == len(match(federation, "--container", CONTAINER, by="BE/police")["matches"])


def test_companies_are_looked_for_to_investigate_only(federation: Path) -> None:
    for term in (("--company", COMPANY), ("--telephone", TELEPHONE), ("--registration", "12345")):
        refused = run("case", "match", *term, "--as", "NL/customs", "--purpose", "prevention", folder=federation)
        assert (4, False) == (refused.code, COMPANY in refused.err)
        assert "investigate" in refused.err
    assert 2 == run("case", "match", "--container", CONTAINER, "--as", "NL/customs", folder=federation).code


def test_every_question_is_on_record_without_what_was_asked(federation: Path, tmp_path: Path) -> None:
    publish(federation, tmp_path / "a.csv", a_report())
    match(federation, "--container", CONTAINER, "--person", "desk 7")
    match(federation, "--container", "TOCU3054383")
    match(federation, "--company", COMPANY)
    queries = case(federation, "queries")
    assert ["container", "container", "company"] == [one["kind"] for one in queries]
    assert ["desk 7", None, None] == [one["person"] for one in queries]
    assert [1, 1, 1] == [one["matches"] for one in queries]
    assert queries[0]["term"] == queries[1]["term"] != queries[2]["term"]
    assert COMPANY not in msgspec.json.encode(queries).decode()
    assert [] == case(federation, "queries", by="NL/police")


def test_a_second_report_is_suggested_with_reasons_and_linked_by_a_person(federation: Path, tmp_path: Path) -> None:
    first, second = publish(
        federation,
        tmp_path / "a.csv",
        a_report("NL-1"),
        a_report("NL-2", quantity_value="990", container="", party_name="", party_role="", party_kind="",
                 party_telephone="", fictitious=""),
    )  # fmt: skip
    receive(federation, "NL/customs", "BE/police")
    (suggestion,) = case(federation, "suggest", second)
    assert ("duplicates", "likely", "NL-1") == (
        suggestion["relation"], suggestion["certainty"], suggestion["incident"]["national_reference"]
    )  # fmt: skip
    assert any("same substance" in one for one in suggestion["reasons"])
    assert [] == case(federation, "list"), "a suggestion links nothing"

    linked = case(federation, "link", second, "--to", first, "--as-relation", "duplicates")
    receive(federation, "NL/customs", "BE/police")
    (found,) = case(federation, "list", by="BE/police")
    assert {first, linked["replaced_by"]} <= {one["message"] for one in found["messages"]}
    shown = case(federation, "show", first, by="BE/police")
    assert [("AA", "1000")] == [(one["substance"], one["low"]) for one in shown["amounts"]], "one amount, not two"
    again = run("case", "link", linked["replaced_by"], "--to", first, "--as-relation", "duplicates", "--as",
                "NL/customs", folder=federation)  # fmt: skip
    assert 4 == again.code


def test_what_others_wrote_is_theirs_to_link(federation: Path, tmp_path: Path) -> None:
    first, second = publish(federation, tmp_path / "a.csv", a_report("NL-1"), a_report("NL-2"))
    receive(federation, "BE/police")
    refused = run("case", "link", first, "--to", second, "--as-relation", "part-of", "--as", "BE/police",
                  folder=federation)  # fmt: skip
    assert 4 <= refused.code
    assert "NL/customs" in refused.err


def test_a_draft_that_is_not_sent_yet_has_suggestions(federation: Path, tmp_path: Path) -> None:
    publish(federation, tmp_path / "a.csv", a_report("NL-1"), a_report("NL-2"))
    (one,) = case(federation, "suggest", "--draft", "NL-2")
    assert "NL-1" == one["incident"]["national_reference"]


def test_tracing_back_asks_the_focal_point_of_the_country_and_stays_in_the_case(
    federation: Path, tmp_path: Path
) -> None:
    (message,) = publish(federation, tmp_path / "a.csv", a_report(origin="DE"))
    receive(federation, "NL/customs", "DE/police")
    asked = case(federation, "backtrack", message, "--to", "DE", "--urgency", "urgent")
    (request,) = [one["message"] for one in asked["published"]]
    receive(federation, "NL/customs", "DE/police")
    shown = case(federation, "show", message)
    assert [(request, ["DE/police"])] == [(one["message"], one["asked"]) for one in shown["outstanding"]]
    assert {message, request} == {one["message"] for one in shown["messages"]}
    unknown = run("case", "backtrack", message, "--to", "FR", "--as", "NL/customs", folder=federation)
    assert 0 != unknown.code
    assert "focal point" in unknown.err


def test_each_reader_sees_its_part_of_a_case(federation: Path, tmp_path: Path) -> None:
    (message,) = publish(federation, tmp_path / "a.csv", a_report(origin="DE", tlp="GREEN"))
    receive(federation, "NL/customs", "DE/police", "BE/police")
    case(federation, "backtrack", message, "--to", "DE")
    receive(federation, "NL/customs", "DE/police", "BE/police")
    assert 2 == len(case(federation, "show", message, by="DE/police")["messages"])
    assert [message] == [one["message"] for one in case(federation, "show", message, by="BE/police")["messages"]]


def test_a_message_that_is_not_there_is_not_there(federation: Path) -> None:
    missing: Ran = run("case", "show", "NL/customs/1#99", "--as", "BE/police", folder=federation)
    assert 2 <= missing.code
    assert "BE/police has no message" in missing.err
