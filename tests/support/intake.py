"""Builders for intake: rows, files and profiles as small as they can be. Everything in them is invented."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from broker.policy import Profile, parse_profile
from broker.types.names import Originator
from broker.types.vocabulary import Status
from producers.draft import Draft
from producers.intake.files import read_rows
from producers.intake.mapping import NO_MAPPING, ColumnMapping
from producers.intake.rows import Row
from producers.intake.take_in import Refused, take_in

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CUSTOMS = Originator("NL/customs")


def a_profile(authority: str = CUSTOMS, **changes: Any) -> Profile:
    settings: dict[str, Any] = {
        "authority": authority,
        "kind": "incident",
        "tlp": "AMBER",
        "purposes": ["prevention", "investigation"],
        "tell": ["destination"],
    }
    return parse_profile(settings | changes, source="profiles.toml")


def columns(**changes: str) -> dict[str, str]:
    """Return the columns of a row that is taken in as it is."""
    fields = {
        "national_reference": "NL-1",
        "incident_type": "seizure",
        "date_incident": "2026-03-14",
        "reporting_country": "NL",
        "substance_as_reported": "acetic anhydride",
        "quantity_as_reported": "about 400 kg",
        "quantity_value": "400",
        "quantity_unit": "kg",
        "quantity_qualifier": "about",
    }
    return {name: value for name, value in (fields | changes).items() if value}


def a_row(**changes: str) -> Row:
    return Row(line=2, values=columns(**changes))


def csv_text(rows: Iterable[Mapping[str, str]], delimiter: str = ",") -> str:
    rows = list(rows)
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="", delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def json_lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def taken(
    rows: Iterable[Row], *, profile: Profile | None = None, status: Status = Status.ACTUAL
) -> Iterator[Draft | Refused]:
    profile = profile or a_profile()
    authority = Originator(profile.authority)
    return take_in(rows, authority=authority, profile=profile, authored_at=NOW, status=status)


def one_draft(row: Row, **changes: Any) -> Draft:
    (result,) = taken([row], **changes)
    assert isinstance(result, Draft), result.problems
    return result


def codes(row: Row, **changes: Any) -> list[tuple[str, str]]:
    """Return field and code of each reason for which *row* is refused."""
    (result,) = taken([row], **changes)
    return [(problem.field, problem.code) for problem in result.problems] if isinstance(result, Refused) else []


def rows_of(
    folder: Path, name: str, content: str | bytes, mapping: ColumnMapping = NO_MAPPING, **options: Any
) -> Sequence[Row]:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_rows(path, mapping, **options))


def row_codes(row: Row) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in row.problems]
