"""What each kind of message beside incidents says to a person, in a few words and line by line."""

from datetime import date, datetime
from decimal import Decimal

import msgspec
import pytest

from broker.records.answer import AnswerNominal, AnswerOperational, AnswerOutcome
from broker.records.inquiry import InquiryNominal, InquiryOperational, Urgency
from broker.records.notification import NotificationAct
from broker.records.notification_reply import ReplyKind
from broker.records.operational import Leg
from broker.records.registry import RECORD_TYPES
from broker.records.scheduling import SchedulingStage
from broker.records.shipment import ShipmentEvent
from broker.records.statistics import StatisticsLine
from broker.records.substance_warning import SubstanceWarningEvidence, WarningType
from broker.types.names import Digest, parse_message_name
from tests.support.kinds import (
    a_catalogue,
    a_notification,
    a_notification_reply,
    a_scheduling,
    a_shipment,
    a_trade,
    a_warning,
    an_amount,
    an_answer,
    an_inquiry,
    some_statistics,
)
from tests.support.records import MESSAGE, a_nominal_section, an_evidence_section
from tocsin.showing.about import NO_NAMES, Names, mentioned
from tocsin.showing.records import headline, lines
from tocsin.showing.records.table import HEADLINES, LINES

NAMES: Names = {MESSAGE: parse_message_name("NL/customs/1#42")}


def said(section: msgspec.Struct, names: Names = NO_NAMES) -> dict[str, str]:
    """Return what is said of a section, by label."""
    return {line.label: line.text for line in lines(section, names)}


def test_every_kind_of_section_has_words_of_its_own() -> None:
    spoken = {kind for path, kind in RECORD_TYPES.items() if not path.startswith("forward/")}
    assert spoken == set(LINES)
    assert {kind for kind in spoken if kind.__name__.endswith("Core")} == set(HEADLINES)


def test_a_notification_says_what_goes_where_and_by_when_to_answer() -> None:
    shown = said(a_notification(transit_countries=("DE",), is_simplified=True, shipments_expected=3))
    assert ("NL → DE → BE", "Antwerp, BE", "2026-04-01") == (shown["way"], shown["enters at"][:11], shown["dispatch"])
    assert "several shipments under one notification: 3 shipments" == shown["simplified"]
    assert "2026-03-30 (15 working days); no answer by then is silence: it is no consent" == shown["answer by"]


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (NotificationAct.NOTIFIES, "pre-export notification"),
        (NotificationAct.AMENDS, "amendment of a pre-export notification"),
        (NotificationAct.CANCELS, "cancellation of a pre-export notification"),
    ],
)
def test_an_amendment_does_not_look_like_a_new_notification(act: NotificationAct, expected: str) -> None:
    assert expected == said(a_notification(act=act))["what"]
    assert headline(a_notification(act=act)).startswith(f"{expected} · acetic anhydride")


def test_a_notification_without_a_time_to_answer_invents_none() -> None:
    shown = said(a_notification(answer_by=None, dispatch_from=None))
    assert ("answer by" in shown, "? to 2026-04-01") == (False, shown["dispatch"])


def test_companies_are_said_by_their_part_in_the_trade() -> None:
    shown = said(a_trade())
    assert "Invented exporter 1, 1 Invented Road, NL" == shown["exporter"]
    assert {"exporter", "importer", "consignee"} <= set(shown)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (ReplyKind.RECEIVED, "received, and not decided yet"),
        (ReplyKind.NO_OBJECTION, "no objection"),
        (ReplyKind.OBJECTION, "OBJECTION: it must not be exported"),
        (ReplyKind.MORE_INFORMATION, "more information is asked for"),
        (ReplyKind.SUSPEND, "SUSPEND: the shipment must wait"),
    ],
)
def test_a_reply_says_what_it_means_for_the_shipment(reply: ReplyKind, expected: str) -> None:
    core = a_notification_reply(reply=reply, reason="The licence ended.")
    assert (expected, "The licence ended.") == (said(core)["reply"], said(core)["reason"])
    assert f"{expected}, to NL/customs/1#42" == headline(core, NAMES)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (ShipmentEvent.SHIPPED, "shipment 1 has left"),
        (ShipmentEvent.ARRIVED, "shipment 1 has arrived"),
        (ShipmentEvent.SHORT, "shipment 1 ARRIVED SHORT: less came than was sent"),
        (ShipmentEvent.CANCELLED, "shipment 1 will not leave"),
    ],
)
def test_a_shipment_says_what_became_of_it(event: ShipmentEvent, expected: str) -> None:
    assert expected == said(a_shipment(event=event))["what"]


@pytest.mark.parametrize("kind", [one for one in WarningType if one is not WarningType.UNKNOWN])
def test_a_warning_says_what_is_new(kind: WarningType) -> None:
    core = a_warning(warning_type=kind, method="Farrington", parameters="w=3", cas_numbers=("108-24-7",))
    shown = said(core)
    assert headline(core).startswith("warning: ")
    assert shown["warning"] in headline(core)
    assert ("Farrington", "w=3", "108-24-7") == (shown["method"], shown["parameters"], shown["CAS"])
    evidence = SubstanceWarningEvidence(sources=an_evidence_section().sources)
    assert said(an_evidence_section()) == said(evidence)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [("", "I", "UN-1988: to I"), ("II", "I", "UN-1988: from II to I"), ("II", "", "UN-1988: out of II"),
     ("", "", "UN-1988")],
)  # fmt: skip
def test_scheduling_says_what_changes(before: str, after: str, expected: str) -> None:
    assert expected == said(a_scheduling(from_class=before, to_class=after))["class"]


