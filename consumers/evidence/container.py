"""The archive around an evidence file: a ZIP of which every byte follows from what is in it.

::

    local header ‖ name ‖ content        for each file: evidence.json first, the others sorted by name
    central header ‖ name                for each file, in the same order
    end of central directory

Nothing is compressed, so what is declared is what is there, and no reader can be made to unpack more than it was given.
The parser refuses whatever :func:`format_container` would not print: two readers cannot see different files in it.

Source: APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12, 4.3.16 and 4.4.
"""

import re
import zlib
from collections.abc import Mapping
from struct import Struct
from typing import Final

from broker import limits
from broker.errors import BadEvidence

FIRST: Final = "evidence.json"
"""The file that says what the others are."""

_LOCAL: Final = Struct("<4s5H3I2H")
_CENTRAL: Final = Struct("<4s6H3I5H2I")
_END: Final = Struct("<4s4H2IH")
_LOCAL_MARK: Final = b"PK\x03\x04"
_CENTRAL_MARK: Final = b"PK\x01\x02"
_END_MARK: Final = b"PK\x05\x06"
_VERSION: Final = 20
_MADE_BY: Final = 3 << 8 | _VERSION
"""Unix, so that the mode below counts."""
_TIME: Final = 0
_DATE: Final = 0x21
"""1 January 1980, the first day that a ZIP can name."""
_MODE: Final = 0o100644 << 16
_STORED: Final = 0
_ENCRYPTED: Final = 0x0001
_DESCRIBED: Final = 0x0008
_NAME: Final = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")
_MAX_NAME: Final = 200


def format_container(files: Mapping[str, bytes]) -> bytes:
    """Return the archive of *files*, by name; the same on every call and every machine.

    Raises:
        BadEvidence: A name that no evidence file has, no ``evidence.json``, or more than the limits allow.
    """
    names = _in_order(files)
    total = sum(len(files[name]) + _overhead(name) for name in names) + _END.size
    _check_limits(len(names), total)
    out, central = bytearray(), bytearray()
    for name in names:
        content = files[name]
        central += _central(name, content, len(out))
        out += _local(name, content) + content
    return bytes(out + central + _end(len(names), len(central), len(out)))


def parse_container(raw: bytes) -> dict[str, bytes]:
    """Return the files in an archive, by name and in its order; the exact inverse of :func:`format_container`.

    Raises:
        BadEvidence: Bytes that ``format_container`` would not print.
    """
    if len(raw) > limits.MAX_EVIDENCE_BYTES:
        raise BadEvidence(f"a file of {len(raw)} bytes; an evidence file has {limits.MAX_EVIDENCE_BYTES} at most")
    if not raw.startswith(_LOCAL_MARK):
        raise BadEvidence("no evidence file: it does not begin as a ZIP archive does")
    files: dict[str, bytes] = {}
    central, at = bytearray(), 0
    while raw.startswith(_LOCAL_MARK, at):
        name, content = _read_file(raw, at)
        if name in files:
            raise BadEvidence(f"{name} is there twice")
        if len(files) == limits.MAX_EVIDENCE_FILES:
            raise BadEvidence(f"more than {limits.MAX_EVIDENCE_FILES} files")
        central += _central(name, content, at)
        files[name] = content
        at += _LOCAL.size + len(name) + len(content)
    if _in_order(files) != list(files):
        raise BadEvidence(f"its files are not in their order: {FIRST}, then the others by name")
    _check_end(raw, at, bytes(central), len(files))
    return files


def check_name(name: str) -> None:
    """Check that an evidence file may hold a file called *name*.

    Raises:
        BadEvidence: It may lead out of a folder, hide, or look like something else.
    """
    if len(name) > _MAX_NAME or not _NAME.fullmatch(name):
        raise BadEvidence(f"{name[:60]!r} is no name of a file in an evidence file")


def _read_file(raw: bytes, at: int) -> tuple[str, bytes]:
    """Return name and content of the file whose local header stands at *at*."""
    header = raw[at : at + _LOCAL.size]
    if len(header) < _LOCAL.size:
        raise BadEvidence("it is cut off in the header of a file")
    _, _, flags, method, _, _, _, packed, size, name_length, extra = _LOCAL.unpack(header)
    if flags & _ENCRYPTED:
        raise BadEvidence("a file in it is encrypted")
    if method != _STORED or packed != size:
        raise BadEvidence("a file in it is compressed; an evidence file never is")
    if flags & _DESCRIBED:
        raise BadEvidence("the size of a file in it stands behind it")
    if extra:
        raise BadEvidence("a file in it has fields besides its name")
    start = at + _LOCAL.size
    if start + name_length + size > len(raw):
        raise BadEvidence("it is cut off, or a file in it claims to be larger than it is")
    name = raw[start : start + name_length].decode("latin-1")
    check_name(name)
    content = raw[start + name_length : start + name_length + size]
    if raw[at : start + name_length] != _local(name, content):
        raise BadEvidence(f"the header of {name} is not the one of its content: something in it was changed")
    return name, content


def _check_end(raw: bytes, at: int, central: bytes, count: int) -> None:
    """Check that behind the files stand the directory and the end that belong to them, and nothing else."""
    end = _end(count, len(central), at)
    expected = at + len(central) + len(end)
    if len(raw) < expected:
        raise BadEvidence("it is cut off: its directory is not whole")
    if raw[at : at + len(central)] != central or raw[at + len(central) : expected] != end:
        raise BadEvidence("its directory does not say what is in it")
    if len(raw) > expected:
        raise BadEvidence(f"{len(raw) - expected} bytes stand behind its end")


def _in_order(files: Mapping[str, bytes]) -> list[str]:
    for name in files:
        check_name(name)
    if FIRST not in files:
        raise BadEvidence(f"no evidence file: there is no {FIRST} in it")
    return [FIRST, *sorted(name for name in files if name != FIRST)]


def _check_limits(count: int, total: int) -> None:
    if count > limits.MAX_EVIDENCE_FILES:
        raise BadEvidence(f"{count} files; an evidence file has {limits.MAX_EVIDENCE_FILES} at most")
    if total > limits.MAX_EVIDENCE_BYTES:
        raise BadEvidence(f"{total} bytes; an evidence file has {limits.MAX_EVIDENCE_BYTES} at most")


def _overhead(name: str) -> int:
    return _LOCAL.size + _CENTRAL.size + 2 * len(name)


def _local(name: str, content: bytes) -> bytes:
    size, text = len(content), name.encode("latin-1")
    check = zlib.crc32(content)
    return _LOCAL.pack(_LOCAL_MARK, _VERSION, 0, _STORED, _TIME, _DATE, check, size, size, len(text), 0) + text


def _central(name: str, content: bytes, at: int) -> bytes:
    size, text = len(content), name.encode("latin-1")
    sizes = (zlib.crc32(content), size, size, len(text))
    head = _CENTRAL.pack(
        _CENTRAL_MARK, _MADE_BY, _VERSION, 0, _STORED, _TIME, _DATE, *sizes, 0, 0, 0, 0, _MODE, at
    )  # fmt: skip
    return head + text


def _end(count: int, size: int, start: int) -> bytes:
    return _END.pack(_END_MARK, 0, 0, count, count, size, start, 0)
