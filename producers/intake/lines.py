"""Lines of UTF-8 text out of a file, whatever else it turns out to be."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from typing import BinaryIO, Final

from broker.errors import BadFile
from producers.intake.limits import MAX_LINE_BYTES

_SAVE_AS_UTF8: Final = "save it as UTF-8 (in a spreadsheet program: 'CSV UTF-8')"


def read_lines(file: BinaryIO, *, name: str) -> Iterator[str]:
    """Yield the lines of *file* with their ends, without a byte order mark.

    Raises:
        BadFile: A byte is no UTF-8 or is NUL, or a line is longer than any row; says which line.
    """
    offset = 0
    number = 0
    while raw := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if number == 1:
            _refuse_utf16(raw, name)
        if len(raw) > MAX_LINE_BYTES:
            raise BadFile(f"line {number} of {name} has more than {MAX_LINE_BYTES} bytes", hint="is it a text file?")
        text = _decode(raw, name, line=number, offset=offset)
        yield text.removeprefix("\ufeff") if number == 1 else text
        offset += len(raw)


def check_text(file: BinaryIO, *, name: str) -> None:
    """Read *file* to its end, so that nothing of it is taken in before all of it is known to be text.

    Raises:
        BadFile: As :func:`read_lines`.
    """
    for _ in read_lines(file, name=name):
        pass
    file.seek(0)


def _decode(raw: bytes, name: str, *, line: int, offset: int) -> str:
    if (nul := raw.find(0)) >= 0:
        where = f"line {line}, byte {offset + nul} of the file"
        raise BadFile(f"{name} holds a NUL byte ({where}): it is no text, or no UTF-8", hint=_SAVE_AS_UTF8)
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        where = f"line {line}, byte {offset + error.start} of the file"
        raise BadFile(
            f"{name} is not UTF-8: found byte 0x{raw[error.start]:02x} ({where})", hint=_SAVE_AS_UTF8
        ) from None


def _refuse_utf16(first: bytes, name: str) -> None:
    if first.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise BadFile(f"{name} is UTF-16 (line 1, byte 0), expected UTF-8", hint=_SAVE_AS_UTF8)
