"""What an authority's node has received of the catalogue counts in forms, exports, searches and questions alike."""

import csv
from pathlib import Path
from typing import Any

import msgspec
import pytest

from broker.catalogue import shipped_edition
from tests.cli.commands import a_file, run
from tocsin.exits import Exit

CHLOROFORM = "NL-3,seizure,2026-02-05,NL,Rotterdam,chloroform,500,kg,BE,,,"
NEW_NAME = "NL-5,seizure,2026-02-06,NL,Rotterdam,voorbeeldine,7,kg,BE,,,"
LISTED = {
    "substance": "W:Chloroform",
    "scheme": "UN-1988",
    "class_name": "II",
    "starts_on": "2026-02-01",
    "instrument": "a decision made for a test",
    "precision": "DAY",
}


def an_international_edition(folder: Path) -> Path:
    """Return the shipped list in which chloroform is in Table II since February 2026, and a new name of acetone."""
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(shipped_edition()))
    document |= {"edition": "2026-test", "issued_on": "2026-11-01", "national_reference": "catalogue/2026-test"}
    document["statuses"].append(LISTED)
    acetone = next(one for one in document["substances"] if one["id"] == "ACE")
    acetone["names"].append({"text": "voorbeeldine", "kind": "SYNONYM", "language": ""})
    path = folder / "international.json"
    path.write_bytes(msgspec.json.encode(document))
    return path


@pytest.fixture
def informed(federation: Path, tmp_path: Path) -> Path:
    """Return a federation where NL has received the hub's new edition, and has reported two seizures."""
    path = an_international_edition(tmp_path)
    edition = run("substance", "publish", path, "--as", "X-HUB/catalogue", "--json", folder=federation)
    assert Exit.DONE == edition.code, edition.err + edition.out
    reported = run("publish", a_file(tmp_path, CHLOROFORM, NEW_NAME), "--as", "NL/customs", folder=federation)
    assert Exit.DONE == reported.code, reported.err
    return federation


def lines(federation: Path) -> list[tuple[str, str]]:
    ran = run("form", "d", "--year", "2026", "--exercise", "--as", "NL/customs", "--json", folder=federation)
    return sorted((one["substance"], one["tables"]) for one in ran.document()["lines"])


def receive(federation: Path) -> None:
    assert Exit.DONE == run("receive", "--as", "NL/customs", folder=federation).code


def test_without_an_edition_the_catalogue_that_ships_counts(federation: Path, tmp_path: Path) -> None:
    run("publish", a_file(tmp_path, CHLOROFORM, NEW_NAME), "--as", "NL/customs", folder=federation)

    assert [("?voorbeeldine", "unsure"), ("W:Chloroform", "unscheduled")] == lines(federation)


def test_a_form_says_what_was_scheduled_and_called_so_by_the_edition_that_was_received(informed: Path) -> None:
    receive(informed)

    assert [("ACE", "scheduled"), ("W:Chloroform", "scheduled")] == lines(informed)


def test_rows_that_leave_say_what_was_scheduled_by_that_edition(informed: Path, tmp_path: Path) -> None:
    receive(informed)
    path = tmp_path / "rows.csv"

    ran = run(
        *("form", "csv", "--from", "2026-02-01", "--to", "2026-02-28", "--exercise", "--purpose", "regulation"),
        *("--as", "NL/customs", "--output", path),
        folder=informed,
    )

    assert Exit.DONE == ran.code, ran.err
    assert {"scheduled"} == {one["scheduled"] for one in csv.DictReader(path.read_text("utf-8-sig").splitlines())}


def test_a_row_is_asked_about_by_that_edition(informed: Path, tmp_path: Path) -> None:
    receive(informed)
    rows = "national_reference,incident_type,date_incident,reporting_country,substance_as_reported,substance_id\n"
    path = tmp_path / "more.csv"
    path.write_text(f"{rows}NL-9,seizure,2026-02-07,NL,voorbeeldine,KMNO4\n", encoding="utf-8")

    asked = run("publish", path, "--as", "NL/customs", "--json", folder=informed).document()["questions"]

    assert ["substance-differs"] == [one["code"] for one in asked]


def test_a_case_is_searched_by_a_name_of_that_edition(informed: Path) -> None:
    receive(informed)

    found = run("case", "search", "--as", "NL/customs", "--substance", "voorbeeldine", "--json", folder=informed)

    assert ["NL-5"] == [one["national_reference"] for one in found.document()]


def test_a_request_names_substances_by_that_edition(informed: Path) -> None:
    receive(informed)

    asked = run(
        *("request", "new", "--type", "substance", "--to", "BE", "--substance", "voorbeeldine", "--as", "NL/customs"),
        *("--question", "What is it?", "--purpose", "prevention", "--json"),
        folder=informed,
    )
    message = asked.document()["published"][0]["message"]
    receive(informed)
    shown = run("inbox", "show", message, "--as", "NL/customs", "--json", folder=informed).document()

    assert [("voorbeeldine", "ACE")] == [
        (one["as_written"], one["substance_id"]) for one in shown["sections"]["core"]["substances"]
    ]


def test_what_a_government_asks_for_is_looked_up_in_that_edition(federation: Path, tmp_path: Path) -> None:
    document: dict[str, Any] = msgspec.json.decode(an_international_edition(tmp_path).read_bytes())
    new = {"id": "NEW", "names": [{"text": "voorbeeldol", "kind": "OFFICIAL", "language": ""}], "source": "invented"}
    document["substances"].append(new)
    edition, trade = tmp_path / "more.json", tmp_path / "trade.json"
    edition.write_bytes(msgspec.json.encode(document))
    trade.write_text('{"asks": [{"scope": "substance", "substance": "NEW", "wanted": true, "from_day": "2026-01-01"}]}')
    before = run("directory", "add", "trade", trade, "--as", "NL", folder=federation)
    assert Exit.DONE == run("substance", "publish", edition, "--as", "X-HUB/catalogue", folder=federation).code
    receive(federation)

    after = run("directory", "add", "trade", trade, "--as", "NL", folder=federation)

    assert "no substance 'NEW'" in before.out
    assert "no substance" not in after.out
