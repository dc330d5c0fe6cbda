"""An exercise on a bus: authors whose messages tests write at will, and nodes that read them into real databases."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Engine, Row, Table, select, update

from broker import avro, follow
from broker.bus.embedded import open_embedded_bus
from broker.bus.port import Bus, Outgoing
from broker.database import open_engine, reading, writing
from broker.envelope.body import Content
from broker.envelope.header import Header
from broker.envelope.message import Unsigned, compose, enclose, open_envelope
from broker.follow import DirectoryFollower
from broker.policy.builtin import open_house_table
from broker.policy.table import Table as PolicyTable
from broker.records.registry import path_of
from broker.sequence import Position
from broker.signing.batch import sign_batch
from broker.signing.keys import SigningKey
from broker.types.names import (
    ZERO_DIGEST,
    Originator,
    Participant,
    Stream,
    directory_topic,
    message_topic,
    participant_of,
)
from broker.types.vocabulary import Kind, Status, Tlp
from consumers import inbox, store
from consumers.audit import BusAudit, audit_bus
from consumers.audit_node import audit_node
from consumers.deliver import Deliverer, Taken
from consumers.findings import Finding, open_findings
from consumers.inbox import Item
from consumers.receive import Receiver
from tests.support.federation import Federation, a_federation, a_seed
from tests.support.records import an_incident

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
CUSTOMS = Originator("NL/customs")


@dataclass(slots=True)
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


class Authors:
    """Everybody who writes: keeps the head of each stream, and signs with the node's key."""

    def __init__(self, federation: Federation, clock: Clock) -> None:
        self._federation = federation
        self._clock = clock
        self._heads: dict[Stream, Position] = {}

    def compose(
        self,
        sections: Mapping[str, msgspec.Struct] | None = None,
        *,
        by: str = CUSTOMS,
        key: SigningKey | None = None,
        contents: Sequence[tuple[str, Content]] | None = None,
        **changes: Any,
    ) -> Unsigned:
        """Return the next message of a stream without taking its number; *changes* are fields of its header."""
        originator = Originator(by)
        head = self._heads.get(Stream(originator, changes.get("writer", 1)), Position(0, ZERO_DIGEST))
        header = Header(
            federation=self._federation.name,
            kind=Kind.RECORD,
            status=Status.EXERCISE,
            originator=originator,
            writer=1,
            sequence=head.sequence + 1,
            previous=head.digest,
            issued_at=self._clock.now,
            tlp=Tlp.AMBER,
            directory_digest=ZERO_DIGEST,  # only an audit compares it
            signers=((key or self._federation.signing_key(by)).id,),
            sections=(),
        )
        records = an_incident(participant_of(originator)).sections if sections is None else sections
        parts = [(name, a_body(record)) for name, record in records.items()] if contents is None else contents
        return compose(msgspec.structs.replace(header, **changes), parts)

    def write(self, sections: Mapping[str, msgspec.Struct] | None = None, **changes: Any) -> bytes:
        """Return the envelope of the next message of a stream; arguments as for :meth:`compose`."""
        message = self.compose(sections, **changes)
        self._heads[message.header.stream] = Position(message.header.sequence, message.digest)
        return self.sign([message], key=changes.get("key"))[0]

    def sign(self, messages: Sequence[Unsigned], key: SigningKey | None = None) -> list[bytes]:
        """Return the envelopes of *messages*, signed as one batch."""
        signer = key or self._federation.signing_key(messages[0].header.originator)
        signatures = sign_batch([one.header_bytes for one in messages], signer)
        return [enclose(one, (signature,)) for one, signature in zip(messages, signatures, strict=True)]


def a_body(record: msgspec.Struct) -> Content:
    """Return what a body holds of *record*, the same on every call."""
    schema = avro.schema(path_of(record))
    return Content(a_seed(f"salt of {schema.path}"), schema.id, avro.encode(schema, record))


