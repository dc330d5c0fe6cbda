import json
from pathlib import Path
from typing import Any

import pytest

from broker.errors import BadFile, BrokerError, TooLarge
from producers.intake import json_file
from producers.intake.mapping import IGNORED, ColumnMapping
from tests.support.intake import codes, columns, json_lines, one_draft, row_codes, rows_of

CORE: dict[str, Any] = {
    "incident_type": "SEIZURE",
    "national_reference": "NL-7",
    "places": [{"role": "HAPPENED_IN", "country": "NL"}],
    "quantities": [{"as_written": "5,5 kg", "value": 5.5, "unit": "KG", "packages": [{"count": 3}]}],
}


def test_reads_flat_objects_with_numbers_as_written(tmp_path: Path) -> None:
    text = '{"incident_type": "seizure", "reporting_country": "NL", "quantity_value": 83.390, "place": null}\n\n'

    first, second = rows_of(tmp_path, "a.jsonl", text + '{"incident_type": "seizure", "quantity_value": 12}')

    assert (1, {"incident_type": "seizure", "reporting_country": "NL", "quantity_value": "83.390"}) == (
        first.line,
        first.values,
    )
    assert (3, "12") == (second.line, second.values["quantity_value"])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("{", [("", "unreadable-row")], id="cut short"),
        pytest.param("[1]", [("", "unreadable-row")], id="list"),
        pytest.param('"text"', [("", "unreadable-row")], id="text"),
        pytest.param('{"place": NaN}', [("", "unreadable-row")], id="nan"),
        pytest.param('{"place": "a", "place": "b"}', [("", "unreadable-row")], id="member twice"),
        pytest.param("[" * 100_000, [("", "unreadable-row")], id="deep"),
        pytest.param('{"core": {"a": ' + "9" * 5000 + "}}", [("", "unreadable-row")], id="endless number"),
        pytest.param('{"plaice": "a"}', [("plaice", "unknown-column")], id="unknown column"),
        pytest.param('{"place": ["a"]}', [("place", "not-text")], id="list in a column"),
        pytest.param('{"place": "a", "Place": "b"}', [("place", "given-twice")], id="column twice"),
        pytest.param('{"place": "\\ud800"}', [("place", "control-character")], id="half a surrogate pair"),
        pytest.param('{"place": "a\\u0000"}', [("place", "control-character")], id="nul"),
        pytest.param('{"place": "=1"}', [("place", "formula-cell")], id="formula"),
        pytest.param('{"core": {}, "extra": 1}', [("extra", "unknown-column")], id="unknown section"),
    ],
)
def test_a_bad_line_is_refused_alone(tmp_path: Path, line: str, expected: list[tuple[str, str]]) -> None:
    good = json_lines([columns()])

    rows = rows_of(tmp_path, "a.jsonl", good + line + "\n" + good)

    assert [[], expected, []] == [row_codes(row) for row in rows]
    assert [1, 2, 3] == [row.line for row in rows]


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        pytest.param("a.jsonl", b"", BadFile, id="empty"),
        pytest.param("a.jsonl", b"\n\n", BadFile, id="blank"),
        pytest.param("a.jsonl", b'{"place": "\xe9"}', BadFile, id="latin-1"),
        pytest.param("a.json", b"[{},", BadFile, id="list cut short"),
        pytest.param("a.json", b"[{} {}]", BadFile, id="no comma"),
        pytest.param("a.json", b"[{}]x", BadFile, id="text behind the list"),
        pytest.param("a.json", b"[{},]", BadFile, id="comma before the end"),
        pytest.param("a.json", b"[" * 200_000, BadFile, id="deep list"),
    ],
)
def test_refuses_a_file_that_cannot_be_read(
    tmp_path: Path, name: str, content: bytes, error: type[BrokerError]
) -> None:
    with pytest.raises(error):
        rows_of(tmp_path, name, content)


