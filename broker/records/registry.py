"""Which type belongs to which section of which record.

What a RECORD message reports stands in no header: the schema of its core section says it. A forward reports what the
message that it passes on does. HEADS are no record and are not here, so that no RECORD message can carry them.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final, TypeAlias, get_args

import msgspec

from broker import avro
from broker.errors import UnknownSchema
from broker.records.agreement import AgreementCore
from broker.records.answer import AnswerCore, AnswerNominal, AnswerOperational
from broker.records.catalogue import CatalogueCore
from broker.records.contact import ContactCore
from broker.records.evidence import IncidentEvidence
from broker.records.forward import ForwardCore, ForwardEvidence, ForwardNominal, ForwardOperational, ForwardTrade
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
from broker.types.vocabulary import RecordKind

CORE: Final = "core"
FORWARD: Final = "forward"
HEADS_PATH: Final = "heads/heads"

AnyCore: TypeAlias = (
    IncidentCore
    | AgreementCore
    | GroupCore
    | ContactCore
    | RequestCore
    | GrantCore
    | RecallCore
    | ReceiptCore
    | NotificationCore
    | NotificationReplyCore
    | ShipmentCore
    | SubstanceWarningCore
    | SchedulingCore
    | InquiryCore
    | AnswerCore
    | StatisticsCore
    | CatalogueCore
)
"""The core section of a record that speaks for its originator; not that of a forward."""
CORE_TYPES: Final = get_args(AnyCore)

RECORD_TYPES: Final[Mapping[str, type[msgspec.Struct]]] = MappingProxyType(
    {
        "incident/core": IncidentCore,
        "incident/operational": IncidentOperational,
        "incident/nominal": IncidentNominal,
        "incident/evidence": IncidentEvidence,
        "agreement/core": AgreementCore,
        "group/core": GroupCore,
        "contact/core": ContactCore,
        "request/core": RequestCore,
        "grant/core": GrantCore,
        "recall/core": RecallCore,
        "receipt/core": ReceiptCore,
        "notification/core": NotificationCore,
        "notification/trade": NotificationTrade,
        "notification-reply/core": NotificationReplyCore,
        "shipment/core": ShipmentCore,
        "substance-warning/core": SubstanceWarningCore,
        "substance-warning/evidence": SubstanceWarningEvidence,
        "scheduling/core": SchedulingCore,
        "inquiry/core": InquiryCore,
        "inquiry/operational": InquiryOperational,
        "inquiry/nominal": InquiryNominal,
        "answer/core": AnswerCore,
        "answer/operational": AnswerOperational,
        "answer/nominal": AnswerNominal,
        "statistics/core": StatisticsCore,
        "catalogue/core": CatalogueCore,
        "forward/core": ForwardCore,
        "forward/operational": ForwardOperational,
        "forward/nominal": ForwardNominal,
        "forward/evidence": ForwardEvidence,
        "forward/trade": ForwardTrade,
    }
)
"""From a schema's path to the type of its records."""
_REPORTED_BY: Final[Mapping[str, RecordKind]] = {"inquiry": RecordKind.REQUEST, "catalogue": RecordKind.SCHEDULING}
"""What those records report that are written otherwise than their kind is called: policy sees the kind alone."""


def record_type(path: str) -> type[msgspec.Struct]:
    """Return the type of the records of the schema at *path*.

    Raises:
        UnknownSchema: It is no schema of a record's section.
    """
    found = RECORD_TYPES.get(path)
    if found is None:
        raise UnknownSchema(f"{path[:80]!r} is no section of a record")
    return found


@cache
def record_kind(path: str) -> RecordKind:
    """Return what a record reports, one of whose sections has the schema at *path*.

    Raises:
        UnknownSchema: It is no schema of a record's section, or one of a forward, which reports what the original does.
    """
    record_type(path)
    word = path.partition("/")[0]
    if word == FORWARD:
        raise UnknownSchema(f"{path} says nothing of what is reported: that is for the original to say")
    return _REPORTED_BY.get(word) or RecordKind.from_word(word)


def kind_of(core: msgspec.Struct) -> RecordKind:
    """Return what the record with this *core* section reports; of a forward, what it claims that the original does.

    Raises:
        UnknownSchema: It is no core section of a record that this version knows.
    """
    path = avro.schema_by_id(core.schema_id).path if isinstance(core, ForwardCore) else path_of(core)
    return record_kind(path)


def sections_of(kind: RecordKind) -> tuple[str, ...]:
    """Return the names of the sections that a record of *kind* may have, the core first.

    Raises:
        UnknownSchema: This version knows no schema for such records.
    """
    own = (path for path in RECORD_TYPES if not path.startswith(f"{FORWARD}/") and record_kind(path) is kind)
    found = tuple(dict.fromkeys(path.partition("/")[2] for path in own))
    if not found:
        raise UnknownSchema(f"this version has no schema for a record of kind {kind.word}")
    return found


def path_of(record: msgspec.Struct) -> str:
    """Return the path of the schema that *record* is written with.

    Raises:
        UnknownSchema: It is no section of a record.
    """
    found = _PATHS.get(type(record))
    if found is None:
        raise UnknownSchema(f"{type(record).__name__} is no section of a record")
    return found


_PATHS: Final[Mapping[type[msgspec.Struct], str]] = {kind: path for path, kind in RECORD_TYPES.items()}
