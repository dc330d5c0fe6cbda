"""How far a notification is after what was said about it; who may say what; what is only shown."""

from datetime import date, timedelta
from decimal import Decimal

import msgspec

from broker.records.core import Related, RelatedAs
from broker.records.notification import NotificationAct
from broker.records.notification_reply import ReplyKind
from broker.records.quantity import Qualifier, Unit
from broker.records.shipment import ShipmentEvent
from broker.trade.balance import Overshoot, Span
from broker.trade.said import Mention, Said, Why
from broker.trade.states import State, is_open, noticed, state_on
from broker.trade.workflow import Ledger, Notification, fold_notifications
from tests.support.trade import (
    IMPORTER,
    SENT_AT,
    STRANGER,
    a_core,
    a_digest,
    a_mention,
    a_rule,
    a_substance,
    amended,
    an_amount,
    cancelled,
    moved,
    notified,
    replied,
    said,
)

TODAY = date(2026, 4, 10)
AFTER = date(2026, 4, 25)
SHIPPED, ARRIVED, SHORT = ShipmentEvent.SHIPPED, ShipmentEvent.ARRIVED, ShipmentEvent.SHORT


def ledger(*records: Said, mentions: tuple[Mention, ...] = ()) -> Ledger:
    return fold_notifications(records, rules={"NL": a_rule()}, mentions=mentions)


def fold(*records: Said, mentions: tuple[Mention, ...] = ()) -> Notification:
    (found,) = ledger(*records, mentions=mentions).notifications
    return found


def state(*records: Said, on: date = TODAY) -> State:
    return state_on(fold(*records), on)


def codes(found: Notification, on: date = TODAY) -> list[str]:
    return [one.code for one in noticed(found, on)]


# ── the clock, and silence ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_rule_of_the_exporting_country_gives_the_last_day() -> None:
    current = fold(notified()).current
    assert (date(2026, 4, 24), False) == (current.answer_by, current.is_stated)
    assert "15 working days" in current.rule_says


def test_the_day_that_the_message_states_counts_before_the_rule() -> None:
    current = fold(notified(answer_by=date(2026, 5, 1), deadline_rule="as agreed")).current
    assert (date(2026, 5, 1), "as agreed", True) == (current.answer_by, current.rule_says, current.is_stated)


def test_without_a_rule_there_is_no_last_day_and_no_lateness() -> None:
    (found,) = fold_notifications([notified()], rules={}).notifications
    assert (None, State.SENT) == (found.current.answer_by, state_on(found, date(2030, 1, 1)))


def test_a_rule_that_cannot_be_counted_says_so() -> None:
    (found,) = fold_notifications([notified()], rules={"NL": a_rule(calendar="XX")}).notifications
    assert (None, True) == (found.current.answer_by, "cannot be counted" in found.current.rule_says)


def test_silence_is_no_answer_from_the_day_after_the_last_on() -> None:
    assert State.SENT is state(notified(), on=date(2026, 4, 24))
    assert State.NO_ANSWER is state(notified(), on=AFTER)


def test_that_it_was_received_is_no_answer() -> None:
    received = replied("r", ReplyKind.RECEIVED, days=1)
    assert State.RECEIVED is state(notified(), received)
    assert State.NO_ANSWER is state(notified(), received, on=AFTER)


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_answer_is_a_state() -> None:
    expected = {
        ReplyKind.NO_OBJECTION: State.NO_OBJECTION,
        ReplyKind.OBJECTION: State.OBJECTION,
        ReplyKind.MORE_INFORMATION: State.MORE_INFORMATION,
        ReplyKind.SUSPEND: State.SUSPENDED,
    }
    assert expected == {kind: state(notified(), replied("r", kind, days=1)) for kind in expected}


