"""An exercise on a bus: authors whose messages tests write at will, and nodes that read them into real databases."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Row, Table, select, update

from broker import avro, decisions, follow, logbook
from broker.bus.embedded import open_embedded_bus
from broker.bus.port import Bus, Delivered, Outgoing
from broker.database import open_engine, reading, writing
from broker.envelope.body import Content
from broker.envelope.header import Header
from broker.envelope.message import Part, Unsigned, assemble, compose, enclose, open_envelope
from broker.follow import DirectoryFollower
from broker.policy.builtin import open_house_table
from broker.policy.table import Table as PolicyTable
from broker.records.registry import path_of
from broker.sealing.release import (
    RELEASE_SECTION,
    Pairwise,
    Recipient,
    Release,
    format_release,
    seal_release,
)
from broker.sealing.release import Item as KeyItem
from broker.sealing.rest import RestKey
from broker.sealing.section import Place, seal_section
from broker.section_keys import SectionKeys, open_section_keys
from broker.sequence import Position
from broker.signing.batch import sign_batch
from broker.signing.keys import SigningKey
from broker.types.names import (
    ZERO_DIGEST,
    Digest,
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
from consumers.audit.node import audit_node
from consumers.deliver import Deliverer, Taken
from consumers.findings import Finding, open_findings
from consumers.inbox import Item
from consumers.receive import Receiver
from consumers.unsealing import Unsealer
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
    """Everybody who writes: keeps the head of each stream, seals, and signs with the node's key.

    Attributes:
        made: Every section key that was ever made, and the participant whose messages it opens.
    """

    def __init__(self, federation: Federation, clock: Clock) -> None:
        self.made: list[tuple[Participant, bytes]] = []
        self._federation = federation
        self._clock = clock
        self._heads: dict[Stream, Position] = {}
        self._items: dict[Digest, tuple[KeyItem, ...]] = {}
        self._pairwise = Pairwise()

    def compose(
        self,
        sections: Mapping[str, msgspec.Struct] | None = None,
        *,
        by: str = CUSTOMS,
        key: SigningKey | None = None,
        contents: Sequence[tuple[str, Content]] | None = None,
        sealed_for: int | None = None,
        **changes: Any,
    ) -> Unsigned:
        """Return the next message of a stream without taking its number; *changes* are fields of its header.

        Args:
            sealed_for: The number of another message that its sections are sealed for.
        """
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
        said = [(name, a_body(record)) for name, record in records.items()] if contents is None else contents
        header = msgspec.structs.replace(header, **changes)
        if header.kind is not Kind.RECORD or header.tlp is Tlp.CLEAR:
            return compose(header, said)
        meant = header if sealed_for is None else msgspec.structs.replace(header, sequence=sealed_for)
        message = assemble(header, [self._seal(meant, name, content) for name, content in said])
        self._items[message.digest] = tuple(
            KeyItem(header.originator, header.writer, header.sequence, name, key)
            for (name, _), (_, key) in zip(said, self.made[-len(said) :], strict=True)
        )
        return message

    def write(self, sections: Mapping[str, msgspec.Struct] | None = None, **changes: Any) -> bytes:
        """Return the envelope of the next message of a stream; arguments as for :meth:`compose`."""
        message = self.compose(sections, **changes)
        self._heads[message.header.stream] = Position(message.header.sequence, message.digest)
        return self.sign([message], key=changes.get("key"))[0]

    def items_of(self, raw: bytes, *sections: str) -> list[KeyItem]:
        """Return the keys of a message's *sections*, of all if none is named, as a RELEASE gives them."""
        items = self._items[open_envelope(raw).digest]
        return [one for one in items if not sections or one.section in sections]

    def release(self, gives: Mapping[str, Sequence[KeyItem]], *, by: str = CUSTOMS, **changes: Any) -> bytes:
        """Return the envelope of the next message of a stream: the RELEASE that *gives* each of some nodes its keys."""
        lists = sorted({tuple(items) for items in gives.values()})
        recipients = [
            Recipient(key.id, key.public, (lists.index(tuple(items)),))
            for node, items in gives.items()
            for key in [self._federation.sealing_keys[node]]
        ]
        last = self._heads.get(Stream(Originator(by), changes.get("writer", 1)), Position(0, ZERO_DIGEST))
        place = Place(self._federation.name, Stream(Originator(by), changes.get("writer", 1)), last.sequence + 1)
        sealer = self._federation.sealing_keys[f"{participant_of(by)}/~1"]
        release = seal_release(
            lists, recipients, place=place, sealer=sealer, pairwise=self._pairwise, randomness=os.urandom
        )
        return self.write(contents=[(RELEASE_SECTION, a_release_body(release))], by=by, kind=Kind.RELEASE, **changes)

    def _seal(self, header: Header, name: str, content: Content) -> Part:
        key = os.urandom(32)
        self.made.append((participant_of(header.originator), key))
        return seal_section(name, content, key=key, place=Place(header.federation, header.stream, header.sequence))

    def sign(self, messages: Sequence[Unsigned], key: SigningKey | None = None) -> list[bytes]:
        """Return the envelopes of *messages*, signed as one batch."""
        signer = key or self._federation.signing_key(messages[0].header.originator)
        signatures = sign_batch([one.header_bytes for one in messages], signer)
        return [enclose(one, (signature,)) for one, signature in zip(messages, signatures, strict=True)]


