"""Which drafts are signed next, and where what they became is stored; all in the caller's transaction."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, bindparam, exists, func, insert, select, true, update

from broker.errors import BrokerError
from broker.limits import KIB, MAX_BATCH_MESSAGES
from broker.sequence import Position
from broker.types.names import Digest, Originator, Stream, message_topic, participant_of
from broker.types.time import to_micros
from broker.types.vocabulary import RecordKind, Status, Tlp
from producers.outbox import (
    IS_WAITING,
    Pending,
    Stage,
    drafts,
    envelopes,
    outgoing,
    unpack_related,
    unpack_sections,
    writers,
)
from producers.signing import NOTHING_WRITTEN, Chains, Occasion, Ready, Signed, choose_stream

MAX_BATCH_BYTES: Final = 8 * 1024 * KIB
"""Sections that are signed at once, the last draft not counted."""


class Refusals:
    """The authorities for which nothing can be signed now, single drafts that cannot be either, and why."""

    def __init__(self) -> None:
        self.originators: set[Originator] = set()
        self.drafts: set[int] = set()
        self.first: BrokerError | None = None

    def add(self, originator: Originator, error: BrokerError) -> None:
        """Keep *originator* out of this flush."""
        self.originators.add(originator)
        self.note(error)

    def add_draft(self, draft: Ready, error: BrokerError) -> None:
        """Keep one draft out of this flush."""
        self.drafts.add(draft.id)
        self.note(error)

    def note(self, error: BrokerError) -> None:
        """Have the flush end with *error*, or with an earlier one."""
        self.first = self.first or error


def next_batch(connection: Connection, refused: Refusals, *, actual: bool) -> list[Ready]:
    """Return the oldest drafts that are ready, but for those that are *refused*, themselves or with their authorities.

    Args:
        actual: Whether the network carries messages about the world; else drafts that are stay where they are.
    """
    statement = (
        select(
            drafts.c.id,
            drafts.c.authority,
            drafts.c.national_reference,
            drafts.c.kind,
            drafts.c.status,
            drafts.c.tlp,
            drafts.c.sections,
            drafts.c.related,
        )
        .where(
            IS_WAITING,
            drafts.c.stage == Stage.READY,
            drafts.c.authority.not_in(refused.originators),
            drafts.c.id.not_in(refused.drafts),
            _may_be_sent(actual=actual),
        )
        .order_by(drafts.c.id)
        .limit(MAX_BATCH_MESSAGES)
    )
    found: list[Ready] = []
    size = 0
    with connection.execute(statement) as rows:
        for row in rows:
            found.append(_ready(row))
            size += len(row.sections)
            if size >= MAX_BATCH_BYTES:
                break
    return found


def count_unfit(connection: Connection, *, actual: bool) -> int:
    """Return how many drafts wait that may never be signed in this network."""
    waiting = select(func.count()).select_from(drafts).where(IS_WAITING, ~_may_be_sent(actual=actual))
    return connection.execute(waiting).scalar_one()


def _may_be_sent(*, actual: bool) -> ColumnElement[bool]:
    return true() if actual else drafts.c.status != Status.ACTUAL.value


def _ready(row: Any) -> Ready:
    return Ready(
        id=row.id,
        authority=row.authority,
        national_reference=row.national_reference,
        kind=RecordKind(row.kind),
        status=Status(row.status),
        tlp=Tlp(row.tlp),
        sections=unpack_sections(row.sections),
        related=unpack_related(row.related),
    )


def unpark(connection: Connection) -> bool:
    """Make those parked drafts ready whose reference is published now; say whether there was one."""
    other = drafts.alias()
    published = exists().where(
        other.c.authority == drafts.c.authority,
        other.c.national_reference == drafts.c.waits_for,
        other.c.stage == Stage.FLUSHED,
    )
    statement = update(drafts).where(IS_WAITING, drafts.c.stage == Stage.PARKED, published)
    return connection.execute(statement.values(stage=Stage.READY.value, waits_for=None)).rowcount > 0


def find_chains(
    connection: Connection, originators: Collection[Originator], occasion: Occasion, refused: Refusals
) -> Chains:
    """Return where the streams of *originators* stand; those that may not sign are added to *refused*."""
    streams: dict[Originator, Stream] = {}
    heads: dict[Stream, Position] = {}
    for originator in originators:
        rows = connection.execute(select(writers).where(writers.c.originator == originator)).all()
        try:
            stream = choose_stream(occasion, originator, {row.writer: bool(row.frozen) for row in rows})
        except BrokerError as error:
            refused.add(originator, error)
            continue
        streams[originator] = stream
        heads[stream] = next(
            (Position(row.sequence, row.digest) for row in rows if row.writer == stream.writer), NOTHING_WRITTEN
        )
    return Chains(streams, heads)


def settle(
    connection: Connection, batch: Sequence[Ready]
) -> tuple[list[Ready], Mapping[tuple[Originator, str], Digest]]:
    """Park the drafts that name something unpublished; return the others, and what they name."""
    if not any(draft.related for draft in batch):
        return list(batch), {}
    digests = _published(connection, batch)
    coming: set[tuple[Originator, str]] = set()
    ready: list[Ready] = []
    parked: list[dict[str, Any]] = []
    for draft in batch:
        named = [(draft.authority, one.national_reference) for one in draft.related]
        missing = next((name for name in named if name not in digests and name not in coming), None)
        if missing is None:
            ready.append(draft)
            coming.add((draft.authority, draft.national_reference))
        else:
            parked.append({"draft": draft.id, "reference": missing[1]})
    if parked:
        statement = update(drafts).where(drafts.c.id == bindparam("draft"))
        connection.execute(statement.values(stage=Stage.PARKED.value, waits_for=bindparam("reference")), parked)
    return ready, digests


def _published(connection: Connection, batch: Sequence[Ready]) -> dict[tuple[Originator, str], Digest]:
    found: dict[tuple[Originator, str], Digest] = {}
    for authority in {draft.authority for draft in batch}:
        named = {one.national_reference for draft in batch if draft.authority == authority for one in draft.related}
        statement = select(drafts.c.national_reference, drafts.c.digest).where(
            drafts.c.authority == authority,
            drafts.c.national_reference.in_(named),
            drafts.c.stage == Stage.FLUSHED,
        )
        found |= {(authority, reference): Digest(digest) for reference, digest in connection.execute(statement)}
    return found


def store_signed(
    connection: Connection, signed: Sequence[Signed], federation: str, issued_at: datetime
) -> Mapping[Digest, int]:
    """Store *signed* messages: their exact bytes, and where their streams stand now.

    Returns:
        The id of each message in the outbox.
    """
    first = connection.execute(select(func.coalesce(func.max(outgoing.c.id), 0) + 1)).scalar_one()
    rows = [_outgoing_row(one, federation, to_micros(issued_at)) for one in signed]
    connection.execute(insert(outgoing), [{"id": number, **row} for number, row in enumerate(rows, first)])
    connection.execute(insert(envelopes), [{"id": number, "raw": one.raw} for number, one in enumerate(signed, first)])
    became = [_became(one) for one in signed if one.draft is not None]
    if became:
        connection.execute(_BECAME, became)
    for stream, last in {one.stream: one for one in signed}.items():
        mine = (writers.c.originator == stream.originator, writers.c.writer == stream.writer)
        head = {"sequence": last.sequence, "digest": last.digest}
        if not connection.execute(update(writers).where(*mine).values(head)).rowcount:
            new = {"originator": stream.originator, "writer": stream.writer, "frozen": 0, "known_sequence": 0}
            connection.execute(insert(writers), {**new, **head})
    return {one.digest: number for number, one in enumerate(signed, first)}


_BECAME: Final = (
    update(drafts)
    .where(drafts.c.id == bindparam("draft"))
    .values(
        stage=Stage.FLUSHED.value,
        sections=None,
        waits_for=None,
        writer=bindparam("as_writer"),
        sequence=bindparam("as_sequence"),
        digest=bindparam("as_digest"),
    )
)


def _became(one: Signed) -> dict[str, Any]:
    return {
        "draft": one.draft,
        "as_writer": one.stream.writer,
        "as_sequence": one.sequence,
        "as_digest": one.digest,
    }


def _outgoing_row(one: Signed, federation: str, issued_at: int) -> dict[str, Any]:
    return {
        "originator": one.stream.originator,
        "writer": one.stream.writer,
        "sequence": one.sequence,
        "kind": one.kind.value,
        "topic": message_topic(federation, participant_of(one.stream.originator)),
        "digest": one.digest,
        "issued_at": issued_at,
        "pending": Pending.FIRST.value,
    }
