"""What a file that people hand in may hold; beyond that a row or a file is refused, never cut."""

from typing import Final

MAX_COLUMNS: Final = 256
MAX_FIELD_CHARS: Final = 16 * 1024
MAX_ROW_CHARS: Final = 128 * 1024
"""All cells of a row together; four bytes a character still fit the largest body."""
MAX_ROW_LINES: Final = 1_000
"""Lines of a file that one row with quoted line breaks may take."""
MAX_GROUPED_ROWS: Final = 20_000
"""Rows of a file that belong to records of several rows; they are in memory until its end."""
MAX_LINE_BYTES: Final = 512 * 1024
MAX_JSON_BYTES: Final = 16 * 1024 * 1024
"""A ``.json`` file is read at once; JSON Lines is not."""
MAX_SHEET_BYTES: Final = 1024 * 1024 * 1024
"""What one part of a workbook may unpack to."""
MAX_FORMULA_CHARS: Final = 120
"""How much of a formula is kept, to show it."""
MAX_SHEET_FINDINGS: Final = 1_000_000
"""Formulas, errors and merged areas of one sheet."""
