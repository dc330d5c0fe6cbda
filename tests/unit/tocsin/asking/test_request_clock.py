"""Clocks in words."""

from datetime import UTC, datetime, timedelta

import pytest

from broker.records.inquiry import ANSWER_WITHIN, Urgency
from tocsin.asking.clock import remaining, span

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (timedelta(seconds=-5), "less than a minute"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=5, minutes=12), "5 h 12 min"),
        (timedelta(hours=8), "8 h"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=2, hours=3, minutes=59), "2 days 3 h"),
        (timedelta(days=180), "180 days"),
    ],
)
def test_a_length_of_time_is_said_in_its_two_largest_units(length: timedelta, expected: str) -> None:
    assert expected == span(length)


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (NOW + timedelta(hours=5, minutes=12), "5 h 12 min left"),
        (NOW - timedelta(days=2), "overdue by 2 days"),
        (NOW, "overdue by less than a minute"),
    ],
)
def test_a_clock_says_how_much_is_left_or_by_how_much_it_is_overdue(due: datetime, expected: str) -> None:
    assert expected == remaining(due, NOW)


def test_every_urgency_has_its_time() -> None:
    expected = {
        Urgency.URGENT: timedelta(hours=8), Urgency.NORMAL: timedelta(days=3), Urgency.ROUTINE: timedelta(days=7)
    }  # fmt: skip
    assert expected == ANSWER_WITHIN
    assert {one for one in Urgency if one is not Urgency.UNKNOWN} == ANSWER_WITHIN.keys()