class Node:
    """A node that reads; made anew on the same file, it is the node after a restart."""

    def __init__(self, exercise: "Exercise", name: str, path: Path, house: PolicyTable | None = None) -> None:
        self.name = Originator(name)
        self.clock = exercise.clock
        self.engine = open_engine(path)
        for tables in (follow.metadata, store.metadata):
            tables.create_all(self.engine)
        federation = exercise.federation
        self.follower = DirectoryFollower(self.engine, federation=federation.name, root_digest=federation.root_digest)
        self.deliverer = Deliverer(
            self.engine, node=self.name, follower=self.follower, house=house or open_house_table(name)
        )
        self.receiver = Receiver(
            self.engine,
            exercise.bus,
            node=self.name,
            deliverer=self.deliverer,
            follower=self.follower,
            clock=exercise.clock,
        )

    async def receive(self) -> Taken:
        return await self.receiver.receive()

    def items(self, authority: str) -> list[Item]:
        with reading(self.engine) as connection:
            return list(inbox.items(connection, Originator(authority), self.clock.now))

    def alerts(self, authority: str) -> list[Item]:
        with reading(self.engine) as connection:
            return list(inbox.alerts(connection, Originator(authority), self.clock.now))

    def findings(self) -> list[Finding]:
        with reading(self.engine) as connection:
            return open_findings(connection)

    def positions(self) -> dict[str, int]:
        """Return where the node stands in each topic."""
        return {row.topic: row.next for row in self.rows(store.position)}

    def stand_at(self, topic: str, offset: int) -> None:
        """Let the node believe that it has read *topic* up to *offset*."""
        with writing(self.engine) as connection:
            connection.execute(update(store.position).where(store.position.c.topic == topic).values(next=offset))

    def rows(self, table: Table) -> list[Row[Any]]:
        with reading(self.engine) as connection:
            return list(connection.execute(select(table)))

    def quarantine(self) -> dict[int, str]:
        """Return the code of each message in quarantine by its offset; those that were admitted later are out."""
        return {row.offset: row.code for row in self.rows(store.quarantine) if row.admitted_at is None}


class Exercise:
    """A federation, the bus, the authors, and the nodes that were asked for."""

    def __init__(self, folder: Path, federation: Federation, bus: Bus) -> None:
        self.folder = folder
        self.federation = federation
        self.bus = bus
        self.clock = Clock()
        self.authors = Authors(federation, self.clock)
        self._announced = 0
        self._engines: list[Engine] = []

    def node(self, name: str = "BE/~1", *, file: str | None = None, house: PolicyTable | None = None) -> Node:
        """Return a node; a second one of the same *file* is another process of it, or the same after a restart."""
        path = self.folder / (file or f"{participant_of(name)}.sqlite")
        node = Node(self, name, path, house)
        self._engines.append(node.engine)
        return node

    async def announce(self) -> None:
        """Send what the directory has since the last time."""
        new, self._announced = self.federation.messages[self._announced :], len(self.federation.messages)
        await self.bus.send(directory_topic(self.federation.name), [Outgoing("directory", raw) for raw in new])

    async def open_topic(self, participant: str) -> None:
        await self.bus.create_topics([self.topic(participant)])

    def topic(self, participant: str = "NL") -> str:
        return message_topic(self.federation.name, Participant(participant))

    async def send(self, *envelopes: bytes, to: str | None = None) -> None:
        """Append *envelopes* to the topic that they belong in, or to that of *to*."""
        for raw in envelopes:
            topic = self.topic(to or participant_of(open_envelope(raw).header.originator))
            await self.bus.send(topic, [Outgoing("key", raw)])

    async def write(self, sections: Mapping[str, msgspec.Struct] | None = None, **changes: Any) -> bytes:
        """Write the next message of a stream and send it."""
        raw = self.authors.write(sections, **changes)
        await self.send(raw)
        return raw

    async def audit(self) -> BusAudit:
        return await audit_bus(
            self.bus, federation=self.federation.name, root_digest=self.federation.root_digest, now=self.clock.now
        )

    async def audit_node(self, node: Node) -> list[Finding]:
        audit = await self.audit()
        with reading(node.engine) as connection:
            return audit_node(connection, audit, node.name)

    async def close(self) -> None:
        await self.bus.close()
        for engine in self._engines:
            engine.dispose()


@asynccontextmanager
async def an_exercise(folder: Path, *, lease: float = 5.0) -> AsyncIterator[Exercise]:
    """Give an exercise of NL and BE in *folder*, announced on its bus."""
    federation = a_federation()
    bus = open_embedded_bus(folder / "bus.sqlite", clock=lambda: datetime.now(UTC), lease=lease)
    exercise = Exercise(folder, federation, bus)
    try:
        await bus.create_topics([directory_topic(federation.name), exercise.topic("NL"), exercise.topic("BE")])
        await exercise.announce()
        yield exercise
    finally:
        await exercise.close()


async def until(condition: Callable[[], bool], *, within: float = 10.0) -> None:
    """Wait until *condition* holds, looking often; fail after *within* seconds."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in threads and other processes
            await asyncio.sleep(0.002)
