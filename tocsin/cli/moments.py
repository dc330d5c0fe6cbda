"""Days and times on a command line."""

from datetime import UTC, date, datetime, time, timedelta

import typer

_DAY_LENGTH = len("2026-05-01")


def read_moment(text: str | None, option: str) -> datetime | None:
    """Return the moment that an option names, None where it is left out; a day is meant to its end, times are UTC.

    Raises:
        typer.BadParameter: It is none.
    """
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        says = f"{text[:40]!r} is no day or time; expected one like 2026-05-01 or 2026-05-01T12:00Z"
        raise typer.BadParameter(says, param_hint=option) from None
    if len(text) <= _DAY_LENGTH:
        return datetime.combine(when.date() + timedelta(days=1), time(), UTC)
    return when.astimezone(UTC) if when.tzinfo is not None else when.replace(tzinfo=UTC)


def read_day(text: str | None, option: str) -> date | None:
    """Return the day that an option names, None where it is left out.

    Raises:
        typer.BadParameter: It is none.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        says = f"{text[:40]!r} is no day; expected one like 2026-05-01"
        raise typer.BadParameter(says, param_hint=option) from None
