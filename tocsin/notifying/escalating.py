"""Whom to call about an answer that does not come: the focal point of the importing country, at any hour."""

from datetime import datetime

import msgspec

from broker.directory import Directory
from broker.directory.entries import DutyContact
from broker.trade.reminders import Lateness, Reminder, Side


class Contact(msgspec.Struct, frozen=True):
    """An authority, and its desk that answers at any hour."""

    authority: str
    desk: DutyContact


def contacts(directory: Directory, reminder: Reminder, at: datetime) -> tuple[Contact, ...]:
    """Return whom to call: for an exporter whose answer is long overdue, the importing country's focal points."""
    if reminder.side is not Side.THEY_ANSWER or reminder.lateness is not Lateness.ESCALATED:
        return ()
    found = directory.focal_points(reminder.notification.core.importing_country, at)
    return tuple(Contact(one.authority, one.contact) for one in found)
