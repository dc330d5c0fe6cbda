"""What contradicts itself in a record of the kinds beside incidents is named by field and code."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from broker.records.answer import AnswerOutcome
from broker.records.catalogue import CatalogueStatus, CatalogueSubstance, SubstanceName
from broker.records.checking import problems_in
from broker.records.companies import Company, TradeRole
from broker.records.dates import DatePrecision
from broker.records.inquiry import Urgency
from broker.records.notification import NotificationAct, NotificationTrade
from broker.records.notification_reply import ReplyKind
from broker.records.quantity import Unit
from broker.records.registry import kind_of, path_of
from broker.records.scheduling import SchedulingStage
from broker.records.shipment import ShipmentEvent
from broker.records.statistics import StatisticsLine
from broker.records.substance_warning import WarningType
from broker.types.names import ZERO_DIGEST
from broker.types.vocabulary import RecordKind
from tests.support import kinds
from tests.support.records import MESSAGE, a_marking

GOOD: dict[str, tuple[Callable[..., msgspec.Struct], RecordKind]] = {
    "notification/core": (kinds.a_notification, RecordKind.NOTIFICATION),
    "notification-reply/core": (kinds.a_notification_reply, RecordKind.NOTIFICATION_REPLY),
    "shipment/core": (kinds.a_shipment, RecordKind.SHIPMENT),
    "substance-warning/core": (kinds.a_warning, RecordKind.SUBSTANCE_WARNING),
    "scheduling/core": (kinds.a_scheduling, RecordKind.SCHEDULING),
    "inquiry/core": (kinds.an_inquiry, RecordKind.REQUEST),
    "answer/core": (kinds.an_answer, RecordKind.ANSWER),
    "statistics/core": (kinds.some_statistics, RecordKind.STATISTICS),
    "catalogue/core": (kinds.a_catalogue, RecordKind.SCHEDULING),
}


@pytest.mark.parametrize("path", GOOD)
def test_a_good_record_breaks_no_rule_and_says_its_kind(path: str) -> None:
    build, kind = GOOD[path]

    assert [] == list(problems_in(build()))
    assert (path, kind) == (path_of(build()), kind_of(build()))


def a_company(role: TradeRole, **changes: Any) -> Company:
    return Company(**({"role": role, "name": "Invented Ltd"} | changes))


def a_line(**changes: Any) -> StatisticsLine:
    fields: dict[str, Any] = {"as_written": "acetone", "is_scheduled": True, "amount": Decimal(1), "unit": Unit.KG}
    return StatisticsLine(**(fields | changes))


def a_status(**changes: Any) -> CatalogueStatus:
    fields: dict[str, Any] = {
        "substance": "AA", "scheme": "UN-1988", "class_name": "I", "starts_on": date(2001, 12, 18)
    }  # fmt: skip
    return CatalogueStatus(**(fields | changes))


AMOUNT_OF_NOTHING = (kinds.an_amount(substances=(3,)),)
BROKEN: list[tuple[msgspec.Struct, str, str]] = [
    (kinds.a_notification(exporting_country="Netherlands"), "exporting_country", "bad-country"),
    (kinds.a_notification(importing_country=""), "importing_country", "bad-country"),
    (kinds.a_notification(importing_country="NL"), "importing_country", "contradiction"),
    (kinds.a_notification(transit_countries=("DE", "Poland")), "transit_countries[1]", "bad-country"),
    (kinds.a_notification(dispatch_to=date(2026, 3, 1)), "dispatch_to", "contradiction"),
    (kinds.a_notification(notification=MESSAGE), "notification", "contradiction"),
    (kinds.a_notification(act=NotificationAct.AMENDS), "notification", "missing"),
    (kinds.a_notification(act=NotificationAct.CANCELS, notification=ZERO_DIGEST), "notification", "bad-digest"),
    (kinds.a_notification(act=NotificationAct.UNKNOWN, notification=MESSAGE), "act", "unknown-word"),
    (kinds.a_notification(language="English"), "language", "bad-language"),
    (kinds.a_notification(national_reference=" "), "national_reference", "missing"),
    (NotificationTrade(companies=(a_company(TradeRole.EXPORTER),) * 2), "companies", "repeated"),
    (NotificationTrade(companies=(a_company(TradeRole.EXPORTER, name=" "),)), "companies[0].name", "missing"),
    (NotificationTrade(companies=(a_company(TradeRole.OTHER, country="X"),)), "companies[0].country", "bad-country"),
    (kinds.a_notification_reply(notification=ZERO_DIGEST), "notification", "bad-digest"),
    (kinds.a_notification_reply(reply=ReplyKind.OBJECTION), "reason", "missing"),
    (kinds.a_notification_reply(reply=ReplyKind.SUSPEND), "reason", "missing"),
    (kinds.a_notification_reply(reply=ReplyKind.MORE_INFORMATION, reason=" "), "reason", "missing"),
    (kinds.a_shipment(shipment=""), "shipment", "missing"),
    (kinds.a_shipment(quantities=()), "quantities", "missing"),
    (kinds.a_shipment(quantities=AMOUNT_OF_NOTHING), "quantities[0].substances[0]", "out-of-range"),
    (kinds.a_shipment(notification=ZERO_DIGEST), "notification", "bad-digest"),
    (kinds.a_warning(title=""), "title", "missing"),
    (kinds.a_warning(says=" "), "says", "missing"),
    (kinds.a_warning(substances=()), "substances", "missing"),
    (kinds.a_warning(method="EARS C1"), "parameters", "contradiction"),
    (kinds.a_warning(parameters="baseline 7"), "parameters", "contradiction"),
    (kinds.a_scheduling(scheme=""), "scheme", "missing"),
    (kinds.a_scheduling(substances=()), "substances", "missing"),
    (kinds.a_scheduling(decided_on=None), "decided_on", "missing"),
    (kinds.a_scheduling(stage=SchedulingStage.NOTIFICATION), "notified_on", "missing"),
    (kinds.a_scheduling(notified_on=date(2026, 3, 1)), "notified_on", "contradiction"),
    (kinds.a_scheduling(effective_on=date(2026, 3, 1)), "effective_on", "contradiction"),
    (kinds.a_scheduling(stage=SchedulingStage.IMPLEMENTATION), "country", "missing"),
    (kinds.a_scheduling(stage=SchedulingStage.IMPLEMENTATION, country="NL", instrument=""), "instrument", "missing"),
    (kinds.a_scheduling(reservation="not ours"), "reservation", "contradiction"),
    (kinds.a_scheduling(decision=ZERO_DIGEST), "decision", "bad-digest"),
    (kinds.an_inquiry(marking=a_marking()), "marking.recipients", "missing"),
    (kinds.an_inquiry(message=None, lot=""), "message", "missing"),
    (kinds.an_inquiry(message=ZERO_DIGEST), "message", "bad-digest"),
    (kinds.an_inquiry(question=""), "question", "missing"),
    (kinds.an_inquiry(urgency=Urgency.UNKNOWN), "urgency", "unknown-word"),
    (kinds.an_inquiry(quantities=AMOUNT_OF_NOTHING), "quantities[0].substances[0]", "out-of-range"),
    (kinds.an_answer(request=ZERO_DIGEST), "request", "bad-digest"),
    (kinds.an_answer(says=""), "says", "missing"),
    (kinds.an_answer(outcome=AnswerOutcome.REFUSED, says=""), "says", "missing"),
    (kinds.an_answer(outcome=AnswerOutcome.MORE_TIME), "answer_by", "contradiction"),
    (kinds.an_answer(answer_by=datetime(2026, 5, 1, tzinfo=UTC)), "answer_by", "contradiction"),
    (kinds.an_answer(ask_next=("Turkey",)), "ask_next[0]", "bad-name"),
    (kinds.an_answer(ask_next=("@NL/lionfish",)), "ask_next[0]", "bad-name"),
    (kinds.some_statistics(country="Holland"), "country", "bad-country"),
    (kinds.some_statistics(form=""), "form", "missing"),
    (kinds.some_statistics(ends_on=date(2024, 1, 1)), "ends_on", "contradiction"),
    (kinds.some_statistics(lines=(a_line(amount=Decimal(-1)),)), "lines[0].amount", "out-of-range"),
    (kinds.some_statistics(lines=(a_line(as_written=""),)), "lines[0].as_written", "missing"),
    (kinds.some_statistics(lines=(a_line(origins=("NL", "Asia")),)), "lines[0].origins[1]", "bad-country"),
    (kinds.a_catalogue(issuer=""), "issuer", "missing"),
    (kinds.a_catalogue(edition=" "), "edition", "missing"),
    (kinds.a_catalogue(substances=(CatalogueSubstance(id="AA", names=()),)), "substances[0].names", "missing"),
    (kinds.a_catalogue(statuses=(a_status(ends_on=date(2001, 1, 1)),)), "statuses[0].ends_on", "contradiction"),
    (kinds.a_catalogue(statuses=(a_status(precision=DatePrecision.RANGE),)), "statuses[0].precision", "bad-date"),
    (kinds.a_catalogue(statuses=(a_status(scheme=""),)), "statuses[0].scheme", "missing"),
    (
        kinds.a_catalogue(substances=(CatalogueSubstance(id="AA", names=(SubstanceName(text=" "),)),)),
        "substances[0].names[0].text",
        "missing",
    ),
]


@pytest.mark.parametrize(("record", "field", "code"), BROKEN, ids=[f"{field}-{code}" for _, field, code in BROKEN])
def test_what_is_wrong_is_named(record: msgspec.Struct, field: str, code: str) -> None:
    assert (field, code) in [(one.field, one.code) for one in problems_in(record)]


def test_a_warning_of_anything_but_a_new_substance_may_name_none() -> None:
    record = kinds.a_warning(warning_type=WarningType.NEW_ROUTE, substances=())

    assert [] == list(problems_in(record))


def test_a_shipment_that_is_cancelled_has_no_amount() -> None:
    record = kinds.a_shipment(event=ShipmentEvent.CANCELLED, quantities=(), substances=())

    assert [] == list(problems_in(record))


def test_no_problem_of_a_company_repeats_its_name() -> None:
    trade = NotificationTrade(companies=(a_company(TradeRole.EXPORTER, name="Secretive GmbH", country="Germany"),))

    assert all("Secretive" not in one.message and "Germany" not in one.message for one in problems_in(trade))
