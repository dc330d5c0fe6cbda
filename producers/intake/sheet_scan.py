"""What a workbook says about a sheet's cells that its values do not show: formulas, errors, merged areas.

A cell's value in an XLSX file is what some program computed last; whether a formula stands behind it is only in the
sheet's XML. This reads that XML piece by piece; a document type, and so every entity, is refused.
"""

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from posixpath import join, normpath
from typing import Final
from xml.parsers import expat

import msgspec

from broker.errors import BadFile, TooLarge
from producers.intake.limits import MAX_FORMULA_CHARS, MAX_SHEET_BYTES, MAX_SHEET_FINDINGS

_WORKBOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_CHUNK_BYTES: Final = 256 * 1024
_AREA: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})(?::([A-Z]{1,3})([0-9]{1,7}))?")


class Area(msgspec.Struct, frozen=True):
    """A rectangle of cells, zero-based, both ends in it."""

    top: int
    left: int
    bottom: int
    right: int


class Findings(msgspec.Struct):
    """What stands behind the values of one sheet, by zero-based row and column."""

    formulas: dict[tuple[int, int], str] = {}
    errors: set[tuple[int, int]] = set()
    areas: list[tuple[Area, str]] = []

    def behind(self, row: int, column: int) -> tuple[str, str] | None:
        """Return the code and the text of what stands behind a cell, or None where its value is all there is."""
        at = (row, column)
        if at in self.formulas:
            return "formula-cell", self.formulas[at]
        if at in self.errors:
            return "error-cell", "error"
        for area, formula in self.areas:
            if area.top <= row <= area.bottom and area.left <= column <= area.right:
                if formula:
                    return "formula-cell", formula
                if (area.top, area.left) != at:
                    return "merged-cell", "merged"
        return None


def scan_sheet(workbook: zipfile.ZipFile, sheet: str) -> Findings:
    """Return what stands behind the values of *sheet*.

    Raises:
        BadFile: The workbook's XML is not well formed, has a document type, or lacks a part.
        TooLarge: A part unpacks to more than ``MAX_SHEET_BYTES``, or there are more findings than are kept.
    """
    scan = _Scan()
    _parse(workbook, _part_of(workbook, sheet), scan.start, scan.end, scan.text)
    return scan.findings


class _Scan:
    """Handlers for one sheet's XML."""

    def __init__(self) -> None:
        self.findings = Findings()
        self._row = -1
        self._column = -1
        self._is_in_cell = False
        self._formula: list[str] | None = None
        self._area = ""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        match tag:
            case "row":
                self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
                self._column = -1
            case "c":
                self._is_in_cell = True
                self._column = _area(attributes["r"]).left if "r" in attributes else self._column + 1
                if attributes.get("t") == "e":
                    self.findings.errors.add((self._row, self._column))
            case "f" if self._is_in_cell:
                self._formula = []
                self._area = attributes.get("ref", "") if attributes.get("t") in {"array", "dataTable"} else ""
            case "mergeCell":
                self.findings.areas.append((_area(attributes.get("ref", "")), ""))
            case _:
                return
        if len(self.findings.formulas) + len(self.findings.errors) + len(self.findings.areas) > MAX_SHEET_FINDINGS:
            raise TooLarge(f"the sheet has more than {MAX_SHEET_FINDINGS} formulas, errors and merged areas")

    def text(self, text: str) -> None:
        if self._formula is not None and sum(map(len, self._formula)) < MAX_FORMULA_CHARS:
            self._formula.append(text)

    def end(self, tag: str) -> None:
        if tag == "c":
            self._is_in_cell = False
        if tag != "f" or self._formula is None:
            return
        formula = "=" + "".join(self._formula)[:MAX_FORMULA_CHARS]
        self.findings.formulas[self._row, self._column] = formula
        if self._area:
            self.findings.areas.append((_area(self._area), formula))
        self._formula = None


def _area(reference: str) -> Area:
    found = _AREA.fullmatch(reference.replace("$", ""))
    if not found:
        raise BadFile(f"the sheet names the cells {reference[:40]!r}, which are none")
    left, top, right, bottom = found.groups()
    return Area(int(top) - 1, _column(left), int(bottom or top) - 1, _column(right or left))


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _part_of(workbook: zipfile.ZipFile, sheet: str) -> str:
    """Return the name of the part that holds *sheet*."""
    relation = target = ""
    for tag, attributes in _elements(workbook, _WORKBOOK):
        if tag == "sheet" and attributes.get("name") == sheet:
            relation = next((value for key, value in attributes.items() if key.endswith("relationships id")), "")
    for tag, attributes in _elements(workbook, _RELATIONS):
        if tag == "Relationship" and attributes.get("Id") == relation:
            target = attributes.get("Target", "")
    if not target:
        raise BadFile(f"the workbook names the sheet {sheet[:40]!r} and does not hold it")
    return target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))


def _elements(workbook: zipfile.ZipFile, part: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    found: list[tuple[str, Mapping[str, str]]] = []
    _parse(workbook, part, lambda tag, attributes: found.append((tag, attributes)))
    return iter(found)


def _parse(
    workbook: zipfile.ZipFile,
    part: str,
    start: Callable[[str, Mapping[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = lambda tag, attributes: start(_local(tag), attributes)
    if end is not None:
        parser.EndElementHandler = lambda tag: end(_local(tag))
    parser.CharacterDataHandler = text
    size = 0
    try:
        with workbook.open(part) as file:
            while chunk := file.read(_CHUNK_BYTES):
                size += len(chunk)
                if size > MAX_SHEET_BYTES:
                    raise TooLarge(f"{part} unpacks to more than {MAX_SHEET_BYTES} bytes", hint="save it as CSV")
                parser.Parse(chunk, False)  # noqa: FBT003 - expat takes it by position only
            parser.Parse(b"", True)  # noqa: FBT003
    except KeyError:
        raise BadFile(f"the workbook lacks its part {part}") from None
    except (expat.ExpatError, zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadFile(f"{part} in the workbook cannot be read: {error}") from None


def _refuse_doctype(*_: object) -> None:
    raise BadFile("the workbook's XML has a document type, which no spreadsheet program writes")


def _local(tag: str) -> str:
    return tag.rpartition(" ")[2]
