"""Which reader a file needs, by its name and its first bytes."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from broker.errors import BadFile, MissingFile
from producers.intake.csv_file import read_csv
from producers.intake.json_file import read_json, read_json_lines
from producers.intake.lines import check_text
from producers.intake.mapping import NO_MAPPING, ColumnMapping
from producers.intake.rows import Row
from producers.intake.xlsx_file import read_xlsx

_TEXT_READERS: Final[dict[str, Callable[..., Iterator[Row]]]] = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".txt": read_csv,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".json": read_json,
}
_WORKBOOKS: Final = (".xlsx", ".xlsm")
_ZIP: Final = b"PK\x03\x04"
_OLD_WORKBOOK: Final = b"\xd0\xcf\x11\xe0"
_BLOCK_BYTES: Final = 1024 * 1024
_SAVE_AS: Final = "save it as .xlsx or as CSV UTF-8"


def read_rows(path: Path, mapping: ColumnMapping = NO_MAPPING, *, sheet: str | None = None) -> Iterator[Row]:
    """Yield the rows of the file at *path*; *sheet* names one of a workbook, None is its first.

    A text file is read to its end before its first row is handed on, so a wrong byte refuses the whole file.

    Raises:
        MissingFile: There is no such file.
        BadFile: It cannot be read as what it claims to be.
        BadMapping: Its header cannot be used.
    """
    suffix = path.suffix.lower()
    with _open(path) as file:
        start = file.read(4)
        file.seek(0)
        _refuse_mismatch(path.name, suffix, start)
        if suffix in _WORKBOOKS:
            yield from read_xlsx(file, mapping, name=path.name, sheet=sheet)
            return
        if sheet is not None:
            raise BadFile(f"{path.name} is no workbook and has no sheets", hint="leave --sheet out")
        check_text(file, name=path.name)
        yield from _TEXT_READERS[suffix](file, mapping, name=path.name)


def file_digest(path: Path) -> bytes:
    """Return the SHA-256 digest of the file at *path*: whether the same file is handed in again.

    Raises:
        MissingFile: There is no such file.
        BadFile: It cannot be read.
    """
    with _open(path) as file:
        digest = hashlib.sha256()
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
        return digest.digest()


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise MissingFile(f"there is no file {path.name!r}") from None
    except OSError as error:
        raise BadFile(f"{path.name} cannot be opened: {error.strerror}") from None


def _refuse_mismatch(name: str, suffix: str, start: bytes) -> None:
    known = (*_TEXT_READERS, *_WORKBOOKS)
    if not start:
        raise BadFile(f"{name} is empty")
    if start == _OLD_WORKBOOK:
        raise BadFile(f"{name} is a workbook of an old format, or protected with a password", hint=_SAVE_AS)
    if suffix not in known:
        raise BadFile(f"{name}: files that end in {suffix!r} are not read; known are {', '.join(known)}", hint=_SAVE_AS)
    if (start == _ZIP) != (suffix in _WORKBOOKS):
        what = "a workbook" if start == _ZIP else "no workbook"
        raise BadFile(f"{name} is {what}, which its name does not say", hint="give it the ending that fits")
