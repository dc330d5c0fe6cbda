"""CSV, as spreadsheets of many countries write it: UTF-8, and a comma, semicolon or tab between cells.

Memory is flat. A quote that nobody closed costs its own row, not those behind it.
"""

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

from broker.errors import BadFile
from producers.intake.cells import Layout, row_of_cells
from producers.intake.header import resolve_header, target_of
from producers.intake.limits import MAX_ROW_CHARS, MAX_ROW_LINES
from producers.intake.lines import read_lines
from producers.intake.mapping import ColumnMapping
from producers.intake.rows import FieldProblem, Row

_DELIMITERS: Final = (",", ";", "\t")


class _Lines(Iterator[str]):
    """The lines of a file, from which one record at a time may be taken, and given back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._ahead: deque[str] = deque()
        self._lines = lines
        self._chars = 0
        self.taken: list[str] = []
        self.line = 1

    def __next__(self) -> str:
        if len(self.taken) >= MAX_ROW_LINES or self._chars > 2 * MAX_ROW_CHARS:
            raise StopIteration
        line = self._ahead.popleft() if self._ahead else next(self._lines)
        self.taken.append(line)
        self._chars += len(line)
        return line

    def accept(self) -> str:
        """Go on behind what was taken, and return it."""
        text = "".join(self.taken)
        self.line += len(self.taken)
        self.taken = []
        self._chars = 0
        return text

    def give_back_all_but_first(self) -> None:
        """Take only the first line for the record; the others are read again."""
        self._ahead.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


def read_csv(file: BinaryIO, mapping: ColumnMapping, *, name: str) -> Iterator[Row]:
    """Yield the rows of the CSV in *file*, lines without any content left out.

    Raises:
        BadFile: It is no UTF-8 text, or empty.
        BadMapping: Its header cannot be used.
    """
    lines = _Lines(read_lines(file, name=name))
    delimiter, layout = _read_header(lines, mapping, name=name)
    while True:
        start = lines.line
        cells, error = _next_record(lines, delimiter)
        if not lines.taken:
            return
        if len(cells) != len(layout.header) and _swallowed_rows(lines.taken, delimiter, len(layout.header)):
            lines.give_back_all_but_first()
            cells, error = [], "a quote is opened and not closed"
        text = lines.accept()
        if error:
            yield _unreadable(start, text, layout, error)
        elif any(cell.strip() for cell in cells):
            yield row_of_cells(start, cells, layout)


def _next_record(lines: _Lines, delimiter: str) -> tuple[list[str], str]:
    """Return the cells of the next record, or none and what is wrong with it; both empty at the end of the file."""
    try:
        return next(csv.reader(lines, delimiter=delimiter, strict=True), []), ""
    except csv.Error as error:
        return [], str(error)


def _swallowed_rows(taken: Sequence[str], delimiter: str, width: int) -> bool:
    """Say whether a record that went wrong over several lines holds lines that are rows of their own."""
    return any(_width(line, delimiter) == width for line in taken[1:])


def _width(line: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=delimiter, strict=True), []))
    except csv.Error:
        return 0


def _unreadable(line: int, text: str, layout: Layout, error: str) -> Row:
    problem = FieldProblem("", "unreadable-row", f"the row cannot be read: {error}; check its quotes")
    return Row(line=line, values={}, problems=(problem,), header=layout.header, cells=(text.rstrip("\r\n"),))


def _read_header(lines: _Lines, mapping: ColumnMapping, *, name: str) -> tuple[str, Layout]:
    first = next(lines, None)
    if first is None or not first.strip():
        raise BadFile(f"{name} has no header: its first line is empty", hint="put the column names into the first line")
    delimiter = _sniff(first, mapping)
    lines.accept()
    try:
        header = next(csv.reader([first], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise BadFile(
            f"the header of {name} (line 1) cannot be read: {error}",
            hint="save as CSV with line feeds, and no line break inside a column name",
        ) from None
    return delimiter, Layout(tuple(header), resolve_header(header, mapping), mapping)


def _sniff(header: str, mapping: ColumnMapping) -> str:
    """Return the delimiter under which the header has the most columns that we know, then the most columns."""

    def knows(delimiter: str) -> tuple[int, int]:
        names = header.rstrip("\r\n").split(delimiter)
        return sum(target_of(name.strip().strip('"'), mapping) is not None for name in names), len(names)

    return max(_DELIMITERS, key=knows)
