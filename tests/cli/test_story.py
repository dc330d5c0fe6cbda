"""Two countries and a seizure, from the spreadsheet to the audit."""

import shutil
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import msgspec

from tests.cli.commands import BAD_DATE, BAD_TYPE, COLUMNS, SEIZURE, STOPPED, a_file, run
from tocsin.publishing import Publication, PublishedRow
from tocsin.showing.items import ItemDocument


class AuditDocument(msgspec.Struct, forbid_unknown_fields=True):
    """What ``audit check --json`` prints."""

    messages: int
    log_size: int
    witnesses: int
    appointed: int | None
    quorum: int
    unlogged: int
    signatures: int
    repeated: int
    not_compared: list[str]
    findings: list[dict[str, str]]


def published(federation: Path, file: Path, *more: str, authority: str = "NL/customs") -> Publication:
    document: Publication = run("publish", file, "--as", authority, "--json", *more, folder=federation).document(
        Publication
    )
    return document


def names(reports: Iterable[PublishedRow] | Iterable[ItemDocument]) -> list[str]:
    """Return the names of messages; what is not sent yet has none, and is said to have none."""
    return [str(one.message) for one in reports]


def opened(federation: Path, participant: str) -> int:
    """Return how many decisions to open something are on record."""
    database = sqlite3.connect(federation / "nodes" / participant / "node.sqlite")
    (count,) = database.execute(
        "SELECT count(*) FROM decision JOIN judgement ON judgement.id = decision.judgement"
        " WHERE json_extract(CAST(facts AS TEXT), '$.action') = 'OPEN'"
    ).fetchone()
    database.close()
    return int(count)


def inbox_of(federation: Path, authority: str) -> list[ItemDocument]:
    assert run("receive", "--as", authority, folder=federation).code == 0
    items: list[ItemDocument] = run("inbox", "--as", authority, "--json", folder=federation).document(
        list[ItemDocument]
    )
    return items


def test_a_report_reaches_the_country_concerned_as_an_alert_without_its_closed_sections(
    federation: Path, tmp_path: Path
) -> None:
    run("receive", "--as", "BE/police", folder=federation)
    seizure, stopped = names(published(federation, a_file(tmp_path, SEIZURE, STOPPED)).published)
    received = run("receive", "--as", "BE/police", folder=federation)

    assert f"ALERT  {seizure}  TLP:AMBER" in received.out
    assert "EXERCISE" in received.out
    assert "call         NL/customs: duty desk" in received.out
    assert stopped not in received.out


def test_each_country_sees_what_concerns_it(federation: Path, tmp_path: Path) -> None:
    seizure, stopped = names(published(federation, a_file(tmp_path, SEIZURE, STOPPED)).published)

    assert [seizure] == names(inbox_of(federation, "BE/police"))
    assert [stopped] == names(inbox_of(federation, "DE/police"))
    assert [seizure, stopped] == names(inbox_of(federation, "NL/regulator"))


def test_a_withheld_section_is_null_and_says_by_which_rule(federation: Path, tmp_path: Path) -> None:
    published(federation, a_file(tmp_path, SEIZURE))
    (item,) = inbox_of(federation, "BE/police")

    assert item.sections["core"] is not None
    assert item.sections["nominal"] is None
    assert ["nominal"] == [one["section"] for one in item.withheld]
    assert item.withheld[0]["says"]


def test_persons_are_shown_only_for_a_purpose_and_that_is_on_record(federation: Path, tmp_path: Path) -> None:
    published(federation, a_file(tmp_path, SEIZURE))
    (item,) = inbox_of(federation, "NL/police")
    without = run("inbox", "show", item.message, "--as", "NL/police", folder=federation)
    for_it = run("inbox", "show", item.message, "--as", "NL/police", "--purpose", "investigation", folder=federation)

    assert item.sections["nominal"] is None
    assert "FICTITIOUS Jan" not in without.out
    assert "FICTITIOUS Jan" in for_it.out
    assert run("audit", "check", folder=federation).code == 0


def test_a_named_reader_opens_persons_for_an_investigation_and_for_nothing_else(
    federation: Path, tmp_path: Path
) -> None:
    file = tmp_path / "named.csv"
    file.write_text(f"{COLUMNS},recipients\n{SEIZURE},BE/police\n", "utf-8")
    published(federation, file)
    (item,) = inbox_of(federation, "BE/police")
    show = ("inbox", "show", item.message, "--as", "BE/police", "--json", "--purpose")
    prevention = run(*show, "prevention", folder=federation).document(ItemDocument)
    investigation = run(*show, "investigation", folder=federation).document(ItemDocument)

    assert (None, ["nominal"]) == (prevention.sections["nominal"], [one["section"] for one in prevention.withheld])
    assert (False, ()) == (investigation.sections["nominal"] is None, investigation.withheld)
    assert 2 == opened(federation, "BE")


