"""Rows that are one record together: each says a line of it, under a key that the rows themselves name."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from broker.errors import TooLarge
from producers.intake.form import Form, Grouping
from producers.intake.limits import MAX_GROUPED_ROWS
from producers.intake.rows import FieldProblem, Row

_REFERENCE = "national_reference"


def grouped(rows: Iterable[Row], form: Form) -> Iterator[Row]:
    """Yield *rows*, those of one key as one row with parts, where the form has such a key.

    Rows without a key come as they are. The others come last, in the order of their first rows, since the last row of
    a file may belong to the first. A row that cannot be read may belong to any of them, unless it says the key of
    others: it keeps all of them back, since a record that lacks a figure is a wrong one.

    Raises:
        TooLarge: More rows belong to records than are kept in memory.
    """
    grouping = form.grouping
    if grouping is None:
        yield from rows
        return
    waiting: dict[str, list[Row]] = {}
    lost: list[int] = []
    count = 0
    for row in rows:
        key = row.values.get(grouping.column, "") if row.sections is None else ""
        if not key:
            lost += [row.line] if row.is_unreadable else []
            yield row
            continue
        count += 1
        if count > MAX_GROUPED_ROWS:
            raise TooLarge(
                f"more than {MAX_GROUPED_ROWS} rows belong to records of several rows",
                hint="publish them in several files, each record in one",
            )
        waiting.setdefault(key, []).append(row)
    lost += [row.line for found in waiting.values() if all(one.is_unreadable for one in found) for row in found]
    for key, found in waiting.items():
        yield _as_one(key, found, grouping, lost)


def _as_one(key: str, rows: Sequence[Row], grouping: Grouping, lost: Sequence[int]) -> Row:
    """Return *rows* as the parts of one; what belongs to the whole may stand in any of them.

    Args:
        lost: Lines that cannot be read and may be a part of it as well.
    """
    shared: dict[str, tuple[str, int]] = {}
    problems: list[tuple[FieldProblem, ...]] = []
    for row in rows:
        found = []
        for column, text in row.values.items():
            if column in grouping.own:
                continue
            said, line = shared.setdefault(column, (text, row.line))
            if said != text:
                message = f"{text[:40]!r} here, and {said[:40]!r} in line {line} of the same record"
                found.append(FieldProblem(column, "contradiction", message))
        problems.append(tuple(found))
    common = {_REFERENCE: key, **{column: said for column, (said, _) in shared.items()}}
    parts = tuple(
        msgspec.structs.replace(
            row,
            values={**{name: text for name, text in row.values.items() if name in grouping.own}, **common},
            problems=(*row.problems, *more),
        )
        for row, more in zip(rows, problems, strict=True)
    )
    return msgspec.structs.replace(parts[0], problems=_about_lost(rows, lost), parts=parts)


def _about_lost(rows: Sequence[Row], lost: Sequence[int]) -> tuple[FieldProblem, ...]:
    line = next(iter(lost), None)
    if line is None or any(row.is_unreadable for row in rows):
        return ()
    says = f"line {line} cannot be read, and may belong to this record: mend it, and publish both"
    return (FieldProblem("", "record-refused", says),)
