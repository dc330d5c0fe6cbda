"""Deadlines over all days, and folds over all orders."""

from datetime import date, timedelta
from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from broker.directory.entries import DeadlineRule, DeadlineUnit, Weekday
from broker.records.notification_reply import ReplyKind
from broker.records.shipment import ShipmentEvent
from broker.trade.calendars import day_off
from broker.trade.deadlines import answer_by, deadline, working_days_between
from broker.trade.said import Said
from broker.trade.states import noticed, state_on
from broker.trade.workflow import fold_notifications
from broker.types.names import Originator
from tests.support.trade import (
    EXPORTER,
    IMPORTER,
    STRANGER,
    a_mention,
    a_rule,
    amended,
    an_amount,
    cancelled,
    moved,
    notified,
    replied,
)

DAY = timedelta(days=1)
DAYS = st.dates(date(2015, 1, 1), date(2040, 1, 1))
PLACES = st.sampled_from([("NL", ""), ("DE", "BY"), ("DE", "BE"), ("CN", ""), ("IL", ""), ("SA", ""), ("AE", "")])
REST = st.sets(st.sampled_from([one for one in Weekday if one is not Weekday.UNKNOWN]), max_size=4)
RULES = st.builds(
    lambda number, unit, place, weekend, more: a_rule(
        number, unit, calendar=place[0], subdivision=place[1], weekend=tuple(sorted(weekend)), holidays=tuple(more)
    ),
    st.integers(1, 30),
    st.sampled_from([DeadlineUnit.WORKING_DAYS, DeadlineUnit.BUSINESS_DAYS]),
    PLACES,
    REST,
    st.lists(DAYS, max_size=3, unique=True),
)


@given(RULES, DAYS)
def test_working_days_never_end_on_a_day_off_and_count_each_other_day(rule: DeadlineRule, sent: date) -> None:
    found = deadline(rule, sent)
    assert day_off(rule, found.answer_by) is None
    assert rule.number == (found.answer_by - sent).days - len(found.days_off)
    assert rule.number == working_days_between(rule, sent, found.answer_by)


@given(RULES, DAYS, st.integers(0, 40))
def test_who_is_notified_later_never_answers_earlier(rule: DeadlineRule, sent: date, later: int) -> None:
    assert answer_by(rule, sent) <= answer_by(rule, sent + later * DAY)


@given(RULES, DAYS)
def test_one_working_day_more_ends_on_the_next_one(rule: DeadlineRule, sent: date) -> None:
    longer = msgspec.structs.replace(rule, number=rule.number + 1)
    single = msgspec.structs.replace(rule, number=1)
    assert answer_by(longer, sent) == answer_by(single, answer_by(rule, sent))


@given(st.integers(1, 366), DAYS)
def test_days_are_as_many_as_they_say(number: int, sent: date) -> None:
    assert number == (answer_by(a_rule(number, DeadlineUnit.DAYS), sent) - sent).days


WHO = st.sampled_from([EXPORTER, IMPORTER, STRANGER, Originator("NL/customs")])
WHEN = st.integers(0, 12)
TARGETS = st.sampled_from(["pen", "a", "b"])
RECORDS: st.SearchStrategy[Said] = st.one_of(
    st.builds(
        lambda number, kind, to, days, by: replied(f"r{number}", kind, to=to, days=days, by=by),
        st.integers(0, 9),
        st.sampled_from([one for one in ReplyKind if one is not ReplyKind.UNKNOWN]),
        TARGETS,
        WHEN,
        WHO,
    ),
    st.builds(
        lambda number, shipment, event, value, days, by: moved(
            f"s{number}", shipment, event, an_amount(str(value)), days=days, by=by
        ),
        st.integers(0, 9),
        st.sampled_from(["1", "2"]),
        st.sampled_from([one for one in ShipmentEvent if one is not ShipmentEvent.UNKNOWN]),
        st.integers(1, 800),
        WHEN,
        WHO,
    ),
    st.builds(
        lambda name, of, days, by: amended(name, of, days=days, by=by), st.sampled_from("ab"), TARGETS, WHEN, WHO
    ),
    st.builds(lambda of, days, by: cancelled(of=of, days=days, by=by), TARGETS, WHEN, WHO),
)


@given(st.lists(RECORDS, max_size=12, unique_by=lambda one: one.digest), st.randoms(use_true_random=False))
def test_the_state_depends_on_what_was_said_and_never_on_the_order_of_arrival(
    several: list[Said], random: Random
) -> None:
    records = [notified(), *several]
    shuffled = list(records)
    random.shuffle(shuffled)
    mentions = (a_mention("seized", several[0].digest),) if several else ()
    first, second = (
        fold_notifications(order, rules={"NL": a_rule()}, mentions=mentions) for order in (records, shuffled)
    )
    assert first == second


@given(st.lists(RECORDS, max_size=12, unique_by=lambda one: one.digest), DAYS)
def test_nothing_that_is_said_is_lost(several: list[Said], today: date) -> None:
    records = [notified(), *several]
    ledger = fold_notifications(records, rules={"NL": a_rule()})
    (found,) = ledger.notifications
    shown = [
        *(one.said.digest for one in found.versions),
        *(one.said.digest for one in found.replies),
        *(said.digest for one in found.shipments for said in one.said),
        *(one.said.digest for one in found.uncounted),
        *(one.digest for one in ledger.unplaced),
        *([] if found.cancelled_by is None else [found.cancelled_by.digest]),
    ]
    assert sorted(one.digest for one in records) == sorted(shown)
    assert state_on(found, today)
    assert all(one.says for one in noticed(found, today))


@given(st.lists(RECORDS, max_size=12, unique_by=lambda one: one.digest))
def test_a_stranger_changes_nothing_but_what_is_shown(several: list[Said]) -> None:
    ours = [one for one in several if one.by != STRANGER]
    with_them, without = (
        fold_notifications([notified(), *records], rules={"NL": a_rule()}).notifications[0]
        for records in (several, ours)
    )
    stripped = msgspec.structs.replace(with_them, uncounted=())
    # An amendment of ours that follows one of a stranger's hangs on it, and is not placed without it.
    if not any(one.by == STRANGER and one.message in "ab" for one in several):
        assert msgspec.structs.replace(without, uncounted=()) == stripped
