import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.errors import BadFile, BadMapping, BrokerError, MissingFile
from producers.intake.csv_file import read_csv
from producers.intake.files import file_digest, read_rows
from producers.intake.limits import MAX_FIELD_CHARS, MAX_LINE_BYTES, MAX_ROW_LINES
from producers.intake.mapping import NO_MAPPING
from tests.support.intake import columns, csv_text, row_codes, rows_of

HEADER = "incident_type,reporting_country,awkward\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_reads_what_spreadsheet_programs_write(tmp_path: Path, delimiter: str, mark: str, ending: str) -> None:
    text = csv_text([columns(awkward=f"one{delimiter}cell")], delimiter).replace("\n", ending)

    (row,) = rows_of(tmp_path, "a.csv", mark + text)

    assert columns(awkward=f"one{delimiter}cell") == row.values
    assert () == row.problems


def test_the_delimiter_is_found_in_the_header_alone(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, "a.csv", "incident_type;reporting_country;awkward\nseizure;NL;a,b,c,d,e,f\n")

    assert {"incident_type": "seizure", "reporting_country": "NL", "awkward": "a,b,c,d,e,f"} == row.values


def test_line_numbers_stay_right_behind_line_breaks_in_quotes(tmp_path: Path) -> None:
    text = HEADER + 'seizure,NL,"two\nlines"\n\nseizure,BE,x\n,,\nseizure,DE,y\n'

    rows = rows_of(tmp_path, "a.csv", text)

    assert [(2, "two\nlines"), (5, "x"), (7, "y")] == [(row.line, row.values["awkward"]) for row in rows]


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        pytest.param(b"", BadFile, "is empty", id="empty"),
        pytest.param(b"\n\n", BadFile, "no header", id="blank lines only"),
        pytest.param(HEADER.encode() + b"seizure,NL,caf\xe9\n", BadFile, r"0xe9 \(line 2, byte 54", id="latin-1"),
        pytest.param(HEADER.encode("utf-16"), BadFile, "UTF-16", id="utf-16"),
        pytest.param(HEADER.encode("utf-16-le"), BadFile, "NUL byte", id="utf-16 without mark"),
        pytest.param(HEADER.encode() + b"seizure,\0NL,\n", BadFile, "NUL byte .line 2, byte 48", id="nul"),
        pytest.param(HEADER.encode() + b"x" * (MAX_LINE_BYTES + 1), BadFile, "line 2", id="endless line"),
        pytest.param(b"PK\x03\x04rest", BadFile, "a workbook", id="workbook named csv"),
        pytest.param(b"\xd0\xcf\x11\xe0rest", BadFile, "old format", id="old workbook"),
        pytest.param(b"incident_type,reporting_country\rseizure,NL\r", BadFile, "header", id="old macintosh"),
        pytest.param(b'incident_type,"reporting_country\n', BadFile, "header", id="open quote in the header"),
        pytest.param(b"incident_type,reporting_county\n", BadMapping, "did you mean 'reporting_country'", id="unknown"),
        pytest.param(b"incident_type,reporting_country,\n", BadMapping, "column 3 has no name", id="nameless"),
        pytest.param(b"incident_type,reporting_country,place,Place\n", BadMapping, "as another column", id="twice"),
        pytest.param(b"reporting_country\n", BadMapping, "'incident_type' is missing", id="needed and absent"),
        pytest.param(b",".join([b"place"] * 300), BadMapping, "300 columns", id="too many"),
    ],
)
def test_refuses_a_file_that_cannot_be_read(
    tmp_path: Path, content: bytes, error: type[BrokerError], says: str
) -> None:
    with pytest.raises(error, match=says) as caught:
        rows_of(tmp_path, "a.csv", content)

    assert caught.value.hint or "empty" in str(caught.value)


def test_all_mistakes_of_a_header_are_said_at_once_and_where_to_mend_them(tmp_path: Path) -> None:
    with pytest.raises(BadMapping) as caught:
        rows_of(tmp_path, "a.csv", "seizure_type,quantity,substance_as_reported\nx,y,z\n")

    for word in ("'seizure_type'", "'quantity'", "'incident_type'", "'reporting_country'"):
        assert word in str(caught.value)
    assert "--mapping" in caught.value.hint


