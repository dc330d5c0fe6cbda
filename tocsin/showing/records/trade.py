"""Pre-export notifications, what is replied to them, the shipments under them, and the companies of a trade."""

from collections.abc import Iterator
from typing import Final

from broker.records.companies import Company
from broker.records.notification import NotificationAct, NotificationCore, NotificationTrade
from broker.records.notification_reply import NotificationReplyCore, ReplyKind
from broker.records.shipment import ShipmentCore, ShipmentEvent
from tocsin.showing.about import Names, named
from tocsin.showing.plain import counted, plain
from tocsin.showing.records.line import (
    Line,
    amounts_of,
    days,
    goods_lines,
    head_lines,
    headed,
    substances_of,
    texts,
    word_of,
)
from tocsin.showing.records.reported import where_lines

_ACTS: Final = {
    NotificationAct.NOTIFIES: "pre-export notification",
    NotificationAct.AMENDS: "amendment of a pre-export notification",
    NotificationAct.CANCELS: "cancellation of a pre-export notification",
}
_REPLIES: Final = {
    ReplyKind.RECEIVED: "received, and not decided yet",
    ReplyKind.NO_OBJECTION: "no objection",
    ReplyKind.OBJECTION: "OBJECTION: it must not be exported",
    ReplyKind.MORE_INFORMATION: "more information is asked for",
    ReplyKind.SUSPEND: "SUSPEND: the shipment must wait",
}
_EVENTS: Final = {
    ShipmentEvent.SHIPPED: "has left",
    ShipmentEvent.ARRIVED: "has arrived",
    ShipmentEvent.SHORT: "ARRIVED SHORT: less came than was sent",
    ShipmentEvent.CANCELLED: "will not leave",
}
SILENCE: Final = "no answer by then is silence: it is no consent"


def notification_headline(core: NotificationCore, _names: Names) -> str:
    """Return a notification in a few words."""
    return headed(
        _ACTS.get(core.act, "pre-export notification"),
        ", ".join(substances_of(core.substances)),
        ", ".join(amounts_of(core.quantities)),
        _way(core),
        f"answer by {core.answer_by}" if core.answer_by else "",
    )


def notification_lines(core: NotificationCore, names: Names) -> Iterator[Line]:
    """Yield what is to be exported, from where to where, when, and by when to answer."""
    yield Line("what", _ACTS.get(core.act, "pre-export notification"))
    if core.notification is not None:
        yield Line("about", named(core.notification, names))
    yield from goods_lines(core.substances, core.quantities)
    yield Line("way", _way(core))
    yield from where_lines(core.points_of_exit, "leaves at")
    yield from where_lines(core.points_of_entry, "enters at")
    if dispatch := days(core.dispatch_from, core.dispatch_to or core.dispatch_from):
        yield Line("dispatch", dispatch)
    if core.is_simplified:
        expected = "" if core.shipments_expected is None else f": {counted(core.shipments_expected, 'shipment')}"
        yield Line("simplified", f"several shipments under one notification{expected}")
    if core.answer_by is not None:
        rule = f" ({plain(core.deadline_rule)})" if core.deadline_rule else ""
        yield Line("answer by", f"{core.answer_by}{rule}; {SILENCE}")
    yield from texts(core, "intended_use", "export_authorization", "import_authorization", "remarks")
    yield from head_lines(core, names)


def company_lines(section: NotificationTrade, _names: Names) -> Iterator[Line]:
    """Yield the companies; shown to those alone who may see the section."""
    for company in section.companies:
        yield Line(word_of(company.role), _company(company))


def reply_headline(core: NotificationReplyCore, names: Names) -> str:
    """Return a reply in a few words."""
    return headed(f"{_REPLIES.get(core.reply, word_of(core.reply))}, to {named(core.notification, names)}")


def reply_lines(core: NotificationReplyCore, names: Names) -> Iterator[Line]:
    """Yield what the importing country says."""
    yield Line("reply", _REPLIES.get(core.reply, word_of(core.reply)))
    yield Line("about", named(core.notification, names))
    yield from texts(core, "reason", "import_authorization")
    if core.valid_until is not None:
        yield Line("valid until", f"to the end of {core.valid_until}")
    yield from head_lines(core, names)


def shipment_headline(core: ShipmentCore, _names: Names) -> str:
    """Return what became of a shipment in a few words."""
    event = _EVENTS.get(core.event, word_of(core.event))
    what = ", ".join(substances_of(core.substances))
    return headed(plain(f"shipment {core.shipment} {event}"), what, ", ".join(amounts_of(core.quantities)))


def shipment_lines(core: ShipmentCore, names: Names) -> Iterator[Line]:
    """Yield what became of a shipment, when, and how much of it."""
    yield Line("what", plain(f"shipment {core.shipment} {_EVENTS.get(core.event, word_of(core.event))}"))
    yield Line("about", named(core.notification, names))
    yield from goods_lines(core.substances, core.quantities)
    if core.happened_on is not None:
        yield Line("when", str(core.happened_on))
    yield from where_lines(core.places)
    yield from texts(core, "remarks")
    yield from head_lines(core, names)


def _way(core: NotificationCore) -> str:
    return plain(" → ".join((core.exporting_country, *core.transit_countries, core.importing_country)))


def _company(company: Company) -> str:
    registration = f"registration {company.registration}" if company.registration else ""
    parts = (company.name, company.address, company.country, registration, *company.telephones, *company.emails)
    return plain(", ".join(part for part in parts if part))
