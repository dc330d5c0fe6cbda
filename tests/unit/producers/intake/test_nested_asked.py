"""What is asked about a nested record: the same as about a row of a table that says the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from broker.types.vocabulary import RecordKind
from producers.draft import Draft
from producers.intake.rows import Row
from tests.support.intake import one_draft, rows_of
from tests.support.rows_by_kind import changed, nested, read_one, refusals, taken_one

CORE: dict[str, Any] = {
    "incident_type": "SEIZURE",
    "national_reference": "NL-7",
    "places": [{"role": "HAPPENED_IN", "country": "NL"}],
}
SUBSTANCES = [{"as_written": "acetic anhydride", "substance_id": "AA"}]


def a_draft(folder: Path, *quantities: dict[str, Any], **core: Any) -> Draft:
    told = {"substances": SUBSTANCES, "language": "en", "quantities": list(quantities), **core}
    (row,) = rows_of(folder, "a.json", json.dumps({"core": CORE | told}))
    return one_draft(row)


def asked(draft: Draft) -> list[tuple[str, str]]:
    return [(one.field, one.code) for one in draft.questions]


@pytest.mark.parametrize(
    ("quantity", "code"),
    [
        ({"as_written": "83.390kgs", "value": "83390", "unit": "KG"}, "thousand-slip"),
        ({"as_written": "131 kg", "value": "13.1", "unit": "KG"}, "amount-differs"),
        ({"as_written": "5 tons", "value": "5", "unit": "TONNE"}, "unit-kind"),
        ({"as_written": "13.1 t", "value": "13.1"}, "unit-missing"),
        ({"as_written": "5 tonnes / 5000 litres", "value": "5", "unit": "TONNE"}, "several-amounts"),
        ({"as_written": "more than 13,1 metric tons"}, "amount-unsure"),
        ({"value": "6.92", "unit": "LITRE", "packages": [{"as_written": "346 x 20 L"}]}, "thousand-slip"),
        ({"value": "6.92", "unit": "LITRE", "packages": [{"count": 346, "size": "20 L"}]}, "thousand-slip"),
        ({"value": "100", "unit": "LITRE", "packages": [{"count": 3, "size": "20 L"}]}, "packages-differ"),
    ],
)
def test_an_amount_is_compared_with_its_text(tmp_path: Path, quantity: dict[str, Any], code: str) -> None:
    draft = a_draft(tmp_path, quantity)

    assert [("core.quantities[0].value", code)] == asked(draft)


def test_nothing_is_filled_in_and_nothing_is_added(tmp_path: Path) -> None:
    draft = a_draft(tmp_path, {"as_written": "13.1 tonnes / 5000 litres"})

    (quantity,) = draft.core.quantities  # type: ignore[union-attr]
    assert None is quantity.value
    assert "enter the one that counts" in draft.questions[0].message


def test_what_another_amount_of_the_record_states_is_not_asked_about(tmp_path: Path) -> None:
    text = "50,000 kilograms / more than 110,000 pounds / 55 tons"
    own = {"as_written": text, "value": "50000", "unit": "KG"}
    short = {"as_written": "55 tons", "value": "55", "unit": "TON_UNSPECIFIED"}
    pounds = {"as_written": "110,000 pounds", "value": "110000", "unit": "POUND"}
    volume = {"as_written": "5 t and 20 L", "value": "20", "unit": "LITRE"}

    assert [] == asked(a_draft(tmp_path, own, short, pounds))
    assert [] == asked(a_draft(tmp_path, {**volume, "value": "5", "unit": "TONNE"}, volume))
    assert [] == asked(a_draft(tmp_path, {"as_written": "20 L"}, volume | {"as_written": "20 L"}))


def test_an_amount_with_the_number_of_another_is_asked_about(tmp_path: Path) -> None:
    found = a_draft(tmp_path, {"as_written": "5 t", "value": "5", "unit": "KG"}, {"value": "5", "unit": "TONNE"})

    assert [("core.quantities[0].value", "thousand-slip")] == asked(found)


def test_packages_are_not_counted_twice(tmp_path: Path) -> None:
    packages = [{"count": 5, "as_written": "5 x 20 L"}, {"as_written": "5 x 20 L on a pallet"}]
    own = {"as_written": "100 L", "value": "100", "unit": "LITRE", "packages": packages}

    assert [] == asked(a_draft(tmp_path, own))


def test_mass_beside_volume_gets_the_advice_of_its_own_substance(tmp_path: Path) -> None:
    both = [*SUBSTANCES, {"as_written": "acetone", "substance_id": "ACE"}]
    own = {"as_written": "5 tonnes / 5000 litres", "value": "5", "unit": "TONNE", "substances": [1]}

    (question,) = a_draft(tmp_path, own, substances=both).questions

    assert "of acetone would weigh" in question.message


def test_names_ids_and_amounts_are_asked_about_together(tmp_path: Path) -> None:
    wrong = [{"as_written": "acetone", "substance_id": "AA"}, {"as_written": "x", "substance_id": "AAX"}]
    draft = a_draft(tmp_path, {"as_written": "131 kg", "value": "13.1", "unit": "KG"}, substances=wrong)

    assert [
        ("core.substances[0].substance_id", "substance-differs"),
        ("core.substances[1].substance_id", "unknown-substance"),
        ("core.quantities[0].value", "amount-differs"),
    ] == asked(draft)


def test_figures_of_a_nested_record_are_asked_about_by_line(tmp_path: Path) -> None:
    record = nested(RecordKind.STATISTICS)
    (line,) = record["core"]["lines"]
    record["core"]["lines"] = [line, {**line, "as_written": "acetone"}]

    draft = taken_one(RecordKind.STATISTICS, read_one(tmp_path, "a.json", _json(record), RecordKind.STATISTICS))

    assert [("core.lines[1].substance_id", "substance-differs")] == asked(draft)


def test_a_cas_number_of_a_nested_warning_is_checked_as_in_a_row(tmp_path: Path) -> None:
    kind = RecordKind.SUBSTANCE_WARNING
    record = nested(kind)
    record["core"]["cas_numbers"] = ["67-64-1"]
    record["core"]["substances"] = SUBSTANCES
    draft = taken_one(kind, read_one(tmp_path, "a.json", _json(record), kind))
    record["core"]["cas_numbers"] = ["108-24-7", "108-24-8"]
    row = read_one(tmp_path, "b.json", _json(record), kind)

    assert [("core.cas_numbers[0]", "cas-of-another")] == asked(draft)
    assert [("core.cas_numbers[1]", "bad-cas")] == [(one.field, one.code) for one in refusals(kind, row)]


@pytest.mark.parametrize("kind", [RecordKind.NOTIFICATION, RecordKind.SHIPMENT])
def test_the_text_of_a_traded_amount_is_not_read_in_either_form(tmp_path: Path, kind: RecordKind) -> None:
    record = nested(kind)
    record["core"]["quantities"][0]["as_written"] = "7 kg"

    draft = taken_one(kind, read_one(tmp_path, "a.json", _json(record), kind))

    assert asked(taken_one(kind, _good_row(kind))) == asked(draft)


@pytest.mark.parametrize("kind", [RecordKind.INCIDENT, RecordKind.REQUEST, RecordKind.ANSWER])
def test_row_and_nested_record_are_asked_the_same(tmp_path: Path, kind: RecordKind) -> None:
    written = {"quantity_as_reported": "131 kg", "quantity_value": "13.1", "quantity_unit": "kg"}
    name = {"substance_as_reported": "acetone", "substance_id": "AA"}
    of_row = taken_one(kind, _good_row(kind, **written, **name))
    record = nested(kind)
    record["core"]["quantities"] = [{"as_written": "131 kg", "value": "13.1", "unit": "KG"}]
    record["core"]["substances"] = [{"as_written": "acetone", "substance_id": "AA"}]

    of_record = taken_one(kind, read_one(tmp_path, "a.json", _json(record), kind))

    assert {"amount-differs", "substance-differs"} == {one.code for one in of_record.questions}
    assert [(one.code, one.message) for one in of_row.questions] == [
        (one.code, one.message) for one in of_record.questions
    ]


def _json(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode()


def _good_row(kind: RecordKind, **columns: str) -> Row:
    return Row(line=1, values=changed(kind, columns))
