"""Other messages that a record is about: by name where the reader may know of them, else by how their digest begins."""

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

import msgspec

from broker.records.answer import AnswerCore
from broker.records.grant import GrantCore
from broker.records.inquiry import InquiryCore
from broker.records.notification import NotificationCore
from broker.records.notification_reply import NotificationReplyCore
from broker.records.recall import RecallCore
from broker.records.receipt import ReceiptCore
from broker.records.request import RequestCore
from broker.records.scheduling import SchedulingCore
from broker.records.shipment import ShipmentCore
from broker.types.names import Digest, MessageName

Names: TypeAlias = Mapping[Digest, MessageName]
"""The names of messages, by header digest."""

NO_NAMES: Final[Names] = {}

_SHOWN: Final = 16
"""Hexadecimal characters of a digest; a command takes them for a name."""


def named(digest: bytes, names: Names) -> str:
    """Return what people call a message: ``NL/customs/1#42``, or ``the message a2b6602786ac717a…``."""
    name = names.get(Digest(digest))
    return f"the message {digest.hex()[:_SHOWN]}…" if name is None else str(name)


def mentioned(section: msgspec.Struct | None) -> Iterator[Digest]:
    """Yield the header digests of the messages that a section names; some twice."""
    match section:
        case RequestCore() | GrantCore():
            yield Digest(section.message)
        case InquiryCore():
            yield from _there(section.message)
        case AnswerCore():
            yield Digest(section.request)
        case NotificationCore():
            yield from _there(section.notification)
        case NotificationReplyCore() | ShipmentCore():
            yield Digest(section.notification)
        case SchedulingCore():
            yield from _there(section.decision)
        case RecallCore():
            yield Digest(section.message)
            if section.replaced_by is not None:
                yield Digest(section.replaced_by)
        case ReceiptCore():
            yield from (Digest(entry.message) for entry in section.entries)
        case _:
            pass
    yield from (Digest(one.digest) for one in getattr(section, "related", ()))


def _there(digest: bytes | None) -> Iterator[Digest]:
    if digest is not None:
        yield Digest(digest)
