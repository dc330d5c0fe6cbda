"""What is due: answers that are waited for, on either side, by the clock alone."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

import msgspec

from broker.directory.entries import DeadlineRule, DeadlineUnit
from broker.errors import NoCalendar
from broker.trade.deadlines import working_days_between
from broker.trade.states import State, is_answered, is_open, state_on
from broker.trade.workflow import Notification
from broker.types.names import Participant
from broker.types.vocabulary import Word

SOON_WORKING_DAYS: Final = 3
"""An answer that is due within so many working days is due soon."""
ESCALATED_AFTER_WORKING_DAYS: Final = 5
"""An answer that is overdue for more working days is escalated."""
_CLOSED: Final = (State.CANCELLED, State.WITHDRAWN)


class Lateness(Word):
    """How an answer that is waited for stands to its last day."""

    UNKNOWN = "UNKNOWN"
    WAITING = "WAITING"
    DUE_SOON = "DUE_SOON"
    DUE_TODAY = "DUE_TODAY"
    OVERDUE = "OVERDUE"
    ESCALATED = "ESCALATED"


class Side(Word):
    """Whose work it is."""

    UNKNOWN = "UNKNOWN"
    WE_ANSWER = "WE_ANSWER"
    THEY_ANSWER = "THEY_ANSWER"


class Reminder(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that is waited for.

    Attributes:
        days: Working days by the exporting country's rule until the last day, or since; by days where it counts days
            or has no rule that can be counted.
    """

    notification: Notification
    side: Side
    lateness: Lateness
    answer_by: date
    days: int

    @property
    def is_due(self) -> bool:
        """Whether somebody should do something."""
        return self.lateness is not Lateness.WAITING


def reminders(
    notifications: Iterable[Notification], mine: Participant, *, rules: Mapping[str, DeadlineRule], today: date
) -> tuple[Reminder, ...]:
    """Return what *mine* waits for and what is waited for from it, the most pressing first."""
    found = [one for notification in notifications if (one := remind(notification, mine, rules, today)) is not None]
    return tuple(sorted(found, key=lambda one: (one.answer_by, one.notification.first.said.order)))


def undated(notifications: Iterable[Notification], mine: Participant) -> tuple[Notification, ...]:
    """Return the open ones that *mine* has a part in, that nobody has answered, and whose answer has no last day.

    No clock runs for them, so nothing reminds anybody of them.
    """
    return tuple(
        one
        for one in notifications
        if mine in (one.core.importing_country, one.first.said.participant)
        and one.current.answer_by is None
        and not is_answered(one)
        and is_open(one)
    )


def remind(
    notification: Notification, mine: Participant, rules: Mapping[str, DeadlineRule], today: date
) -> Reminder | None:
    """Return how the answer to one notification stands; None where none is waited for, or *mine* has no part in it."""
    core, last = notification.core, notification.current.answer_by
    sides = {core.importing_country: Side.WE_ANSWER, notification.first.said.participant: Side.THEY_ANSWER}
    side = sides.get(mine)
    if side is None or last is None or is_answered(notification) or state_on(notification, today) in _CLOSED:
        return None
    days = _days(rules.get(core.exporting_country), today, last)
    return Reminder(
        notification=notification, side=side, lateness=_lateness(days, today, last), answer_by=last, days=days
    )


def _days(rule: DeadlineRule | None, today: date, last: date) -> int:
    first, then = min(today, last), max(today, last)
    if rule is None or rule.unit is DeadlineUnit.DAYS:
        return (then - first).days
    try:
        return working_days_between(rule, first, then)
    except NoCalendar:
        return (then - first).days


def _lateness(days: int, today: date, last: date) -> Lateness:
    if last == today:
        return Lateness.DUE_TODAY
    if last < today:
        return Lateness.ESCALATED if days > ESCALATED_AFTER_WORKING_DAYS else Lateness.OVERDUE
    return Lateness.DUE_SOON if days <= SOON_WORKING_DAYS else Lateness.WAITING
