"""Ranges of missing numbers behave as the set of those numbers."""

from hypothesis import given
from hypothesis import strategies as st

from consumers.ranges import Range, without

NUMBERS = st.integers(1, 40)


@given(first=NUMBERS, length=st.integers(0, 40), taken=st.lists(NUMBERS, max_size=60))
def test_taking_numbers_out_of_a_range_leaves_the_others_in_order(first: int, length: int, taken: list[int]) -> None:
    ranges = [Range(first, first + length)]
    for number in taken:
        ranges = without(ranges, number)
    left = [number for one in ranges for number in range(one.first, one.last + 1)]
    assert sorted(set(range(first, first + length + 1)) - set(taken)) == left


@given(first=NUMBERS, length=st.integers(0, 40), number=NUMBERS)
def test_no_range_is_empty(first: int, length: int, number: int) -> None:
    assert all(one.first <= one.last for one in without([Range(first, first + length)], number))
