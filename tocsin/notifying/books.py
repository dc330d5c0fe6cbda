"""What an authority may see of notifications, replies and shipments, folded into how far each notification is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from broker.database import reading
from broker.directory import Directory
from broker.directory.entries import DeadlineRule
from broker.errors import MissingItem
from broker.records.incident import IncidentCore
from broker.records.notification import NotificationCore
from broker.records.notification_reply import NotificationReplyCore
from broker.records.shipment import ShipmentCore
from broker.trade.said import Mention, Said
from broker.trade.workflow import Ledger, Notification, fold_notifications
from broker.types.names import Digest, Originator, Participant, participant_of
from broker.types.time import to_micros
from broker.types.vocabulary import RecordKind, Section, Status
from consumers import store
from consumers.inbox import Item, item, items_among, items_of_kind
from tocsin.installation import Node
from tocsin.notifying.measuring import measured
from tocsin.notifying.taken_back import TakenBack, taken_back

_KINDS: Final = (RecordKind.NOTIFICATION, RecordKind.NOTIFICATION_REPLY, RecordKind.SHIPMENT)
_AT_ONCE: Final = 400
"""Digests in one statement; SQLite takes 999 at least."""
_CLOCKS_DIFFER: Final = timedelta(days=1)
_CORES: Final = (NotificationCore, NotificationReplyCore, ShipmentCore)


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """The notifications that one authority may see, on one day.

    Attributes:
        said: The records that they follow from.
        rules: The deadline rule of each participant that has one.
        statuses: Whether each of the records is about the world, by header digest.
        taken_back: Those of which nothing can be read any more.
    """

    authority: Originator
    said: tuple[Said, ...]
    ledger: Ledger
    rules: dict[str, DeadlineRule]
    statuses: dict[Digest, Status]
    taken_back: tuple[TakenBack, ...]
    today: date

    @property
    def participant(self) -> Participant:
        """For whom they are read."""
        return participant_of(self.authority)

    def status_of(self, notification: Notification) -> Status:
        """Return whether a notification is about the world, an exercise or a test."""
        return self.statuses[notification.first.digest]

    def about(self, gone: TakenBack) -> tuple[Said, ...]:
        """Return what was said about a notification that was taken back, and is still here."""
        return tuple(one for one in self.said if one.core.notification == gone.digest)

    @property
    def unplaced(self) -> tuple[Said, ...]:
        """Records about notifications that are not here, and never were."""
        gone, left = {one.digest for one in self.taken_back}, list[Said]()
        for one in self.ledger.unplaced:
            if one.core.notification in gone:
                gone.add(one.digest)  # what was said about an amendment leads to what it amended
            else:
                left.append(one)
        return tuple(left)

    def find(self, digest: Digest) -> Notification | None:
        """Return the notification that a message is, changes, answers or ships against."""
        return next((one for one in self.ledger.notifications if digest in _digests(one)), None)


def open_books(node: Node, authority: Originator) -> Books:
    """Return the notifications that *authority* may see."""
    now = node.clock()
    rules = deadline_rules(node.directory)
    with reading(node.engine) as connection:
        items = tuple(_items(connection, node, authority))
    said = tuple(_said(items))
    ledger = _folded(said, rules)
    return Books(
        authority=authority,
        said=tuple(one for _, one in said),
        ledger=ledger,
        rules=rules,
        statuses={one.digest: status for status, one in said},
        taken_back=tuple(taken_back(one for one in items if one.kind is RecordKind.NOTIFICATION)),
        today=now.date(),
    )


def with_incidents(node: Node, books: Books, notification: Notification) -> Notification:
    """Return *notification* with the incidents that name it or a shipment of it, or that it names.

    Only messages that were issued after it are looked at, and those that it names: no other can name it.
    """
    since = notification.first.said.at - _CLOCKS_DIFFER
    named = {one.digest for said in books.said for one in said.core.related}
    with reading(node.engine) as connection:
        recent = connection.scalars(
            select(store.message.c.digest).where(
                store.message.c.record_kind == RecordKind.INCIDENT.value,
                store.message.c.issued_at >= to_micros(since),
            )
        )
        digests = list(dict.fromkeys((*named, *recent)))
        mentions = list(_mentions(connection, node, books.authority, digests))
        said = tuple(_said(_items(connection, node, books.authority)))
    ledger = _folded(said, books.rules, mentions)
    found = (one for one in ledger.notifications if one.first.digest == notification.first.digest)
    return next(found, notification)


def find_notification(node: Node, books: Books, message: str) -> Notification:
    """Return the notification that *message* names, or that the message is about.

    Raises:
        MissingItem: The authority has no such message, or it is about no notification that is here.
    """
    with reading(node.engine) as connection:
        found = item(connection, node.section_keys, books.authority, message, node.clock())
    notification = books.find(found.original)
    if notification is None:
        raise MissingItem(
            f"{found.message} is no notification, and about none that {books.authority} has",
            hint=f"tocsin notification list --as {books.authority} lists them.",
        )
    return notification


def find_taken_back(node: Node, books: Books, message: str) -> TakenBack | None:
    """Return the notification that *message* names, if it was taken back and nothing of it can be read.

    Raises:
        MissingItem: The authority has no such message.
    """
    if not books.taken_back:
        return None
    with reading(node.engine) as connection:
        found = item(connection, node.section_keys, books.authority, message, node.clock())
    return next((one for one in books.taken_back if one.digest == found.original), None)


def deadline_rules(directory: Directory) -> dict[str, DeadlineRule]:
    """Return the deadline rule of each participant that has one, by its code."""
    entries = ((one.code, directory.trade(one.code)) for one in directory.participants())
    return {code: entry.rule for code, entry in entries if entry is not None and entry.rule is not None}


def _folded(
    said: Sequence[tuple[Status, Said]],
    rules: Mapping[str, DeadlineRule],
    mentions: Sequence[tuple[Status, Mention]] = (),
) -> Ledger:
    """Return how far each notification is; an answer in an exercise says nothing of one that is none."""
    ledgers = [
        fold_notifications(
            [one for its, one in said if its is status],
            rules=rules,
            mentions=[one for its, one in mentions if its is status],
            measure=measured,
        )
        for status in dict.fromkeys(status for status, _ in said)
    ]
    found = [one for ledger in ledgers for one in ledger.notifications]
    return Ledger(
        tuple(sorted(found, key=lambda one: one.first.said.order)),
        tuple(one for ledger in ledgers for one in ledger.unplaced),
    )


def _items(connection: Connection, node: Node, authority: Originator) -> Iterator[Item]:
    for kind in _KINDS:
        yield from items_of_kind(connection, node.section_keys, authority, kind, node.clock())


def _said(items: Iterable[Item]) -> Iterator[tuple[Status, Said]]:
    for one in items:
        core = one.sections.get(Section.CORE)
        if isinstance(core, _CORES):
            # Companies are read by who opens one message, and by nobody who lists them.
            said = Said(
                digest=one.original,
                message=str(one.message),
                by=one.author,
                at=one.said_at,
                core=core,
                is_withdrawn=one.withdrawn is not None,
            )
            yield one.status, said


def _mentions(
    connection: Connection, node: Node, authority: Originator, digests: Sequence[bytes]
) -> Iterator[tuple[Status, Mention]]:
    for start in range(0, len(digests), _AT_ONCE):
        some = digests[start : start + _AT_ONCE]
        for one in items_among(connection, node.section_keys, authority, some, node.clock()):
            core = one.sections.get(Section.CORE)
            if isinstance(core, IncidentCore) and one.withdrawn is None:
                mention = Mention(
                    digest=one.original,
                    message=str(one.message),
                    by=one.author,
                    at=one.said_at,
                    related=frozenset(related.digest for related in core.related),
                )
                yield one.status, mention


def _digests(notification: Notification) -> Iterable[Digest]:
    yield from (one.digest for one in notification.versions)
    yield from (one.said.digest for one in notification.replies)
    yield from (said.digest for one in notification.shipments for said in one.said)
    yield from (one.said.digest for one in notification.uncounted)
    if notification.cancelled_by is not None:
        yield notification.cancelled_by.digest
