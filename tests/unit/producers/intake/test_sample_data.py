"""What becomes of each row of the sample data, written down by hand from the file, not from the code."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

from broker.records.incident import IncidentCore
from broker.records.nominal import IncidentNominal
from broker.types.names import Originator
from broker.types.vocabulary import Status
from producers.draft import Draft
from producers.intake.files import read_rows
from producers.intake.rows import Row
from producers.intake.supplement import read_supplement, supplement
from producers.intake.take_in import Refused, take_in
from tests.support.intake import NOW, a_profile

DATA: Final = Path(__file__).parents[4] / "tocsin" / "data"

AGGREGATES: Final = (4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 114, 122)
"""Lines of the file whose rows are totals."""

RELATED: Final = {
    "PK-2016-A/2": ("PK-2016-A/1", "DUPLICATES"),
    "US-2025-A/2": ("US-2025-A/1", "DUPLICATES"),
    "GT-2012-A/2": ("GT-2012-A/1", "DUPLICATES"),
    "GT-2012-A/3": ("GT-2012-A/1", "DUPLICATES"),
    "PT-2018-A/2": ("PT-2018-A/1", "DUPLICATES"),
    "BR-UNK-A/2": ("BR-UNK-A/1", "DUPLICATES"),
    "IT-UNK-A/2": ("IT-UNK-A/1", "PART_OF"),
}

# By country, every case and its rows that are taken in.
TAKEN_IN: Final[Mapping[str, str]] = {
    "AU": "AU-2013-B/1 AU-2013-B/2 AU-2012-A/1 AU-2016-A/1",
    "BG": "BG-2017-B/1 BG-2010-A/1 BG-2010-B/1",
    "BR": "BR-2025-A/1 BR-UNK-A/1 BR-UNK-A/2 BR-UNK-C/1 BR-UNK-D/1 BR-UNK-D/2",
    "CA": "CA-2022-A/1 CA-2022-B/1 CA-2022-C/1 CA-2022-D/1 CA-2022-E/1 CA-UNK-B/1",
    "CO": "CO-2000-A/1 CO-UNK-A/1 CO-UNK-A/2 CO-UNK-A/3 CO-UNK-A/4 CO-UNK-A/5 CO-UNK-B/1 CO-UNK-B/2",
    "CZ": "CZ-UNK-A/1 CZ-2013-A/1",
    "ES": "ES-2017-A/1",
    "GB": "INCB-2015-A/1",
    "GT": "GT-2012-A/1 GT-2012-A/2 GT-2012-A/3",
    "HK": "HK-2012-A/1",
    "IN": "IN-2023-A/1 IN-2023-B/1 IN-2020-A/1",
    "IR": "IR-2016-A/1",
    "IT": "IT-UNK-A/1 IT-UNK-A/2",
    "KG": "KG-UNK-A/1",
    "KH": "KH-2008-A/1 KH-2010-A/1 KH-2010-B/1 KH-UNK-A/1",
    "KZ": "KZ-2023-A/1 KZ-2026-A/1 KZ-UNK-A/1",
    "MM": "MM-2024-B/1 MM-2024-C/1 MM-UNK-A/1 MM-UNK-A/2 MM-UNK-A/3 MM-UNK-B/1 MM-2015-A/1",
    "MX": "MX-2025-A/1 MX-2025-A/2 MX-UNK-A/1 MX-2011-A/1 MX-2011-B/1 MX-2011-C/1 MX-2011-D/1 MX-2012-B/1 MX-2011-E/1 "
    "MX-2010-A/1 MX-UNK-B/1",
    "MY": "INCB-2015-B/1",
    "NG": "NG-2018-A/1 NG-2018-A/2 NG-2016-A/1 NG-2023-A/1 NG-2012-A/1",
    "NL": "IT-UNK-A/3 IT-UNK-A/4",
    "NZ": "NZ-2008-A/1",
    "PE": "PE-UNK-A/1 PE-UNK-B/1 PE-2024-A/1",
    "PK": "PK-2010-A/1 PK-2013-A/1 PK-2016-A/1 PK-2016-A/2 PK-2018-A/1",
    "PL": "EUROPOL-2015-A/1 EU-UNK-A/1",
    "PT": "PT-2018-A/1 PT-2018-A/2",
    "RO": "RO-2018-A/1",
    "RU": "RU-2024-A/1",
    "TR": "TR-UNK-A/1 TR-2018-A/1 TR-2021-A/1",
    "US": "US-2025-A/1 US-2025-A/2 US-2025-B/1 US-UNK-A/1 US-1998-A/1 US-1998-A/2 US-1998-A/3 US-2000-A/1 US-1998-B/1 "
    "US-2023-A/1 US-UNK-B/1",
}

AMOUNTS: Final = {
    "BG-2010-A/1": ("13.1", "TONNE", "MORE_THAN"),
    "MX-2011-B/1": ("99.7", "TONNE", "EXACT"),
    "NG-2016-A/1": ("83.39", "KG", "EXACT"),
    "PK-2013-A/1": ("103563", "KG", "ABOUT"),
    "US-2025-A/2": ("55", "SHORT_TON", "EXACT"),
    "US-UNK-A/1": ("5700", "POUND", "EXACT"),
    "GT-2012-A/1": ("17600", "GALLON_US", "EXACT"),
    "GT-2012-A/3": ("320", "DRUM", "CONFLICTING"),
    "CA-UNK-B/1": ("150", "BOX", "EXACT"),
    "CO-UNK-A/2": ("1283", "GALLON_UNSPECIFIED", "EXACT"),
    "CO-UNK-A/3": ("1051", "NOT_STATED", "EXACT"),
    "CZ-2013-A/1": ("1200", "TABLET", "EXACT"),
    "US-2025-B/1": ("44000", "KG", "ALMOST"),
    "US-UNK-B/1": ("5", "SHIPMENT", "EXACT"),
}


def taken_by_country(rows: Sequence[Row]) -> list[Draft | Refused]:
    """Let one authority of each country publish the country's rows; the rows of none go with the Dutch ones."""
    found: list[Draft | Refused] = []
    for country in sorted(TAKEN_IN):
        authority = Originator(f"{country}/police")
        own = [row for row in rows if publisher(row) == country]
        found += take_in(
            own, authority=authority, profile=a_profile(authority), authored_at=NOW, status=Status.EXERCISE
        )
    return found


