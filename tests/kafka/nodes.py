"""The two kinds of node in a network on a real Kafka: one that publishes and one that follows."""

import asyncio
import itertools
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, func, select

from broker import decisions, follow, logbook
from broker.bus.port import Bus
from broker.database import open_engine, reading, writing
from broker.errors import BrokerError, TransportError
from broker.follow import DirectoryFollower
from broker.policy.builtin import open_house_table, open_release_table
from broker.records.core import Concerned, CountryRole
from broker.records.incident import IncidentCore
from broker.sealing.keys import SealingKey
from broker.sealing.rest import RestKey
from broker.section_keys import SectionKeys, open_section_keys
from broker.types.names import Digest, Originator
from broker.types.vocabulary import Kind, Section
from consumers import inbox, store
from consumers.deliver import Deliverer, Taken
from consumers.findings import Finding, open_findings
from consumers.receive import Receiver
from consumers.unsealing import Unsealer
from producers import outbox
from producers.addressing import Sealing
from producers.flush import Flusher, FlushReport, Line
from producers.outbox import outbox_state
from producers.publish import take
from tests.support.federation import Federation, a_federation, a_seed
from tests.support.outbox import a_draft
from tocsin.outbound import Arrived

_PAUSE_SECONDS: Final = 0.2

Told = list[BrokerError]
"""What stood in the way, in the order in which the person on duty was told."""

Name = tuple[str, int]
"""A message by its stream and number; a report by its authority and the number in its national reference."""


@dataclass(frozen=True, slots=True)
class Home:
    """What lies on a node's disk: its database, its key store, its sealing keys; several processes may share it."""

    node: Originator
    engine: Engine
    section_keys: SectionKeys
    sealing_keys: Sequence[SealingKey]

    def sealing(self) -> Sealing:
        """Return what the node seals with."""
        arrived = Arrived(self.section_keys)
        return Sealing(
            section_keys=self.section_keys,
            keyring=lambda: self.sealing_keys,
            relationships=arrived.relationships,
            release=open_release_table(self.node),
            withheld=arrived.withheld,
        )

    def unsealer(self) -> Unsealer:
        """Return what the node opens with."""
        return Unsealer(self.section_keys, lambda: self.sealing_keys)

    def close(self) -> None:
        """Give the files back."""
        self.engine.dispose()
        self.section_keys.close()


def open_home(folder: Path, code: str, federation: Federation) -> Home:
    """Open, or make, the files of a participant's node in *folder*."""
    node = Originator(f"{code}/~1")
    engine = open_engine(folder / f"{code}.sqlite")
    with writing(engine) as connection:
        for tables in (follow.metadata, outbox.metadata, decisions.metadata, logbook.metadata, store.metadata):
            tables.create_all(connection)
    rest = RestKey(a_seed(f"store key of {node}"))
    keys = open_section_keys(folder / f"{code}.keys.sqlite", rest, randomness=os.urandom)
    return Home(node, engine, keys, [federation.sealing_keys[node]])


def a_sealing_federation(participants: Sequence[str]) -> Federation:
    """Return a federation of *participants* whose nodes have sealing keys that are valid now.

    Its keys and its root are the same in every process; from when on the sealing keys are valid is not.
    """
    federation = a_federation(participants)
    for code in participants:
        federation.enrol_sealing_key(f"{code}/~1", now() - timedelta(days=1), name=f"{code} seals")
    return federation


class Writer:
    """A node that publishes: it takes drafts into its outbox, and flushes it as often as it needs."""

    def __init__(self, code: str, federation: Federation, home: Home, bus: Bus) -> None:
        self.code = code
        self.authority = Originator(f"{code}/customs")
        self.bus = bus
        self.engine = home.engine
        self.told: Told = []
        line = Line(
            bus=bus,
            follower=DirectoryFollower(self.engine, federation=federation.name, root_digest=federation.root_digest),
            key=federation.signing_key(self.authority),
            clock=now,
            randomness=os.urandom,
            sealing=home.sealing(),
            check_heard=lambda *_: None,
        )
        self._flusher = Flusher(self.engine, line)
        self._numbers = itertools.count(1)
        self._members = tuple(federation.admin_keys)

    def write(self, count: int) -> None:
        """Take the next *count* drafts into the outbox."""
        numbers = list(itertools.islice(self._numbers, count))
        concerned = self._concerned()
        drafts = [
            a_draft(f"{self.code}-{number}", authority=self.authority, line=number, concerned=concerned)
            for number in numbers
        ]
        outcomes = list(take(self.engine, lambda: iter(drafts)))
        assert count == len(outcomes)

    async def flush(self) -> FlushReport:
        """Flush once, as the command does."""
        return await self._flusher.flush()

    async def publish(self, count: int) -> None:
        """Take *count* drafts, and flush until the bus has them all; what stands in the way goes to :attr:`told`."""
        await asyncio.to_thread(self.write, count)
        while True:
            try:
                await self.flush()
            except TransportError as error:
                if not error.retriable:
                    raise
                self.told.append(error)
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                return

    def published(self) -> dict[Name, Digest]:
        """Return every message that this node has signed, releases of keys included: its digest by its name."""
        here = outbox.outgoing.c
        with reading(self.engine) as connection:
            rows = connection.execute(select(here.originator, here.writer, here.sequence, here.digest))
            return {(f"{row.originator}/{row.writer}", row.sequence): Digest(row.digest) for row in rows}

    def records(self) -> dict[Name, Digest]:
        """Return the records among them."""
        here = outbox.drafts.c
        with reading(self.engine) as connection:
            rows = connection.execute(
                select(here.authority, here.writer, here.sequence, here.digest).where(here.sequence.is_not(None))
            )
            return {(f"{row.authority}/{row.writer}", row.sequence): Digest(row.digest) for row in rows}

    def reports(self) -> list[Name]:
        """Return what this node was given to publish."""
        with reading(self.engine) as connection:
            references = connection.scalars(select(outbox.drafts.c.national_reference)).all()
        return sorted(_report(self.authority, reference) for reference in references)

    def unfinished(self) -> int:
        """Return how many reports the bus has not confirmed."""
        state, here = outbox_state(self.engine), outbox.outgoing.c
        unsent = select(func.count()).where(outbox.IS_UNSENT, here.kind == Kind.RECORD.value)
        with reading(self.engine) as connection:
            return state.ready + state.parked + (connection.scalar(unsent) or 0)

    def _concerned(self) -> tuple[Concerned, ...]:
        """Everybody is: so every reader is told of every message."""
        others = [code for code in self._members if code != self.code]
        return (
            Concerned(country=self.code, role=CountryRole.SEIZED_IN, tell=True),
            *(Concerned(country=code, role=CountryRole.DESTINATION, tell=True) for code in others),
        )

    def check_published(self) -> None:
        """Check that every draft became one message, each stream is numbered from 1 on, and the bus has everything."""
        published, records = self.published(), self.records()
        streams: dict[str, list[int]] = {}
        for stream, number in sorted(published):
            streams.setdefault(stream, []).append(number)
        assert {stream: list(range(1, len(numbers) + 1)) for stream, numbers in streams.items()} == streams, self.code
        assert len(self.reports()) == len(records), self.code
        assert records.items() <= published.items(), self.code
        assert 0 == outbox_state(self.engine).unsent, self.code