def test_of_several_answers_the_newest_counts_and_a_receipt_takes_none_back() -> None:
    found = fold(
        notified(),
        replied("no", ReplyKind.OBJECTION, days=1),
        replied("yes", ReplyKind.NO_OBJECTION, days=2),
        replied("got", ReplyKind.RECEIVED, days=3),
    )
    assert found.answer is not None
    assert "yes" == found.answer.said.message


def test_a_late_answer_counts_and_is_called_late() -> None:
    found = fold(notified(), replied("r", ReplyKind.OBJECTION, days=25))
    assert (State.OBJECTION, ["late-answer"]) == (state_on(found, AFTER), codes(found, AFTER))
    assert found.answer is not None
    assert 2 == found.answer.days_late


def test_an_answer_of_another_country_is_shown_and_does_not_count() -> None:
    found = fold(notified(), replied("r", ReplyKind.NO_OBJECTION, days=1, by=STRANGER))
    assert (State.SENT, [Why.NOT_ENTITLED]) == (state_on(found, TODAY), [one.why for one in found.uncounted])
    assert "BE answers" in found.uncounted[0].says


def test_the_exporter_cannot_answer_itself() -> None:
    mine = fold(notified()).by
    assert State.SENT is state(notified(), replied("r", ReplyKind.NO_OBJECTION, days=1, by=mine))


def test_an_answer_that_has_ended_is_noticed() -> None:
    found = fold(notified(), replied("r", ReplyKind.NO_OBJECTION, days=1, valid_until=date(2026, 4, 8)))
    assert (State.NO_OBJECTION, ["answer-ended"]) == (state_on(found, TODAY), codes(found))


# ── amendments and cancellations ─────────────────────────────────────────────────────────────────────────────────────


def test_an_amendment_starts_the_clock_again_and_answers_to_what_was_said_before_do_not_count() -> None:
    found = fold(
        notified(), replied("r", ReplyKind.NO_OBJECTION, days=1), amended("a", days=2, quantities=(an_amount("5"),))
    )
    assert (State.SENT, date(2026, 4, 28)) == (state_on(found, TODAY), found.current.answer_by)
    assert ([False], ["answers-earlier-version"]) == ([one.to_current for one in found.replies], codes(found))
    assert Decimal(5) == found.core.quantities[0].value


def test_an_answer_to_the_amendment_counts() -> None:
    assert State.NO_OBJECTION is state(
        notified(), amended("a", days=1), replied("r", ReplyKind.NO_OBJECTION, to="a", days=2)
    )


def test_an_amendment_of_an_amendment_is_of_the_same_notification() -> None:
    found = fold(notified(), amended("a", days=1), amended("b", of="a", days=2))
    assert ["pen", "a", "b"] == [one.said.message for one in found.versions]


def test_only_who_notified_amends_and_cancels() -> None:
    found = fold(notified(), amended("a", days=1, by=STRANGER), cancelled(days=2, by=IMPORTER))
    assert (1, None, 2) == (len(found.versions), found.cancelled_by, len(found.uncounted))


def test_another_authority_of_the_same_country_may_cancel() -> None:
    other = msgspec.structs.replace(cancelled(days=1), by="NL/customs")
    assert State.CANCELLED is state(notified(), other)


def test_after_a_cancellation_nothing_is_amended() -> None:
    found = fold(notified(), cancelled(days=1), amended("a", days=2))
    assert (State.CANCELLED, [Why.CANCELLED_BEFORE], False) == (
        state_on(found, TODAY), [one.why for one in found.uncounted], is_open(found),
    )  # fmt: skip


def test_another_importing_country_is_another_trade() -> None:
    found = fold(notified(), amended("a", days=1, importing_country="FR"))
    assert ("BE", [Why.OTHER_COUNTRIES]) == (found.core.importing_country, [one.why for one in found.uncounted])


def test_what_was_taken_back_does_not_count() -> None:
    back = msgspec.structs.replace(replied("r", ReplyKind.NO_OBJECTION, days=1), is_withdrawn=True)
    found = fold(notified(), back)
    assert (State.SENT, [Why.WITHDRAWN]) == (state_on(found, TODAY), [one.why for one in found.uncounted])
    assert State.WITHDRAWN is state(msgspec.structs.replace(notified(), is_withdrawn=True))


