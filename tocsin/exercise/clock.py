"""The clock of a run without people: it stands where it is put, and never goes back."""

from datetime import datetime


class ScenarioClock:
    """Gives every node of a run the same time."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def __call__(self) -> datetime:
        """Return the time of the scenario."""
        return self._now

    def advance(self, to: datetime) -> None:
        """Put the clock to *to*, unless it is there or past it already."""
        self._now = max(self._now, to)
