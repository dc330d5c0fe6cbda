"""Durations as a scenario writes them: ``8h``, ``2d4h30m``."""

import re
from datetime import timedelta
from typing import Final

from broker.errors import MalformedError

_DURATION: Final = re.compile(r"(?=.)(?:(\d{1,4})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?", re.ASCII)


def parse_duration(text: str) -> timedelta:
    """Return the duration that *text* writes.

    Raises:
        MalformedError: It writes none.
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        raise MalformedError(f"{text[:40]!r} is no duration; expected one like 30m, 8h or 2d4h")
    days, hours, minutes = (int(one or 0) for one in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def format_duration(duration: timedelta) -> str:
    """Return a duration to the minute, shortest."""
    minutes = int(duration.total_seconds() // 60)
    days, rest = divmod(minutes, 24 * 60)
    parts = ((days, "d"), (rest // 60, "h"), (rest % 60, "m"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0m"