def test_an_implementation_says_whose_it_is_from_when_on_and_what_is_excepted() -> None:
    core = a_scheduling(
        stage=SchedulingStage.IMPLEMENTATION, country="NL", reservation="not for dyes", decision=MESSAGE,
        effective_on=date(2026, 9, 1), decided_on=None,
    )  # fmt: skip
    shown = said(core, NAMES)
    assert ("NL", "not for dyes", "NL/customs/1#42") == (shown["country"], shown["reservation"], shown["about"])
    assert "national implementation of NL · invented chemical · UN-1988: to I · effective 2026-09-01" == headline(core)


def test_an_edition_says_whose_it_is_and_how_much_it_holds() -> None:
    assert "1 substance, 1 statuses" == said(a_catalogue())["says"]


def test_a_request_says_what_is_asked_about_what_and_by_when() -> None:
    shown = said(an_inquiry(quantities=(an_amount("5"),)), NAMES)
    assert ("asks where it came from, for investigation", "NL/customs/1#42") == (shown["what"], shown["about"])
    assert ("2026-03-17 12:00 UTC (normal)", "LOT-1", "5 kg") == (shown["answer by"], shown["lot"], shown["how much"])


def test_an_urgent_request_says_so_first_and_a_long_question_is_cut() -> None:
    found = headline(an_inquiry(urgency=Urgency.URGENT, question="why " * 99))
    assert found.startswith("URGENT asks where it came from")
    assert ("…" in found, len(found) < 260) == (True, True)


def test_an_answer_says_what_came_of_it_until_when_and_whom_to_ask_next() -> None:
    due = datetime.fromisoformat("2026-03-20T12:00:00+00:00")
    more = an_answer(outcome=AnswerOutcome.MORE_TIME, answer_by=due, ask_next=("TR", "DE/customs"))
    shown = said(more, NAMES)
    assert ("asks for more time", "2026-03-20 12:00 UTC", "TR; DE/customs") == (
        shown["answer"], shown["until"], shown["ask next"],
    )  # fmt: skip
    assert headline(more, NAMES).startswith("asks for more time to NL/customs/1#42 · until 2026-03-20 12:00 UTC")


@pytest.mark.parametrize("kind", [InquiryOperational, AnswerOperational])
def test_how_goods_moved_is_said_as_of_incidents(kind: type[InquiryOperational] | type[AnswerOperational]) -> None:
    shown = said(kind(legs=(Leg(container="TOCU 305438 3"),), marks=("K-1",), details="seen twice"))
    assert ("container TOCU 305438 3", "K-1", "seen twice") == (shown["journey"], shown["marks"], shown["details"])


@pytest.mark.parametrize("kind", [InquiryNominal, AnswerNominal])
def test_people_are_said_as_of_incidents(kind: type[InquiryNominal] | type[AnswerNominal]) -> None:
    shown = said(kind(parties=a_nominal_section().parties, fictitious=True))
    assert ("FICTITIOUS" in shown["care"], "Jan Voorbeeld" in shown["suspect"]) == (True, True)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "acetic anhydride: 120 L, 2 cases"),
        ({"amount": None, "cases": None}, "acetic anhydride: amount not told"),
        ({"amount": Decimal(0), "cases": 1}, "acetic anhydride: 0 L, 1 case"),
        ({"origins": ("TR", "BE")}, "acetic anhydride: 120 L, 2 cases, from TR, BE"),
    ],
)
def test_a_figure_that_is_not_told_is_not_shown_as_none(changes: dict[str, object], expected: str) -> None:
    line: StatisticsLine = msgspec.structs.replace(some_statistics().lines[0], **changes)
    assert expected == said(some_statistics(lines=(line,)))["scheduled"]


@pytest.mark.parametrize(
    "core",
    [an_inquiry(), an_answer(), a_notification(notification=MESSAGE), a_notification_reply(), a_shipment(),
     a_scheduling(decision=MESSAGE)],
    ids=lambda core: type(core).__name__,
)  # fmt: skip
def test_what_is_about_a_message_says_its_name_where_the_reader_may_know_it(core: msgspec.Struct) -> None:
    assert [Digest(MESSAGE)] == list(mentioned(core))
    assert ("NL/customs/1#42", "the message 0909090909090909…") == (said(core, NAMES)["about"], said(core)["about"])


@pytest.mark.parametrize("core", [an_inquiry(message=None), a_notification(), a_scheduling()])
def test_what_is_about_no_message_mentions_none(core: msgspec.Struct) -> None:
    assert ([], False) == (list(mentioned(core)), "about" in said(core))


def test_nothing_that_others_write_steers_the_terminal() -> None:
    hostile = "\x1b[2J\N{RIGHT-TO-LEFT OVERRIDE}"
    cores = (
        an_inquiry(question=hostile, lot=hostile), an_answer(says=hostile), a_warning(title=hostile, says=hostile),
        a_scheduling(instrument=hostile, scheme=hostile), a_shipment(shipment=hostile, quantities=()),
        a_notification(remarks=hostile, quantities=()),
        some_statistics(form=hostile), a_catalogue(edition=hostile),
    )  # fmt: skip
    for core in cores:
        texts = [headline(core), *said(core).values()]
        assert all(character.isprintable() for text in texts for character in text), type(core)
