"""Reporting delay: of what happened in the last weeks, much is not reported yet, and a count of it would be too low."""

from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from broker.signals.observation import Observation


class Delays(msgspec.Struct, frozen=True):
    """How many days past incidents took from the day they happened until they were known, in order."""

    days: tuple[int, ...]

    def completeness(self, age: int) -> float:
        """Return the share of incidents that are known *age* days after they happened; 0 where nothing is known."""
        return sum(one <= age for one in self.days) / len(self.days) if self.days else 0.0

    def settled_after(self, share: float) -> int:
        """Return after how many days a *share* of incidents is known.

        Raises:
            ValueError: No delay is known.
        """
        if not self.days:
            raise ValueError("no delay is known")
        return next(days for days in self.days if self.completeness(days) >= share)


def delays_of(observations: Iterable[Observation], *, before: date, horizon: timedelta) -> Delays:
    """Return the delays of incidents whose day is known and that a report gives a day of its own.

    Those of the last *horizon* before the day *before* do not count: of them only the quick ones are here, and all
    incidents would seem quick.
    """
    found = []
    for one in observations:
        day, reported = one.facts.first_day, one.facts.reported_on
        if day is None or day != one.facts.last_day or reported is None or reported < day:
            continue
        if day <= before - horizon:
            found.append((reported - day).days)
    return Delays(tuple(sorted(found)))