def publisher(row: Row) -> str:
    country = row.values.get("reporting_country", "")
    return country if country in TAKEN_IN else "NL"


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return list(read_rows(DATA / "incidents.csv"))


@pytest.fixture(scope="module")
def results(rows: list[Row]) -> list[Draft | Refused]:
    return taken_by_country(rows)


@pytest.fixture(scope="module")
def drafts(results: list[Draft | Refused]) -> dict[str, Draft]:
    return {one.national_reference: one for one in results if isinstance(one, Draft)}


def test_every_row_is_read(rows: list[Row]) -> None:
    assert list(range(2, 123)) == [row.line for row in rows]
    assert not any(row.problems for row in rows)


def test_every_country_takes_in_its_own_rows(results: list[Draft | Refused]) -> None:
    found: dict[str, list[str]] = {}
    for one in results:
        if isinstance(one, Draft):
            found.setdefault(one.authority[:2], []).append(one.national_reference)

    assert {country: references.split() for country, references in TAKEN_IN.items()} == found
    assert 104 == sum(map(len, found.values()))


def test_totals_are_refused_and_nothing_else_is(results: list[Draft | Refused]) -> None:
    refused = {one.line: one.problems for one in results if isinstance(one, Refused)}

    assert set(AGGREGATES) == set(refused)
    assert {("incident_type", "aggregate")} == {(p.field, p.code) for problems in refused.values() for p in problems}
    assert {1} == {len(problems) for problems in refused.values()}


def test_second_reports_and_parts_are_linked_to_the_first_report(drafts: dict[str, Draft]) -> None:
    found = {
        reference: (related.national_reference, related.relation.value)
        for reference, draft in drafts.items()
        for related in draft.related_references
    }

    assert found == RELATED


def test_amounts_are_as_the_file_has_them(drafts: dict[str, Draft]) -> None:
    for reference, expected in AMOUNTS.items():
        core = drafts[reference].core
        assert isinstance(core, IncidentCore)
        quantity = core.quantities[0]
        assert expected == (str(quantity.value), quantity.unit.value, quantity.qualifier.value), reference


def test_texts_in_any_script_stay_as_written(drafts: dict[str, Draft]) -> None:
    with (DATA / "incidents.csv").open(encoding="utf-8", newline="") as file:
        written = {f"{row['group']}/{row['line']}": row for row in csv.DictReader(file)}

    for reference, draft in drafts.items():
        core = draft.core
        assert isinstance(core, IncidentCore)
        row = written[reference]
        assert {row["substance_as_reported"]} == {one.as_written for one in core.substances}
        assert row["quantity_as_reported"] == core.quantities[0].as_written
        assert all(one.as_written in row["quantity_as_reported"] for one in core.quantities)
        assert row["place"] == core.places[0].as_written
        assert row["awkward"] in core.notes


def test_the_same_file_again_gives_the_same_content(rows: list[Row], results: list[Draft | Refused]) -> None:
    first = [one.content_digest for one in results if isinstance(one, Draft)]
    again = [one.content_digest for one in taken_by_country(rows) if isinstance(one, Draft)]

    assert first == again
    assert len(first) == len(set(first))


def test_every_person_and_company_is_labelled_as_invented(rows: list[Row], drafts: dict[str, Draft]) -> None:
    added = read_supplement(DATA / "nominal.csv")
    named = [one for one in taken_by_country(list(supplement(rows, added))) if isinstance(one, Draft)]

    assert added.keys() <= drafts.keys()
    for draft in named:
        nominal = draft.sections.nominal
        assert (draft.national_reference in added) == (nominal is not None)
        if nominal is not None:
            assert isinstance(nominal, IncidentNominal)
            assert nominal.fictitious
            assert nominal.parties[0].name.startswith("FICTITIOUS")
            assert nominal.parties[0].address.startswith("FICTITIOUS")


@pytest.mark.parametrize(
    ("name", "rows"), [("incidents.csv", 121), ("precursors.csv", 51), ("watchlist_nonscheduled.csv", 51)]
)
def test_the_files_are_whole(name: str, rows: int) -> None:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        assert rows == sum(1 for _ in csv.DictReader(file))
