"""A node's own copy of the directory: read from the bus to its present end, and kept.

It is kept because the bus may be rolled back by whoever runs it: what a node has seen once, it never unsees.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Column, Connection, Engine, Integer, LargeBinary, MetaData, Table, Text, func, insert, select

from broker.bus.port import Bus, Delivered
from broker.database import reading, writing
from broker.directory.directory import Directory, fold, include
from broker.directory.held import Held, hold
from broker.envelope.message import open_envelope
from broker.errors import BrokerError
from broker.types.names import Digest, directory_topic

metadata: Final = MetaData()

directory_message: Final = Table(
    "directory_message",
    metadata,
    Column("offset", Integer, primary_key=True, doc="place in the directory topic; below 0: somewhere else, since"),
    Column("raw", LargeBinary, nullable=False, doc="exact bytes of the envelope"),
    Column("refused_code", Text, doc="why it was refused; null where it was taken"),
    Column("refused_message", Text, doc="the same for people"),
)

_READ_AT_ONCE: Final = 256


class DirectoryFollower:
    """Follows the directory topic for one node."""

    def __init__(self, engine: Engine, *, federation: str, root_digest: Digest) -> None:
        """Load what this node has seen before; the tables must exist."""
        self._engine = engine
        self._topic = directory_topic(federation)
        with reading(engine) as connection:
            kept = connection.execute(
                select(directory_message.c.raw)
                .where(directory_message.c.refused_code.is_(None))
                .order_by(directory_message.c.offset)
            )
            messages = [open_envelope(row.raw) for row in kept]
            newest = connection.execute(
                select(directory_message.c.offset, directory_message.c.raw)
                .order_by(directory_message.c.offset.desc())
                .limit(1)
            ).one_or_none()
        self._next = 0 if newest is None else newest.offset + 1
        self._last = b"" if newest is None else newest.raw
        self._directory = fold(messages, root_digest, federation)

    @property
    def directory(self) -> Directory:
        """The directory as of the last :meth:`catch_up`."""
        return self._directory

    async def catch_up(self, bus: Bus) -> Directory:
        """Read the directory topic to its present end; return the directory as of then.

        A message that is refused changes nothing and is kept with the reason.

        Raises:
            TransportError: The bus does not answer, or has no directory topic.
        """
        end = await bus.end(self._topic)
        if end != self._next and not await self._goes_on(bus, end):
            # Rolled back, or another one. What we have stays; what it has besides may stand anywhere in it.
            self._next = 0
        while self._next < end:
            batch = await bus.read(self._topic, start=self._next, most=_READ_AT_ONCE)
            if not batch:
                break
            self._take(batch)
        return self._directory

    async def _goes_on(self, bus: Bus, end: int) -> bool:
        """Say whether the bus still has what was read last, where it was read."""
        if self._next == 0:
            return True
        if end < self._next:
            return False
        there = await bus.read(self._topic, start=self._next - 1, most=1)
        return bool(there) and there[0].value == self._last

    def _take(self, batch: Sequence[Delivered]) -> None:
        held: list[Held] = []
        rows: list[dict[str, object]] = []
        for delivered in batch:
            row: dict[str, object] = {
                "offset": delivered.offset,
                "raw": delivered.value,
                "refused_code": None,
                "refused_message": None,
            }
            try:
                held.append(hold(open_envelope(delivered.value), self._directory.federation))
            except BrokerError as error:
                row["refused_code"], row["refused_message"] = error.code, str(error)
            rows.append(row)
        with writing(self._engine) as connection:
            _keep(connection, rows)
        self._directory = include(self._directory, held)
        self._next = batch[-1].offset + 1
        self._last = batch[-1].value


def _keep(connection: Connection, rows: Sequence[dict[str, object]]) -> None:
    """Keep messages at their places; one whose place another message has, from before a rollback, below all places."""
    here = directory_message.c
    places = [row["offset"] for row in rows]
    there = connection.execute(select(here.offset, here.raw).where(here.offset.in_(places)))
    taken: dict[object, object] = {row.offset: row.raw for row in there}
    new = [row for row in rows if row["offset"] not in taken]
    # Two processes of one node read the same place; the bytes are the same.
    others = [row for row in rows if taken.get(row["offset"], row["raw"]) != row["raw"]]
    lowest = connection.scalar(select(func.min(here.offset))) or 0
    for row in others:
        if connection.scalar(select(here.offset).where(here.raw == row["raw"])) is None:
            lowest = min(lowest, 0) - 1
            new.append(row | {"offset": lowest})
    if new:
        connection.execute(insert(directory_message), new)
