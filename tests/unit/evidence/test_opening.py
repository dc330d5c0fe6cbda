"""What has to fit together before a single step is done."""

import pytest

from broker.errors import BadEvidence, UnknownEvidence
from consumers.evidence.container import format_container, parse_container
from consumers.evidence.evidence import format_evidence, open_evidence, parse_section
from consumers.evidence.manifest import format_manifest, parse_manifest
from tests.support.evidence import World, a_world, forged

Made = tuple[World, bytes]


def with_manifest(raw: bytes, old: bytes, new: bytes) -> bytes:
    """Return an evidence file whose ``evidence.json`` has other bytes."""
    files = parse_container(raw)
    assert old in files["evidence.json"]
    return format_container(files | {"evidence.json": files["evidence.json"].replace(old, new)})


def test_what_is_written_is_read_again(made: Made) -> None:
    evidence = open_evidence(made[1])
    assert made[1] == format_evidence(evidence)
    assert ("NL/customs/1#1", "exercise-2026", "BE/police") == (
        evidence.manifest.message, evidence.manifest.federation, evidence.manifest.exported_by,
    )  # fmt: skip
    assert (("core", "operational"), ("nominal", "evidence")) == (
        evidence.manifest.disclosed, evidence.manifest.withheld,
    )  # fmt: skip


def test_the_manifest_has_one_form(made: Made) -> None:
    raw = parse_container(made[1])["evidence.json"]
    assert raw == format_manifest(parse_manifest(raw))
    assert (b'{"digest":"', b'"]}\n') == (raw[:11], raw[-4:])


NOT_READ = {
    "blanks": (b'"version":1', b'"version": 1', "canonical form"),
    "no end of line": (b"]}\n", b"]}", "canonical form"),
    "a member twice": (b'"version":1', b'"version":1,"version":1', "canonical form"),
    "an unknown member": (b'"version":1', b'"version":1,"zzz":1', "cannot be read"),
    "a member less": (b'"version":1,', b"", "cannot be read"),
    "another type": (b'"version":1', b'"version":"1"', "cannot be read"),
    "another format": (b'"tocsin-evidence"', b'"tocsin-message"', "of the format 'tocsin-message'"),
    "a digest in capitals": (b'"digest":"', b'"digest":"AA', "no SHA-256 digest"),
    "no JSON": (b"{", b"[", "cannot be read"),
    "no UTF-8": (b'"BE/police"', b'"\xff\xfe"', "cannot be read"),
    "a title in place of an authority": (b'"BE/police"', b'"The Hague"', "is no authority"),
    "another message": (b'"NL/customs/1#1"', b'"NL/customs/1#2"', "speaks of 'NL/customs/1#2'"),
    "another network": (b'"federation":"exercise-2026"', b'"federation":"exercise-2027"', "speaks of"),
    "a section in neither list": (b'"withheld":["nominal","evidence"]', b'"withheld":["nominal"]', "of each section"),
    "a section in both lists": (b'"withheld":["nominal"', b'"withheld":["core","nominal"', "each once"),
    "sections in another order": (b'["core","operational"]', b'["operational","core"]', "in their order"),
    "a section that is not there": (b'"withheld":["nominal"', b'"withheld":["trade","nominal"', "in their order"),
    "a section that is disclosed and not named": (b'["core","operational"],', b'["core"],', "of each section"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "says"), NOT_READ.values(), ids=NOT_READ)
def test_refuses_a_manifest_with(old: bytes, new: bytes, says: str, made: Made) -> None:
    with pytest.raises(BadEvidence, match=says):
        open_evidence(with_manifest(made[1], old, new))


def test_a_version_of_the_future_is_told_apart(made: Made) -> None:
    with pytest.raises(UnknownEvidence, match="of version 2; this program knows version 1"):
        open_evidence(with_manifest(made[1], b'"version":1', b'"version":2,"new_member":[]'))


def test_a_manifest_that_is_nested_too_deeply_is_refused(made: Made) -> None:
    files = parse_container(made[1])
    with pytest.raises(BadEvidence):
        open_evidence(format_container(files | {"evidence.json": b'{"format":' + b"[" * 100_000}))


@pytest.mark.parametrize(
    "name", ["message.bin", "log/entry.txt", "report.html", "decisions.json", "sections/core.json"]
)
def test_refuses_one_without(name: str, made: Made) -> None:
    with pytest.raises(BadEvidence, match=f"{name} is missing"):
        open_evidence(forged(made[1], {name: None}))


@pytest.mark.parametrize(
    "name", ["other.txt", "sections/nominal.bin", "sections/trade.json", "log/other.txt", "message.bin.old"]
)
def test_refuses_what_has_no_place(name: str, made: Made) -> None:
    with pytest.raises(BadEvidence, match=f"{name} is no file that"):
        open_evidence(forged(made[1], {name: b"x"}))


def test_refuses_a_file_that_the_manifest_does_not_name(made: Made) -> None:
    files = parse_container(made[1])
    with pytest.raises(BadEvidence, match=r"evidence.json does not say so"):
        open_evidence(format_container(files | {"directory/more.bin": b""}))


def test_refuses_a_file_that_is_not_the_one_that_is_named(made: Made) -> None:
    files = parse_container(made[1])
    with pytest.raises(BadEvidence, match=r"report.html is not the file that evidence.json names"):
        open_evidence(format_container(files | {"report.html": b"<p>trust me"}))


def test_refuses_what_is_no_message(made: Made) -> None:
    with pytest.raises(BadEvidence, match=r"message.bin is no message"):
        open_evidence(forged(made[1], {"message.bin": b"hello"}))


def test_refuses_another_message_under_this_name(made: Made) -> None:
    other = a_world().authors.write(by="NL/police")
    with pytest.raises(BadEvidence, match=r"speaks of 'NL/customs/1#1', message.bin is NL/police/1#1"):
        open_evidence(forged(made[1], {"message.bin": other}))


@pytest.mark.parametrize("raw", [b"", bytes(67), bytes(69), bytes(67) + b"\x02x", bytes(67) + b"\xff"])
def test_refuses_a_section_of_another_length_than_it_says(raw: bytes) -> None:
    with pytest.raises(BadEvidence):
        parse_section(raw)


def test_refuses_more_than_each_file_may_have(made: Made) -> None:
    files = parse_container(made[1])
    padded = files["evidence.json"].replace(b"{", b"{" + b" " * 4 * 1024 * 1024, 1)
    with pytest.raises(BadEvidence, match="the limit is 4194304"):
        open_evidence(format_container(files | {"evidence.json": padded}))
    with pytest.raises(BadEvidence, match="no body has so many"):
        parse_section(bytes(1024 * 1024))
