"""Requests, byte by byte, as C2SP tlog-witness lays them out."""

import contextlib
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.errors import BadNote
from broker.log.witness import MAX_REQUEST_BYTES, AddCheckpoint, format_request, parse_request
from broker.merkle import Hash
from tests.support.witnessing import a_note

NOTE = a_note(20)
ONE, TWO = (Hash(bytes([number]) * 32) for number in (1, 2))
B1, B2 = b64encode(ONE), b64encode(TWO)


def test_is_an_old_size_a_proof_an_empty_line_and_the_checkpoint() -> None:
    raw = b"old 7\n" + B1 + b"\n" + B2 + b"\n\n" + NOTE

    assert raw == format_request(AddCheckpoint(7, (ONE, TWO), NOTE))
    assert AddCheckpoint(7, (ONE, TWO), NOTE) == parse_request(raw)


def test_has_no_line_of_proof_where_nothing_is_to_be_proved() -> None:
    assert b"old 0\n\n" + NOTE == format_request(AddCheckpoint(0, (), NOTE))


def test_takes_the_longest_proof_and_the_largest_size() -> None:
    request = AddCheckpoint(2**63 - 1, (ONE,) * 63, NOTE)

    assert request == parse_request(format_request(request))


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\n", id="an empty line"),
        pytest.param(b"\n\n" + NOTE, id="no old size"),
        pytest.param(NOTE, id="a checkpoint alone"),
        pytest.param(b"old 7\n\n", id="no checkpoint"),
        pytest.param(b"old 7\n", id="no empty line"),
        pytest.param(b"old 7\n" + NOTE, id="no empty line before the checkpoint"),
        pytest.param(b"old 7", id="no line end"),
        pytest.param(b"old 07\n\n" + NOTE, id="leading zero"),
        pytest.param(b"old 00\n\n" + NOTE, id="two zeros"),
        pytest.param(b"old -1\n\n" + NOTE, id="below zero"),
        pytest.param(b"old +1\n\n" + NOTE, id="plus sign"),
        pytest.param(b"old \n\n" + NOTE, id="empty size"),
        pytest.param(b"old\n\n" + NOTE, id="no size"),
        pytest.param(b"old  7\n\n" + NOTE, id="two spaces"),
        pytest.param(b"old\t7\n\n" + NOTE, id="tab"),
        pytest.param(b"old 7 \n\n" + NOTE, id="space at the end"),
        pytest.param(b" old 7\n\n" + NOTE, id="space before"),
        pytest.param(b"Old 7\n\n" + NOTE, id="capital"),
        pytest.param(b"size 7\n\n" + NOTE, id="another word"),
        pytest.param(b"old 0x7\n\n" + NOTE, id="hexadecimal"),
        pytest.param(b"old 7.0\n\n" + NOTE, id="fraction"),
        pytest.param(b"old 1_0\n\n" + NOTE, id="underscore"),
        pytest.param("old ٧\n\n".encode() + NOTE, id="digit of another script"),
        pytest.param(b"old \xff\n\n" + NOTE, id="no UTF-8"),
        pytest.param(b"old 9223372036854775808\n\n" + NOTE, id="a size of 2⁶³"),
        pytest.param(b"old " + b"9" * 400 + b"\n\n" + NOTE, id="a size of 400 digits"),
        pytest.param(b"old 7\r\n\r\n" + NOTE, id="carriage returns"),
        pytest.param(b"old 7\r\n\n" + NOTE, id="one carriage return"),
        pytest.param(b"\xef\xbb\xbfold 7\n\n" + NOTE, id="byte order mark"),
        pytest.param(b"old 7\n" + B1[:-1] + b"\n\n" + NOTE, id="no padding"),
        pytest.param(B1.join([b"old 7\n", b" \n\n"]) + NOTE, id="space behind a hash"),
        pytest.param(b"old 7\n" + B1 + b"\r\n\n" + NOTE, id="carriage return behind a hash"),
        pytest.param(b"old 7\n" + b64encode(bytes(31)) + b"\n\n" + NOTE, id="31 bytes"),
        pytest.param(b"old 7\n" + b64encode(bytes(33)) + b"\n\n" + NOTE, id="33 bytes"),
        pytest.param(b"old 7\n" + B1[:-2] + b"F=\n\n" + NOTE, id="stray bits"),
        pytest.param(b"old 7\n" + b64encode(b"\xff" * 32, b"-_") + b"\n\n" + NOTE, id="base64 of URLs"),
        pytest.param(b"old 7\n" + ONE.hex().encode() + b"\n\n" + NOTE, id="hexadecimal hash"),
        pytest.param(b"old 7\n" + (B1 + b"\n") * 64 + b"\n" + NOTE, id="64 lines of proof"),
        pytest.param(b"old 7\n\n" + NOTE.ljust(MAX_REQUEST_BYTES, b"."), id="too long"),
    ],
)
def test_refuses_what_is_not_laid_out_so(raw: bytes) -> None:
    with pytest.raises(BadNote):
        parse_request(raw)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_a_bad_note(raw: bytes) -> None:
    with contextlib.suppress(BadNote):
        assert raw == format_request(parse_request(raw))


@given(st.integers(0, 2**63 - 1), st.lists(st.binary(min_size=32, max_size=32), max_size=63))
def test_parsing_is_the_inverse_of_formatting(old: int, proof: list[bytes]) -> None:
    request = AddCheckpoint(old, tuple(map(Hash, proof)), NOTE)

    assert request == parse_request(format_request(request))
