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
from broker.records.contact import ContactCore
from broker.records.evidence import IncidentEvidence
from broker.records.forward import ForwardCore, ForwardEvidence, ForwardNominal, ForwardOperational, ForwardTrade
from broker.records.grant import GrantCore
from broker.records.group import GroupCore
from broker.records.incident import IncidentCore
from broker.records.nominal import IncidentNominal
from broker.records.operational import IncidentOperational
from broker.records.recall import RecallCore
from broker.records.receipt import ReceiptCore
from broker.records.request import RequestCore
from broker.types.vocabulary import RecordKind

CORE: Final = "core"
FORWARD: Final = "forward"
HEADS_PATH: Final = "heads/heads"

AnyCore: TypeAlias = (
    IncidentCore | AgreementCore | GroupCore | ContactCore | RequestCore | GrantCore | RecallCore | ReceiptCore
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
        "forward/core": ForwardCore,
        "forward/operational": ForwardOperational,
        "forward/nominal": ForwardNominal,
        "forward/evidence": ForwardEvidence,
        "forward/trade": ForwardTrade,
    }
)
"""From a schema's path to the type of its records."""


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
    return RecordKind.from_word(word)


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
    found = tuple(path.partition("/")[2] for path in RECORD_TYPES if path.startswith(f"{kind.word}/"))
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
