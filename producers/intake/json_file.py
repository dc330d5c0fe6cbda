"""JSON Lines, and single JSON records: flat objects with our columns, or the typed sections of a record.

::

    {"incident_type": "seizure", "reporting_country": "NL", …}
    {"core": {…}, "operational": {…}, "tlp": "AMBER"}
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, BinaryIO, Final

import msgspec

from broker.errors import BadFile, TooLarge
from producers.intake.cells import row_of_object, text_problems
from producers.intake.columns import ADDED
from producers.intake.header import target_of
from producers.intake.limits import MAX_COLUMNS, MAX_JSON_BYTES
from producers.intake.lines import read_lines
from producers.intake.mapping import IGNORED, ColumnMapping
from producers.intake.nearest import did_you_mean
from producers.intake.rows import FieldProblem, Row

_BESIDE_SECTIONS: Final = ("national_reference", "tlp", "status")
"""What a nested record may say outside its sections."""
_WORDS: Final[Mapping[bool | None, str]] = {None: "", True: "yes", False: "no"}


def read_json_lines(file: BinaryIO, mapping: ColumnMapping, *, name: str) -> Iterator[Row]:
    """Yield one row a line of *file*, empty lines left out; a line that is no object is a refused row.

    Raises:
        BadFile: It is no UTF-8 text, or empty.
    """
    count = 0
    for number, line in enumerate(read_lines(file, name=name), start=1):
        if line.strip():
            count += 1
            yield _row(number, line, mapping)
    if not count:
        raise BadFile(f"{name} is empty: expected one JSON object a line")


def read_json(file: BinaryIO, mapping: ColumnMapping, *, name: str) -> Iterator[Row]:
    """Yield the record that *file* holds, or the records of its list.

    Raises:
        BadFile: It is no JSON object and no list of objects.
        TooLarge: It is longer than a file that is read at once.
    """
    text = _whole(file, name)
    if not text.strip().startswith("["):
        yield _row(1, text, mapping)
        return
    # The whole list is looked at before its first record is handed on.
    for start, element in list(_elements(text, name)):
        yield _row(text.count("\n", 0, start) + 1, element, mapping)


def _whole(file: BinaryIO, name: str) -> str:
    lines: list[str] = []
    size = 0
    for line in read_lines(file, name=name):
        size += len(line)
        if size > MAX_JSON_BYTES:
            raise TooLarge(f"{name} has more than {MAX_JSON_BYTES} characters", hint="use JSON Lines, a record a line")
        lines.append(line)
    return "".join(lines)


def _elements(text: str, name: str) -> Iterator[tuple[int, str]]:
    """Yield the elements of a list, each with where it begins."""
    decoder = json.JSONDecoder()
    at = _skip_space(text, text.index("[") + 1)
    more = text[at : at + 1] != "]"
    while more:
        try:
            _, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            raise _no_list(text, at, name, str(error)) from None
        yield at, text[at:end]
        at = _skip_space(text, end)
        more = text[at : at + 1] == ","
        if more:
            at = _skip_space(text, at + 1)
    if text[at:].strip() != "]":
        raise _no_list(text, at, name, "expected , or ] and nothing behind it")


def _no_list(text: str, at: int, name: str, why: str) -> BadFile:
    line = text.count("\n", 0, at) + 1
    return BadFile(f"{name} is no list of JSON objects (line {line}): {why}")


def _skip_space(text: str, at: int) -> int:
    while text[at : at + 1].isspace():
        at += 1
    return at


def _row(line: int, text: str, mapping: ColumnMapping) -> Row:
    text = text.strip()
    try:
        document = json.loads(
            text, object_pairs_hook=_object, parse_float=str, parse_int=str, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError) as error:
        return _unreadable(line, text, f"it is no JSON: {error}")
    if not isinstance(document, dict):
        return _unreadable(line, text, "it is no JSON object")
    if any(section in document for section in mapping.known.sections):
        try:
            return _nested(line, text, document, mapping.known.sections)
        except ValueError as error:
            return _unreadable(line, text, str(error))
    return _flat(line, text, document, mapping)


def _unreadable(line: int, text: str, why: str) -> Row:
    problem = FieldProblem("", "unreadable-row", f"the row cannot be read: {why}")
    return Row(line=line, values={}, problems=(problem,), cells=(text,))


def _nested(line: int, text: str, document: dict[str, Any], named: Sequence[str]) -> Row:
    allowed = {*named, *_BESIDE_SECTIONS, *ADDED}
    unknown = [
        FieldProblem(key[:60], "unknown-column", f"no section or field of a record{did_you_mean(key, allowed)}")
        for key in document
        if key not in allowed
    ]
    beside = {key: document[key] for key in _BESIDE_SECTIONS if isinstance(document.get(key), str)}
    # Numbers stay numbers here: the record's types say what each of them is.
    typed = json.loads(text, parse_float=Decimal, parse_int=_bounded_int)
    sections = {key: typed[key] for key in named if typed.get(key) is not None}
    problems = (*unknown, *text_problems(beside))
    return Row(line=line, values=beside, problems=problems, cells=(text,), sections=sections)


def _flat(line: int, text: str, document: dict[str, Any], mapping: ColumnMapping) -> Row:
    written: dict[str, str] = {}
    problems: list[FieldProblem] = []
    if len(document) > MAX_COLUMNS:
        problems.append(FieldProblem("", "too-long", f"more than {MAX_COLUMNS} columns"))
    for key, value in document.items():
        target = target_of(key, mapping)
        if target is None:
            problems.append(FieldProblem(key[:60], "unknown-column", _unknown(key, mapping)))
        elif target == IGNORED:
            continue
        elif target in written or target in mapping.constants:
            problems.append(FieldProblem(target, "given-twice", f"{key[:60]!r} gives {target} a second time"))
        elif not isinstance(value, str | bool | None):
            problems.append(FieldProblem(target, "not-text", "expected a text or a number, not a list or an object"))
        else:
            written[target] = value if isinstance(value, str) else _WORDS[value]
    row = row_of_object(line, written, text, mapping)
    return msgspec.structs.replace(row, problems=(*problems, *row.problems))


def _unknown(key: str, mapping: ColumnMapping) -> str:
    near = did_you_mean(key, mapping.known.columns)
    return f'unknown column{near}; name it in a mapping file (--mapping), or map it to ""'


def _object(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return found


def _bounded_int(digits: str) -> int:
    if len(digits) > 40:
        raise ValueError("a number has more than 40 digits")
    return int(digits)


def _refuse_constant(word: str) -> float:
    raise ValueError(f"{word} is no number")
