"""Tables as CSV that no spreadsheet takes for formulas."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

_FORMULA: Final = ("=", "+", "-", "@")
"""What a spreadsheet takes for the beginning of a formula, in any width. Source: OWASP, CSV injection."""
_BREAK: Final = ("\t", "\r", "\n")
_HIDDEN: Final = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
_AFTER_SEPARATOR: Final = re.compile(r"(?<=[^;\t\r\n][;\t\r\n])(?=[=+\-@])")
"""Where a spreadsheet of a country that separates by semicolons may see a new cell, whatever the quotes say."""


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a table as CSV in UTF-8, every cell in quotes.

    A cell that would be read as a formula gets an apostrophe before it.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def harmless(cell: str) -> str:
    """Return a cell of which no spreadsheet runs anything."""
    inner = _AFTER_SEPARATOR.sub("'", cell)
    visible = next((one for one in cell if unicodedata.category(one) not in _HIDDEN), "")
    begins = unicodedata.normalize("NFKC", visible).startswith(_FORMULA)
    return f"'{inner}" if begins or cell.startswith(_BREAK) else inner
