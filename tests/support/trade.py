"""Notifications, replies and shipments as somebody might send them, and the words about them that a fold reads."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from broker.directory.entries import Asked, AskedScope, DeadlineRule, DeadlineUnit, TradeEntry
from broker.records.companies import Company, TradeRole
from broker.records.marking import Marking
from broker.records.notification import NotificationAct, NotificationCore, NotificationTrade
from broker.records.notification_reply import NotificationReplyCore, ReplyKind
from broker.records.places import Place
from broker.records.quantity import Qualifier, Quantity, Unit
from broker.records.shipment import ShipmentCore, ShipmentEvent
from broker.records.substances import Substance
from broker.trade.said import Mention, Said, TradeCore
from broker.types.names import Digest, Originator
from broker.types.vocabulary import Purpose

SENT_AT = datetime(2026, 4, 1, 9, tzinfo=UTC)
"""The Wednesday before Easter."""
EXPORTER, IMPORTER, STRANGER = Originator("NL/regulator"), Originator("BE/regulator"), Originator("DE/regulator")


def a_digest(name: str) -> Digest:
    return Digest(hashlib.sha256(name.encode()).digest())


def a_rule(number: int = 15, unit: DeadlineUnit = DeadlineUnit.WORKING_DAYS, **changes: Any) -> DeadlineRule:
    return DeadlineRule(**{"number": number, "unit": unit, "calendar": "NL", "law": "Export Order", **changes})


def an_amount(value: str, unit: Unit = Unit.KG, **changes: Any) -> Quantity:
    return Quantity(
        **{"value": Decimal(value), "unit": unit, "qualifier": Qualifier.EXACT, "substances": (0,), **changes}
    )


def a_substance(name: str = "ephedrine", **changes: Any) -> Substance:
    return Substance(as_written=name, **changes)


def a_company(role: TradeRole, **changes: Any) -> Company:
    return Company(**{"role": role, "name": f"FICTITIOUS {role.word}", "address": "Voorbeeldweg 1", **changes})


def companies(**changes: Any) -> NotificationTrade:
    several = (a_company(TradeRole.EXPORTER), a_company(TradeRole.IMPORTER))
    return NotificationTrade(**{"companies": several, "no_consignee_known": True, **changes})


def a_core(**changes: Any) -> NotificationCore:
    fields: dict[str, Any] = {
        "marking": Marking(purposes=(Purpose.REGULATION,), recipients=("BE",)),
        "national_reference": "NL-PEN-1",
        "exporting_country": "NL",
        "importing_country": "BE",
        "substances": (a_substance(),),
        "quantities": (an_amount("1000"),),
        "points_of_entry": (Place(country="BE", locode="BEANR"),),
        "dispatch_from": date(2026, 5, 4),
    }
    return NotificationCore(**{**fields, **changes})


def said(name: str, core: TradeCore, by: Originator = EXPORTER, *, days: float = 0, **changes: Any) -> Said:
    return Said(
        digest=a_digest(name), message=name, by=by, at=SENT_AT + timedelta(days=days), core=core, **changes
    )  # fmt: skip


def notified(name: str = "pen", *, days: float = 0, by: Originator = EXPORTER, **changes: Any) -> Said:
    return said(name, a_core(**changes), by, days=days)


def amended(name: str, of: str = "pen", *, days: float, by: Originator = EXPORTER, **changes: Any) -> Said:
    core = a_core(act=NotificationAct.AMENDS, notification=a_digest(of), **changes)
    return said(name, core, by, days=days)


def cancelled(name: str = "cancelled", of: str = "pen", *, days: float, by: Originator = EXPORTER) -> Said:
    return said(name, a_core(act=NotificationAct.CANCELS, notification=a_digest(of)), by, days=days)


def replied(
    name: str, reply: ReplyKind, *, to: str = "pen", days: float, by: Originator = IMPORTER, **changes: Any
) -> Said:
    fields: dict[str, Any] = {
        "marking": Marking(purposes=(Purpose.REGULATION,), recipients=("NL",)),
        "national_reference": name,
        "notification": a_digest(to),
        "reply": reply,
        "reason": "because",
    }
    return said(name, NotificationReplyCore(**{**fields, **changes}), by, days=days)


def moved(
    name: str,
    number: str,
    event: ShipmentEvent,
    quantity: Quantity | None,
    *,
    days: float,
    by: Originator = EXPORTER,
    **changes: Any,
) -> Said:
    fields: dict[str, Any] = {
        "marking": Marking(purposes=(Purpose.REGULATION,), recipients=("BE",)),
        "national_reference": name,
        "notification": a_digest("pen"),
        "shipment": number,
        "event": event,
        "substances": () if quantity is None else (a_substance(),),
        "quantities": () if quantity is None else (quantity,),
        "happened_on": (SENT_AT + timedelta(days=days)).date(),
    }
    return said(name, ShipmentCore(**{**fields, **changes}), by, days=days)


def a_mention(name: str, *related: Digest, by: Originator = IMPORTER) -> Mention:
    return Mention(digest=a_digest(name), message=name, by=by, at=SENT_AT, related=frozenset(related))


def asked(scope: AskedScope, *, wanted: bool = True, substance: str = "", since: str = "2020-01-01") -> Asked:
    return Asked(scope=scope, substance=substance, wanted=wanted, from_day=date.fromisoformat(since))


def a_trade_entry(**changes: Any) -> TradeEntry:
    fields: dict[str, Any] = {
        "participant": "NL",
        "asks": (asked(AskedScope.TABLE_I),),
        "agreed": (),
        "rule": a_rule(),
        "simplified_months": 12,
    }
    return TradeEntry(**{**fields, **changes})
