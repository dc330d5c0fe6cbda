"""Times and their count of microseconds."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from broker.errors import MalformedError
from broker.types.time import EPOCH, from_micros, to_micros

LAST = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("micros", "when"),
    [
        pytest.param(0, EPOCH, id="first"),
        pytest.param(1, EPOCH + timedelta(microseconds=1), id="one microsecond"),
        pytest.param(951_782_400_000_000, datetime(2000, 2, 29, tzinfo=UTC), id="leap day"),
        pytest.param(2**31 * 1_000_000, datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC), id="beyond 32 bits of seconds"),
        pytest.param(253_402_300_799_999_999, LAST, id="last"),
    ],
)
def test_a_time_and_its_microseconds_are_inverse(micros: int, when: datetime) -> None:
    assert micros == to_micros(when)
    assert when == from_micros(micros)


@pytest.mark.parametrize("micros", [-1, -(2**63), 253_402_300_800_000_000, 2**63 - 1, 2**63])
def test_refuses_microseconds_that_are_no_time(micros: int) -> None:
    with pytest.raises(MalformedError):
        from_micros(micros)


def test_refuses_a_time_without_a_zone() -> None:
    with pytest.raises(MalformedError, match="time zone"):
        to_micros(datetime(2026, 3, 1))  # noqa: DTZ001


@pytest.mark.parametrize("when", [EPOCH - timedelta(microseconds=1), datetime(1, 1, 1, tzinfo=UTC)])
def test_refuses_a_time_before_1970(when: datetime) -> None:
    with pytest.raises(MalformedError, match="1970"):
        to_micros(when)


def test_counts_the_same_moment_the_same_in_every_zone() -> None:
    tokyo = timezone(timedelta(hours=9))

    assert to_micros(datetime(2026, 3, 1, tzinfo=UTC)) == to_micros(datetime(2026, 3, 1, 9, tzinfo=tokyo))


def test_hands_out_times_in_utc() -> None:
    assert UTC is from_micros(1).tzinfo
