"""The header: what it may say, and that it is printed as it was parsed."""

from datetime import datetime
from typing import Any

import msgspec
import pytest

from broker import limits
from broker.envelope.header import Header, format_header, header_digest, parse_header
from broker.errors import BadHeader, BadName, BrokerError, MalformedError, NotCanonical, TooLarge
from broker.types.names import ROOT, ZERO_DIGEST, Digest, KeyId, MessageName, Originator, Stream
from broker.types.vocabulary import Kind, Status, Tlp
from tests.support.messages import ISSUED_AT, a_digest, a_header, a_section

SIGNERS = tuple(KeyId(a_digest(f"signer {number}")[:16]) for number in range(limits.MAX_ROOT_SIGNERS + 1))
SEALED = (a_section(sealed=True), a_section("trade", sealed=True))
SECTIONS = tuple(a_section(f"part-{letter}") for letter in "abcdefghijklmnopq")
LATER: dict[str, Any] = {"sequence": 2, "previous": a_digest("first")}


def directory(**changes: Any) -> Header:
    """Return the header of a directory message."""
    return a_header(**{"kind": Kind.DIRECTORY, "originator": Originator("NL/~admin"), "tlp": Tlp.GREEN} | changes)


ACCEPTED = [
    pytest.param(a_header(), id="first of a stream"),
    pytest.param(a_header(**LATER), id="second of a stream"),
    pytest.param(a_header(writer=limits.MAX_WRITER), id="last writer"),
    pytest.param(a_header(sequence=limits.MAX_SEQUENCE, previous=a_digest("x")), id="last sequence"),
    pytest.param(a_header(signers=SIGNERS[: limits.MAX_SIGNERS]), id="four signers"),
    pytest.param(a_header(sections=SECTIONS[: limits.MAX_SECTIONS]), id="sixteen sections"),
    pytest.param(a_header(tlp=Tlp.AMBER, sections=SEALED), id="sealed"),
    pytest.param(a_header(tlp=Tlp.RED, sections=SEALED), id="sealed for a few"),
    pytest.param(a_header(directory_digest=ZERO_DIGEST), id="no directory yet"),
    pytest.param(a_header(kind=Kind.RELEASE, tlp=Tlp.RED, sections=(a_section("release"),)), id="release"),
    pytest.param(a_header(kind=Kind.HEADS, originator=Originator("NL/~1")), id="heads of a node"),
    pytest.param(a_header(kind=Kind.HEADS, originator=Originator("X-HUB/~notary")), id="heads of the notary"),
    pytest.param(directory(), id="administrator"),
    pytest.param(directory(originator=ROOT, signers=SIGNERS[:16]), id="root with sixteen signers"),
]


