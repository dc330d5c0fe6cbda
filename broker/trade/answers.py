"""What the importing country answered. Silence is no answer, and nothing here ever makes one of it."""

from collections.abc import Iterable
from datetime import date

import msgspec

from broker.records.notification_reply import NotificationReplyCore, ReplyKind
from broker.trade.said import Said
from broker.types.names import Digest


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """A reply of the importing country.

    Attributes:
        to_current: It answers what the notification says now, and not an earlier version of it.
        days_late: How many days after the last day it was given; zero for in time, or where there is no last day.
    """

    said: Said
    core: NotificationReplyCore
    to_current: bool
    days_late: int


def read_replies(replies: Iterable[Said], due: dict[Digest, date | None], *, current: Digest) -> tuple[Reply, ...]:
    """Return *replies* in their order, each as it stands to the version that it names.

    Args:
        due: The last day for an answer to each version.
        current: The newest version.
    """
    found: list[Reply] = []
    for one in sorted(replies, key=lambda said: said.order):
        if isinstance(one.core, NotificationReplyCore):
            last = due.get(one.core.notification)
            late = 0 if last is None else max((one.day - last).days, 0)
            found.append(
                Reply(said=one, core=one.core, to_current=one.core.notification == current, days_late=late)
            )  # fmt: skip
    return tuple(found)


def standing_answer(replies: Iterable[Reply]) -> Reply | None:
    """Return the reply that counts: the newest to the current version; that it was received is no answer to it."""
    mine = [one for one in replies if one.to_current]
    answers = [one for one in mine if one.core.reply is not ReplyKind.RECEIVED]
    return max(answers or mine, key=lambda one: one.said.order, default=None)
