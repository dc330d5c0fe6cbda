"""Mapping files: a national file's own columns and words, said in ours.

::

    [columns]
    "Land" = "reporting_country"
    "Internal note" = ""                # left out on purpose

    [values.incident_type]
    "inbeslagname" = "seizure"

    [constants]
    reporting_country = "NL"
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from broker.errors import BadMapping, MissingFile
from producers.intake.columns import INCIDENT_COLUMNS, ColumnSet
from producers.intake.nearest import did_you_mean

IGNORED: Final = ""
_TABLES: Final = ("columns", "values", "constants")


class ColumnMapping(msgspec.Struct, frozen=True):
    """What a mapping file says.

    Args:
        columns: The file's column to ours, or to ``IGNORED``.
        values: For a column of ours, the file's word to our word.
        constants: For a column of ours, what every row has.
        known: The columns of ours.
    """

    columns: Mapping[str, str] = {}
    values: Mapping[str, Mapping[str, str]] = {}
    constants: Mapping[str, str] = {}
    known: ColumnSet = INCIDENT_COLUMNS


NO_MAPPING: Final = ColumnMapping()


def load_mapping(path: Path, known: ColumnSet = INCIDENT_COLUMNS) -> ColumnMapping:
    """Read the mapping file at *path*, for files whose columns in our words are those *known*.

    Raises:
        MissingFile: There is no such file.
        BadMapping: It has mistakes; the message names all of them.
    """
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        raise MissingFile(f"there is no mapping file {path.name!r}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadMapping(f"the mapping file {path.name!r} cannot be read: {error}", hint="save it as UTF-8") from None
    return parse_mapping(text, source=path.name, known=known)


def parse_mapping(text: str, *, source: str, known: ColumnSet = INCIDENT_COLUMNS) -> ColumnMapping:
    """Parse a mapping file.

    Raises:
        BadMapping: It has mistakes; the message names all of them.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadMapping(f"{source} is no TOML: {error}") from None
    mistakes = [f"unknown table [{name}]{did_you_mean(name, _TABLES)}" for name in document if name not in _TABLES]
    columns = _texts(document.get("columns", {}), "columns", mistakes)
    constants = _texts(document.get("constants", {}), "constants", mistakes)
    values = _values(document.get("values", {}), mistakes)
    mistakes += _unknown_columns(columns, values, constants, known)
    mistakes += _contradictions(columns, constants)
    if mistakes:
        raise BadMapping(f"{source} has {len(mistakes)} mistake(s): " + "; ".join(mistakes))
    return ColumnMapping(columns, values, constants, known)


def _texts(table: Any, name: str, mistakes: list[str]) -> dict[str, str]:
    if not isinstance(table, dict):
        mistakes.append(f"[{name}] is no table")
        return {}
    for key, value in table.items():
        if not isinstance(value, str):
            mistakes.append(f"[{name}] {key!r} is {value!r}, expected a text in quotes")
    return {key.strip(): value.strip() for key, value in table.items() if isinstance(value, str)}


def _values(table: Any, mistakes: list[str]) -> dict[str, dict[str, str]]:
    if not isinstance(table, dict):
        mistakes.append("[values] is no table")
        return {}
    return {column: _texts(words, f"values.{column}", mistakes) for column, words in table.items()}


def _unknown_columns(
    columns: Mapping[str, str],
    values: Mapping[str, Mapping[str, str]],
    constants: Mapping[str, str],
    known: ColumnSet,
) -> list[str]:
    named = [(f"[columns] {theirs!r}", ours) for theirs, ours in columns.items() if ours != IGNORED]
    named += [(f"[values.{ours}]", ours) for ours in values]
    named += [("[constants]", ours) for ours in constants]
    return [
        f"{where} names {ours!r}, which is no column of ours{did_you_mean(ours, known.columns)}"
        for where, ours in named
        if ours not in known.columns
    ]


def _contradictions(columns: Mapping[str, str], constants: Mapping[str, str]) -> list[str]:
    seen: dict[str, str] = {}
    mistakes = []
    for theirs, ours in columns.items():
        if ours == IGNORED:
            continue
        if ours in seen:
            mistakes.append(f"[columns] maps both {seen[ours]!r} and {theirs!r} to {ours!r}")
        elif ours in constants:
            mistakes.append(f"{ours!r} is both in [columns] and in [constants]")
        seen[ours] = theirs
    return mistakes
