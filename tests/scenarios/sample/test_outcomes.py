"""Each row of the sample data has the outcome that was written down for it by hand, and loses nothing on the way."""

import csv
import re
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from broker.records.incident import IncidentCore
from broker.types.names import Originator
from broker.types.vocabulary import Status
from producers.draft import Draft
from producers.intake.files import read_rows
from producers.intake.rows import Row
from producers.intake.take_in import Refused, take_in
from tests.scenarios.sample.table import TABLE, Expected
from tests.scenarios.sample.telling import facts_of, outcome_of, questions_of
from tests.support.intake import NOW, a_profile

SHIPPED: Final = Path(__file__).parents[3] / "tocsin" / "data" / "incidents.csv"
NO_COUNTRY: Final = "NL"
"""Whose authority hands in the rows that name no country: they are refused whoever it is."""

Results = dict[str, Draft | Refused]


def reference_of(row: Row) -> str:
    return f"{row.values['group']}/{row.values['line']}"


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return list(read_rows(SHIPPED))


@pytest.fixture(scope="module")
def results(rows: list[Row]) -> Results:
    """Let an authority of each country take in the country's rows, in the order of the file."""
    found: Results = {}
    of = [row.values.get("reporting_country", NO_COUNTRY) for row in rows]
    for country in sorted(set(of) - {"EU"} | {NO_COUNTRY}):
        authority = Originator(f"{country}/police")
        own = [
            row for row, whose in zip(rows, of, strict=True) if whose == country or (whose == "EU" and country == "NL")
        ]
        taken = take_in(own, authority=authority, profile=a_profile(authority), authored_at=NOW, status=Status.EXERCISE)
        found |= {reference_of(row): one for row, one in zip(own, taken, strict=True)}
    return found


def draft_of(results: Results, expected: Expected) -> Draft:
    found = results[expected.reference]
    assert isinstance(found, Draft), found
    return found


TAKEN: Final = tuple(one for one in TABLE if one.outcome != "refused: aggregate")


def test_the_table_has_every_row_of_the_file_once_and_in_its_order(rows: list[Row]) -> None:
    assert [reference_of(row) for row in rows] == [expected.reference for expected in TABLE]
    assert 121 == len(TABLE)


def test_the_outcomes_add_up() -> None:
    counted = Counter(expected.outcome.partition(" of ")[0] for expected in TABLE)

    assert {"taken in": 97, "second report": 6, "part": 1, "refused: aggregate": 17} == counted


@pytest.mark.parametrize("expected", TABLE, ids=lambda one: one.reference)
def test_a_row_has_the_outcome_that_the_table_says(expected: Expected, results: Results) -> None:
    found = results[expected.reference]

    if isinstance(found, Refused):
        assert [("incident_type", "aggregate")] == [(one.field, one.code) for one in found.problems]
        assert "refused: aggregate" == expected.outcome
    else:
        assert expected.outcome == outcome_of(found)


@pytest.mark.parametrize("expected", TAKEN, ids=lambda one: one.reference)
def test_what_is_odd_about_a_row_survives(expected: Expected, results: Results) -> None:
    draft = draft_of(results, expected)
    said, asked = facts_of(draft), questions_of(draft)

    assert expected.facts
    for fact in expected.facts:
        if fact.startswith("asks "):
            code, _, words = fact.removeprefix("asks ").partition(": ")
            assert any(one.startswith(f"{code}: ") and words in one for one in asked), (fact, asked)
        elif fact.startswith("circumstance "):
            assert any(one.startswith(fact) for one in said), (fact, sorted(said))
        else:
            assert fact in said, (fact, sorted(said))


def test_a_question_is_asked_only_where_the_table_expects_one(results: Results) -> None:
    expected = {
        (one.reference, fact.removeprefix("asks ").partition(": ")[0])
        for one in TAKEN
        for fact in one.facts
        if fact.startswith("asks ")
    }
    found = {(one.reference, question.code) for one in TAKEN for question in draft_of(results, one).questions}

    assert expected | UNSAID == found


UNSAID: Final = {
    ("BG-2010-B/1", "unit-kind"),
    ("EU-UNK-A/1", "several-amounts"),
    ("AU-2013-B/1", "several-amounts"),
    ("IN-2023-A/1", "several-amounts"),
    ("US-1998-B/1", "several-amounts"),
    ("PK-2016-A/1", "unit-kind"),
}
"""Asked as well, of rows in which something else is the point."""


def test_every_text_stays_as_it_was_written(rows: list[Row], results: Results) -> None:
    for row, expected in zip(rows, TABLE, strict=True):
        found = results[expected.reference]
        if isinstance(found, Refused):
            assert row is found.row
            continue
        core = found.core
        assert isinstance(core, IncidentCore)
        values = row.values
        assert values.get("awkward", "") in core.notes
        assert values["quantity_as_reported"] == core.quantities[0].as_written
        assert {values["substance_as_reported"]} == {one.as_written for one in core.substances}
        assert values.get("place", "") == core.places[0].as_written
        written = [one.as_written for one in core.quantities[0].packages]
        for part in re.split(r" ?[;+] ?", values.get("packages", "")):
            assert any(part in one for one in written) or not part, (part, written)


def test_no_amount_of_the_columns_is_changed(rows: list[Row], results: Results) -> None:
    for row, expected in zip(rows, TABLE, strict=True):
        found = results[expected.reference]
        if isinstance(found, Draft):
            core = found.core
            assert isinstance(core, IncidentCore)
            assert row.values["quantity_value"] == str(core.quantities[0].value), expected.reference


def test_the_status_of_every_row_agrees_with_the_catalogue(results: Results) -> None:
    """No row of the file contradicts the catalogue, those of 2017 and 2022 about glycidates included."""
    asked = [
        one.reference for one in TAKEN for question in draft_of(results, one).questions if "status" in question.code
    ]

    assert [] == asked


def test_a_missing_date_is_missing(rows: list[Row], results: Results) -> None:
    without = [reference_of(row) for row in rows if not row.values.get("date_incident")]

    assert 33 == len(without)
    assert all("no date" in facts_of(draft_of(results, one)) for one in TAKEN if one.reference in without)


def test_the_rows_are_those_of_the_shared_data(shared_data: Path) -> None:
    with (
        SHIPPED.open(encoding="utf-8", newline="") as ours,
        (shared_data / "incidents.csv").open(encoding="utf-8", newline="") as theirs,
    ):
        assert list(csv.DictReader(ours)) == list(csv.DictReader(theirs))
