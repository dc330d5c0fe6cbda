"""Rows, CSV, Parquet and individual reports: typed, marked, harmless, and without persons unless asked."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from broker.types.vocabulary import Handling, Section, Status, Tlp
from tests.support.forms import a_departure, an_export
from tests.support.records import a_marking, a_quantity
from tocsin.forms.handling import handling_document
from tocsin.forms.parquet_file import HANDLING, parquet_bytes
from tocsin.forms.rows import Row, cells_of, rows_of
from tocsin.forms.seizure_report import report_document, reports_document, reports_page
from tocsin.forms.tables import csv_bytes, harmless

NAMED = (Section.OPERATIONAL, Section.NOMINAL)


def test_a_row_is_an_amount_with_its_marking() -> None:
    (row,) = rows_of(an_export(marking=a_marking(handling=(Handling.H1,))))

    assert (Decimal("400.000000000"), "kg", "AA", "scheduled") == (
        row.amount_low,
        row.unit,
        row.substance,
        row.scheduled,
    )
    assert (Tlp.GREEN, "H1", "prevention investigation") == (row.tlp, row.handling, row.purposes)
    assert (date(2026, 3, 14), "about 400 kg in 16 drums") == (row.first_day, row.amounts_as_written)


def test_a_csv_is_read_back_as_it_was() -> None:
    (row,) = rows_of(an_export())
    text = csv_bytes(Row.__struct_fields__, [cells_of(row)]).decode()
    (read,) = csv.DictReader(io.StringIO(text))

    assert ("NL/customs/1#2", "400", "GREEN") == (read["message"], read["amount_low"], read["tlp"])


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "\u202e=1", "\ufeff+1"]
)
def test_no_cell_is_taken_for_a_formula(cell: str) -> None:
    assert f"'{cell}" == harmless(cell)


@pytest.mark.parametrize("separator", [";", "\t", "\n", "\r"])
def test_no_part_of_a_cell_becomes_a_formula_where_another_separator_is_usual(separator: str) -> None:
    assert f"acetone{separator}'=1+1" == harmless(f"acetone{separator}=1+1")
    assert f"a{separator} b" == harmless(f"a{separator} b")


def test_other_cells_stay_as_they_are() -> None:
    assert "الأنهيدريد" == harmless("الأنهيدريد")


def parquet(*exported: Any) -> Any:
    departure = a_departure(*exported)
    rows = [row for one in departure.exported for row in rows_of(one)]
    return pq.read_table(io.BytesIO(parquet_bytes(rows, handling_document(departure.mark, Status.ACTUAL))))


def test_parquet_has_typed_columns() -> None:
    table = parquet(an_export())

    assert pa.decimal128(38, 9) == table.schema.field("amount_low").type
    assert pa.date32() == table.schema.field("first_day").type
    assert [Decimal("400.000000000")] == table.column("amount_low").to_pylist()
    assert ["GREEN"] == table.column("tlp").to_pylist()


def test_parquet_says_how_it_is_to_be_handled() -> None:
    narrow = an_export("NL/customs/1#3", tlp=Tlp.RED)
    handling = msgspec.json.decode(parquet(an_export(), narrow).schema.metadata[HANDLING])

    assert "RED" == handling["tlp"]


def test_an_amount_of_many_digits_is_rounded_and_its_text_is_kept() -> None:
    pound = a_quantity(value=Decimal("0.123456789123"), as_written="0.123456789123 kg")
    (row,) = rows_of(an_export(quantities=(pound,)))

    assert (Decimal("0.123456789"), "0.123456789123 kg") == (row.amount_low, row.amounts_as_written)


def test_a_report_begins_with_how_it_is_to_be_handled() -> None:
    document = report_document(an_export(tlp=Tlp.AMBER))

    assert "handling" == next(iter(document))
    assert document["handling"]["says"].startswith("TLP:AMBER: it may be shown within the organisations")


def test_persons_stand_in_a_report_only_where_they_were_asked_for() -> None:
    assert report_document(an_export())["parties"] is None
    assert b"Voorbeeld" not in reports_page(a_departure())
    assert ["FICTITIOUS – Jan Voorbeeld"] == [
        one["name"] for one in report_document(an_export(sections=NAMED))["parties"]
    ]


def test_rows_never_carry_persons() -> None:
    (row,) = rows_of(an_export(sections=NAMED))

    assert not any("Voorbeeld" in cell for cell in cells_of(row))


def test_what_is_withheld_is_named() -> None:
    one = msgspec.structs.replace(an_export(sections=()), withheld=((Section.OPERATIONAL, "operational-named"),))

    assert [{"section": "operational", "rule": "operational-named"}] == report_document(one)["left_out"]


def test_a_page_runs_nothing_that_others_wrote() -> None:
    page = reports_page(a_departure(an_export(summary="<script>alert(1)</script>"))).decode()

    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_document_of_several_reports_carries_the_strictest_marking() -> None:
    document = reports_document(a_departure(an_export(), an_export("NL/customs/1#3", tlp=Tlp.RED)))

    assert ("RED", ["GREEN", "RED"]) == (
        document["handling"]["tlp"],
        [one["handling"]["tlp"] for one in document["reports"]],
    )
