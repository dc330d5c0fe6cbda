"""From the cells of one row to a :class:`Row`: mapped, stripped, and checked for what no column may hold."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from producers.intake.columns import NOMINAL
from producers.intake.limits import MAX_FIELD_CHARS, MAX_ROW_CHARS
from producers.intake.mapping import IGNORED, NO_MAPPING, ColumnMapping
from producers.intake.rows import FieldProblem, Row

_NOT_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_FORMULA: Final = ("=", "'=")
"""A formula, and one that a refused file shows with the apostrophe that keeps spreadsheets from running it."""


class Layout(msgspec.Struct, frozen=True):
    """A file's header and what it means: one for all rows of a file."""

    header: tuple[str, ...]
    targets: tuple[str, ...]
    mapping: ColumnMapping = NO_MAPPING


def row_of_cells(line: int, cells: Sequence[str], layout: Layout, problems: Sequence[FieldProblem] = ()) -> Row:
    """Return the row at *line* of a table; a ragged one comes with its problem."""
    found = list(problems)
    if len(cells) != len(layout.header):
        found.append(_ragged(len(cells), len(layout.header)))
    written = dict(zip(layout.targets, cells, strict=False))
    values = _mapped(written, layout.mapping)
    found += text_problems(values, already={problem.field for problem in found})
    return Row(line=line, values=values, problems=tuple(found), header=layout.header, cells=tuple(cells))


def row_of_object(line: int, written: Mapping[str, str], text: str, mapping: ColumnMapping) -> Row:
    """Return the row at *line* of a JSON file; *written* has our column names already."""
    values = _mapped(written, mapping)
    return Row(line=line, values=values, problems=tuple(text_problems(values)), cells=(text,))


def text_problems(values: Mapping[str, str], already: set[str] | None = None) -> list[FieldProblem]:
    """Return what is wrong with *values* whatever their columns: formulas, control characters, sizes."""
    problems = [
        problem
        for field, value in values.items()
        if field not in (already or ()) and (problem := _text_problem(field, value))
    ]
    if sum(map(len, values.values())) > MAX_ROW_CHARS:
        problems.append(FieldProblem("", "too-long", f"the row has more than {MAX_ROW_CHARS} characters"))
    return problems


def _text_problem(field: str, value: str) -> FieldProblem | None:
    if value.startswith(_FORMULA):
        return formula_problem(field, value)
    if len(value) > MAX_FIELD_CHARS:
        return FieldProblem(field, "too-long", f"{len(value)} characters; at most {MAX_FIELD_CHARS} are taken")
    if bad := _NOT_TEXT.search(value):
        code_point = f"U+{ord(bad[0]):04X}"
        return FieldProblem(field, "control-character", f"the control character {code_point} at {bad.start() + 1}")
    return None


def formula_problem(field: str, formula: str) -> FieldProblem:
    """Return the problem of a formula where a value is expected."""
    shown = "" if field in NOMINAL else f" {formula.removeprefix(chr(39))[:40]!r}"
    return FieldProblem(field, "formula-cell", f"a formula{shown} stands where a value is expected; enter the value")


def _ragged(has: int, expected: int) -> FieldProblem:
    fault = "a delimiter inside a cell without quotes" if has > expected else "a row cut short"
    return FieldProblem("", "ragged-row", f"{has} cells under a header of {expected} columns: perhaps {fault}")


def _mapped(written: Mapping[str, str], mapping: ColumnMapping) -> dict[str, str]:
    values = {}
    for field, cell in written.items():
        text = cell.strip()
        if field != IGNORED and text:
            words = mapping.values.get(field)
            values[field] = words.get(text, text) if words else text
    values.update(mapping.constants)
    return values
