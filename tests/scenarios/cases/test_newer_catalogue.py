"""The index names substances as the newest edition does that its reader has received, and anew when one came."""

import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from broker.catalogue import shipped_edition
from broker.types.names import Originator
from consumers.search.finding import Query
from tests.cli.commands import run
from tests.cli.test_case import a_report, case, publish, receive, references
from tests.scenarios.cases.test_keeping import index_of, rows_in, searching
from tocsin.casework import indexing
from tocsin.casework.keeping import forget_gone

CUSTOMS = Originator("NL/customs")
UNKNOWN = {"substance_as_reported": "voorbeeldine", "substance_id": ""}


def publish_edition(federation: Path, folder: Path, name: str, *, day: date, called: str = "voorbeeldine") -> str:
    """Publish the shipped list with one more substance, NEW, receive it in NL, and return its message."""
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(shipped_edition()))
    document |= {"edition": name, "issued_on": day.isoformat(), "national_reference": f"catalogue/{name}"}
    names = [{"text": called, "kind": "OFFICIAL", "language": ""}]
    new = {"id": "NEW", "names": names, "confidence": "HIGH", "source": "invented"}
    document["substances"].append(new)
    path = folder / f"{name}.json"
    path.write_bytes(msgspec.json.encode(document))
    published = run("substance", "publish", path, "--as", "X-HUB/catalogue", "--json", folder=federation)
    assert 0 == published.code, published.out + published.err
    receive(federation, "NL/customs")
    return str(published.document()["published"][0]["message"])


def found_as(federation: Path, substance: str) -> list[str]:
    with searching(federation, "NL") as (_, search):
        return [one.national_reference for one in search.find(CUSTOMS, Query(substances=(substance,)))]


def unfinished(federation: Path) -> int:
    connection = sqlite3.connect(index_of(federation, "NL"))
    (number,) = connection.execute("SELECT count(*) FROM search_catalogue WHERE until > 0").fetchone()
    connection.close()
    return int(number)


def test_an_older_incident_is_found_by_a_substance_that_a_newer_edition_names(federation: Path, tmp_path: Path) -> None:
    publish(federation, tmp_path / "a.csv", a_report("NL-1", **UNKNOWN), a_report("NL-2"))
    receive(federation, "NL/customs")
    assert ["NL-1"] == found_as(federation, ""), "its substance is one that nobody knows"

    publish_edition(federation, tmp_path, "2026-test", day=date(2026, 11, 1))

    for substance in ("NEW", "voorbeeldine", "VOORBEELDINE"):
        assert ["NL-1"] == references(case(federation, "search", "--substance", substance)), substance
    assert [] == found_as(federation, ""), "and not as one that nobody knows any more"
    assert ["NL-2"] == found_as(federation, "AA")


def test_a_name_that_the_newest_edition_has_not_any_more_finds_nothing(federation: Path, tmp_path: Path) -> None:
    publish(federation, tmp_path / "a.csv", a_report("NL-1", **UNKNOWN))
    publish_edition(federation, tmp_path, "2026-a", day=date(2026, 11, 1))
    assert ["NL-1"] == found_as(federation, "NEW")

    publish_edition(federation, tmp_path, "2026-b", day=date(2026, 11, 2), called="andersine")

    assert [] == found_as(federation, "NEW")
    assert ["NL-1"] == found_as(federation, "")


def test_what_only_an_edition_named_that_was_taken_back_is_unknown_again(federation: Path, tmp_path: Path) -> None:
    publish(federation, tmp_path / "a.csv", a_report("NL-1", **UNKNOWN))
    edition = publish_edition(federation, tmp_path, "2026-test", day=date(2026, 11, 1))
    assert ["NL-1"] == found_as(federation, "NEW")

    recalled = run("recall", edition, "--as", "X-HUB/catalogue", "--reason", "Too early.", folder=federation)
    assert 0 == recalled.code, recalled.err
    receive(federation, "NL/customs")

    assert ([], ["NL-1"]) == (found_as(federation, "NEW"), found_as(federation, ""))


def test_an_id_that_the_report_names_itself_is_no_catalogues_to_change(federation: Path, tmp_path: Path) -> None:
    report = a_report("NL-1", substance_as_reported="voorbeeldine", substance_id="AA")
    publish(federation, tmp_path / "a.csv", report)

    publish_edition(federation, tmp_path, "2026-test", day=date(2026, 11, 1))

    assert (["NL-1"], []) == (found_as(federation, "AA"), found_as(federation, "NEW"))


def test_whoever_has_not_received_the_edition_goes_on_with_what_it_has(federation: Path, tmp_path: Path) -> None:
    receive(federation, "BE/police")
    publish(federation, tmp_path / "a.csv", a_report("NL-1", **UNKNOWN))
    receive(federation, "BE/police")
    publish_edition(federation, tmp_path, "2026-test", day=date(2026, 11, 1))
    unknown = run("case", "search", "--substance", "voorbeeldine", "--as", "BE/police", folder=federation)
    assert 2 == unknown.code, "its node has not read it yet"

    receive(federation, "BE/police")

    assert ["NL-1"] == references(case(federation, "search", "--substance", "voorbeeldine", by="BE/police"))


def test_what_was_broken_off_goes_on_where_it_was(
    federation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(federation, tmp_path / "a.csv", *(a_report(f"NL-{number}", **UNKNOWN) for number in range(5)))
    with searching(federation, "NL") as (_, search):
        search.catch_up()
    monkeypatch.setattr(indexing, "_RENAMED_AT_ONCE", 2)
    monkeypatch.setattr("tocsin.cli.receive.keep_index", lambda _: None)
    publish_edition(federation, tmp_path, "2026-test", day=date(2026, 11, 1))

    def break_off(_: int) -> None:
        raise KeyboardInterrupt

    with searching(federation, "NL") as (_, search), pytest.raises(KeyboardInterrupt):
        search.catch_up(break_off)
    assert 1 == unfinished(federation)

    assert [f"NL-{number}" for number in range(5)] == sorted(found_as(federation, "NEW"))
    assert 0 == unfinished(federation)


def test_a_node_that_follows_takes_out_what_was_taken_back_and_waits_for_nothing_else(
    federation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(federation, tmp_path / "a.csv", a_report("NL-1", **UNKNOWN), a_report("NL-2", **UNKNOWN))
    with searching(federation, "NL") as (_, search):
        search.catch_up()
    monkeypatch.setattr("tocsin.cli.receive.keep_index", lambda _: None)
    monkeypatch.setattr("tocsin.cli.publish.keep_index", lambda _: None)
    publish_edition(federation, tmp_path, "2026-test", day=date(2026, 11, 1))
    assert 0 == run("recall", "NL/customs/1#3", "--as", "NL/customs", "--reason", "Salt.", folder=federation).code

    with searching(federation, "NL") as (node, _):
        forget_gone(node)

    assert (1, 0) == (rows_in(index_of(federation, "NL"))["entry"], unfinished(federation))
    with searching(federation, "NL") as (_, search):
        assert search.is_behind(), "the next search names the rest anew"


def test_whoever_waits_for_it_is_told_why(federation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(federation, tmp_path / "a.csv", a_report("NL-1", **UNKNOWN))
    monkeypatch.setattr("tocsin.cli.receive.keep_index", lambda _: None)
    publish_edition(federation, tmp_path, "2026-test", day=date(2026, 11, 1))

    first, second = (run("case", "search", "--as", "NL/customs", folder=federation) for _ in range(2))

    assert "newer edition" in first.err + first.out
    assert "newer edition" not in second.err + second.out