class Reader:
    """A process of a node that reads: it follows from :meth:`start` until :meth:`stop`."""

    def __init__(self, code: str, federation: Federation, home: Home, bus: Bus) -> None:
        self.code = code
        self.authority = Originator(f"{code}/police")
        self.home = home
        self.engine = home.engine
        self.bus = bus
        self.told: Told = []
        self.taken = Taken()
        self.follower = DirectoryFollower(self.engine, federation=federation.name, root_digest=federation.root_digest)
        self.receiver = self.receiver_of(Deliverer)
        self._task: asyncio.Task[None] | None = None

    def receiver_of(self, deliver: type[Deliverer]) -> Receiver:
        """Return what reads the bus and takes what comes as *deliver* does."""
        node, follower = self.home.node, self.follower
        deliverer = deliver(
            self.engine, node=node, follower=follower, house=open_house_table(node), unsealer=self.home.unsealer()
        )
        return Receiver(self.engine, self.bus, node=node, deliverer=deliverer, follower=follower, clock=now)

    def start(self) -> None:
        """Follow from now on, in the background."""
        self._task = asyncio.create_task(self.receiver.follow(self._report, self._trouble), name=f"reader {self.code}")

    async def stop(self) -> None:
        """End; twice is once.

        Raises:
            BrokerError: Following had ended before, for this reason.
        """
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def check_running(self) -> None:
        """Raise what following ended with, if it has ended."""
        if self._task is not None and self._task.done():
            self._task.result()

    def counts(self) -> dict[str, int]:
        """Return how many records of each stream have arrived."""
        here = store.message.c
        with reading(self.engine) as connection:
            rows = connection.execute(
                select(here.stream, func.count().label("number"))
                .where(here.kind == Kind.RECORD.value)
                .group_by(here.stream)
            )
            return {row.stream: row.number for row in rows}

    def messages(self) -> dict[Name, Digest]:
        """Return every message that has arrived, of whatever kind."""
        here = store.message.c
        with reading(self.engine) as connection:
            rows = connection.execute(select(here.stream, here.sequence, here.digest))
            return {(row.stream, row.sequence): Digest(row.digest) for row in rows}

    def opened(self) -> list[Name]:
        """Return the reports that the reader can open, in the order of their arrival."""
        with reading(self.engine) as connection:
            items = inbox.items(connection, self.home.section_keys, self.authority, now())
            cores = [(item.author, item.sections[Section.CORE]) for item in items]
        return [_report(author, core.national_reference) for author, core in cores if isinstance(core, IncidentCore)]

    def pending(self) -> int:
        """Return how many records have arrived whose key has not."""
        with reading(self.engine) as connection:
            return connection.scalar(select(func.count()).where(store.message.c.pending)) or 0

    def findings(self) -> list[Finding]:
        """Return what this node finds wrong now."""
        with reading(self.engine) as connection:
            return open_findings(connection)

    def quarantined(self) -> int:
        """Return how many messages were refused."""
        with reading(self.engine) as connection:
            return connection.scalar(select(func.count()).select_from(store.quarantine)) or 0

    def arrived(self) -> list[tuple[Name, Digest, str]]:
        """Return every record in the inbox in the order of its arrival: name, digest, how it stood to its stream."""
        here = store.message.c
        with reading(self.engine) as connection:
            rows = connection.execute(
                select(here.stream, here.sequence, here.digest, here.outcome)
                .join(store.inbox, store.inbox.c.digest == here.digest)
                .where(store.inbox.c.authority == self.authority)
                .order_by(store.inbox.c.id)
            )
            return [((row.stream, row.sequence), Digest(row.digest), row.outcome) for row in rows]

    def _report(self, taken: Taken) -> None:
        self.taken += taken

    def _trouble(self, error: BrokerError, _seconds: float | None) -> None:
        self.told.append(error)


def codes(told: Sequence[BrokerError]) -> list[str]:
    """Return the codes of what somebody was told."""
    return [error.code for error in told]


def _report(authority: Originator, reference: str) -> Name:
    return authority, int(reference.rpartition("-")[2])


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)
