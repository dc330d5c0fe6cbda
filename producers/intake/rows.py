"""Rows: what a reader hands on, whatever the format of its file."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

_UNREADABLE: Final = frozenset({"unreadable-row", "ragged-row"})
"""Where the cells are not known to stand under their columns, nothing else that they say counts."""


class FieldProblem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong with one field.

    Args:
        field: Our column, or the path in a nested record (``core.quantities``); empty where the whole row is meant.
        code: Stable; scripts may rely on it.
        message: What was found, what was expected, what to do.
        line: Of the row, where a record has several; zero for the record.
    """

    field: str
    code: str
    message: str
    line: int = 0


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a file, as written and as mapped.

    Args:
        line: Where the row begins: the line of a text file, the row of a sheet; one-based.
        values: Our columns, mapped and stripped; a column without content is absent.
        problems: What the reader itself found wrong.
        header: The file's own column names; none where the file is JSON.
        cells: The cells as written; more or fewer than the header where the row is ragged; the text of a JSON object.
        sections: A nested record's sections, where the object has them.
        parts: The rows that are this record together; none where it is one row.
    """

    line: int
    values: Mapping[str, str]
    problems: tuple[FieldProblem, ...] = ()
    header: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    sections: Mapping[str, Any] | None = None
    parts: tuple["Row", ...] = ()

    @property
    def is_unreadable(self) -> bool:
        """Whether its cells are not known to stand under their columns."""
        return any(problem.code in _UNREADABLE for problem in self.problems)
