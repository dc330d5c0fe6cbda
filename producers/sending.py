"""What is signed and not yet confirmed by the bus."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Engine, select, update

from broker.bus.port import Bus, Outgoing
from broker.database import reading, writing
from broker.limits import KIB, MAX_BATCH_MESSAGES
from broker.types.names import Stream
from broker.types.time import Clock, to_micros
from broker.types.vocabulary import Kind
from producers.outbox import IS_UNSENT, Pending, envelopes, outgoing

MAX_SEND_BYTES: Final = 8 * 1024 * KIB
"""What is handed to the bus at once, its last message not counted."""


class Unsent(msgspec.Struct, frozen=True):
    """A message that has to be sent; *id* says in which order."""

    id: int
    kind: Kind
    digest: bytes
    topic: str
    message: Outgoing


class UnsentMessages(msgspec.Struct, frozen=True):
    """Messages to be sent next, oldest first, and whether there may be more."""

    messages: Sequence[Unsent]
    more: bool


def unsent_messages(engine: Engine) -> UnsentMessages:
    """Return the oldest messages that are not marked as sent, as many as are handed to the bus at once."""
    statement = (
        select(
            outgoing.c.id,
            outgoing.c.kind,
            outgoing.c.digest,
            outgoing.c.topic,
            outgoing.c.originator,
            outgoing.c.writer,
            envelopes.c.raw,
        )
        .join(envelopes, envelopes.c.id == outgoing.c.id)
        .where(IS_UNSENT)
        .order_by(outgoing.c.id)
        .limit(MAX_BATCH_MESSAGES)
    )
    found: list[Unsent] = []
    size = 0
    with reading(engine) as connection, connection.execute(statement) as rows:
        for number, kind, digest, topic, originator, writer, raw in rows:
            found.append(Unsent(number, Kind(kind), digest, topic, Outgoing(str(Stream(originator, writer)), raw)))
            size += len(raw)
            if size >= MAX_SEND_BYTES:
                break
    return UnsentMessages(found, len(found) == MAX_BATCH_MESSAGES or size >= MAX_SEND_BYTES)


def by_topic(rows: Sequence[Unsent]) -> Mapping[str, list[Unsent]]:
    """Return what goes to each topic, in order."""
    found: dict[str, list[Unsent]] = {}
    for row in rows:
        found.setdefault(row.topic, []).append(row)
    return found


def mark_sent(engine: Engine, sent: Sequence[Unsent], now: int) -> None:
    """Mark exactly the messages that were *sent* at *now*, in microseconds since 1970.

    By digest too: another process may have asked for older ones again, or given an id to another message meanwhile.
    """
    mine = (outgoing.c.id.in_([one.id for one in sent]), outgoing.c.digest.in_([one.digest for one in sent]))
    with writing(engine) as connection:
        connection.execute(update(outgoing).where(IS_UNSENT, *mine).values(pending=Pending.NO.value, sent_at=now))


async def send_waiting(engine: Engine, bus: Bus, clock: Clock) -> int:
    """Send everything that is signed and not marked as sent; return how many messages that were.

    Raises:
        TransportError: The bus does not answer; what it has confirmed is marked.
    """
    sent, more = 0, True
    while more:
        unsent = await asyncio.to_thread(unsent_messages, engine)
        for topic, messages in by_topic(unsent.messages).items():
            await bus.send(topic, [one.message for one in messages])
            await asyncio.to_thread(mark_sent, engine, messages, to_micros(clock()))
        sent, more = sent + len(unsent.messages), unsent.more
    return sent
