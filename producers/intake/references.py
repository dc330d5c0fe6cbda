"""Under which national reference a row is published, and which other rows it speaks of."""

import hashlib
from collections import Counter
from typing import Final

import msgspec

from broker.records.core import RelatedAs
from producers.draft import RelatedReference
from producers.intake.rows import FieldProblem, Row
from producers.intake.words import read_word

_ROLES: Final[dict[str, RelatedAs | None]] = {
    "line": None,
    "duplicate_report": RelatedAs.DUPLICATES,
    "part_of_total": RelatedAs.PART_OF,
}


class Reference(msgspec.Struct, frozen=True):
    """A national reference, and whether it was made from the row's content."""

    text: str
    is_made: bool


class _First(msgspec.Struct, frozen=True):
    reference: str
    line: int
    is_refused: bool


class References:
    """The references of one file's rows, which have to be asked for in the order of the file.

    Memory grows by the number of cases, and of rows that say no reference, not by their content.
    """

    def __init__(self) -> None:
        self._equal: Counter[bytes] = Counter()
        self._first: dict[str, _First] = {}

    def of(self, row: Row) -> Reference:
        """Return the reference of *row*: its own, else its case and line, else one made from its content.

        Equal rows of one file are different parcels, so the made reference ends in the ordinal among them.
        """
        said = said_reference(row)
        if said is not None:
            return Reference(said, is_made=False)
        digest = _row_digest(row)
        self._equal[digest] += 1
        return Reference(f"made-{digest.hex()}-{self._equal[digest]}", is_made=True)

    def related(self, row: Row, problems: list[FieldProblem]) -> tuple[RelatedReference, ...]:
        """Return what *row* says it is to the first row of its case.

        Where the first row is not in this file, it is expected to be published under the case and line 1.
        """
        relation = read_word("line_role", row.values, _ROLES, None, problems)
        if relation is None:
            return ()
        group = row.values.get("group", "")
        if not group:
            problems.append(FieldProblem("group", "missing", f"a {row.values['line_role'][:40]} of which case?"))
            return ()
        first = self._first.get(group)
        if first is None:
            return self._to_earlier_file(row, group, relation, problems)
        if first.is_refused:
            message = f"the first report of the case, line {first.line}, was refused; mend both"
            problems.append(FieldProblem("line_role", "first-report-refused", message))
        return (RelatedReference(first.reference, relation),)

    def _to_earlier_file(
        self, row: Row, group: str, relation: RelatedAs, problems: list[FieldProblem]
    ) -> tuple[RelatedReference, ...]:
        if row.values.get("line", "1") == "1":
            message = f"{group[:60]} has no report before this one, so it is neither a second one nor a part"
            problems.append(FieldProblem("line_role", "first-report-missing", message))
            return ()
        return (RelatedReference(f"{group}/1", relation),)

    def note(self, row: Row, reference: Reference, *, is_refused: bool) -> None:
        """Remember *row* as the first of its case, if it is."""
        group = row.values.get("group", "")
        if group and group not in self._first:
            self._first[group] = _First(reference.text, row.line, is_refused)


def said_reference(row: Row) -> str | None:
    """Return the reference that *row* itself says: its own, else its case and line; None where it says neither."""
    core = row.sections.get("core") if row.sections else None
    own = core.get("national_reference") if isinstance(core, dict) else None
    said = row.values.get("national_reference") or own
    if isinstance(said, str) and said:
        return said
    group, line = row.values.get("group"), row.values.get("line")
    return f"{group}/{line}" if group and line else None


def _row_digest(row: Row) -> bytes:
    content = row.sections if row.sections is not None else row.values
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).digest()[:8]
