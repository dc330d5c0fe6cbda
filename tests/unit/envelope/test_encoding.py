"""The encodings under every signature and digest, against values worked out by hand."""

import hashlib

import pytest

from broker.envelope.encoding import encode_tuple, pre_authentication_encoding, tagged_hash


@pytest.mark.parametrize(
    ("fields", "encoded"),
    [
        pytest.param((), "", id="nothing"),
        pytest.param(("",), "00000000", id="empty text"),
        pytest.param(("NL",), "000000024e4c", id="text"),
        pytest.param(("é",), "00000002c3a9", id="text beyond ASCII"),
        pytest.param((1,), "000000080000000000000001", id="number"),
        pytest.param((2**64 - 1,), "00000008ffffffffffffffff", id="largest number"),
        pytest.param((b"\x01", b""), "000000010100000000", id="bytes"),
        pytest.param(("a", 2, b"\x03"), "0000000161000000080000000000000002" + "0000000103", id="all three"),
    ],
)
def test_a_tuple_is_each_length_and_each_field(fields: tuple[str | int | bytes, ...], encoded: str) -> None:
    assert encoded == encode_tuple(*fields).hex()


@pytest.mark.parametrize("number", [-1, 2**64])
def test_refuses_a_number_that_does_not_fit(number: int) -> None:
    with pytest.raises(OverflowError):
        encode_tuple(number)


def test_a_tagged_hash_separates_its_tag_from_its_data() -> None:
    assert hashlib.sha256(b"tag\0data").digest() == tagged_hash(b"tag", b"data")
    assert tagged_hash(b"tag", b"data") != tagged_hash(b"tagd", b"ata")


@pytest.mark.parametrize(
    ("payload_type", "payload", "encoded"),
    [
        pytest.param(b"", b"", b"DSSEv1 0  0 ", id="nothing"),
        pytest.param(b"text/plain", b"hello", b"DSSEv1 10 text/plain 5 hello", id="text"),
        pytest.param(b"t", b"2 b", b"DSSEv1 1 t 3 2 b", id="spaces in the payload"),
        pytest.param("é".encode(), bytes(10), b"DSSEv1 2 \xc3\xa9 10 " + bytes(10), id="lengths are of bytes"),
    ],
)
def test_encodes_what_is_signed_as_dsse_does(payload_type: bytes, payload: bytes, encoded: bytes) -> None:
    assert encoded == pre_authentication_encoding(payload_type, payload)
