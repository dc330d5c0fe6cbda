"""The strict reader: each value has one encoding, and no other is read."""

from collections.abc import Callable

import pytest

from broker.envelope.cursor import Cursor, put_bytes, put_long, put_text
from broker.errors import NotCanonical

EDGES = sorted({sign * (2**bits + off) for bits in range(63) for off in (-1, 0, 1) for sign in (1, -1)})
NUMBERS = [*EDGES, 2**63 - 1, -(2**63), -(2**63) + 1]


def a_long(value: int) -> bytes:
    """Return the encoding of a number."""
    out = bytearray()
    put_long(out, value)
    return bytes(out)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        pytest.param(0, "00", id="zero"),
        pytest.param(-1, "01", id="minus one"),
        pytest.param(1, "02", id="one"),
        pytest.param(-64, "7f", id="last of one byte"),
        pytest.param(64, "8001", id="first of two bytes"),
        pytest.param(2**63 - 1, "feffffffffffffffff01", id="largest"),
        pytest.param(-(2**63), "ffffffffffffffffff01", id="smallest"),
    ],
)
def test_writes_a_number_as_avro_does(value: int, encoded: str) -> None:
    assert encoded == a_long(value).hex()


def test_reads_every_number_that_it_writes() -> None:
    for value in NUMBERS:
        cursor = Cursor(a_long(value))
        assert value == cursor.long()
        cursor.end()


def test_reads_of_all_short_byte_strings_only_those_that_it_writes() -> None:
    for data in [bytes([first, second]) for first in range(256) for second in range(256)]:
        cursor = Cursor(data)
        try:
            value = cursor.long()
            cursor.end()
        except NotCanonical:
            continue
        assert data == a_long(value)


@pytest.mark.parametrize(
    "encoded",
    [
        pytest.param("", id="nothing"),
        pytest.param("80", id="no end"),
        pytest.param("8000", id="zero in two bytes"),
        pytest.param("828000", id="one in three bytes"),
        pytest.param("ffffffffffffffffff02", id="beyond 64 bits"),
        pytest.param("ffffffffffffffffff7f", id="all bits of ten bytes"),
        pytest.param("8080808080808080808001", id="eleven bytes"),
        pytest.param("ff" * 30 + "01", id="thirty-one bytes"),
        pytest.param("80" * 1000, id="a thousand bytes without an end"),
    ],
)
def test_refuses_a_number_in_another_form(encoded: str) -> None:
    with pytest.raises(NotCanonical):
        Cursor(bytes.fromhex(encoded)).long()


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, 2**63 - 1, -(2**63)])
def test_refuses_an_int_of_more_than_32_bits(value: int) -> None:
    with pytest.raises(NotCanonical, match="32 bits"):
        Cursor(a_long(value)).int32()


@pytest.mark.parametrize("value", [2**31 - 1, -(2**31), 0])
def test_reads_an_int_of_32_bits(value: int) -> None:
    assert value == Cursor(a_long(value)).int32()


@pytest.mark.parametrize(
    ("encoded", "read"),
    [
        pytest.param("01", Cursor.bytes, id="negative length"),
        pytest.param("0261"[:2], Cursor.bytes, id="announced and absent"),
        pytest.param("046162"[:4], Cursor.bytes, id="one byte short"),
        pytest.param(a_long(2**62).hex(), Cursor.bytes, id="length of 2**62"),
        pytest.param("02ff", Cursor.text, id="not UTF-8"),
        pytest.param("04c080", Cursor.text, id="overlong UTF-8"),
        pytest.param("06eda080", Cursor.text, id="surrogate"),
        pytest.param("06efbf"[:6], Cursor.text, id="cut character"),
        pytest.param("01", lambda cursor: cursor.index(2), id="choice -1"),
        pytest.param("04", lambda cursor: cursor.index(2), id="choice beyond the last"),
        pytest.param("01", lambda cursor: cursor.count(16), id="block with its size"),
        pytest.param("22", lambda cursor: cursor.count(16), id="too many items"),
        pytest.param(a_long(2**40).hex(), lambda cursor: cursor.count(16), id="2**40 items"),
        pytest.param("02", lambda cursor: cursor.end_of_array(1), id="second block"),
        pytest.param("", lambda cursor: cursor.end_of_array(1), id="array without end"),
        pytest.param("00", Cursor.end, id="byte left over"),
        pytest.param("00" * 31, lambda cursor: cursor.fixed(32), id="fixed cut"),
    ],
)
def test_refuses(encoded: str, read: Callable[[Cursor], object]) -> None:
    with pytest.raises(NotCanonical):
        read(Cursor(bytes.fromhex(encoded)))


def test_an_empty_array_has_ended_with_its_head() -> None:
    cursor = Cursor(b"\x00")

    count = cursor.count(16)
    cursor.end_of_array(count)
    cursor.end()


@pytest.mark.parametrize("text", ["", "a", "Ελλάς", "日本", "🚢", "a\0b"])
def test_reads_the_text_and_the_bytes_that_it_writes(text: str) -> None:
    out = bytearray()
    put_text(out, text)
    put_bytes(out, text.encode())
    cursor = Cursor(bytes(out))

    assert (text, text.encode()) == (cursor.text(), cursor.bytes())
    cursor.end()
