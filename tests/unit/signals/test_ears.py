"""EARS against values computed by hand."""

from math import sqrt

import pytest

from broker.signals.ears import LEAST_DEVIATION, ears

# Mean 3; the squares of the deviations add up to 10, over six degrees of freedom.
BASELINE = [1, 2, 3, 4, 5, 3, 3]
DEVIATION = sqrt(10 / 6)


def test_c1_is_the_count_against_the_seven_before_it() -> None:
    said = ears([*BASELINE, 8], 7)

    assert said is not None
    assert said.c1 == pytest.approx((8 - 3) / DEVIATION)
    assert said.expected == 3


def test_c2_leaves_two_steps_out_between_baseline_and_count() -> None:
    said = ears([*BASELINE, 50, 50, 8], 9)

    assert said is not None
    assert said.c2 == pytest.approx((8 - 3) / DEVIATION)
    assert said.c1 is not None
    assert said.c1 < 0, "the outbreak got into its own baseline"


def test_c3_adds_what_three_steps_have_above_one() -> None:
    # Each baseline of C2 is the same seven counts; 6, 7 and 8 lie 3, 4 and 5 above their mean.
    counts = [3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 5]

    said = ears(counts, 12)

    assert said is not None
    # Floor of the deviation: (3-3)/.5 = 0, (4-3)/.5 = 2, (5-3)/.5 = 4; above one: 0 + 1 + 3.
    assert said.c3 == pytest.approx(4.0)
    assert said.is_alarm(3)


def test_seven_equal_counts_do_not_make_everything_else_infinitely_unusual() -> None:
    said = ears([0] * 7 + [1], 7)

    assert said is not None
    assert said.c1 == 1 / LEAST_DEVIATION
    assert not said.is_alarm(1)


@pytest.mark.parametrize(
    ("steps", "known"), [(6, ()), (7, (1,)), (8, (1,)), (9, (1, 2)), (10, (1, 2)), (11, (1, 2, 3))]
)
def test_a_past_that_is_too_short_says_nothing(steps: int, known: tuple[int, ...]) -> None:
    said = ears([1] * (steps + 1), steps)

    found = () if said is None else tuple(number for number in (1, 2, 3) if said.statistic(number) is not None)
    assert known == found


@pytest.mark.parametrize(("count", "alarm"), [(6, False), (7, True)])
def test_c1_alarms_above_three_standard_deviations(count: int, alarm: bool) -> None:
    # 3 + 3 · 1.291 = 6.87
    said = ears([*BASELINE, count], 7)

    assert said is not None
    assert alarm is said.is_alarm(1)
