import csv
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from producers.draft import Draft
from producers.intake.files import read_rows
from producers.intake.refused import listing, write_refused
from producers.intake.rows import Row
from producers.intake.take_in import Refused
from tests.support.intake import columns, csv_text, json_lines, rows_of, taken

SCENARIOS = Path(__file__).parents[3] / "scenarios" / "data"
BAD = [
    columns(national_reference="NL-2", quantity_value="12,5", place="Café, Ürgüp; 上海"),
    columns(national_reference="NL-3", awkward="=1+1"),
    columns(national_reference="NL-4", reporting_country="", tlp="PINK"),
]


def refused_of(rows: Iterable[Row]) -> list[Refused]:
    return [one for one in taken(rows) if isinstance(one, Refused)]


def test_lists_line_field_code_and_reason(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "a.csv", csv_text([columns(), *BAD]))

    listed = listing(refused_of(rows))

    assert [3, 4, 5] == [one["line"] for one in listed]
    assert {("tlp", "unknown-word"), ("reporting_country", "missing")} == {
        (reason["field"], reason["code"]) for reason in listed[2]["reasons"]
    }
    assert all(reason["message"] for one in listed for reason in one["reasons"])
    assert json.loads(json.dumps(listed)) == listed


def test_refused_rows_keep_their_columns_and_say_why(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "a.csv", csv_text([columns(), *BAD]))

    (path,) = write_refused(refused_of(rows), tmp_path / "refused", stem="a")

    with path.open(encoding="utf-8-sig", newline="") as file:
        written = list(csv.DictReader(file))
    assert ["3", "4", "5"] == [row["refused_line"] for row in written]
    assert "quantity_value" in written[0]["refused_reasons"]
    assert "Café, Ürgüp; 上海" == written[0]["place"]
    assert "'=1+1" == written[1]["awkward"]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_what_was_refused_stays_refused_until_it_is_mended(tmp_path: Path, name: str) -> None:
    text = csv_text(BAD) if name == "a.csv" else json_lines(BAD)
    first = refused_of(rows_of(tmp_path, name, text))
    (path,) = write_refused(first, tmp_path / "one", stem="refused")
    again = refused_of(read_rows(path))
    (twice,) = write_refused(again, tmp_path / "two", stem="refused")
    third = refused_of(list(read_rows(twice)))

    reasons = [[(p.field, p.code) for p in one.problems] for one in first]
    assert 3 == len(first)
    assert reasons == [[(p.field, p.code) for p in one.problems] for one in again]
    assert reasons == [[(p.field, p.code) for p in one.problems] for one in third]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_what_was_mended_is_taken_in(tmp_path: Path, name: str) -> None:
    text = csv_text(BAD[:1]) if name == "a.csv" else json_lines(BAD[:1])
    (path,) = write_refused(refused_of(rows_of(tmp_path, name, text)), tmp_path / "refused", stem="x")
    mended = path.read_bytes().replace(b"12,5", b"12.5")

    (draft,) = taken(rows_of(tmp_path, f"mended{path.suffix}", mended))

    assert isinstance(draft, Draft)
    assert "NL-2" == draft.national_reference


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("seizure,NL", id="cut short"),
        pytest.param("seizure,NL,Delft,x", id="too many cells"),
        pytest.param('seizure,NL,"De"lft', id="wrong quotes"),
    ],
)
def test_a_row_that_cannot_be_read_is_kept_too(tmp_path: Path, line: str) -> None:
    rows = rows_of(tmp_path, "a.csv", f"incident_type,reporting_country,place\n{line}\n")

    (path,) = write_refused(refused_of(rows), tmp_path / "refused", stem="a")

    assert 1 == len(refused_of(read_rows(path)))
    assert line.replace('"', '""') in path.read_text(encoding="utf-8-sig")


def test_a_number_of_a_nested_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    core = '{"incident_type": "SEIZURE", "quantities": [{"value": 83.3900, "packages": [{"count": 3}]}]}'
    rows = rows_of(tmp_path, "a.json", '{"core":\n' + core + "}")

    (path,) = write_refused(refused_of(rows), tmp_path / "refused", stem="a")

    assert ".jsonl" == path.suffix
    assert core in path.read_text(encoding="utf-8")
    assert 1 == len(path.read_text(encoding="utf-8").splitlines())
    (again,) = refused_of(read_rows(path))
    assert [("core.places", "missing")] == [(problem.field, problem.code) for problem in again.problems]


def test_a_line_that_is_no_json_is_kept_too(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "a.jsonl", '{"place": "Delft"\n')

    (path,) = write_refused(refused_of(rows), tmp_path / "refused", stem="a")

    assert '{"place": "Delft"' == json.loads(path.read_text(encoding="utf-8"))["unreadable"]
    assert 1 == len(refused_of(read_rows(path)))


def test_no_file_is_made_for_no_refused_row(tmp_path: Path) -> None:
    assert () == write_refused([], tmp_path / "refused", stem="a")
    assert not (tmp_path / "refused").exists()


def test_a_refused_file_is_never_written_over(tmp_path: Path) -> None:
    first = refused_of(rows_of(tmp_path, "a.csv", csv_text(BAD)))
    (path,) = write_refused(first, tmp_path, stem="refused")
    text = path.read_bytes()

    (second,) = write_refused(
        (one for one in taken(read_rows(path)) if isinstance(one, Refused)), tmp_path, stem="refused"
    )

    assert ("refused.csv", "refused-2.csv") == (path.name, second.name)
    assert text == path.read_bytes()
    assert len(first) == len(list(read_rows(second)))


def test_a_file_with_two_mistakes_in_one_row_loses_that_row_only() -> None:
    results = list(taken(read_rows(SCENARIOS / "two_mistakes.csv")))

    assert ["NL-2026-0001", "NL-2026-0003"] == [one.national_reference for one in results if isinstance(one, Draft)]
    (refused,) = listing(one for one in results if isinstance(one, Refused))
    assert (3, [("date_incident", "bad-date"), ("quantity_value", "bad-number")]) == (
        refused["line"],
        [(reason["field"], reason["code"]) for reason in refused["reasons"]],
    )
