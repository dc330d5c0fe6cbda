"""Numbers in the one length that they are written in, and sizes that are never more than is there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.avro.values import BYTES_OF, read_int, read_long, read_size, write_long

LONGS = st.integers(-(2**63), 2**63 - 1)


@pytest.mark.parametrize(
    ("number", "encoded"),
    [(0, "00"), (-1, "01"), (1, "02"), (63, "7e"), (-64, "7f"), (64, "8001"), (2**63 - 1, "feffffffffffffffff01")],
)
def test_a_number_has_the_bytes_that_avro_gives_it(number: int, encoded: str) -> None:
    assert encoded == write_long(number).hex()


@given(LONGS)
def test_a_number_is_read_as_it_was_written(number: int) -> None:
    encoded = write_long(number)

    assert (number, 1 + len(encoded)) == read_long(b"\x80" + encoded + b"\x80", 1)


@given(st.binary(min_size=1, max_size=12))
def test_bytes_are_refused_or_those_of_the_number_that_they_are_read_as(data: bytes) -> None:
    try:
        number, after = read_long(data, 0)
    except (ValueError, IndexError):
        return

    assert data[:after] == write_long(number)


def test_the_numbers_of_one_byte_are_written_like_any_other() -> None:
    assert tuple(write_long(number) for number in range(64)) == BYTES_OF


@pytest.mark.parametrize("number", [-(2**31), 2**31 - 1])
def test_a_number_of_32_bits_is_an_int(number: int) -> None:
    assert number == read_int(write_long(number), 0)[0]


@pytest.mark.parametrize("number", [-(2**31) - 1, 2**31])
def test_refuses_as_an_int_what_has_more_bits(number: int) -> None:
    with pytest.raises(ValueError, match="32 bits"):
        read_int(write_long(number), 0)


def test_a_size_may_reach_to_the_end() -> None:
    assert (70, 2) == read_size(write_long(70) + bytes(70), 0)


@pytest.mark.parametrize("size", [71, 2**40, -1, -65, -(2**63)])
def test_refuses_a_size_that_is_negative_or_reaches_beyond_the_end(size: int) -> None:
    with pytest.raises(ValueError, match="length or count"):
        read_size(write_long(size) + bytes(70), 0)
