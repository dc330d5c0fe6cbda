"""What is left of a message that was purged: that it was there, what was removed, when, on whose word and why."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, exists, select

from broker.types.names import Digest, Originator
from broker.types.time import from_micros
from broker.types.vocabulary import Section, Word
from consumers import store

_SHOWN: Final = 16
"""Hexadecimal characters of a digest that people are shown."""


class PurgeReason(Word):
    """Why content was removed. Ordered: what stands later says more about the message."""

    UNKNOWN = "UNKNOWN"
    CORRECTED = "CORRECTED"
    """Its author sent another one in its place: only persons and companies go."""
    RETENTION_OVER = "RETENTION_OVER"
    RECALLED = "RECALLED"

    @property
    def sections(self) -> frozenset[str] | None:
        """The names of the sections that go; None for all."""
        return frozenset({Section.NOMINAL.word}) if self is PurgeReason.CORRECTED else None


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is to be purged.

    Attributes:
        by: Header digest of the recall record; None where the message's own date has come.
        ahead: The recall was here before the message: nobody is ever shown that there was one.
    """

    digest: Digest
    reason: PurgeReason
    by: Digest | None = None
    ahead: bool = False


class Purged(msgspec.Struct, frozen=True, kw_only=True):
    """One purge that was carried out.

    Attributes:
        id: Ever growing; where a later look goes on.
        sections: What was removed then; empty where nothing was left to remove.
        by: Header digest of the recall record; None where the message's own date had come.
    """

    id: int
    digest: Digest
    reason: PurgeReason
    sections: tuple[Section, ...]
    by: Digest | None
    at: datetime


class Withdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """How it came that a message must not be used any more as it was.

    Attributes:
        by: Who took it back; None where its author's own date has come.
        recall: The message that says so, as people name it; empty for none.
        says: Why, in the words of whoever took it back.
        at: When that was said, or the date came to be acted on.
        replaced_by: The message to use instead, as people name it; empty for none.
        purged: What was removed.
    """

    reason: PurgeReason
    by: Originator | None
    recall: str
    says: str
    at: datetime
    replaced_by: str
    purged: tuple[Section, ...]

    @property
    def sentence(self) -> str:
        """What a person is told of it."""
        on = f"{self.at:%Y-%m-%d %H:%M} UTC"
        why = self.says.rstrip(". ")
        match self.reason:
            case PurgeReason.CORRECTED:
                instead = f" Use {self.replaced_by} instead." if self.replaced_by else ""
                return f"{self.by} corrected it on {on}: {why}.{instead}"
            case PurgeReason.RETENTION_OVER:
                return f"Its author let it be kept for a time that is over; it was removed on {on}."
            case _:
                return f"{self.by} took it back on {on}: {why}."


def purged_since(connection: Connection, after: int) -> Iterator[Purged]:
    """Yield the purges behind the one of id *after*, in their order; 0 for all."""
    rows = connection.execute(
        select(store.tombstone).where(store.tombstone.c.id > after).order_by(store.tombstone.c.id)
    )
    for row in rows:
        yield Purged(
            id=row.id,
            digest=Digest(row.digest),
            reason=PurgeReason.from_word(row.reason),
            sections=_sections(row.sections),
            by=None if row.by is None else Digest(row.by),
            at=from_micros(row.purged_at),
        )


def has_tombstone() -> ColumnElement[bool]:
    """Return the condition that something of a row of ``message`` was purged."""
    return exists().where(store.tombstone.c.digest == store.message.c.digest)


def has_nothing_left() -> ColumnElement[bool]:
    """Return the condition that nothing of the content of a row of ``message`` is left."""
    all_gone = store.tombstone.c.reason != PurgeReason.CORRECTED.word
    return exists().where(store.tombstone.c.digest == store.message.c.digest, all_gone)


def removed_from(connection: Connection, digest: bytes) -> frozenset[str]:
    """Return the names of the sections that were purged from a message."""
    found = connection.scalars(select(store.tombstone.c.sections).where(store.tombstone.c.digest == digest))
    return frozenset(name for sections in found for name in sections.split())


def withdrawn(connection: Connection, digest: bytes) -> Withdrawn | None:
    """Return how a message was taken back; None where it was not."""
    recall = store.withdrawal.c
    joined = store.tombstone.outerjoin(store.withdrawal, recall.recall == store.tombstone.c.by)
    columns = (recall.by.label("author"), recall.says, recall.replaced_by, recall.issued_at)
    wanted = select(store.tombstone, *columns).select_from(joined).where(store.tombstone.c.digest == digest)
    rows = connection.execute(wanted).all()
    if not rows:
        return None
    newest = max(rows, key=lambda row: _RANK[PurgeReason.from_word(row.reason)])
    return _withdrawn(connection, newest, removed_from(connection, digest))


_RANK: Final = {reason: place for place, reason in enumerate(PurgeReason)}


def _withdrawn(connection: Connection, row: Row[Any], purged: frozenset[str]) -> Withdrawn:
    return Withdrawn(
        reason=PurgeReason.from_word(row.reason),
        by=None if row.author is None else Originator(row.author),
        recall=_name(connection, row.by),
        says=row.says or "",
        at=from_micros(row.purged_at if row.issued_at is None else row.issued_at),
        replaced_by=_name(connection, row.replaced_by),
        purged=_sections(" ".join(sorted(purged))),
    )


def _name(connection: Connection, digest: bytes | None) -> str:
    """Return a message's name, or the beginning of its digest where it is not here."""
    if digest is None:
        return ""
    here = store.message.c
    row = connection.execute(select(here.stream, here.sequence).where(here.digest == digest)).one_or_none()
    return digest.hex()[:_SHOWN] if row is None else f"{row.stream}#{row.sequence}"


def _sections(names: str) -> tuple[Section, ...]:
    return tuple(Section.from_word(name) for name in names.split())
