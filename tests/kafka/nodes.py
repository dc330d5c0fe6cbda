"""The two kinds of node in a network on a real Kafka: one that publishes and one that follows."""

import asyncio
import itertools
import os
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Engine, func, select

from broker.bus.port import Bus
from broker.database import reading
from broker.errors import BrokerError, TransportError
from broker.follow import DirectoryFollower
from broker.policy.builtin import open_house_table
from broker.records.core import Concerned, CountryRole
from broker.types.names import Digest, Originator
from consumers import store
from consumers.deliver import Deliverer, Taken
from consumers.findings import Finding, open_findings
from consumers.receive import Receiver
from producers import outbox
from producers.flush import Flusher, FlushReport, Line
from producers.outbox import outbox_state
from producers.publish import take
from tests.support.federation import Federation
from tests.support.outbox import a_draft

_PAUSE_SECONDS: Final = 0.2

Told = list[BrokerError]
"""What stood in the way, in the order in which the person on duty was told."""


class Writer:
    """A node that publishes: it takes drafts into its outbox, and flushes it as often as it needs."""

    def __init__(self, code: str, federation: Federation, engine: Engine, bus: Bus) -> None:
        self.code = code
        self.authority = Originator(f"{code}/customs")
        self.bus = bus
        self.engine = engine
        self.told: Told = []
        follower = DirectoryFollower(engine, federation=federation.name, root_digest=federation.root_digest)
        key = federation.signing_key(self.authority)
        self._flusher = Flusher(engine, Line(bus=bus, follower=follower, key=key, clock=now, randomness=os.urandom))
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

    def published(self) -> dict[tuple[str, int], Digest]:
        """Return what this node has signed: the header's digest by stream and number."""
        here = outbox.drafts.c
        with reading(self.engine) as connection:
            rows = connection.execute(
                select(here.authority, here.writer, here.sequence, here.digest).where(here.sequence.is_not(None))
            )
            return {(f"{row.authority}/{row.writer}", row.sequence): Digest(row.digest) for row in rows}

    def _concerned(self) -> tuple[Concerned, ...]:
        """Everybody is: so every reader is told of every message."""
        others = [code for code in self._members if code != self.code]
        return (
            Concerned(country=self.code, role=CountryRole.SEIZED_IN, tell=True),
            *(Concerned(country=code, role=CountryRole.DESTINATION, tell=True) for code in others),
        )

    def check_published(self) -> None:
        """Check that every draft became one message, numbered from 1 on, and that the bus has confirmed each."""
        published = self.published()
        with reading(self.engine) as connection:
            drafts = connection.scalar(select(func.count()).select_from(outbox.drafts)) or 0
        assert Counter(range(1, drafts + 1)) == Counter(number for _, number in published), self.code
        assert 0 == outbox_state(self.engine).unsent, self.code


class Reader:
    """A process of a node that reads: it follows from :meth:`start` until :meth:`stop`."""

    def __init__(self, code: str, federation: Federation, engine: Engine, bus: Bus) -> None:
        self.code = code
        self.authority = Originator(f"{code}/police")
        self.engine = engine
        self.bus = bus
        self.told: Told = []
        self.taken = Taken()
        node = Originator(f"{code}/~1")
        follower = DirectoryFollower(engine, federation=federation.name, root_digest=federation.root_digest)
        deliverer = Deliverer(engine, node=node, follower=follower, house=open_house_table(node))
        self.receiver = Receiver(engine, bus, node=node, deliverer=deliverer, follower=follower, clock=now)
        self._task: asyncio.Task[None] | None = None

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
        """Return how many messages of each stream have arrived."""
        here = store.message.c
        with reading(self.engine) as connection:
            rows = connection.execute(select(here.stream, func.count().label("number")).group_by(here.stream))
            return {row.stream: row.number for row in rows}

    def findings(self) -> list[Finding]:
        """Return what this node finds wrong now."""
        with reading(self.engine) as connection:
            return open_findings(connection)

    def quarantined(self) -> int:
        """Return how many messages were refused."""
        with reading(self.engine) as connection:
            return connection.scalar(select(func.count()).select_from(store.quarantine)) or 0

    def arrived(self) -> list[tuple[tuple[str, int], Digest, str]]:
        """Return every message in the order of its arrival: stream and number, digest, how it stood to its stream."""
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


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)