def a_body(record: msgspec.Struct) -> Content:
    """Return what a body holds of *record*, the same on every call."""
    schema = avro.schema(path_of(record))
    return Content(a_seed(f"salt of {schema.path}"), schema.id, avro.encode(schema, record))


def a_release_body(release: Release) -> Content:
    """Return what the body of a RELEASE holds."""
    return format_release(release, salt=a_seed("salt of a release"))


class InformedDeliverer(Deliverer):
    """A deliverer that is given every section key before it takes a batch, as if all had been released to it."""

    def __init__(
        self, *arguments: Any, keys: Sequence[tuple[Participant, bytes]], section_keys: SectionKeys, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self._keys = keys
        self._section_keys = section_keys
        self._given = 0

    def take(self, batch: Sequence[Delivered], now: datetime) -> Taken:
        new, self._given = self._keys[self._given :], len(self._keys)
        for owner in {owner for owner, _ in new}:
            self._section_keys.put([key for of, key in new if of == owner], owner=owner)
        return super().take(batch, now)


class Node:
    """A node that reads; made anew on the same file, it is the node after a restart.

    It has the key of everything, unless the exercise is one in which keys are released.
    """

    def __init__(self, exercise: "Exercise", name: str, path: Path, house: PolicyTable | None = None) -> None:
        self.name = Originator(name)
        self.clock = exercise.clock
        self.engine = open_engine(path)
        for tables in (follow.metadata, decisions.metadata, logbook.metadata, store.metadata):
            tables.create_all(self.engine)
        federation = exercise.federation
        self.follower = DirectoryFollower(self.engine, federation=federation.name, root_digest=federation.root_digest)
        self.sealing_keys = [key for node, key in federation.sealing_keys.items() if node == name]
        self.section_keys = open_section_keys(
            path.with_suffix(".keys.sqlite"), RestKey(a_seed(f"keys of {path.name}")), randomness=os.urandom
        )
        self.deliverer = InformedDeliverer(
            self.engine,
            node=self.name,
            follower=self.follower,
            house=house or open_house_table(name),
            unsealer=Unsealer(self.section_keys, lambda: self.sealing_keys),
            keys=[] if exercise.releases else exercise.authors.made,
            section_keys=self.section_keys,
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
            return list(inbox.items(connection, self.section_keys, Originator(authority), self.clock.now))

    def alerts(self, authority: str) -> list[Item]:
        with reading(self.engine) as connection:
            return list(inbox.alerts(connection, self.section_keys, Originator(authority), self.clock.now))

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

    def __init__(self, folder: Path, federation: Federation, bus: Bus, *, releases: bool = False) -> None:
        self.folder = folder
        self.releases = releases
        self.federation = federation
        self.bus = bus
        self.clock = Clock()
        self.authors = Authors(federation, self.clock)
        self._announced = 0
        self._nodes: list[Node] = []

    def node(self, name: str = "BE/~1", *, file: str | None = None, house: PolicyTable | None = None) -> Node:
        """Return a node; a second one of the same *file* is another process of it, or the same after a restart."""
        path = self.folder / (file or f"{participant_of(name)}.sqlite")
        node = Node(self, name, path, house)
        self._nodes.append(node)
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
            return audit_node(connection, audit, node.name, node.section_keys)

    async def close(self) -> None:
        await self.bus.close()
        for node in self._nodes:
            node.engine.dispose()
            node.section_keys.close()


@asynccontextmanager
async def an_exercise(
    folder: Path, *participants: str, lease: float = 5.0, releases: bool = False
) -> AsyncIterator[Exercise]:
    """Give an exercise of NL and BE, or of *participants*, in *folder*, announced on its bus.

    Args:
        releases: Nodes have sealing keys, and the section keys that are released to them; else those of everything.
    """
    federation = a_federation(participants or ("NL", "BE"), sealing=releases)
    bus = open_embedded_bus(folder / "bus.sqlite", clock=lambda: datetime.now(UTC), lease=lease)
    exercise = Exercise(folder, federation, bus, releases=releases)
    try:
        topics = [exercise.topic(code) for code in participants or ("NL", "BE")]
        await bus.create_topics([directory_topic(federation.name), *topics])
        await exercise.announce()
        yield exercise
    finally:
        await exercise.close()


async def until(condition: Callable[[], bool], *, within: float = 60.0) -> None:
    """Wait until *condition* holds, looking often; fail after *within* seconds."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in threads and other processes
            await asyncio.sleep(0.002)
