"""A node's own copy of the directory: read from the bus to its present end, and kept.

It is kept because the bus may be rolled back by whoever runs it: what a node has seen once, it never unsees.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Column, Engine, Integer, LargeBinary, MetaData, Table, Text, func, select
from sqlalchemy.dialects.sqlite import insert

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
    Column("offset", Integer, primary_key=True, doc="place in the directory topic of this bus"),
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
            last = connection.scalar(select(func.max(directory_message.c.offset)))
        self._next = 0 if last is None else last + 1
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
        # A bus that was rolled back ends before the place that we have read to: there is nothing new in it for us.
        end = await bus.end(self._topic)
        while self._next < end:
            batch = await bus.read(self._topic, start=self._next, most=_READ_AT_ONCE)
            if not batch:
                break
            self._take(batch)
        return self._directory

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
            # Two processes of one node read the same place; the bytes are the same.
            connection.execute(insert(directory_message).on_conflict_do_nothing(), rows)
        self._directory = include(self._directory, held)
        self._next = batch[-1].offset + 1