def test_a_notification_of_another_countrys_export_is_noticed() -> None:
    assert ["not-entitled"] == codes(fold(notified(by=STRANGER)))


def test_records_about_notifications_that_are_not_here_are_kept_apart() -> None:
    orphan = replied("r", ReplyKind.OBJECTION, to="elsewhere", days=1)
    amendment = amended("a", of="elsewhere", days=1)
    found = ledger(notified(), orphan, amendment)
    assert (1, ["a", "r"]) == (len(found.notifications), sorted(one.message for one in found.unplaced))


def test_records_that_name_each_other_end_nowhere_and_without_a_loop() -> None:
    first = said("a", a_core(act=NotificationAct.AMENDS, notification=a_digest("b")))
    second = said("b", a_core(act=NotificationAct.AMENDS, notification=a_digest("a")))
    assert ((), 2) == (ledger(first, second).notifications, len(ledger(first, second).unplaced))


def test_the_same_record_twice_is_one() -> None:
    reply = replied("r", ReplyKind.RECEIVED, days=1)
    assert 1 == len(fold(notified(), reply, reply).replies)


# ── goods ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_shipments_in_parts_until_all_has_arrived() -> None:
    way = [
        notified(),
        moved("s1", "1", SHIPPED, an_amount("600"), days=1),
        moved("s2", "2", SHIPPED, an_amount("400"), days=2),
        moved("a1", "1", ARRIVED, an_amount("600"), days=3, by=IMPORTER),
        moved("a2", "2", ARRIVED, an_amount("400"), days=4, by=IMPORTER),
    ]
    states = [state(*way[: number + 1]) for number in range(len(way))]
    assert [State.SENT, State.PARTLY_SHIPPED, State.SHIPPED, State.SHIPPED, State.ARRIVED] == states
    assert not is_open(fold(*way))


def test_a_short_arrival_says_how_much_is_missing() -> None:
    found = fold(
        notified(),
        moved("s", "1", SHIPPED, an_amount("1000"), days=1),
        moved("a", "1", SHORT, an_amount("30"), days=2, by=IMPORTER),
    )
    (line,) = found.balance
    assert (State.SHORT, Span(Decimal(30), Decimal(30))) == (state_on(found, TODAY), line.missing)
    assert ["short", "shipped-without-answer"] == codes(found)


def test_of_what_is_said_of_an_arrival_the_newest_counts() -> None:
    way = (
        notified(),
        moved("s", "1", SHIPPED, an_amount("1000"), days=1),
        moved("a", "1", ARRIVED, an_amount("1000"), days=2, by=IMPORTER),
        moved("b", "1", SHORT, an_amount("30"), days=3, by=IMPORTER),
    )
    assert [State.ARRIVED, State.SHORT] == [state(*way[:3]), state(*way)]


def test_a_shipment_that_was_cancelled_takes_nothing_from_the_balance() -> None:
    found = fold(
        notified(),
        moved("s", "1", SHIPPED, an_amount("1000"), days=1),
        moved("c", "1", ShipmentEvent.CANCELLED, None, days=2),
    )
    (line,) = found.balance
    assert (State.SENT, Span()) == (state_on(found, TODAY), line.shipped)


def test_an_arrival_that_comes_before_the_word_of_its_dispatch_counts() -> None:
    found = fold(notified(), moved("a", "1", ARRIVED, an_amount("1000"), days=1, by=IMPORTER))
    assert State.ARRIVED is state_on(found, TODAY)


def test_what_a_third_country_says_of_the_goods_does_not_count() -> None:
    found = fold(notified(), moved("s", "1", SHIPPED, an_amount("1000"), days=1, by=STRANGER))
    assert (State.SENT, [Why.NOT_ENTITLED]) == (state_on(found, TODAY), [one.why for one in found.uncounted])


