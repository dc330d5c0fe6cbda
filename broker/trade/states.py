"""The state of a notification on a day, in one word, and what about it a person should look at."""

from collections.abc import Iterator
from datetime import date
from typing import Final

import msgspec

from broker.records.notification_reply import ReplyKind
from broker.records.shipment import ShipmentEvent
from broker.trade.balance import Overshoot
from broker.trade.shipments import Shipment
from broker.trade.workflow import Notification
from broker.types.vocabulary import Word


class State(Word):
    """How far a notification is."""

    UNKNOWN = "UNKNOWN"
    DRAFT = "DRAFT"
    SENT = "SENT"
    RECEIVED = "RECEIVED"
    NO_OBJECTION = "NO_OBJECTION"
    OBJECTION = "OBJECTION"
    MORE_INFORMATION = "MORE_INFORMATION"
    SUSPENDED = "SUSPENDED"
    NO_ANSWER = "NO_ANSWER"
    PARTLY_SHIPPED = "PARTLY_SHIPPED"
    SHIPPED = "SHIPPED"
    ARRIVED = "ARRIVED"
    SHORT = "SHORT"
    CANCELLED = "CANCELLED"
    WITHDRAWN = "WITHDRAWN"


class Noticed(msgspec.Struct, frozen=True):
    """Something that a person should look at; it stops nothing.

    Attributes:
        code: Stable word for it, such as ``overshoot``.
    """

    code: str
    says: str


_ANSWERS: Final = {
    ReplyKind.RECEIVED: State.RECEIVED,
    ReplyKind.NO_OBJECTION: State.NO_OBJECTION,
    ReplyKind.OBJECTION: State.OBJECTION,
    ReplyKind.MORE_INFORMATION: State.MORE_INFORMATION,
    ReplyKind.SUSPEND: State.SUSPENDED,
}
_ANSWERED: Final = (State.NO_OBJECTION, State.OBJECTION, State.MORE_INFORMATION, State.SUSPENDED)
_STOPS: Final = (State.OBJECTION, State.SUSPENDED)
_IN: Final = (ShipmentEvent.ARRIVED, ShipmentEvent.SHORT)


def state_on(notification: Notification, today: date) -> State:
    """Return the state on *today*: what became of the goods, else of the question, else that no answer came in time."""
    if notification.is_withdrawn:
        return State.WITHDRAWN
    if notification.cancelled_by is not None:
        return State.CANCELLED
    return goods_state(notification) or answer_state(notification, today)


def answer_state(notification: Notification, today: date) -> State:
    """Return what was answered to what the notification says now; silence is shown as silence."""
    said = State.SENT if notification.answer is None else _ANSWERS.get(notification.answer.core.reply, State.SENT)
    last = notification.current.answer_by
    if said not in _ANSWERED and last is not None and last < today:
        return State.NO_ANSWER
    return said


def is_answered(notification: Notification) -> bool:
    """Say whether the importing country has answered what the notification says now; that it was received is none."""
    return answer_state(notification, date.min) in _ANSWERED


def goods_state(notification: Notification) -> State | None:
    """Return how far the goods are; None while nothing was shipped."""
    live = [one for one in notification.shipments if one.event is not ShipmentEvent.CANCELLED]
    if not live:
        return None
    if not _is_complete(notification, live):
        return State.PARTLY_SHIPPED
    if not all(one.event in _IN for one in live):
        return State.SHIPPED
    return State.SHORT if any(one.event is ShipmentEvent.SHORT for one in live) else State.ARRIVED


def is_open(notification: Notification) -> bool:
    """Say whether something may still happen: it stands, and not everything has arrived."""
    if notification.is_withdrawn or notification.cancelled_by is not None:
        return False
    return goods_state(notification) not in (State.ARRIVED, State.SHORT)


def noticed(notification: Notification, today: date) -> tuple[Noticed, ...]:
    """Return what a person should look at, the gravest first."""
    return (
        *_standing(notification),
        *_goods(notification),
        *_period(notification, today),
        *_answers(notification, today),
    )


def _is_complete(notification: Notification, live: list[Shipment]) -> bool:
    told = [line for line in notification.balance if line.notified is not None]
    comparable = [line.left for line in told if line.left is not None]
    if comparable and len(comparable) == len(notification.balance):
        return all(left.low <= 0 for left in comparable)
    expected = notification.core.shipments_expected
    if notification.core.is_simplified and not expected:
        return False  # nobody said how many there will be
    return len(live) >= (expected or 1)


def _standing(notification: Notification) -> Iterator[Noticed]:
    first = notification.first
    if not notification.is_entitled:
        says = f"{notification.by} notifies an export of {first.core.exporting_country}, which is not its own country"
        yield Noticed("not-entitled", says)
    for one in notification.uncounted:
        yield Noticed(one.why.word, f"{one.said.message} does not count: {one.says}")


def _goods(notification: Notification) -> Iterator[Noticed]:
    for line in notification.balance:
        if line.notified is None:
            says = (
                f"{line.substance}: shipped in {line.unit}, which the notification does not state: not to be compared"
            )
            yield Noticed("not-comparable", says)
        elif line.overshoot is not Overshoot.NO:
            surely = "" if line.overshoot is Overshoot.CERTAIN else "perhaps "
            yield Noticed("overshoot", f"{line.substance}: {surely}more was shipped than was notified")
    for shipment in notification.shipments:
        if shipment.event is ShipmentEvent.SHORT:
            yield Noticed("short", f"shipment {shipment.number} arrived short")


def _period(notification: Notification, today: date) -> Iterator[Noticed]:
    last = notification.core.dispatch_to
    for shipment in notification.shipments:
        if last is not None and shipment.left_on is not None and shipment.left_on > last:
            says = f"shipment {shipment.number} left on {shipment.left_on}, after the period ended on {last}"
            yield Noticed("after-period", says)
    ended = last is not None and last < today and notification.core.is_simplified
    if ended and is_open(notification) and goods_state(notification) in (None, State.PARTLY_SHIPPED):
        yield Noticed("period-ended", f"its period ended on {last}: what is left is not to be shipped under it")


def _answers(notification: Notification, today: date) -> Iterator[Noticed]:
    answer, importer = notification.answer, notification.core.importing_country
    state = answer_state(notification, today)
    shipped = goods_state(notification) is not None
    if shipped and state in _STOPS:
        yield Noticed("shipped-despite-answer", f"goods were shipped, and the answer of {importer} is: {state.word}")
    elif shipped and not is_answered(notification):
        yield Noticed("shipped-without-answer", f"goods were shipped, and {importer} has not answered")
    if answer is not None and answer.days_late:
        yield Noticed("late-answer", f"the answer came {answer.days_late} days after the last day")
    until = None if answer is None else answer.core.valid_until
    if until is not None and until < today:
        yield Noticed("answer-ended", f"the answer held until {until}")
    if any(not one.to_current for one in notification.replies):
        yield Noticed("answers-earlier-version", "a reply answers what was said before an amendment; it does not count")
