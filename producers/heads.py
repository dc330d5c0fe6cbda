"""HEADS: what this node has sent, which directory and log it knows, the root over its decisions; signed by the node.

So a dropped tail, a hidden checkpoint, two versions of the directory, or a decision that is changed later come to
light. Decisions are only ever added, so their tree grows by what is new, and its right edge is all that is kept of it.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.dialects.sqlite import insert

from broker import avro
from broker.database import reading, writing
from broker.decisions import decision, decision_leaf
from broker.directory import Directory
from broker.envelope.body import Content
from broker.logbook import load_state
from broker.merkle import Frontier, Hash, leaf_hash
from broker.records.heads import SECTION, Heads, StreamState
from broker.records.registry import HEADS_PATH
from broker.types.names import Digest, MessageName, Originator, Stream, is_office
from broker.types.time import from_micros, to_micros
from producers.batches import Refusals, find_chains, store_signed
from producers.flush import Line
from producers.outbox import announced, writers
from producers.recovery import compare_with_bus
from producers.sending import send_waiting
from producers.signing import Chains, Occasion, Pen, granted_originators

HEADS_EVERY: Final = timedelta(hours=20)
"""HEADS are due again after this time; sooner where the root record tolerates less than twice as much.

Less than a day: a job that runs once a day runs a little early on some, and would skip every second one.
"""
BURST_MESSAGES: Final = 256
"""Messages of its own since the last HEADS after which a node sends them at once."""
BURST_DECISIONS: Final = 4096
"""The same of decisions."""

_ROWS_AT_ONCE: Final = 10_000
"""Decisions that are hashed while nobody else can write: about 50 ms."""
_HASH: Final = 32
_SALT: Final = 32
_NEVER: Final = -1


class Announced(msgspec.Struct, frozen=True):
    """What a node keeps of the HEADS that it sent.

    Attributes:
        tree: Over the decisions, as far as they were hashed.
        last: Id of the last decision in it.
        at: When HEADS were last written, in microseconds since 1970; below 0: never.
        decisions: How many they counted.
        messages: How many messages of the node's other streams they spoke of.
    """

    tree: Frontier = Frontier()
    last: int = 0
    at: int = _NEVER
    decisions: int = 0
    messages: int = 0

    def is_over(self, now: datetime, directory: Directory, *, decisions: int, messages: int) -> bool:
        """Say whether it is time for the next."""
        if self.at < 0:
            return True
        tolerated = timedelta(hours=directory.root.heads_max_age_hours)
        return (
            now - from_micros(self.at) >= min(HEADS_EVERY, tolerated / 2)
            or decisions - self.decisions >= BURST_DECISIONS
            or messages - self.messages >= BURST_MESSAGES
        )


class Announcement(msgspec.Struct, frozen=True):
    """HEADS that were written, and the message that carries them."""

    message: MessageName
    heads: Heads


class Announcer:
    """Writes and sends the HEADS of one node."""

    def __init__(self, engine: Engine, line: Line, node: Originator) -> None:
        self._engine = engine
        self._line = line
        self._node = node

    async def announce(self, *, forced: bool = False) -> Announcement | None:
        """Write HEADS if it is time for them, and send them and whatever else is signed; return what was written.

        Args:
            forced: Write them whether or not it is time.

        Raises:
            TransportError: The bus does not answer; what was written is stored, and the next flush sends it.
            UnknownKey, KeyNotValid, KeyRevoked: The key may not sign for the node.
        """
        line = self._line
        if not forced and not await asyncio.to_thread(self._is_due):
            return None
        directory = await line.follower.catch_up(line.bus)
        mine = granted_originators(directory, line.key)
        await compare_with_bus(self._engine, line.bus, directory, mine, line.sealing)
        occasion = Occasion(directory=directory, key=line.key, issued_at=line.clock(), randomness=line.randomness)
        written = await asyncio.to_thread(write_heads, self._engine, self._node, occasion, forced=forced)
        if written is not None:
            await send_waiting(self._engine, line.bus, line.clock)
        return written

    def _is_due(self) -> bool:
        return is_heads_due(self._engine, self._line.follower.directory, self._line.clock())


def is_heads_due(engine: Engine, directory: Directory, now: datetime) -> bool:
    """Say whether it is time for HEADS; costs two small queries.

    Raises:
        UntrustedRoot: The directory was not read yet.
    """
    with reading(engine) as connection:
        counted = {"decisions": _count_decisions(connection), "messages": _count(_own_streams(connection))}
        return _load(connection).is_over(now, directory, **counted)


def write_heads(engine: Engine, node: Originator, occasion: Occasion, *, forced: bool = False) -> Announcement | None:
    """Write the HEADS of *node* into its outbox if it is time for them; its streams must have been compared before.

    Raises:
        UnknownKey, KeyNotValid, KeyRevoked: The key may not sign for the node.
    """
    while _grow_tree(engine):
        pass
    with writing(engine) as connection:
        kept, streams = _grown(connection, _load(connection)), _own_streams(connection)
        chains = _chains(connection, node, occasion)
        stream = chains.streams[node]
        # Its own HEADS are in none: they would be a reason for the next ones, and those for more.
        others = [one for one in streams if one.stream != stream]
        counted = {"decisions": kept.tree.size, "messages": _count(streams)}
        if not forced and not kept.is_over(occasion.issued_at, occasion.directory, **counted):
            return None
        heads = Heads(
            streams=tuple(others),
            directory_digest=occasion.directory.digest,
            decisions_root=Digest(kept.tree.root),
            decisions_count=kept.tree.size,
            checkpoint=_newest_checkpoint(connection),
        )
        name = _sign(connection, stream, heads, Pen(chains, occasion))
        _save(connection, msgspec.structs.replace(kept, at=to_micros(occasion.issued_at), **counted))
    return Announcement(name, heads)


def _newest_checkpoint(connection: Connection) -> bytes | None:
    """Return the newest checkpoint under which this node has read the log: whoever is shown another finds out by it."""
    newest = load_state(connection).newest
    return None if newest is None else newest.raw


def _chains(connection: Connection, node: Originator, occasion: Occasion) -> Chains:
    refused = Refusals()
    chains = find_chains(connection, [node], occasion, refused)
    if refused.first is not None:
        raise refused.first
    return chains


def _sign(connection: Connection, stream: Stream, heads: Heads, pen: Pen) -> MessageName:
    occasion, schema = pen.occasion, avro.schema(HEADS_PATH)
    content = Content(occasion.randomness(_SALT), schema.id, avro.encode(schema, heads))
    pen.write_heads(stream, SECTION, content, status=occasion.directory.root.status)
    (signed,) = pen.sign()
    store_signed(connection, [signed], occasion.directory.federation, occasion.issued_at)
    return MessageName(signed.stream, signed.sequence)


def _own_streams(connection: Connection) -> list[StreamState]:
    here = writers.c
    rows = connection.execute(select(writers).where(here.sequence > 0).order_by(here.originator, here.writer))
    return [
        StreamState(
            originator=Originator(row.originator),
            writer=row.writer,
            sequence=row.sequence,
            digest=Digest(row.digest),
            frozen=bool(row.frozen),
        )
        for row in rows
    ]


def _count(streams: Sequence[StreamState]) -> int:
    """Return how many messages the authorities of a node have sent; those of the node itself are HEADS."""
    return sum(one.sequence for one in streams if not is_office(one.originator))


def _count_decisions(connection: Connection) -> int:
    # Their ids have no gaps, and looking up the last one is cheaper than counting.
    return connection.scalar(select(func.max(decision.c.id))) or 0


def _grow_tree(engine: Engine) -> bool:
    """Hash the next decisions, and keep how far that went; say whether there may be more.

    In steps, so that a node with years of decisions lets others write in between.
    """
    with reading(engine) as connection:
        before = _load(connection)
        if _count_decisions(connection) - before.last < _ROWS_AT_ONCE:
            return False
        grown = _grown(connection, before, most=_ROWS_AT_ONCE)
    with writing(engine) as connection:
        present = _load(connection)
        if present.last < grown.last:
            _save(connection, msgspec.structs.replace(present, tree=grown.tree, last=grown.last))
    return grown.last > before.last


def _grown(connection: Connection, kept: Announced, *, most: int | None = None) -> Announced:
    here = decision.c
    wanted = select(decision).where(here.id > kept.last).order_by(here.id).limit(most)
    rows = connection.execute(wanted).all()
    if not rows:
        return kept
    tree = kept.tree.grown([leaf_hash(decision_leaf(row)) for row in rows])
    return msgspec.structs.replace(kept, tree=tree, last=rows[-1].id)


def _load(connection: Connection) -> Announced:
    row = connection.execute(select(announced)).one_or_none()
    if row is None:
        return Announced()
    peaks = tuple(Hash(row.peaks[start : start + _HASH]) for start in range(0, len(row.peaks), _HASH))
    return Announced(Frontier(row.size, peaks), row.last, row.at, row.decisions, row.messages)


def _save(connection: Connection, kept: Announced) -> None:
    values = {
        "size": kept.tree.size,
        "peaks": b"".join(kept.tree.peaks),
        "last": kept.last,
        "at": kept.at,
        "decisions": kept.decisions,
        "messages": kept.messages,
    }
    statement = insert(announced).values(id=1, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
