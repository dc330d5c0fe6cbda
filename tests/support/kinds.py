"""Builders of records of the kinds beside incidents: one good one a type. Everything in them is invented."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from broker.records.answer import AnswerCore, AnswerOutcome
from broker.records.catalogue import CatalogueCore, CatalogueStatus, CatalogueSubstance, NameKind, SubstanceName
from broker.records.companies import Company, TradeRole
from broker.records.core import Concerned, CountryRole
from broker.records.inquiry import InquiryCore, InquiryType, Urgency
from broker.records.notification import NotificationCore, NotificationTrade
from broker.records.notification_reply import NotificationReplyCore, ReplyKind
from broker.records.places import Place, PlaceRole
from broker.records.quantity import Qualifier, Quantity, Unit
from broker.records.scheduling import SchedulingCore, SchedulingStage
from broker.records.shipment import ShipmentCore, ShipmentEvent
from broker.records.statistics import StatisticsCore, StatisticsLine
from broker.records.substance_warning import SubstanceWarningCore, WarningType
from broker.records.substances import Substance
from broker.types.vocabulary import Purpose
from tests.support.records import MESSAGE, a_marking

ANHYDRIDE = Substance(as_written="acetic anhydride", language="en", substance_id="AA")
REGULATION = (Purpose.REGULATION, Purpose.PREVENTION)


def an_amount(value: str = "5000", unit: Unit = Unit.KG, **changes: Any) -> Quantity:
    fields: dict[str, Any] = {"as_written": f"{value} {unit.word}", "qualifier": Qualifier.EXACT, "substances": (0,)}
    return Quantity(value=Decimal(value), unit=unit, **(fields | changes))


def a_notification(**changes: Any) -> NotificationCore:
    fields: dict[str, Any] = {
        "marking": a_marking(purposes=REGULATION, recipients=("BE",)),
        "concerned": (
            Concerned(country="NL", role=CountryRole.SENT_FROM, tell=True),
            Concerned(country="BE", role=CountryRole.DESTINATION, tell=True),
        ),
        "national_reference": "NL-PEN-2026-0001",
        "exporting_country": "NL",
        "importing_country": "BE",
        "substances": (ANHYDRIDE,),
        "quantities": (an_amount(),),
        "points_of_entry": (Place(role=PlaceRole.DESTINATION, country="BE", as_written="Antwerp"),),
        "dispatch_from": date(2026, 4, 1),
        "dispatch_to": date(2026, 4, 1),
        "answer_by": date(2026, 3, 30),
        "deadline_rule": "15 working days",
        "language": "en",
    }
    return NotificationCore(**(fields | changes))


def a_trade(**changes: Any) -> NotificationTrade:
    companies = tuple(
        Company(role=role, name=f"Invented {role.word} 1", address="1 Invented Road", country=country)
        for role, country in ((TradeRole.EXPORTER, "NL"), (TradeRole.IMPORTER, "BE"), (TradeRole.CONSIGNEE, "BE"))
    )
    return NotificationTrade(**({"companies": companies} | changes))


def a_notification_reply(**changes: Any) -> NotificationReplyCore:
    fields: dict[str, Any] = {
        "marking": a_marking(purposes=REGULATION, recipients=("NL",)),
        "national_reference": "BE-R-2026-0001",
        "notification": MESSAGE,
        "reply": ReplyKind.NO_OBJECTION,
    }
    return NotificationReplyCore(**(fields | changes))


def a_shipment(**changes: Any) -> ShipmentCore:
    fields: dict[str, Any] = {
        "marking": a_marking(purposes=REGULATION, recipients=("BE",)),
        "national_reference": "NL-S-2026-0001",
        "notification": MESSAGE,
        "shipment": "1",
        "event": ShipmentEvent.SHIPPED,
        "happened_on": date(2026, 4, 1),
        "substances": (ANHYDRIDE,),
        "quantities": (an_amount("2000"),),
    }
    return ShipmentCore(**(fields | changes))


def a_warning(**changes: Any) -> SubstanceWarningCore:
    fields: dict[str, Any] = {
        "marking": a_marking(),
        "national_reference": "NL-W-2026-0001",
        "warning_type": WarningType.NEW_SUBSTANCE,
        "title": "An invented chemical that no list has yet",
        "says": "Seen twice in one month, declared as another one.",
        "substances": (Substance(as_written="invented chemical"),),
    }
    return SubstanceWarningCore(**(fields | changes))


def a_scheduling(**changes: Any) -> SchedulingCore:
    fields: dict[str, Any] = {
        "marking": a_marking(purposes=REGULATION),
        "national_reference": "HUB-D-2026-0001",
        "stage": SchedulingStage.DECISION,
        "scheme": "UN-1988",
        "substances": (Substance(as_written="invented chemical"),),
        "to_class": "I",
        "instrument": "99/1",
        "decided_on": date(2026, 3, 15),
    }
    return SchedulingCore(**(fields | changes))


def an_inquiry(**changes: Any) -> InquiryCore:
    fields: dict[str, Any] = {
        "marking": a_marking(recipients=("BE",)),
        "national_reference": "NL-Q-2026-0001",
        "inquiry_type": InquiryType.BACKTRACKING,
        "urgency": Urgency.NORMAL,
        "answer_by": datetime(2026, 3, 17, 12, tzinfo=UTC),
        "message": MESSAGE,
        "question": "Who sent the drums with this lot number?",
        "purpose": Purpose.INVESTIGATION,
        "substances": (ANHYDRIDE,),
        "lot": "LOT-1",
    }
    return InquiryCore(**(fields | changes))


def an_answer(**changes: Any) -> AnswerCore:
    fields: dict[str, Any] = {
        "marking": a_marking(recipients=("NL",)),
        "national_reference": "BE-A-2026-0001",
        "request": MESSAGE,
        "outcome": AnswerOutcome.ANSWERED,
        "says": "They came from a store that has no licence.",
    }
    return AnswerCore(**(fields | changes))


def some_statistics(**changes: Any) -> StatisticsCore:
    line = StatisticsLine(
        substance_id="AA",
        as_written="acetic anhydride",
        is_scheduled=True,
        amount=Decimal(120),
        unit=Unit.LITRE,
        cases=2,
    )
    fields: dict[str, Any] = {
        "marking": a_marking(purposes=(Purpose.STATISTICS,)),
        "national_reference": "NL-D-2025",
        "form": "D",
        "country": "NL",
        "starts_on": date(2025, 1, 1),
        "ends_on": date(2025, 12, 31),
        "lines": (line,),
    }
    return StatisticsCore(**(fields | changes))


def a_catalogue(**changes: Any) -> CatalogueCore:
    substance = CatalogueSubstance(id="AA", names=(SubstanceName(text="Acetic anhydride", kind=NameKind.OFFICIAL),))
    status = CatalogueStatus(substance="AA", scheme="UN-1988", class_name="I", starts_on=date(2001, 12, 18))
    fields: dict[str, Any] = {
        "marking": a_marking(purposes=REGULATION),
        "national_reference": "HUB-C-2026-1",
        "issuer": "X-HUB",
        "edition": "2026-1",
        "issued_on": date(2026, 3, 1),
        "substances": (substance,),
        "statuses": (status,),
    }
    return CatalogueCore(**(fields | changes))