def test_more_than_was_notified_is_an_overshoot() -> None:
    found = fold(notified(), moved("s", "1", SHIPPED, an_amount("1000.001"), days=1))
    (line,) = found.balance
    assert (Overshoot.CERTAIN, True) == (line.overshoot, "overshoot" in codes(found))


def test_a_range_may_be_an_overshoot() -> None:
    about = an_amount("900", upper=Decimal(1100), qualifier=Qualifier.RANGE)
    (line,) = fold(notified(), moved("s", "1", SHIPPED, about, days=1)).balance
    assert Overshoot.POSSIBLE is line.overshoot


def test_litres_are_never_set_against_kilograms() -> None:
    found = fold(notified(), moved("s", "1", SHIPPED, an_amount("900", Unit.LITRE), days=1))
    assert [("kg", Span(Decimal(1000), Decimal(1000))), ("litre", None)] == [
        (line.unit, line.left) for line in found.balance
    ]
    assert "not-comparable" in codes(found)


def test_a_substance_that_was_not_notified_is_not_counted_as_one_that_was() -> None:
    other = moved("s", "1", SHIPPED, an_amount("5"), days=1, substances=(a_substance("acetone"),))
    found = fold(notified(), other)
    assert ["ephedrine", "acetone"] == [line.substance for line in found.balance]
    assert "not-comparable" in codes(found)


def test_a_name_in_other_letters_is_the_same_substance_and_an_identifier_too() -> None:
    records = [
        notified(substances=(a_substance("ephedrine", substance_id="EPHEDRINE"),)),
        moved("s1", "1", SHIPPED, an_amount("1"), days=1, substances=(a_substance("  EPHEDRINE "),)),
        moved(
            "s2", "2", SHIPPED, an_amount("1"), days=2,
            substances=(a_substance("эфедрин", substance_id="EPHEDRINE"),),
        ),
    ]  # fmt: skip
    (line,) = fold(*records).balance
    assert Decimal(2) == line.shipped.low


def test_goods_that_leave_against_an_objection_are_noticed() -> None:
    found = fold(
        notified(), replied("r", ReplyKind.OBJECTION, days=1), moved("s", "1", SHIPPED, an_amount("1000"), days=2)
    )
    assert (State.SHIPPED, ["shipped-despite-answer"]) == (state_on(found, TODAY), codes(found))


def test_a_simplified_notification_ends_with_its_period() -> None:
    first = notified(is_simplified=True, dispatch_to=date(2026, 4, 5))
    late = moved("s", "1", SHIPPED, an_amount("10"), days=8)
    found = fold(first, replied("r", ReplyKind.NO_OBJECTION, days=1), late)
    assert (State.PARTLY_SHIPPED, ["after-period", "period-ended"]) == (state_on(found, TODAY), codes(found))


# ── incidents ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_incidents_that_name_it_or_a_shipment_or_that_it_names_are_shown() -> None:
    shipment = moved("s", "1", SHIPPED, an_amount("10"), days=1)
    named = amended(
        "a", days=2, related=(Related(digest=a_digest("stopped"), relation=RelatedAs.FOLLOWS),)
    )  # fmt: skip
    mentions = (
        a_mention("seized", a_digest("pen")),
        a_mention("lost", a_digest("s")),
        a_mention("stopped"),
        a_mention("other", a_digest("nothing of ours")),
    )
    found = fold(notified(), shipment, named, mentions=mentions)
    assert {"seized", "lost", "stopped"} == {one.message for one in found.incidents}


def test_time_is_the_writers_and_not_the_arrivals() -> None:
    early = replied("early", ReplyKind.OBJECTION, days=1)
    late = replied("late", ReplyKind.NO_OBJECTION, days=2)
    assert fold(notified(), early, late) == fold(late, early, notified())
    assert SENT_AT + timedelta(days=2) == late.at
