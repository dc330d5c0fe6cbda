from pathlib import Path

import pytest

from broker.errors import BadMapping, MissingFile
from producers.intake.header import resolve_header
from producers.intake.mapping import IGNORED, ColumnMapping, load_mapping, parse_mapping
from tests.support.intake import one_draft, rows_of

DATA = Path(__file__).parents[3] / "scenarios" / "data"


def test_a_national_file_is_read_through_its_mapping(tmp_path: Path) -> None:
    mapping = load_mapping(DATA / "inbeslagnames.toml")

    rows = rows_of(tmp_path, "a.csv", (DATA / "inbeslagnames.csv").read_bytes(), mapping)

    drafts = [one_draft(row) for row in rows]
    assert ["DR-2026-0017", "DR-2026-0018"] == [draft.national_reference for draft in drafts]
    assert ["SEIZURE", "STOPPED_SHIPMENT"] == [draft.core.incident_type for draft in drafts]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("[columns", ["no TOML"], id="no toml"),
        pytest.param("[column]\n", ["[column]", "did you mean 'columns'"], id="unknown table"),
        pytest.param('[columns]\nLand = "country"\n', ["'Land'", "'country'"], id="unknown column of ours"),
        pytest.param("[columns]\nLand = 5\n", ["'Land' is 5"], id="no text"),
        pytest.param('columns = "x"\n', ["[columns] is no table"], id="no table"),
        pytest.param('values = "x"\n', ["[values] is no table"], id="values no table"),
        pytest.param('[values]\nplace = "x"\n', ["[values.place] is no table"], id="a column of values no table"),
        pytest.param('[columns]\na = "place"\nb = "place"\n', ["both 'a' and 'b'"], id="two to one"),
        pytest.param('[columns]\na = "place"\n[constants]\nplace = "x"\n', ["both in"], id="column and constant"),
        pytest.param('[values.plaice]\nx = "y"\n', ["'plaice'", "did you mean 'place'"], id="values of nothing"),
        pytest.param('[constants]\ncountry = "NL"\n', ["'country'"], id="constant of nothing"),
        pytest.param(
            '[column]\n[columns]\nLand = "country"\nPlaats = 7\n[constants]\nland = "NL"\n',
            ["4 mistake", "[column]", "'Land'", "'Plaats'", "'land'"],
            id="all at once",
        ),
    ],
)
def test_refuses_a_mapping_with_mistakes(text: str, says: list[str]) -> None:
    with pytest.raises(BadMapping) as caught:
        parse_mapping(text, source="map.toml")

    for words in says:
        assert words in str(caught.value)


def test_refuses_a_mapping_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b'[constants]\nplace = "\xe9"\n')

    with pytest.raises(BadMapping, match="cannot be read"):
        load_mapping(tmp_path / "latin.toml")
    with pytest.raises(MissingFile):
        load_mapping(tmp_path / "none.toml")


def test_a_column_is_left_out_on_purpose_only() -> None:
    header = ["incident_type", "reporting_country", "Opmerking"]

    assert ("incident_type", "reporting_country", IGNORED) == resolve_header(
        header, ColumnMapping(columns={"Opmerking": IGNORED})
    )
    with pytest.raises(BadMapping, match="Opmerking"):
        resolve_header(header)


def test_our_own_columns_are_known_in_any_spelling() -> None:
    assert ("incident_type", "reporting_country", "date_incident") == resolve_header(
        ["Incident Type", " REPORTING-COUNTRY ", "date_incident"]
    )


def test_a_constant_stands_in_for_a_column_and_not_beside_it() -> None:
    mapping = ColumnMapping(constants={"reporting_country": "NL"})

    assert ("incident_type",) == resolve_header(["incident_type"], mapping)
    with pytest.raises(BadMapping, match="for all rows"):
        resolve_header(["incident_type", "reporting_country"], mapping)
