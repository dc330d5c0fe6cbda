"""Who is reminded of what, and when: by working days of the exporting country's calendar."""

from datetime import date

import pytest

from broker.directory.entries import DeadlineRule, DeadlineUnit
from broker.records.notification_reply import ReplyKind
from broker.records.shipment import ShipmentEvent
from broker.trade.reminders import Lateness, Reminder, Side, remind, reminders, undated
from broker.trade.said import Said
from broker.trade.workflow import fold_notifications
from broker.types.names import Participant
from tests.support.trade import IMPORTER, a_rule, an_amount, cancelled, moved, notified, replied

NL, BE, DE = Participant("NL"), Participant("BE"), Participant("DE")
RULES = {"NL": a_rule()}


def reminder(*records: Said, on: date, mine: Participant = BE, rule: DeadlineRule | None = None) -> Reminder | None:
    rules = {"NL": rule or a_rule()}
    (found,) = fold_notifications(records, rules=rules).notifications
    return remind(found, mine, rules, on)


# The last day is Friday 24 April 2026; King's Day is Monday 27.
LATENESSES: tuple[tuple[date, Lateness, int], ...] = (
    (date(2026, 4, 17), Lateness.WAITING, 5),
    (date(2026, 4, 20), Lateness.WAITING, 4),
    (date(2026, 4, 21), Lateness.DUE_SOON, 3),
    (date(2026, 4, 23), Lateness.DUE_SOON, 1),
    (date(2026, 4, 24), Lateness.DUE_TODAY, 0),
    (date(2026, 4, 25), Lateness.OVERDUE, 0),
    (date(2026, 4, 28), Lateness.OVERDUE, 1),
    (date(2026, 5, 4), Lateness.OVERDUE, 5),
    (date(2026, 5, 5), Lateness.ESCALATED, 6),
)


@pytest.mark.parametrize(("on", "lateness", "days"), LATENESSES)
def test_the_nearer_the_more_pressing(on: date, lateness: Lateness, days: int) -> None:
    found = reminder(notified(), on=on)
    assert found is not None
    assert (lateness, days, lateness is not Lateness.WAITING) == (found.lateness, found.days, found.is_due)


def test_by_days_every_day_counts() -> None:
    found = reminder(notified(), on=date(2026, 4, 13), rule=a_rule(15, DeadlineUnit.DAYS))
    assert found is not None
    assert (date(2026, 4, 16), 3, Lateness.DUE_SOON) == (found.answer_by, found.days, found.lateness)


def test_each_side_is_told_whose_work_it_is_and_others_nothing() -> None:
    sides = {mine: reminder(notified(), on=date(2026, 4, 24), mine=mine) for mine in (NL, BE, DE)}
    assert {NL: Side.THEY_ANSWER, BE: Side.WE_ANSWER, DE: None} == {
        mine: None if one is None else one.side for mine, one in sides.items()
    }


@pytest.mark.parametrize(
    "record",
    [replied("r", ReplyKind.NO_OBJECTION, days=1), replied("r", ReplyKind.MORE_INFORMATION, days=1), cancelled(days=1)],
    ids=["no objection", "more information", "cancelled"],
)
def test_what_is_answered_or_cancelled_is_not_waited_for(record: Said) -> None:
    assert reminder(notified(), record, on=date(2026, 5, 5)) is None


def test_what_was_only_received_is_waited_for() -> None:
    assert reminder(notified(), replied("r", ReplyKind.RECEIVED, days=1), on=date(2026, 5, 5)) is not None


def test_the_most_pressing_stands_first() -> None:
    records = [notified("later", days=5), notified("sooner", days=0)]
    found = reminders(
        fold_notifications(records, rules=RULES).notifications, BE, rules=RULES, today=date(2026, 4, 24)
    )  # fmt: skip
    assert ["sooner", "later"] == [one.notification.first.said.message for one in found]


def timeless(*records: Said, mine: Participant = BE) -> list[str]:
    found = undated(fold_notifications(records, rules={}).notifications, mine)
    return [one.first.said.message for one in found]


def test_what_has_no_last_day_is_named_to_both_sides_while_it_is_open() -> None:
    assert {NL: ["pen"], BE: ["pen"], DE: []} == {mine: timeless(notified(), mine=mine) for mine in (NL, BE, DE)}
    assert ["pen"] == timeless(notified(), replied("r", ReplyKind.RECEIVED, days=1))
    assert [] == timeless(notified(), replied("r", ReplyKind.OBJECTION, days=1))
    assert [] == timeless(notified(), cancelled(days=1))


def test_what_has_arrived_without_a_last_day_is_not_named_every_morning_for_ever() -> None:
    half = an_amount("500")
    left = [moved(f"s{one}", str(one), ShipmentEvent.SHIPPED, half, days=3) for one in (1, 2)]
    assert ["pen"] == timeless(notified(), *left)

    came = [moved(f"a{one}", str(one), ShipmentEvent.ARRIVED, half, days=4, by=IMPORTER) for one in (1, 2)]
    assert [] == timeless(notified(), *left, *came)
