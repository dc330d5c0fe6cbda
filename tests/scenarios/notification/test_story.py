"""Pre-export notifications over three nodes: from the first word to the last drum, and all that goes wrong on the way.

The exporting country NL counts 15 working days: what is sent on Wednesday 1 April 2026 is to be answered by Friday 24.
"""

from datetime import date
from decimal import Decimal

import msgspec

from broker.records.core import Related, RelatedAs
from broker.records.notification import NotificationTrade
from broker.records.notification_reply import ReplyKind
from broker.records.registry import AnyCore
from broker.records.shipment import ShipmentEvent
from broker.trade.balance import Overshoot
from broker.trade.deadlines import on_silence
from broker.trade.reminders import Lateness, Side
from broker.trade.said import Why
from broker.trade.states import State
from broker.types.names import Originator
from broker.types.vocabulary import Status, Tlp
from producers.draft import Draft, draft_record
from tests.scenarios.notification.desks import Desks
from tests.support.records import a_marking, an_incident
from tests.support.trade import replied
from tocsin.installation import Node
from tocsin.notifying.books import deadline_rules
from tocsin.notifying.escalating import contacts


def test_from_the_notification_to_a_short_arrival_and_the_incident_about_it(desks: Desks) -> None:
    prepared = desks.notify()
    # The clock: 15 working days of NL, Good Friday and Easter Monday off.
    assert prepared.deadline is not None
    assert date(2026, 4, 24) == prepared.deadline.answer_by == desks.seen_by("BE").current.answer_by
    # BE has it, companies included; a third country has nothing.
    assert State.SENT is desks.state("BE")
    assert isinstance(desks.companies("BE"), NotificationTrade)
    assert not desks.knows("DE")
    # BE receives, then answers; NL sees each.
    desks.reply(ReplyKind.RECEIVED, reason="")
    assert State.RECEIVED is desks.state("NL")
    desks.clock.advance(days=6)
    desks.reply(ReplyKind.NO_OBJECTION, reason="")
    assert State.NO_OBJECTION is desks.state("NL") is desks.state("BE")
    # The goods leave in two parts, in other units than they were notified in.
    desks.clock.advance(days=27)
    desks.ship("1", "600 kg")
    assert State.PARTLY_SHIPPED is desks.state("BE")
    desks.ship("2", "0.4 t")
    assert State.SHIPPED is desks.state("BE")
    # The first arrives, the second comes short.
    desks.ship("1", "600 kg", ShipmentEvent.ARRIVED, by="BE")
    desks.ship("2", "25 kg", ShipmentEvent.SHORT, by="BE")
    (line,) = desks.seen_by("NL").balance
    assert (State.SHORT, Decimal(25), ["short"]) == (desks.state("NL"), line.missing.low, desks.noticed("NL"))
    # BE reports what is missing; both sides see the incident beside the notification.
    named = Related(digest=desks.pen, relation=RelatedAs.FOLLOWS)
    desks.publish(lambda node, who: a_report(node, who, named), "BE")
    for code in ("NL", "BE"):
        assert ["BE/regulator"] == [one.by for one in desks.seen_by(code).incidents]


def test_silence_is_shown_as_silence_and_escalates(desks: Desks) -> None:
    desks.notify()
    assert () == desks.due("BE") == desks.due("NL")
    # Three working days before the last one, both sides are reminded, each of its part.
    desks.clock.advance(days=20)
    assert [(Side.WE_ANSWER, Lateness.DUE_SOON, 3)] == [(one.side, one.lateness, one.days) for one in desks.due("BE")]
    assert [(Side.THEY_ANSWER, Lateness.DUE_SOON)] == [(one.side, one.lateness) for one in desks.due("NL")]
    desks.clock.advance(days=3)
    assert [Lateness.DUE_TODAY] == [one.lateness for one in desks.due("BE")]
    # After it, there is no answer; what the law says of that is quoted, and nothing is concluded.
    desks.clock.advance(days=1)
    assert State.NO_ANSWER is desks.state("NL") is desks.state("BE")
    rule = desks.at("NL", lambda node, _: deadline_rules(node.directory))["NL"]
    assert "Export Order says: The exporter may proceed." == on_silence(rule)
    # More than five working days later, NL is told whom to call; BE has it in its own list.
    desks.clock.advance(days=11)
    (reminder,) = desks.due("NL")
    assert Lateness.ESCALATED is reminder.lateness
    whom = desks.at("NL", lambda node, _: contacts(node.directory, reminder, node.clock()))
    assert [("BE/police", "duty desk of BE/police")] == [(one.authority, one.desk.desk) for one in whom]
    (own,) = desks.due("BE")
    assert (Side.WE_ANSWER, ()) == (
        own.side,
        desks.at("BE", lambda node, _: contacts(node.directory, own, node.clock())),
    )


