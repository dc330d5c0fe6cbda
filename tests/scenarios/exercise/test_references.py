"""What a scenario leaves open: durations, days, times and digests."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.errors import MalformedError
from broker.types.names import Digest
from tocsin.exercise.durations import format_duration, parse_duration
from tocsin.exercise.references import Moment, fill, messages_in

SEIZURE = Digest(b"\x07" * 32)
START = datetime(2026, 5, 4, 9, tzinfo=UTC)
MOMENT = Moment(start=START, speed=24.0, digests={"seizure": SEIZURE})


@given(st.integers(0, 60 * 24 * 9000))
def test_what_is_written_as_a_duration_is_read_as_the_same(minutes: int) -> None:
    duration = timedelta(minutes=minutes)

    assert duration == parse_duration(format_duration(duration))


@pytest.mark.parametrize("text", ["", "8", "h8", "8h2d", "-3h", "8 h", "1w", "2d 4h", "٣h", "99999999h"])
def test_refuses_what_is_no_duration(text: str) -> None:
    with pytest.raises(MalformedError, match="is no duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("reference", "stands_for"),
    [
        ("@day", date(2026, 5, 4)),
        ("@day+5", date(2026, 5, 9)),
        ("@day-4", date(2026, 4, 30)),
        ("@time+1d", START + timedelta(hours=1)),
        ("@message seizure", bytes(SEIZURE)),
        ("no reference", "no reference"),
    ],
)
def test_days_go_by_the_scenario_and_times_by_the_clock_on_the_wall(reference: str, stands_for: Any) -> None:
    assert {"a": [{"b": stands_for}]} == fill({"a": [{"b": reference}]}, MOMENT)


@pytest.mark.parametrize("text", ["@", "@day5", "@days+1", "@time-1h", "@time+soon", "@message other", "@message A B"])
def test_refuses_what_stands_for_nothing(text: str) -> None:
    with pytest.raises(MalformedError):
        fill([text], MOMENT)


def test_the_messages_that_are_named_are_found_however_deep() -> None:
    tree = {"a": [{"b": "@message seizure"}], "c": "@message answer", "d": "@day"}

    assert {"seizure", "answer"} == set(messages_in(tree))
