"""The archive: one form, and everything else is refused, in one line and without growing."""

import io
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable

import pytest

from broker import limits
from broker.errors import BadEvidence
from consumers.evidence.container import format_container, parse_container

FILES = {"evidence.json": b"{}\n", "README.txt": b"read me\n", "log/entry.txt": b"leaf\n", "empty.bin": b""}
RAW = format_container(FILES)


def zipped(
    files: dict[str, bytes] = FILES, *, method: int = zipfile.ZIP_STORED, comment: bytes = b"", extra: bytes = b""
) -> bytes:
    """Return a ZIP as the standard library writes it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.comment = comment
        for name, content in files.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr, info.compress_type = 3, 0o100644 << 16, method
            info.extra = extra
            archive.writestr(info, content)
    return out.getvalue()


def in_order(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: files[name] for name in ("evidence.json", *sorted(files.keys() - {"evidence.json"}))}


def test_what_is_written_is_read_again() -> None:
    assert in_order(FILES) == parse_container(RAW)
    assert RAW == format_container(parse_container(RAW))


def test_it_is_the_zip_that_the_standard_library_would_write() -> None:
    assert RAW == zipped(in_order(FILES))


def test_other_programs_can_read_it() -> None:
    with zipfile.ZipFile(io.BytesIO(RAW)) as archive:
        assert archive.testzip() is None
        assert list(in_order(FILES)) == archive.namelist()
        assert b"leaf\n" == archive.read("log/entry.txt")


def test_the_order_in_which_files_are_given_changes_nothing() -> None:
    assert RAW == format_container(dict(reversed(FILES.items())))


def test_refuses_to_begin_anywhere_but_at_its_beginning() -> None:
    for length in range(len(RAW)):
        with pytest.raises(BadEvidence):
            parse_container(RAW[:length])


def hidden() -> bytes:
    """Return an archive with a file between the others that its directory does not have."""
    first = RAW.index(b"PK\x03\x04", 4)
    other = zipped({"evidence.json": b"", "hidden.txt": b"seen by some"})
    start = other.index(b"PK\x03\x04", 4)
    return RAW[:first] + other[start : other.index(b"PK\x01\x02")] + RAW[first:]


def with_bytes(old: bytes, new: bytes, count: int = -1) -> Callable[[], bytes]:
    assert old in RAW
    return lambda: RAW.replace(old, new, count)


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "does not begin as a ZIP"),
    "a text": (lambda: b"hello, world\n" * 10, "does not begin as a ZIP"),
    "an empty archive": (lambda: zipped({}), "does not begin as a ZIP"),
    "compressed": (lambda: zipped(in_order(FILES), method=zipfile.ZIP_DEFLATED), "compressed"),
    "a bomb": (lambda: zipped({"evidence.json": bytes(30_000_000)}, method=zipfile.ZIP_DEFLATED), "compressed"),
    "something in front": (lambda: b"#!/bin/sh\n" + RAW, "does not begin as a ZIP"),
    "something behind": (lambda: RAW + b"\n", "stand behind its end"),
    "a comment": (lambda: zipped(in_order(FILES), comment=b"hello"), "directory does not say"),
    "extra fields": (lambda: zipped(in_order(FILES), extra=b"\x00\x00\x00\x00"), "fields besides its name"),
    "no evidence.json": (lambda: zipped({"README.txt": b""}), "no evidence.json"),
    "another order": (lambda: zipped(dict(reversed(in_order(FILES).items()))), "not in their order"),
    "a file that the directory hides": (hidden, "not in their order"),
    "another name in the directory": (with_bytes(b"PK\x01\x02", b"PK\x01\x03", 1), "directory does not say"),
    "encrypted": (with_bytes(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01", 1), "encrypted"),
    "described behind": (with_bytes(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x08", 1), "stands behind it"),
    "a content changed": (with_bytes(b"read me", b"read ME"), "something in it was changed"),
    "a way out": (lambda: zipped({"evidence.json": b"", "../../etc/passwd": b""}), "no name of a file"),
    "an absolute name": (lambda: zipped({"evidence.json": b"", "/etc/passwd": b""}), "no name of a file"),
    "a hidden name": (lambda: zipped({"evidence.json": b"", ".profile": b""}), "no name of a file"),
    "a long name": (lambda: zipped({"evidence.json": b"", "a" * 201: b""}), "no name of a file"),
    "a folder": (lambda: zipped({"evidence.json": b"", "log/": b""}), "no name of a file"),
    "letters that look alike": (lambda: zipped({"evidence.json": b"", "m\u0435ssage.bin": b""}), "no name of a file"),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "says"), REFUSED.values(), ids=REFUSED)
def test_refuses(raw: Callable[[], bytes], says: str) -> None:
    with pytest.raises(BadEvidence, match=says):
        parse_container(raw())


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_refuses_a_name_that_is_there_twice() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for content in (b"one", b"two"):
            info = zipfile.ZipInfo("evidence.json", (1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o100644 << 16
            archive.writestr(info, content)
    with pytest.raises(BadEvidence, match="twice"):
        parse_container(out.getvalue())


def test_refuses_a_size_that_is_only_declared_before_anything_is_taken() -> None:
    size = (2**32 - 2).to_bytes(4, "little")
    header = b"PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x21\x00" + zlib.crc32(b"").to_bytes(4, "little")
    raw = header + size + size + b"\x0d\x00\x00\x00evidence.json"
    tracemalloc.start()
    try:
        with pytest.raises(BadEvidence, match="claims to be larger"):
            parse_container(raw)
        assert 1_000_000 > tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_refuses_more_than_the_limits_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_EVIDENCE_FILES", 3)
    for refused in (lambda: format_container(FILES), lambda: parse_container(RAW)):
        with pytest.raises(BadEvidence, match="files"):
            refused()
    monkeypatch.setattr(limits, "MAX_EVIDENCE_BYTES", len(RAW) - 1)
    with pytest.raises(BadEvidence, match="bytes"):
        parse_container(RAW)
    with pytest.raises(BadEvidence, match="bytes"):
        format_container({name: FILES[name] for name in ("evidence.json", "README.txt")} | {"a": bytes(len(RAW))})


def test_takes_a_file_of_exactly_the_size_that_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_EVIDENCE_BYTES", len(RAW))
    assert parse_container(format_container(FILES)) == in_order(FILES)
