"""The same loop without signing and policy: Avro, SQLite, the bus, Avro, SQLite. What the ratio is taken to.

It keeps what nobody would leave out, the checks of types and rules at both ends, and as many commits a batch. It has no
digests, signatures, chains, directory, decisions, alerts or judgement of duplicates.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Column, Engine, Integer, LargeBinary, MetaData, Table, Text, insert, select, update

from bench.network import now
from broker import avro
from broker.bus.embedded import open_embedded_bus
from broker.bus.port import Bus, Outgoing
from broker.database import open_engine, reading, writing
from broker.records.checking import problems_in
from broker.records.registry import RECORD_TYPES, path_of
from producers.draft import Draft

TOPIC: Final = "plain"
_AT_ONCE: Final = 64

_metadata: Final = MetaData()
_outbox: Final = Table(
    "plain_outbox",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("reference", Text, nullable=False, unique=True),
    Column("message", LargeBinary, nullable=False),
    Column("sent", Integer, nullable=False),
)
_inbox: Final = Table(
    "plain_inbox",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("reference", Text, nullable=False, unique=True),
    Column("message", LargeBinary, nullable=False),
)

_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...])


class Plain:
    """Both ends of the loop, each with a database of its own."""

    def __init__(self, folder: Path) -> None:
        self._out, self._in = _engine(folder / "plain-out.sqlite"), _engine(folder / "plain-in.sqlite")
        self._bus: Bus = open_embedded_bus(folder / "plain-bus.sqlite", clock=now)

    async def begin(self) -> None:
        """Make the topic."""
        await self._bus.create_topics([TOPIC])

    async def publish(self, drafts: Sequence[Draft]) -> None:
        """Store *drafts*, send them, and note that they were sent: one commit each."""
        rows = [_row(draft) for draft in drafts]
        with writing(self._out) as connection:
            connection.execute(insert(_outbox), rows)
        with reading(self._out) as connection:
            unsent = select(_outbox.c.id, _outbox.c.message).order_by(_outbox.c.id.desc()).limit(len(rows))
            found = connection.execute(unsent).all()[::-1]
        await self._bus.send(TOPIC, [Outgoing("plain", row.message) for row in found])
        with writing(self._out) as connection:
            connection.execute(update(_outbox).where(_outbox.c.id >= found[0].id).values(sent=1))

    async def receive(self) -> int:
        """Take everything; return how many messages."""
        start, end = 0, await self._bus.end(TOPIC)
        while start < end:
            batch = await self._bus.read(TOPIC, start=start, most=_AT_ONCE)
            rows = [{"reference": _read(one.value), "message": one.value} for one in batch]
            with writing(self._in) as connection:
                connection.execute(insert(_inbox), rows)
            start = batch[-1].offset + 1
        return end

    async def close(self) -> None:
        """Close all files."""
        await self._bus.close()
        self._out.dispose()
        self._in.dispose()


def _engine(path: Path) -> Engine:
    engine = open_engine(path)
    _metadata.create_all(engine)
    return engine


def _row(draft: Draft) -> dict[str, object]:
    parts: list[tuple[str, bytes]] = []
    for record in draft.sections.present().values():
        if any(problems_in(record)):
            raise ValueError(f"{draft.national_reference} breaks a rule")
        path = path_of(record)
        parts.append((path, avro.encode(avro.schema(path), record)))
    return {"reference": draft.national_reference, "message": _encoder.encode(parts), "sent": 0}


def _read(message: bytes) -> str:
    records = [avro.decode(avro.schema(path), data, RECORD_TYPES[path]) for path, data in _decoder.decode(message)]
    return str(getattr(records[0], "national_reference", ""))
