"""Columns kept in a file of their own, added to rows by national reference: persons apart from what happened."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from broker.errors import BadMapping
from producers.intake.columns import INCIDENT_COLUMNS, ColumnSet
from producers.intake.lines import read_lines
from producers.intake.nearest import did_you_mean
from producers.intake.references import said_reference
from producers.intake.rows import Row

_KEY = "national_reference"


def read_supplement(path: Path, known: ColumnSet = INCIDENT_COLUMNS) -> Mapping[str, Mapping[str, str]]:
    """Return what the CSV at *path* adds, by the national reference of the row to which it is added.

    Its columns are among those *known*.

    Raises:
        BadFile: It is no UTF-8 text.
        BadMapping: Its header names a column that we do not know, or no ``national_reference``.
    """
    with path.open("rb") as file:
        table = csv.DictReader(read_lines(file, name=path.name), restval="", restkey="")
        names = table.fieldnames or ()
        unknown = [
            f"unknown column {name[:60]!r}{did_you_mean(name, known.columns)}"
            for name in names
            if name not in known.columns
        ]
        if unknown or _KEY not in names:
            raise BadMapping(f"{path.name}: {'; '.join(unknown) or f'the column {_KEY} is missing'}")
        return {
            row[_KEY]: {name: text.strip() for name, text in row.items() if name in known.columns and text.strip()}
            for row in table
        }


def supplement(rows: Iterable[Row], added: Mapping[str, Mapping[str, str]]) -> Iterator[Row]:
    """Yield *rows* with what is *added* to them; what a row says itself stays."""
    for row in rows:
        more = added.get(said_reference(row) or "")
        yield _with_more(row, more) if more else row


def _with_more(row: Row, more: Mapping[str, str]) -> Row:
    parts = tuple(_with_more(part, more) for part in row.parts)
    return msgspec.structs.replace(row, values={**more, **row.values}, parts=parts)