def test_refuses_a_json_file_that_is_too_large_to_be_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_file, "MAX_JSON_BYTES", 10)

    with pytest.raises(TooLarge, match="more than 10"):
        rows_of(tmp_path, "a.json", json.dumps(columns()))


def test_reads_one_record_or_a_list_of_them_with_their_lines(tmp_path: Path) -> None:
    one = json.dumps(columns(), indent=2)

    (single,) = rows_of(tmp_path, "one.json", one)
    listed = rows_of(tmp_path, "list.json", f"[\n{one},\n{one}\n]\n")

    assert columns() == single.values
    assert [2, 2 + one.count("\n") + 1] == [row.line for row in listed]
    assert [columns()] * 2 == [row.values for row in listed]


def test_maps_names_and_words_as_for_a_table(tmp_path: Path) -> None:
    mapping = ColumnMapping({"soort": "incident_type", "nr": IGNORED}, {"incident_type": {"vondst": "seizure"}})

    (row,) = rows_of(tmp_path, "a.jsonl", '{"soort": "vondst", "nr": 5}', mapping)

    assert ({"incident_type": "seizure"}, ()) == (row.values, row.problems)


def test_a_nested_record_is_taken_in_as_its_types_say(tmp_path: Path) -> None:
    record = {"core": CORE, "operational": {"transport": "sea"}, "tlp": "RED"}
    (row,) = rows_of(tmp_path, "a.json", json.dumps(record, indent=1))

    draft = one_draft(row)

    assert ("NL-7", "RED", ["core", "operational"]) == (
        draft.national_reference,
        draft.tlp.word,
        list(draft.sections.present()),
    )
    assert "5.5" == str(draft.core.quantities[0].value)  # type: ignore[union-attr]


def test_a_nested_record_marks_itself_within_the_bounds_of_the_profile(tmp_path: Path) -> None:
    tight, loose = {"purposes": ["INVESTIGATION"], "handling": ["H2"]}, {"purposes": ["TRAINING"]}
    rows = rows_of(tmp_path, "a.jsonl", json_lines([{"core": CORE | {"marking": one}} for one in (tight, loose)]))

    assert ["H2"] == [code.word for code in one_draft(rows[0]).core.marking.handling]
    assert [("marking", "marking-too-loose")] == codes(rows[1])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"places": []}, [("core.places", "missing")], id="no country"),
        pytest.param(
            {"places": [{"role": "HAPPENED_IN", "country": "BE"}]}, [("core.places", "foreign-row")], id="foreign"
        ),
        pytest.param({"incident_type": "PARTY"}, [("core.incident_type", "bad-record")], id="unknown word"),
        pytest.param({"colour": "red"}, [("core", "bad-record")], id="unknown field"),
        pytest.param({"marking": {"purposes": 5}}, [("core.marking.purposes", "bad-record")], id="marking"),
        pytest.param(
            {"quantities": [{"value": 0.1234567}, {"substances": [4]}]},
            [("core.quantities[0].value", "bad-decimal"), ("core.quantities[1].substances[0]", "out-of-range")],
            id="two broken rules",
        ),
    ],
)
def test_a_nested_record_that_breaks_rules_is_refused(
    tmp_path: Path, changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    (row,) = rows_of(tmp_path, "a.json", json.dumps({"core": CORE | changes}))

    assert expected == codes(row)


def test_no_message_repeats_what_the_nominal_section_says(tmp_path: Path) -> None:
    party = {"kind": "Jan Voorbeeld", "role": "SUSPECT"}
    nominal = {"parties": [party], "fictitious": True}
    (row,) = rows_of(tmp_path, "a.json", json.dumps({"core": CORE, "nominal": nominal}))

    assert [("nominal.parties[0].kind", "bad-record")] == codes(row)
    (flat,) = rows_of(tmp_path, "b.jsonl", json_lines([columns(party_name="=Voorbeeld", nationality="Voorbeeld")]))
    assert "Voorbeeld" not in str(flat.problems)
