import io
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest

from broker.errors import BadFile, BadMapping, BrokerError, TooLarge
from producers.intake import sheet_scan, xlsx_file
from producers.intake.mapping import IGNORED, ColumnMapping
from tests.support.intake import codes, one_draft, row_codes, rows_of

moment = partial(datetime, tzinfo=None)  # a spreadsheet has no time zones
HEADER = ("incident_type", "reporting_country", "date_incident", "quantity_value", "awkward")


def workbook(*rows: Sequence[Any], change: Callable[[Any], None] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change is not None:
        change(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def repacked(content: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if name == part else data)
    return changed.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def test_reads_cells_as_a_person_would_have_typed_them(tmp_path: Path) -> None:
    rows = rows_of(
        tmp_path,
        "a.xlsx",
        workbook(
            HEADER,
            ("seizure", "NL", moment(2018, 1, 31), 83.39, True),
            ("seizure", "NL", date(2018, 2, 1), 5.0, moment(2018, 1, 31, 12, 30)),
            (),
            ("seizure", "NL", 2015, 13, "text"),
        ),
    )

    assert [
        (2, "2018-01-31", "83.39", "yes"),
        (3, "2018-02-01", "5", "2018-01-31T12:30:00"),
        (5, "2015", "13", "text"),
    ] == [(row.line, row.values["date_incident"], row.values["quantity_value"], row.values["awkward"]) for row in rows]
    assert not any(row.problems for row in rows)


def test_a_formula_is_refused_and_not_taken_for_its_last_value(tmp_path: Path) -> None:
    content = workbook(HEADER, ("seizure", "NL", "2018", "=SUM(1,2)", "x"), ("seizure", "NL", "2018", 3, "x"))
    cached = repacked(content, SHEET, lambda xml: xml.replace(b"<v />", b"<v>3</v>").replace(b"<v></v>", b"<v>3</v>"))

    bad, good = rows_of(tmp_path, "a.xlsx", cached)

    assert [("quantity_value", "formula-cell")] == row_codes(bad)
    assert "=SUM(1,2)" in bad.problems[0].message
    assert ("=SUM(1,2)", "3") == (bad.values["quantity_value"], good.values["quantity_value"])


def test_every_cell_of_an_array_formula_is_one(tmp_path: Path) -> None:
    content = workbook(HEADER, ("seizure", "NL", "2018", 1, "x"), ("seizure", "NL", "2018", 2, "x"))
    formula = b'<c r="D2" t="n"><f t="array" ref="D2:D3">A1:A2</f>'
    arrayed = repacked(content, SHEET, lambda xml: xml.replace(b'<c r="D2" t="n">', formula))

    rows = rows_of(tmp_path, "a.xlsx", arrayed)

    assert [[("quantity_value", "formula-cell")]] * 2 == [row_codes(row) for row in rows]


def test_a_formula_in_a_column_that_is_left_out_does_not_matter(tmp_path: Path) -> None:
    content = workbook((*HEADER[:2], "sum"), ("seizure", "NL", "=1+1"))

    (row,) = rows_of(tmp_path, "a.xlsx", content, ColumnMapping(columns={"sum": IGNORED}))

    assert () == row.problems


def test_a_cell_of_a_merged_area_has_no_value_of_its_own(tmp_path: Path) -> None:
    content = workbook(
        HEADER,
        ("seizure", "NL", "2018", 1, "x"),
        ("seizure", None, "2018", 2, "y"),
        change=lambda book: book.active.merge_cells("B2:B3"),
    )

    first, second = rows_of(tmp_path, "a.xlsx", content)

    assert [] == row_codes(first)
    assert [("reporting_country", "merged-cell")] == row_codes(second)[:1]


def test_an_error_of_the_spreadsheet_program_is_refused(tmp_path: Path) -> None:
    content = workbook(HEADER, ("seizure", "NL", "2018", "#DIV/0!", "x"))

    (row,) = rows_of(tmp_path, "a.xlsx", content)

    assert [("quantity_value", "error-cell")] == row_codes(row)[:1]


def test_row_numbers_are_those_of_the_sheet_wherever_its_table_begins(tmp_path: Path) -> None:
    def move(book: Any) -> None:
        book.active.move_range("A1:E2", rows=4, cols=3)

    content = workbook(HEADER, ("seizure", "NL", "2018", "=1", "x"), change=move)

    (row,) = rows_of(tmp_path, "a.xlsx", content)

    assert (6, [("quantity_value", "formula-cell")]) == (row.line, row_codes(row))


def test_reads_the_sheet_that_is_named(tmp_path: Path) -> None:
    def second(book: Any) -> None:
        sheet = book.create_sheet("Inbeslagnames")
        sheet.append(HEADER)
        sheet.append(("seizure", "BE", "2018", "=2", "x"))

    content = workbook(HEADER, ("seizure", "NL", "2018", 1, "x"), change=second)

    (first,) = rows_of(tmp_path, "a.xlsx", content)
    (named,) = rows_of(tmp_path, "a.xlsx", content, sheet="Inbeslagnames")

    assert ("NL", "BE") == (first.values["reporting_country"], named.values["reporting_country"])
    assert ([], [("quantity_value", "formula-cell")]) == (row_codes(first), row_codes(named))


def test_a_month_that_a_spreadsheet_made_a_day_stays_a_month(tmp_path: Path) -> None:
    header = ("incident_type", "reporting_country", "date_incident", "date_precision")
    (row,) = rows_of(tmp_path, "a.xlsx", workbook(header, ("seizure", "NL", moment(2018, 2, 1), "month")))

    draft = one_draft(row)

    assert (date(2018, 2, 1), date(2018, 2, 28)) == (draft.core.dates[0].earliest, draft.core.dates[0].latest)  # type: ignore[union-attr]


def test_a_formula_outside_the_cells_is_none_of_a_cell(tmp_path: Path) -> None:
    chart = b'<extLst xmlns:xm="urn:x"><ext><xm:f>Sheet!A1</xm:f></ext></extLst></worksheet>'

    (row,) = rows_of(tmp_path, "a.xlsx", repacked(GOOD, SHEET, lambda xml: xml.replace(b"</worksheet>", chart)))

    assert () == row.problems


def test_refuses_a_sheet_with_more_formulas_than_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_scan, "MAX_SHEET_FINDINGS", 3)
    content = workbook(HEADER, *[("seizure", "NL", "2018", "=1", "x")] * 4)

    with pytest.raises(TooLarge, match="formulas"):
        rows_of(tmp_path, "a.xlsx", content)


def test_cells_that_do_not_say_where_they_are_stand_one_behind_the_other(tmp_path: Path) -> None:
    content = workbook(HEADER, ("seizure", "NL", "2018", "=1", "x"), ("seizure", "NL", "2018", 1, "x"))

    def without_places(xml: bytes) -> bytes:
        return re.sub(rb' r="[A-Z]*[0-9]+"', b"", xml)

    rows = rows_of(tmp_path, "a.xlsx", repacked(content, SHEET, without_places))

    assert [[("quantity_value", "formula-cell")], []] == [row_codes(row) for row in rows]


def _doctype(xml: bytes) -> bytes:
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    return entities + xml.partition(b"?>")[2] if xml.startswith(b"<?xml") else entities + xml


GOOD = workbook(HEADER, ("seizure", "NL", "2018", 1, "x"))


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        pytest.param(b"PK\x03\x04 and no more", BadFile, "no XLSX workbook", id="cut short"),
        pytest.param(GOOD[:-200], BadFile, "no XLSX workbook", id="without its end"),
        pytest.param(b"incident_type\n", BadFile, "no workbook", id="text"),
        pytest.param(workbook(), BadFile, "is empty", id="no cell"),
        pytest.param(
            workbook(("incident_type", "=A1", "reporting_country")),
            BadFile,
            "formula-cell in column 2",
            id="formula in the header",
        ),
        pytest.param(workbook(("seizure_type",)), BadMapping, "seizure_type", id="unknown column"),
        pytest.param(repacked(GOOD, SHEET, _doctype), BadFile, "document type", id="entities"),
        pytest.param(repacked(GOOD, SHEET, lambda xml: xml[:-20]), BadFile, "read", id="broken sheet"),
        pytest.param(
            repacked(GOOD, SHEET, lambda xml: xml.replace(b'r="A2"', b'r="2A"')), BadFile, "read|2A", id="no such cell"
        ),
    ],
)
def test_refuses_a_workbook_that_cannot_be_read(
    tmp_path: Path, content: bytes, error: type[BrokerError], says: str
) -> None:
    with pytest.raises(error, match=says):
        rows_of(tmp_path, "a.xlsx", content)


def test_refuses_a_sheet_that_is_not_there_and_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="did you mean 'Sheet'"):
        rows_of(tmp_path, "a.xlsx", GOOD, sheet="Sheets")
    with pytest.raises(BadFile, match="no sheets"):
        rows_of(tmp_path, "a.csv", "incident_type,reporting_country\n", sheet="Sheet")


def test_refuses_a_workbook_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_file, "MAX_SHEET_BYTES", 1000)

    with pytest.raises(TooLarge, match="unpacks"):
        rows_of(tmp_path, "a.xlsx", GOOD)


def test_any_byte_of_a_workbook_may_be_wrong(tmp_path: Path) -> None:
    for position in range(0, len(GOOD), 23):
        changed = bytearray(GOOD)
        changed[position] ^= 0xFF
        try:
            rows = rows_of(tmp_path, "a.xlsx", bytes(changed))
        except BrokerError:
            continue
        assert 1 >= len(rows)


def test_a_refused_cell_stays_refused_when_it_comes_back_as_text(tmp_path: Path) -> None:
    content = workbook(HEADER, ("seizure", "NL", "2018", "=1", "x"))
    (row,) = rows_of(tmp_path, "a.xlsx", content)

    assert [("quantity_value", "formula-cell")] == codes(row)
