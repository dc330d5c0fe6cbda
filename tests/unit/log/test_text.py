"""Numbers and hashes have one way to be written."""

from base64 import b64encode

import pytest

from broker.errors import BadNote
from broker.log.text import format_base64, parse_base64, parse_hash, parse_number


@pytest.mark.parametrize("number", [0, 1, 9, 10, 2**53 + 1, 2**63 - 1])
def test_a_number_is_its_digits(number: int) -> None:
    assert number == parse_number(str(number))


@pytest.mark.parametrize(
    "text",
    [
        "", "00", "01", "-1", "-0", "+1", " 1", "1 ", "1\n", "1\r", "1_0", "1,0", "1.0", "1e3", "0x1", "a", "\u0661",
        "\uff11", "²", str(2**63), "1" + "0" * 19, "9" * 5000,
    ],
)  # fmt: skip
def test_refuses_a_number_that_nobody_writes_so(text: str) -> None:
    with pytest.raises(BadNote):
        parse_number(text)


@pytest.mark.parametrize("length", range(40))
def test_base64_is_the_standard_one(length: int) -> None:
    data = bytes(range(0xC0, 0xC0 + length))

    assert b64encode(data).decode() == format_base64(data)
    assert data == parse_base64(format_base64(data))


@pytest.mark.parametrize(
    "text",
    [
        "A", "AA", "AAA", "AA=", "A===", "====", "AB==", "AAB=", "AA==\n", "AA==AA==", "A-A_", " AAAA", "AAAA ",
        "AA\nAA", "AAAA=", "AAAA==", "\u0410AAA", "AA=A", "AAA==",
    ],
)  # fmt: skip
def test_refuses_base64_that_nobody_writes_so(text: str) -> None:
    with pytest.raises(BadNote):
        parse_base64(text)


def test_a_hash_is_32_bytes() -> None:
    assert bytes(32) == parse_hash("A" * 43 + "=")


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_refuses_a_hash_of_another_length(length: int) -> None:
    with pytest.raises(BadNote):
        parse_hash(format_base64(bytes(length)))
