"""A database that is older than the bus: restored from a backup, or made anew. It reads again, and alerts again."""

from datetime import datetime

import msgspec
from sqlalchemy import func, select

from broker.database import reading
from broker.directory.index import EnrolledKey
from broker.errors import BadSettings, MissingFile
from broker.types.names import MessageName, Stream, parse_stream
from broker.types.time import from_micros
from consumers import store
from producers.outbox import writers
from tocsin.installation import Node


class Restored(msgspec.Struct, frozen=True):
    """Own messages on the bus that the outbox does not know: it wrote them before its database was put back.

    Attributes:
        first: The oldest of them.
        since: When it was written: what came later may have been read, decided and looked at before.
    """

    first: MessageName
    since: datetime

    def says(self) -> str:
        """Return what people are told."""
        return (
            f"the bus has messages of this node that its database does not know, from {self.first} on: the database was"
            f" restored from a backup, or made anew. What came since {self.since:%Y-%m-%d %H:%M} UTC was read again and"
            " alerts again, whether or not somebody has seen it: none is lost. Drafts, openings, and decisions made"
            " since then are gone; tocsin audit check tells which of them were signed for"
        )


def find_restored(node: Node) -> Restored | None:
    """Return what shows that the database is older than the bus; None where nothing does.

    It has to be asked before the node writes again: from then on its old writers are frozen, and known.
    """
    try:
        enrolled = node.directory.key(node.key.id)
    except (MissingFile, BadSettings):
        return None  # it cannot write here, and has nothing to compare
    if enrolled is None:
        return None
    head, message = store.stream_head.c, store.message.c
    with reading(node.engine) as connection:
        known: dict[str, int] = {
            f"{row.originator}/{row.writer}": max(row.sequence, row.known_sequence)
            for row in connection.execute(select(writers))
        }
        heads = [
            row
            for row in connection.execute(select(head.stream, head.sequence))
            if row.sequence > known.get(row.stream, 0) and _may_write(enrolled, parse_stream(row.stream))
        ]
        found: list[Restored] = []
        for row in heads:
            unknown = (message.stream == row.stream) & (message.sequence > known.get(row.stream, 0))
            first, since = connection.execute(
                select(func.min(message.sequence), func.min(message.issued_at)).where(unknown)
            ).one()
            if first is not None:
                found.append(Restored(MessageName(parse_stream(row.stream), first), from_micros(since)))
    return min(found, key=lambda one: one.since, default=None)


def _may_write(key: EnrolledKey, stream: Stream) -> bool:
    """Say whether a stream is one of those that *key* writes: an authority that has moved left others elsewhere."""
    terms = key.terms.get(stream.originator, ())
    return any(one.first_writer <= stream.writer <= one.last_writer for one in terms)
