"""Every kind of record and section, and who puts it into words."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from broker.records.agreement import AgreementCore
from broker.records.answer import AnswerCore, AnswerNominal, AnswerOperational
from broker.records.catalogue import CatalogueCore
from broker.records.contact import ContactCore
from broker.records.evidence import IncidentEvidence
from broker.records.grant import GrantCore
from broker.records.group import GroupCore
from broker.records.incident import IncidentCore
from broker.records.inquiry import InquiryCore, InquiryNominal, InquiryOperational
from broker.records.nominal import IncidentNominal
from broker.records.notification import NotificationCore, NotificationTrade
from broker.records.notification_reply import NotificationReplyCore
from broker.records.operational import IncidentOperational
from broker.records.recall import RecallCore
from broker.records.receipt import ReceiptCore
from broker.records.request import RequestCore
from broker.records.scheduling import SchedulingCore
from broker.records.shipment import ShipmentCore
from broker.records.statistics import StatisticsCore
from broker.records.substance_warning import SubstanceWarningCore, SubstanceWarningEvidence
from tocsin.showing.about import NO_NAMES, Names
from tocsin.showing.plain import plain
from tocsin.showing.records import asking, incident, listing, permission, relations, statistics, trade, warning
from tocsin.showing.records.line import Line

HEADLINES: Final[Mapping[type[msgspec.Struct], Callable[[Any, Names], str]]] = {
    IncidentCore: incident.incident_headline,
    AgreementCore: relations.agreement_headline,
    GroupCore: relations.group_headline,
    ContactCore: relations.contact_headline,
    RequestCore: permission.request_headline,
    GrantCore: permission.grant_headline,
    RecallCore: permission.recall_headline,
    ReceiptCore: permission.receipt_headline,
    NotificationCore: trade.notification_headline,
    NotificationReplyCore: trade.reply_headline,
    ShipmentCore: trade.shipment_headline,
    SubstanceWarningCore: warning.warning_headline,
    SchedulingCore: listing.scheduling_headline,
    CatalogueCore: listing.catalogue_headline,
    InquiryCore: asking.inquiry_headline,
    AnswerCore: asking.answer_headline,
    StatisticsCore: statistics.statistics_headline,
}
LINES: Final[Mapping[type[msgspec.Struct], Callable[[Any, Names], Iterator[Line]]]] = {
    IncidentCore: incident.incident_lines,
    IncidentOperational: incident.operational_lines,
    IncidentNominal: incident.nominal_lines,
    IncidentEvidence: incident.evidence_lines,
    AgreementCore: relations.agreement_lines,
    GroupCore: relations.group_lines,
    ContactCore: relations.contact_lines,
    RequestCore: permission.request_lines,
    GrantCore: permission.grant_lines,
    RecallCore: permission.recall_lines,
    ReceiptCore: permission.receipt_lines,
    NotificationCore: trade.notification_lines,
    NotificationTrade: trade.company_lines,
    NotificationReplyCore: trade.reply_lines,
    ShipmentCore: trade.shipment_lines,
    SubstanceWarningCore: warning.warning_lines,
    SubstanceWarningEvidence: incident.evidence_lines,
    SchedulingCore: listing.scheduling_lines,
    CatalogueCore: listing.catalogue_lines,
    InquiryCore: asking.inquiry_lines,
    InquiryOperational: asking.asking_operational_lines,
    InquiryNominal: asking.asking_nominal_lines,
    AnswerCore: asking.answer_lines,
    AnswerOperational: asking.asking_operational_lines,
    AnswerNominal: asking.asking_nominal_lines,
    StatisticsCore: statistics.statistics_lines,
}


def headline(core: msgspec.Struct, names: Names = NO_NAMES) -> str:
    """Return a core section in a few words, for a list; empty for one that has no words of its own.

    Args:
        names: Of other messages that the reader may know of.
    """
    words = HEADLINES.get(type(core))
    return "" if words is None else words(core, names)


def lines(section: msgspec.Struct, names: Names = NO_NAMES) -> Iterator[Line]:
    """Yield what a section says; a kind of section that has no words of its own field by field.

    Args:
        names: Of other messages that the reader may know of.
    """
    words = LINES.get(type(section))
    yield from _field_by_field(section) if words is None else words(section, names)


def _field_by_field(section: msgspec.Struct) -> Iterator[Line]:
    for name in section.__struct_fields__:
        yield Line(name.replace("_", " "), plain(str(getattr(section, name))))
