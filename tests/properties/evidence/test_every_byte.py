"""Every byte of an evidence file counts: whatever is changed, cut off or put in, nobody is told that all is well."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.errors import BadEvidence, UnknownEvidence
from broker.types.names import Digest
from consumers.evidence.checklist import check_evidence
from consumers.evidence.container import format_container, parse_container
from consumers.evidence.evidence import open_evidence
from consumers.evidence.manifest import digest_of, format_manifest, parse_manifest
from tests.support.evidence import a_world, an_evidence_file, forged

NAMES = st.from_regex(r"\A[a-z]{1,8}(/[a-z]{1,8}){0,2}\Z")


@pytest.fixture(scope="module")
def raw() -> bytes:
    return an_evidence_file()


@pytest.fixture(scope="module")
def root_digest() -> Digest:
    return a_world().federation.root_digest


def is_believed(raw: bytes, root_digest: Digest) -> bool:
    """Say whether a verifier would say that all steps pass; anything but these errors is a mistake of ours."""
    try:
        return check_evidence(open_evidence(raw), root_digest).is_passed
    except (BadEvidence, UnknownEvidence):
        return False


def test_the_whole_file_is_believed(raw: bytes, root_digest: Digest) -> None:
    assert is_believed(raw, root_digest)


@pytest.mark.timeout(300)
def test_no_byte_can_be_changed(raw: bytes, root_digest: Digest) -> None:
    # The checksums alone find each of them; what follows below is without them.
    for place in range(len(raw)):
        changed = bytearray(raw)
        changed[place] ^= 1 << place % 8
        assert not is_believed(bytes(changed), root_digest), place


SIGNED = (
    "message.bin", "log/entry.txt", "log/message.tlog-proof", "sections/core.bin", "sections/core.json",
    "decisions.json",
)  # fmt: skip


def said_by_the_node(content: bytes) -> frozenset[int]:
    """Return the places of what stands in a decision on the word of the node alone: when, and by which directory."""
    spans = re.finditer(rb'"(at|directory)":"[^"]*"', content)
    return frozenset(place for found in spans for place in range(found.start(), found.end()))


@pytest.mark.parametrize("name", SIGNED)
def test_no_byte_can_be_changed_by_somebody_who_mends_every_checksum(
    name: str, raw: bytes, root_digest: Digest
) -> None:
    content = parse_container(raw)[name]
    places = [place for place in range(len(content)) if place not in said_by_the_node(content)]
    for place in random.Random(name).sample(places, min(len(places), 200)):
        changed = bytearray(content)
        changed[place] ^= 1 << place % 8
        assert not is_believed(forged(raw, {name: bytes(changed)}), root_digest), place


def test_no_message_of_the_directory_can_be_changed(raw: bytes, root_digest: Digest) -> None:
    for name, content in parse_container(raw).items():
        if name.startswith("directory/"):
            for place in random.Random(name).sample(range(len(content)), 12):
                changed = bytearray(content)
                changed[place] ^= 1 << place % 8
                assert not is_believed(forged(raw, {name: bytes(changed)}), root_digest), (name, place)


@given(st.dictionaries(NAMES, st.binary(max_size=64), max_size=6))
def test_what_is_written_is_read_again(files: dict[str, bytes]) -> None:
    whole = {**files, "evidence.json": b"{}"}
    raw = format_container(whole)
    assert whole == parse_container(raw)
    assert raw == format_container(parse_container(raw))


@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06"]))
def test_no_bytes_are_more_than_refused(raw: bytes, start: bytes) -> None:
    with pytest.raises(BadEvidence):
        parse_container(start + raw)


@given(st.binary(max_size=200))
def test_no_manifest_is_more_than_refused(text: bytes) -> None:
    with pytest.raises((BadEvidence, UnknownEvidence)):
        parse_manifest(text)


def test_a_manifest_has_one_form(raw: bytes) -> None:
    files = parse_container(raw)
    manifest = parse_manifest(files["evidence.json"])
    assert files["evidence.json"] == format_manifest(manifest)
    assert {name: digest_of(content) for name, content in files.items() if name != "evidence.json"} == manifest.files
