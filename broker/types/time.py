"""Times: aware, UTC, whole microseconds; on the wire a count of them since 1970."""

from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from broker.errors import MalformedError

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LAST: Final = (datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC) - EPOCH) // _MICROSECOND


class Clock(Protocol):
    """What time it is. The pure core never asks; its callers do, and pass the answer in."""

    def __call__(self) -> datetime:
        """Return the present time, aware, in UTC."""
        ...


def to_micros(when: datetime) -> int:
    """Return *when* as microseconds since 1970.

    Raises:
        MalformedError: The time has no time zone, or lies before 1970.
    """
    if when.tzinfo is None:
        raise MalformedError(f"the time {when.isoformat()} has no time zone")
    micros = (when - EPOCH) // _MICROSECOND
    if micros < 0:
        raise MalformedError(f"the time {when.isoformat()} lies before 1970")
    return micros


def from_micros(micros: int) -> datetime:
    """Return the time *micros* microseconds after 1970, in UTC.

    Raises:
        MalformedError: The time lies before 1970 or after the year 9999.
    """
    if not 0 <= micros <= _LAST:
        raise MalformedError(f"{micros} microseconds is no time between 1970 and 9999")
    return EPOCH + timedelta(microseconds=micros)
