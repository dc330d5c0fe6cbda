"""XLSX workbooks: the first sheet or a named one; cells as text, a formula never taken for its last value.

The whole sheet is in memory while it is read; CSV is not.
"""

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, time
from io import BytesIO
from typing import Any, BinaryIO, Final

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from broker.errors import BadFile, TooLarge
from producers.intake.cells import Layout, formula_problem, row_of_cells
from producers.intake.header import resolve_header
from producers.intake.limits import MAX_SHEET_BYTES
from producers.intake.mapping import ColumnMapping
from producers.intake.nearest import did_you_mean
from producers.intake.rows import FieldProblem, Row
from producers.intake.sheet_scan import Findings, scan_sheet

_SAYS: Final = {
    "error-cell": "the cell holds an error of the spreadsheet program; enter the value",
    "merged-cell": "the cell is part of a merged area and has no value of its own; unmerge it and enter the value",
}


def read_xlsx(file: BinaryIO, mapping: ColumnMapping, *, name: str, sheet: str | None = None) -> Iterator[Row]:
    """Yield the rows of a sheet, rows without any content left out; *sheet* None is the first one.

    Raises:
        BadFile: It is no XLSX workbook, or has no such sheet.
        TooLarge: It unpacks to more than is read.
        BadMapping: Its header cannot be used.
    """
    table, findings = _open(file, name=name, sheet=sheet)
    first_column = table.start[1] if table.start else 0
    rows = enumerate(table.iter_rows())
    number, header = next(((number, cells) for number, cells in rows if any(map(_has_content, cells))), (0, []))
    if not header:
        raise BadFile(f"the sheet {table.name!r} of {name} is empty", hint="put the column names into its first row")
    names = tuple(_text(cell).strip() for cell in header)
    width = max(position for position, column in enumerate(names, start=1) if column)
    _refuse_hidden_header(findings, number, first_column, width, name)
    layout = Layout(names[:width], resolve_header(names[:width], mapping), mapping)
    for number, cells in rows:
        row = _row(number, cells, layout, findings, first_column)
        if row is not None:
            yield row


def _open(file: BinaryIO, *, name: str, sheet: str | None) -> tuple[CalamineSheet, Findings]:
    try:
        with zipfile.ZipFile(file) as workbook:
            _refuse_bombs(workbook, name)
            file.seek(0)
            book = CalamineWorkbook.from_filelike(BytesIO(file.read()))
            chosen = _choose(book.sheet_names, sheet, name)
            return book.get_sheet_by_name(chosen), scan_sheet(workbook, chosen)
    except PasswordError:
        raise BadFile(f"{name} is protected with a password", hint="save it without one") from None
    except (CalamineError, zipfile.BadZipFile, NotImplementedError) as error:
        raise BadFile(
            f"{name} is no XLSX workbook that can be read: {error}", hint="save it anew as .xlsx, or as CSV UTF-8"
        ) from None


def _refuse_bombs(workbook: zipfile.ZipFile, name: str) -> None:
    size = sum(part.file_size for part in workbook.infolist())
    if size > MAX_SHEET_BYTES:
        raise TooLarge(f"{name} unpacks to {size} bytes; at most {MAX_SHEET_BYTES} are read", hint="save it as CSV")


def _choose(names: Sequence[str], sheet: str | None, name: str) -> str:
    if not names:
        raise BadFile(f"{name} has no sheet")
    if sheet is None:
        return names[0]
    if sheet not in names:
        raise BadFile(f"{name} has no sheet {sheet[:40]!r}{did_you_mean(sheet, names)}; it has {', '.join(names)}")
    return sheet


def _refuse_hidden_header(findings: Findings, row: int, first_column: int, width: int, name: str) -> None:
    for column in range(first_column, first_column + width):
        if behind := findings.behind(row, column):
            raise BadFile(f"the header of {name} (row {row + 1}) has a {behind[0]} in column {column + 1}")


def _row(number: int, cells: Sequence[Any], layout: Layout, findings: Findings, first_column: int) -> Row | None:
    texts = [_text(cell) for cell in cells]
    problems = []
    for position, target in enumerate(layout.targets):
        behind = findings.behind(number, first_column + position)
        if behind and target:
            code, text = behind
            texts[position] = text if code == "formula-cell" else f"={text}"
            problems.append(
                formula_problem(target, text) if code == "formula-cell" else FieldProblem(target, code, _SAYS[code])
            )
    width = len(layout.header)
    extra = [text for text in texts[width:] if text.strip()]
    if not extra and not any(text.strip() for text in texts[:width]):
        return None
    return row_of_cells(number + 1, texts if extra else texts[:width], layout, problems)


def _has_content(cell: Any) -> bool:
    return bool(_text(cell).strip())


def _text(cell: Any) -> str:
    """Return a cell's value as a person would have typed it into a text file."""
    match cell:
        case str():
            return cell
        case bool():
            return "yes" if cell else "no"
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)
