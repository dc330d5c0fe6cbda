"""Refused rows: kept as they were read, with their reasons, in a file that can be mended and published again."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TextIO

import msgspec

from broker.errors import AlreadyThere
from producers.intake.columns import ADDED
from producers.intake.take_in import Refused

Reason = Mapping[str, str]


def listing(refused: Iterable[Refused]) -> list[dict[str, Any]]:
    """Return refused rows as scripts get them: ``[{"line", "reasons": [{"field", "code", "message"}]}]``."""
    return [{"line": one.line, "reasons": _reasons(one)} for one in refused]


def write_refused(refused: Iterable[Refused], folder: Path, *, stem: str) -> tuple[Path, ...]:
    """Write refused rows as :class:`RefusedFiles` does; return the files that have any."""
    with RefusedFiles(folder, stem=stem) as files:
        for one in refused:
            files.write(one)
    return files.paths


class RefusedFiles:
    """The refused rows of one file: ``stem.csv``, those of a JSON file ``stem.jsonl``, made when the first row comes.

    The rows keep the columns, the order and the words of the file they come from, so the same mapping reads them again;
    two columns in front say line and reasons, and are ignored when the file is read. No file is ever written over,
    since it may be the one that is being read: a number is added to the name.
    """

    def __init__(self, folder: Path, *, stem: str) -> None:
        self._folder = folder
        self._stem = stem
        self._open: dict[str, TextIO] = {}
        self.paths: tuple[Path, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._open.values():
            file.close()

    def write(self, one: Refused) -> None:
        """Add a row."""
        if not one.row.header:
            self._file(".jsonl", "utf-8", ()).write(_json_line(one))
            return
        header = one.row.header
        # With a byte order mark: without it, spreadsheet programs take the file for another encoding.
        file = self._file(".csv", "utf-8-sig", (*ADDED, *_own(header, header)))
        reasons = " | ".join(f"{reason['field'] or 'row'}: {reason['message']}" for reason in _reasons(one))
        csv.writer(file).writerow((one.line, reasons, *map(_harmless, _own(header, one.row.cells))))

    def _file(self, suffix: str, encoding: str, header: Sequence[str]) -> TextIO:
        if suffix not in self._open:
            path = self._unused(suffix)
            self._open[suffix] = path.open("x", encoding=encoding, newline="")
            self.paths += (path,)
            if header:
                csv.writer(self._open[suffix]).writerow(header)
        return self._open[suffix]

    def _unused(self, suffix: str) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        names = (f"{self._stem}{suffix}", *(f"{self._stem}-{number}{suffix}" for number in range(2, 10_000)))
        for name in names:
            if not (self._folder / name).exists():
                return self._folder / name
        raise AlreadyThere(f"{self._folder.name} holds too many files of refused rows", hint="clear those mended")


def _reasons(one: Refused) -> list[dict[str, str]]:
    return [{"field": problem.field, "code": problem.code, "message": problem.message} for problem in one.problems]


def _harmless(cell: str) -> str:
    """Return *cell* so that no spreadsheet program runs it; intake refuses it in this form as well."""
    return f"'{cell}" if cell.lstrip().startswith("=") else cell


def _own(header: Sequence[str], cells: Sequence[str]) -> Iterator[str]:
    """Yield the cells of a row but those that an earlier file of refused rows added."""
    for position, cell in enumerate(cells):
        if position >= len(header) or header[position] not in ADDED:
            yield cell


def _json_line(one: Refused) -> str:
    added = dict(zip(ADDED, (one.line, _reasons(one)), strict=True))
    text = "".join(one.row.cells)
    if any(problem.code == "unreadable-row" for problem in one.problems):
        return json.dumps({**added, "unreadable": text}, ensure_ascii=False) + "\n"
    # Members are copied as they were written: a number that became a float and back would be another one.
    members = msgspec.json.decode(text.encode(), type=dict[str, msgspec.Raw])
    parts = [
        f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(value, ensure_ascii=False)}"
        for name, value in added.items()
    ]
    parts += [
        f"{json.dumps(name, ensure_ascii=False)}: {bytes(raw).decode()}"
        for name, raw in members.items()
        if name not in ADDED
    ]
    return "{" + ", ".join(parts).replace("\n", " ").replace("\r", " ") + "}\n"