@pytest.mark.parametrize("header", ACCEPTED)
def test_a_header_is_parsed_as_it_was_printed(header: Header) -> None:
    data = format_header(header)

    assert header == parse_header(data)
    assert data == format_header(parse_header(data))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"federation": ""}, id="no federation"),
        pytest.param({"federation": "Exercise"}, id="federation in capitals"),
        pytest.param({"kind": Kind.UNKNOWN}, id="unknown kind"),
        pytest.param({"status": Status.UNKNOWN}, id="unknown status"),
        pytest.param({"tlp": Tlp.UNKNOWN}, id="unknown label"),
        pytest.param({"writer": 0}, id="writer zero"),
        pytest.param({"writer": -1}, id="negative writer"),
        pytest.param({"writer": limits.MAX_WRITER + 1}, id="writer too large"),
        pytest.param({"sequence": 0}, id="sequence zero"),
        pytest.param({"sequence": -1}, id="negative sequence"),
        pytest.param({"sequence": limits.MAX_SEQUENCE + 1, "previous": a_digest("x")}, id="sequence too large"),
        pytest.param({"previous": a_digest("x")}, id="first with a previous one"),
        pytest.param({"sequence": 2}, id="second without a previous one"),
        pytest.param({"signers": ()}, id="no signer"),
        pytest.param({"signers": SIGNERS[:5]}, id="five signers"),
        pytest.param({"signers": (SIGNERS[0], SIGNERS[0])}, id="one signer twice"),
        pytest.param({"sections": ()}, id="no section"),
        pytest.param({"sections": SECTIONS}, id="seventeen sections"),
        pytest.param({"sections": (a_section(), a_section(sealed=True))}, id="one section twice"),
        pytest.param({"sections": (a_section(""),)}, id="section without a name"),
        pytest.param({"sections": (a_section("Core"),)}, id="section in capitals"),
        pytest.param({"sections": (a_section("a" * 41),)}, id="section with a long name"),
        pytest.param({"sections": (a_section("core\n"),)}, id="section with a newline"),
        pytest.param({"tlp": Tlp.CLEAR, "sections": (a_section(sealed=True),)}, id="sealed for everybody"),
        pytest.param({"kind": Kind.RELEASE, "tlp": Tlp.RED, "sections": SEALED}, id="sealed release"),
        pytest.param({"tlp": Tlp.GREEN}, id="open to whoever reads the topic"),
        pytest.param({"tlp": Tlp.AMBER, "sections": (*SEALED, a_section("nominal"))}, id="one of them open"),
        pytest.param({"originator": Originator("NL/~1")}, id="record of a node"),
        pytest.param({"originator": Originator("NL/~admin")}, id="record of an administrator"),
        pytest.param({"kind": Kind.RELEASE, "originator": Originator("NL/~1")}, id="release of a node"),
        pytest.param({"kind": Kind.HEADS}, id="heads of an authority"),
        pytest.param({"kind": Kind.HEADS, "originator": Originator("NL/~admin")}, id="heads of an administrator"),
        pytest.param({"kind": Kind.HEADS, "originator": ROOT}, id="heads of the root"),
        pytest.param({"kind": Kind.DIRECTORY}, id="directory of an authority"),
        pytest.param({"kind": Kind.DIRECTORY, "originator": Originator("NL/~1")}, id="directory of a node"),
        pytest.param({"kind": Kind.DIRECTORY, "originator": Originator("NL/~root")}, id="another's root"),
        pytest.param(
            {"kind": Kind.DIRECTORY, "originator": Originator("NL/~admin"), "signers": SIGNERS[:5]},
            id="administrator with five signers",
        ),
        pytest.param(
            {"kind": Kind.DIRECTORY, "originator": ROOT, "signers": SIGNERS[:17]}, id="root with seventeen signers"
        ),
        pytest.param({"previous": Digest(bytes(31))}, id="previous too short"),
        pytest.param({"sequence": 2, "previous": Digest(b"x" * 33)}, id="previous too long"),
        pytest.param({"directory_digest": Digest(bytes(33))}, id="directory digest too long"),
        pytest.param({"signers": (KeyId(bytes(15)),)}, id="signer too short"),
        pytest.param({"sections": (msgspec.structs.replace(a_section(), commitment=Digest(b"")),)}, id="no commitment"),
        pytest.param(
            {"sections": (msgspec.structs.replace(a_section(), body_digest=Digest(bytes(31))),)}, id="short body digest"
        ),
        pytest.param(
            {"sections": (msgspec.structs.replace(a_section(), key_commitment=Digest(b"")),)}, id="no key commitment"
        ),
        pytest.param({"originator": Originator("nobody")}, id="originator of no form"),
    ],
)
def test_refuses_to_print_a_header_with(changes: dict[str, Any]) -> None:
    with pytest.raises((BadHeader, BadName)):
        format_header(a_header(**changes))


def test_refuses_to_print_a_time_without_a_zone() -> None:
    with pytest.raises(MalformedError):
        format_header(a_header(issued_at=datetime(2026, 3, 1)))  # noqa: DTZ001


