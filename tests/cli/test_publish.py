"""Publishing a file: much of it wrong, the bus away, other formats; what is said, and what is left."""

import csv
from pathlib import Path

import msgspec

from tests.cli.commands import BAD_DATE, COLUMNS, SEIZURE, STOPPED, Ran, a_file, run
from tocsin.publishing import Publication

GOOD_ROWS = 40
BAD_ROWS = 10_000


def good(number: int) -> str:
    return f"NL-{number},seizure,2026-01-10,NL,Rotterdam,acetic anhydride,{number},L,BE,,,"


def publish(federation: Path, file: Path, *more: str) -> Ran:
    return run("publish", file, "--as", "NL/customs", *more, folder=federation)


def refused_files(federation: Path) -> list[Path]:
    return sorted((federation / "nodes" / "NL" / "refused").iterdir())


def test_ten_thousand_bad_rows_hold_no_good_row_back(federation: Path, tmp_path: Path) -> None:
    rows = [f"NL-B{number},seizure,2026-13-01,NL,Rotterdam,acetone,5,kg,BE,,," for number in range(BAD_ROWS)]
    for number in range(GOOD_ROWS):
        rows.insert(number * (BAD_ROWS // GOOD_ROWS), good(number + 1))
    file = a_file(tmp_path, *rows)
    first = publish(federation, file)
    again = publish(federation, file, "--json")
    second = again.document(Publication)

    assert (4, 4) == (first.code, again.code)
    assert "40 taken in, 0 already there, 10\N{NARROW NO-BREAK SPACE}000 refused." in first.out
    assert "and 9\N{NARROW NO-BREAK SPACE}980 more rows" in first.out
    assert len(first.out.splitlines()) < 100
    assert ((), GOOD_ROWS, BAD_ROWS) == (second.published, len(second.already), len(second.refused))
    assert {("date_incident", "bad-date")} == {(why.field, why.code) for one in second.refused for why in one.reasons}
    kept, kept_again = refused_files(federation)
    with kept.open(encoding="utf-8-sig", newline="") as text:
        references = [row["national_reference"] for row in csv.DictReader(text)]
    assert [f"NL-B{number}" for number in range(BAD_ROWS)] == references
    assert kept.stat().st_size == kept_again.stat().st_size
    assert 0 == run("audit", "check", folder=federation).code


def test_many_rows_that_are_there_already_are_counted_and_not_all_listed(federation: Path, tmp_path: Path) -> None:
    file = a_file(tmp_path, *(good(number) for number in range(1, 51)))
    first, again = publish(federation, file), publish(federation, file)

    assert (0, 0) == (first.code, again.code)
    assert "  and 30 more\n" in first.out
    assert "  and 30 more that are already there\n" in again.out


def test_while_the_bus_is_away_it_is_said_that_nothing_is_lost_and_what_to_do(federation: Path, tmp_path: Path) -> None:
    run("receive", "--as", "NL/customs", folder=federation)
    bus, away = federation / "bus.sqlite", tmp_path / "away.sqlite"
    bus.rename(away)
    file = a_file(tmp_path, SEIZURE, BAD_DATE)
    ran = publish(federation, file)
    away.rename(bus)
    after = publish(federation, a_file(tmp_path, STOPPED, name="other.csv"))

    assert 7 == ran.code
    assert "1 taken in, 0 already there, 1 refused." in ran.out
    assert "not sent yet" in ran.out
    assert "NOT SENT yet. Nothing is lost" in ran.out
    assert "what to do: Bring the file back." in ran.err
    assert "2 messages sent." in after.out


def test_a_dry_run_lists_what_would_be_refused_and_leaves_no_file(federation: Path, tmp_path: Path) -> None:
    ran = publish(federation, a_file(tmp_path, SEIZURE, BAD_DATE), "--dry-run", "--json")
    document = ran.document()

    assert 4 == ran.code
    assert ([[2]], [3]) == (
        [group["lines"] for group in document["would_publish"]],
        [one["line"] for one in document["refused"]],
    )
    assert ["BE"] == document["would_publish"][0]["alerted"]
    assert [] == refused_files(federation)


def test_a_dry_run_says_alike_rows_once(federation: Path, tmp_path: Path) -> None:
    ran = publish(federation, a_file(tmp_path, *(good(number) for number in range(1, 31)), BAD_DATE), "--dry-run")

    assert "and 10 more (TLP:AMBER):" in ran.out
    assert "1 row would be refused:" in ran.out


def test_a_mapping_says_the_columns_of_others(federation: Path, tmp_path: Path) -> None:
    file = a_file(tmp_path, SEIZURE)
    file.write_text(file.read_text("utf-8").replace("national_reference", "our_number"), "utf-8")
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('[columns]\nour_number = "national_reference"\n', "utf-8")

    assert 3 == publish(federation, file).code
    ran = publish(federation, file, "--mapping", str(mapping), "--json")
    assert ["NL-1"] == [one.national_reference for one in ran.document(Publication).published]


def test_persons_come_from_a_file_of_their_own(federation: Path, tmp_path: Path) -> None:
    persons = tmp_path / "persons.csv"
    persons.write_text(
        "national_reference,party_kind,party_role,party_name,fictitious\nNL-2,person,suspect,FICTITIOUS Piet,yes\n",
        "utf-8",
    )
    published = publish(federation, a_file(tmp_path, STOPPED), "--persons", str(persons))
    run("receive", "--as", "NL/police", folder=federation)
    shown = run("inbox", "show", "NL/customs/1#2", "--as", "NL/police", "--purpose", "investigation", folder=federation)

    assert 0 == published.code, published.out + published.err
    assert "FICTITIOUS Piet" in shown.out


def test_equal_rows_of_another_file_are_refused_unless_they_are_said_to_be_new(
    federation: Path, tmp_path: Path
) -> None:
    header, row = COLUMNS.partition(",")[2], SEIZURE.partition(",")[2]
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text(f"{header}\n{row}\n", "utf-8")
    second.write_text(f"{header}\n{row}\n\n{row.replace('1000', '5')}\n", "utf-8")
    assert 0 == publish(federation, first).code
    refused = publish(federation, second, "--json")
    new = publish(federation, second, "--new", "--json")

    assert [["possible-duplicate"]] == [
        [why.code for why in one.reasons] for one in refused.document(Publication).refused
    ]
    assert (1, 0) == (len(new.document(Publication).published), len(new.document(Publication).refused))


def test_other_kinds_are_no_rows_of_a_file(federation: Path, tmp_path: Path) -> None:
    ran = publish(federation, a_file(tmp_path, SEIZURE), "--kind", "agreement")

    assert (2, True) == (ran.code, "tocsin record publish" in ran.err)


def test_an_authority_without_a_profile_publishes_nothing(federation: Path, tmp_path: Path) -> None:
    (federation / "nodes" / "NL" / "profiles.toml").write_text("", "utf-8")
    ran = publish(federation, a_file(tmp_path, SEIZURE))

    assert (3, True) == (ran.code, "has no marking profile" in ran.err)


def test_json_lines_are_reports_too(federation: Path, tmp_path: Path) -> None:
    row = {
        "national_reference": "NL-9", "incident_type": "seizure", "date_incident": "2026-01-10",
        "reporting_country": "NL", "substance_as_reported": "acetone",
    }  # fmt: skip
    file = tmp_path / "reports.jsonl"
    file.write_bytes(b"\n".join(map(msgspec.json.encode, [row, row | {"date_incident": "x"}])))
    ran = publish(federation, file, "--json")

    assert ([1], [2]) == (
        [one.line for one in ran.document(Publication).published],
        [one.line for one in ran.document(Publication).refused],
    )


def test_what_the_bus_does_not_let_us_send_waits_and_it_is_said(federation: Path, tmp_path: Path) -> None:
    run("receive", "--as", "NL/customs", folder=federation)
    file = federation / "federation.toml"
    elsewhere = file.read_text("utf-8").replace('"embedded"', '"kafka://127.0.0.1:9"') + 'bus_identity = "not-there"\n'
    file.write_text(elsewhere, "utf-8")
    ran = publish(federation, a_file(tmp_path, SEIZURE))

    assert 3 == ran.code
    assert "1 taken in, 0 already there, 0 refused." in ran.out
    assert "NOT SENT yet. Nothing is lost" in ran.out
    assert "ca.pem" in ran.err