def test_what_is_denied_looks_as_if_it_were_not_there(federation: Path, tmp_path: Path) -> None:
    (message,) = names(published(federation, a_file(tmp_path, SEIZURE)).published)
    inbox_of(federation, "DE/police")
    denied = run("inbox", "show", message, "--as", "DE/police", folder=federation)
    absent = run("inbox", "show", "NL/customs/1#7", "--as", "DE/police", folder=federation)

    assert (5, 5) == (denied.code, absent.code)
    assert denied.err.replace(message, "NL/customs/1#7") == absent.err


def test_an_explanation_names_rule_and_author_and_whom_to_call(federation: Path, tmp_path: Path) -> None:
    published(federation, a_file(tmp_path, SEIZURE))
    (item,) = inbox_of(federation, "BE/police")
    said = run("inbox", "explain", item.message, "--as", "BE/police", folder=federation).out

    assert "rule core-concerned of the community table" in said
    assert "call NL/customs: duty desk of NL/customs" in said


def test_two_mistakes_are_listed_and_the_good_rows_go_through(federation: Path, tmp_path: Path) -> None:
    file = a_file(tmp_path, SEIZURE, BAD_DATE, BAD_TYPE, STOPPED)
    ran = run("publish", file, "--as", "NL/customs", "--json", folder=federation)
    document = ran.document(Publication)

    assert ran.code == 4
    assert ["NL-1", "NL-2"] == [one.national_reference for one in document.published]
    assert all(one.message for one in document.published)
    assert [(3, "date_incident", "bad-date"), (4, "incident_type", "unknown-word")] == [
        (one.line, reason.field, reason.code) for one in document.refused for reason in one.reasons
    ]


def test_the_same_file_twice_publishes_nothing_twice(federation: Path, tmp_path: Path) -> None:
    file = a_file(tmp_path, SEIZURE, STOPPED)
    first = published(federation, file)
    again = published(federation, file)

    assert () == again.published
    assert first.published == again.already


def test_the_file_of_refused_rows_can_be_mended_and_published(federation: Path, tmp_path: Path) -> None:
    published(federation, a_file(tmp_path, SEIZURE, BAD_DATE))
    (refused,) = (federation / "nodes" / "NL" / "refused").iterdir()
    refused.write_text(refused.read_text("utf-8").replace("2026-13-01", "2026-01-13"), "utf-8")
    mended = published(federation, refused)

    assert ["NL-3"] == [one.national_reference for one in mended.published]
    assert () == mended.refused


def test_a_dry_run_says_who_would_see_what_and_does_nothing(federation: Path, tmp_path: Path) -> None:
    file = a_file(tmp_path, SEIZURE)
    shown = run("publish", file, "--as", "NL/customs", "--dry-run", folder=federation)

    assert "Alerted: BE." in shown.out
    assert "core-concerned" in shown.out
    assert 0 == run("receive", "--as", "NL/customs", folder=federation).code
    assert [] == run("inbox", "--as", "NL/customs", "--json", folder=federation).document()
    assert ["NL-1"] == [one.national_reference for one in published(federation, file).published]


def test_an_agreement_lets_its_partner_see_more(federation: Path, tmp_path: Path) -> None:
    record = tmp_path / "agreement.json"
    marking = {"recipients": ["DE"]}
    core = {"national_reference": "A-1", "reference": "nl-de", "parties": ["DE"], "starts_on": "2026-01-01"}
    record.write_bytes(msgspec.json.encode({"kind": "agreement", "core": {**core, "marking": marking}}))
    made: Publication = run("record", "publish", record, "--as", "NL/customs", "--json", folder=federation).document(
        Publication
    )
    (seizure,) = names(published(federation, a_file(tmp_path, SEIZURE)).published)

    assert [*names(made.published), seizure] == names(inbox_of(federation, "DE/police"))


def test_an_audit_of_an_honest_record_finds_nothing_even_in_a_moved_copy(federation: Path, tmp_path: Path) -> None:
    published(federation, a_file(tmp_path, SEIZURE, STOPPED))
    inbox_of(federation, "BE/police")
    copy = shutil.copytree(federation, tmp_path / "elsewhere" / "copy")
    shutil.rmtree(federation)
    ran = run("audit", "check", "--json", folder=copy)
    document = ran.document(AuditDocument)

    assert (0, []) == (ran.code, document.findings)
    assert document.messages == document.signatures - 1  # the root record has two


def test_while_the_bus_is_away_what_was_taken_in_is_kept(federation: Path, tmp_path: Path) -> None:
    run("receive", "--as", "NL/customs", folder=federation)
    bus, away = federation / "bus.sqlite", tmp_path / "away.sqlite"
    bus.rename(away)
    file = a_file(tmp_path, SEIZURE)
    first = run("publish", file, "--as", "NL/customs", "--json", folder=federation)
    away.rename(bus)
    second = published(federation, file)

    assert first.code == 7
    assert [None] == [one.message for one in first.document(Publication).published]
    assert ["NL-1"] == [one.national_reference for one in second.already]
    assert names(second.already) == names(inbox_of(federation, "BE/police"))