def replaced(old: bytes, new: bytes) -> bytes:
    """Return the bytes of a header with *old*, which stands there once, replaced."""
    data = format_header(a_header(**LATER))
    assert data.count(old) == 1
    return data.replace(old, new)


HEAD = b"\x1aexercise-2026\x02\x04\x14NL/customs\x02\x04"
"""Federation, kind, status, originator, writer, sequence."""


@pytest.mark.parametrize(
    ("data", "error"),
    [
        pytest.param(b"", NotCanonical, id="nothing"),
        pytest.param(replaced(HEAD, HEAD[:14] + b"\x00\x04\x14NL/customs\x02\x04"), BadHeader, id="unknown kind"),
        pytest.param(replaced(HEAD, HEAD[:14] + b"\x01\x04\x14NL/customs\x02\x04"), NotCanonical, id="kind -1"),
        pytest.param(replaced(HEAD, HEAD[:14] + b"\x0a\x04\x14NL/customs\x02\x04"), NotCanonical, id="kind 5"),
        pytest.param(replaced(HEAD, HEAD[:14] + b"\x82\x00\x04\x14NL/customs\x02\x04"), NotCanonical, id="long kind"),
        pytest.param(replaced(HEAD, HEAD[:14] + b"\x02\x00\x14NL/customs\x02\x04"), BadHeader, id="unknown status"),
        pytest.param(replaced(HEAD, HEAD[:-2] + b"\x00\x04"), BadHeader, id="writer zero"),
        pytest.param(replaced(HEAD, HEAD[:-2] + b"\x80\x80\x80\x80\x10\x04"), MalformedError, id="writer of 33 bits"),
        pytest.param(replaced(HEAD, HEAD[:-1] + b"\x02"), BadHeader, id="first with a previous one"),
        pytest.param(replaced(HEAD, HEAD[:-1] + b"\x03"), BadHeader, id="negative sequence"),
        pytest.param(replaced(b"NL/customs", b"NL/Customs"), BadName, id="originator in capitals"),
        pytest.param(replaced(b"NL/customs", b"NL/custom\xff"), NotCanonical, id="originator not UTF-8"),
        pytest.param(replaced(b"exercise-2026", b"exercise 2026"), BadName, id="federation with a space"),
        pytest.param(replaced(b"\x08core", b"\x08Core"), BadHeader, id="section in capitals"),
        pytest.param(format_header(a_header()) + b"\x00", NotCanonical, id="byte left over"),
        pytest.param(bytes(limits.MAX_HEADER_BYTES + 1), TooLarge, id="too large"),
    ],
)
def test_refuses_the_bytes_of_a_header_with(data: bytes, error: type[BrokerError]) -> None:
    with pytest.raises(error):
        parse_header(data)


def test_refuses_a_header_cut_at_any_byte() -> None:
    data = format_header(a_header(tlp=Tlp.AMBER, sections=SEALED))

    for length in range(len(data)):
        with pytest.raises(MalformedError):
            parse_header(data[:length])


def test_the_largest_header_that_its_fields_allow_is_within_the_limit() -> None:
    sections = tuple(a_section(f"{letter}{'x' * 39}", sealed=True) for letter in "abcdefghijklmnop")
    header = a_header(federation="a" * 63, tlp=Tlp.AMBER, signers=SIGNERS[:4], sections=sections)

    assert header == parse_header(format_header(header))


def test_the_identity_of_a_message_is_the_digest_of_its_header() -> None:
    first, second = format_header(a_header()), format_header(a_header(writer=2))

    assert len(header_digest(first)) == 32
    assert header_digest(first) != header_digest(second)


def test_a_header_knows_its_stream_and_its_name() -> None:
    header = a_header(writer=3, **LATER)

    assert Stream(Originator("NL/customs"), 3) == header.stream
    assert MessageName(header.stream, 2) == header.name
    assert ISSUED_AT == header.issued_at