def test_a_late_answer_counts_and_is_called_late(desks: Desks) -> None:
    desks.notify()
    desks.clock.advance(days=30)
    assert State.NO_ANSWER is desks.state("NL")
    desks.reply(ReplyKind.OBJECTION, reason="No permit.")
    assert (State.OBJECTION, ["late-answer"]) == (desks.state("NL"), desks.noticed("NL"))
    assert () == desks.due("NL")
    # Goods that leave all the same are shown for what they are; nothing stops them here.
    desks.ship("1", "1000 kg")
    assert ["shipped-despite-answer", "late-answer"] == desks.noticed("BE")


def test_a_cancellation_ends_it_on_both_sides(desks: Desks) -> None:
    desks.notify()
    desks.clock.advance(days=30)
    desks.cancel()
    assert State.CANCELLED is desks.state("BE") is desks.state("NL")
    assert () == desks.due("BE") == desks.due("NL")


def test_an_amendment_begins_the_time_anew(desks: Desks) -> None:
    desks.notify()
    desks.reply(ReplyKind.NO_OBJECTION, reason="")
    desks.clock.advance(days=7)
    desks.amend(quantity_value="1200", quantity_unit="kg")
    found = desks.seen_by("BE")
    # Wednesday 8 April, and 15 working days: King's Day is off.
    assert (State.SENT, date(2026, 4, 30)) == (desks.state("BE"), found.current.answer_by)
    assert ["answers-earlier-version"] == desks.noticed("NL")
    assert isinstance(desks.companies("BE"), NotificationTrade)
    desks.reply(ReplyKind.NO_OBJECTION, reason="")
    assert State.NO_OBJECTION is desks.state("NL")


def test_an_answer_of_somebody_else_is_shown_and_does_not_count(desks: Desks) -> None:
    desks.notify()
    forged = replied("DE-1", ReplyKind.NO_OBJECTION, days=0).core
    addressed = msgspec.structs.replace(
        forged, notification=desks.pen, marking=a_marking(recipients=("NL", "BE"))
    )  # fmt: skip
    desks.publish(lambda node, who: of(node, who, addressed), "DE")
    for code in ("NL", "BE"):
        found = desks.seen_by(code)
        assert (State.SENT, [Why.NOT_ENTITLED]) == (desks.state(code), [one.why for one in found.uncounted])


def test_an_answer_in_a_test_says_nothing_of_a_notification_that_is_none(desks: Desks) -> None:
    desks.notify()
    core = replied("BE-1", ReplyKind.NO_OBJECTION, days=0).core
    addressed = msgspec.structs.replace(core, notification=desks.pen, marking=a_marking(recipients=("NL", "BE")))
    desks.publish(lambda node, who: msgspec.structs.replace(of(node, who, addressed), status=Status.TEST), "BE")
    assert State.SENT is desks.state("NL") is desks.state("BE")


def test_a_simplified_notification_runs_out(desks: Desks) -> None:
    prepared = desks.notify(simplified="yes", dispatch_to="2026-10-01")
    assert [] == [one for one in prepared.questions if one.field in ("is_simplified", "dispatch_to")]
    desks.reply(ReplyKind.NO_OBJECTION, reason="")
    lefts = []
    for number, quantity in enumerate(("400 kg", "400 kg", "400 kg"), start=1):
        desks.ship(str(number), quantity)
        (line,) = desks.seen_by("BE").balance
        assert line.left is not None
        lefts.append((int(line.left.low), line.overshoot))
    assert [(600, Overshoot.NO), (200, Overshoot.NO), (-200, Overshoot.CERTAIN)] == lefts
    assert ["overshoot"] == desks.noticed("BE")


def test_a_notification_that_lacks_something_never_leaves_the_exporters_node(desks: Desks) -> None:
    prepared = desks.notify(importer_address="", point_of_entry="")
    assert {"point_of_entry", "importer_address"} <= {
        {"points_of_entry": "point_of_entry", "trade.importer.address": "importer_address"}.get(one.field, one.field)
        for one in prepared.problems
    }
    assert not desks.knows("NL")


def a_report(node: Node, who: Originator, named: Related) -> Draft:
    core = msgspec.structs.replace(
        an_incident("BE").core, related=(named,), marking=a_marking(recipients=("NL",)), concerned=()
    )  # fmt: skip
    return of(node, who, core)


def of(node: Node, who: Originator, core: AnyCore) -> Draft:
    return draft_record(core, authority=who, tlp=Tlp.AMBER, status=Status.EXERCISE, authored_at=node.clock())