def test_a_wrong_byte_at_the_end_keeps_the_first_row_back(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(HEADER.encode() + b"seizure,NL,x\n" * 1000 + b"\xff\n")

    with pytest.raises(BadFile, match="line 1002"):
        next(read_rows(path))


@pytest.mark.parametrize(("name", "error"), [("none.csv", MissingFile), ("a.pdf", BadFile), ("folder.csv", BadFile)])
def test_refuses_what_is_no_file_of_ours(tmp_path: Path, name: str, error: type[BrokerError]) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    (tmp_path / "folder.csv").mkdir()

    with pytest.raises(error):
        list(read_rows(tmp_path / name))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("seizure,NL", ("", "ragged-row"), id="cut short"),
        pytest.param("seizure,NL,a,b", ("", "ragged-row"), id="too many cells"),
        pytest.param('seizure,NL,"a"b', ("", "unreadable-row"), id="text behind a quote"),
        pytest.param("seizure,NL,=1+1", ("awkward", "formula-cell"), id="formula"),
        pytest.param("seizure,NL, =1+1", ("awkward", "formula-cell"), id="formula behind a space"),
        pytest.param("seizure,NL,'=1+1", ("awkward", "formula-cell"), id="formula as a refused file shows it"),
        pytest.param("seizure,NL,a\x1bb", ("awkward", "control-character"), id="escape"),
        pytest.param("seizure,NL," + "x" * (MAX_FIELD_CHARS + 1), ("awkward", "too-long"), id="too long"),
        pytest.param("seizure,NL," + "x" * 140_000, ("", "unreadable-row"), id="beyond any cell"),
    ],
)
def test_a_bad_row_is_refused_alone(tmp_path: Path, line: str, expected: tuple[str, str]) -> None:
    good = "seizure,NL,x\n"

    rows = rows_of(tmp_path, "a.csv", HEADER + good + line + "\n" + good)

    assert [[], [expected], []] == [row_codes(row) for row in rows]
    assert [2, 3, 4] == [row.line for row in rows]


@pytest.mark.parametrize("cell", ["+31 20 000", "-5", "@home", "a=b"])
def test_other_signs_are_formulas_in_spreadsheets_only(tmp_path: Path, cell: str) -> None:
    (row,) = rows_of(tmp_path, "a.csv", f"{HEADER}seizure,NL,{cell}\n")

    assert ((), cell) == (row.problems, row.values["awkward"])


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param('seizure,NL,"open\n', id="never closed"),
        pytest.param('seizure,"NL,open\n', id="in the middle"),
        pytest.param('seizure,NL,"a "quoted" word"\n', id="quotes inside"),
    ],
)
def test_an_open_quote_costs_its_own_row_and_no_other(tmp_path: Path, bad: str) -> None:
    good = "seizure,NL,x\n"

    rows = rows_of(tmp_path, "a.csv", HEADER + good + bad + good * 3)

    assert [(2, []), (3, [("", "unreadable-row")]), (4, []), (5, []), (6, [])] == [
        (row.line, row_codes(row)) for row in rows
    ]


def test_two_open_quotes_cost_two_rows(tmp_path: Path) -> None:
    good, bad = "seizure,NL,x\n", 'seizure,NL,"open\n'

    rows = rows_of(tmp_path, "a.csv", HEADER + good + bad + good + bad + good)

    assert [2, 4, 6] == [row.line for row in rows if not row.problems]
    assert [3, 5] == [row.line for row in rows if row.problems]


def test_a_header_without_rows_has_no_rows(tmp_path: Path) -> None:
    assert [] == rows_of(tmp_path, "a.csv", HEADER)


def test_the_digest_says_whether_it_is_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"abc")

    assert hashlib.sha256(b"abc").digest() == file_digest(path)
    with pytest.raises(MissingFile):
        file_digest(tmp_path / "none.csv")


def test_a_row_does_not_go_on_for_ever(tmp_path: Path) -> None:
    open_quote = 'seizure,NL,"' + "x\n" * (MAX_ROW_LINES + 10) + '"\n'

    rows = rows_of(tmp_path, "a.csv", HEADER + open_quote + "seizure,NL,x\n")

    assert (2, [("", "unreadable-row")]) == (rows[0].line, row_codes(rows[0]))
    assert (MAX_ROW_LINES + 13, []) == (rows[-1].line, row_codes(rows[-1]))


@settings(max_examples=60)
@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1).filter(
            lambda text: text.strip() and not text.strip().startswith(("=", "'="))
        ),
        max_size=5,
    ),
    st.sampled_from(",;\t"),
)
def test_any_text_is_read_as_it_was_written(cells: list[str], delimiter: str) -> None:
    text = csv_text([columns(place=cell) for cell in cells], delimiter)

    rows = read_csv(io.BytesIO(text.encode()), NO_MAPPING, name="a.csv")

    if cells:
        assert [cell.strip() for cell in cells] == [row.values["place"] for row in rows]
