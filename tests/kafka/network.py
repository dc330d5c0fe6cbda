"""A federation on a real Kafka: writers with their outboxes, readers that follow, each with a client of its own."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

from broker.bus.kafka.bus import open_kafka_bus
from broker.bus.kafka.connection import Connection, Pace
from broker.bus.port import Bus, Outgoing
from broker.types.names import HUB, Digest, Participant, directory_topic, message_topic
from consumers.findings import Finding
from tests.kafka.nodes import Home, Name, Reader, Writer, a_sealing_federation, codes, now, open_home
from tests.support.federation import Federation
from tests.support.kafka.cluster import Cluster
from tests.support.kafka.connecting import by_certificate, in_the_clear
from tests.support.kafka.health import let_in

__all__ = [
    "SHORT",
    "Network",
    "Reader",
    "Writer",
    "a_network",
    "a_network_on",
    "a_sealing_federation",
    "codes",
    "connections",
    "now",
    "provision",
]
SHORT: Final = Pace(call=8.0, session=6.0, rebalance=20.0, idle=60.0, silence=6.0, stop=4.0)
"""What is dead is noticed within seconds; not sooner, or a busy machine looks like a dead one."""
SETTLE_SECONDS: Final = 120.0
_END_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.02
_PAUSE_SECONDS: Final = 0.5
_AT_ONCE: Final = 20

ConnectionFor = Callable[[str], Connection]


class Network:
    """A federation, its writers and its readers by their participant.

    Attributes:
        readers: The first process of each reading node.
    """

    def __init__(self, federation: Federation, folder: Path, open_bus: Callable[[str], Bus]) -> None:
        self.federation = federation
        self.writers: dict[str, Writer] = {}
        self.readers: dict[str, Reader] = {}
        self._folder = folder
        self._open_bus = open_bus
        self._all: list[Writer | Reader] = []
        self._homes: dict[str, Home] = {}

    def add_writer(self, code: str) -> Writer:
        """Make the writer of a participant."""
        writer = Writer(code, self.federation, self._home(code), self._open_bus(code))
        self._all.append(writer)
        return self.writers.setdefault(code, writer)

    def add_reader(self, code: str) -> Reader:
        """Make one more process of a participant's node; it does not follow yet."""
        reader = Reader(code, self.federation, self._home(code), self._open_bus(code))
        self._all.append(reader)
        self.readers.setdefault(code, reader)
        return reader

    def topic(self, code: str) -> str:
        """Return a participant's topic, without the namespace."""
        return message_topic(self.federation.name, Participant(code))

    @property
    def directory_topic(self) -> str:
        """The directory's topic, without the namespace."""
        return directory_topic(self.federation.name)

    async def publish(self, code: str, count: int) -> None:
        """Publish *count* messages, however often the bus fails meanwhile."""
        await self.writers[code].publish(count)

    @asynccontextmanager
    async def traffic(self) -> AsyncIterator[None]:
        """Have all writers publish on and on; when it ends, the bus has all that they took."""
        ended = asyncio.Event()

        async def write_on(writer: Writer) -> None:
            while not ended.is_set():
                await writer.publish(_AT_ONCE)
                await asyncio.sleep(_PAUSE_SECONDS)  # or a reader that was away for long has too much to catch up with

        async with asyncio.TaskGroup() as group:
            for writer in self.writers.values():
                group.create_task(write_on(writer))
            try:
                yield
            finally:
                ended.set()

    async def until(self, condition: Callable[[], object], what: str, *, within: float = SETTLE_SECONDS) -> None:
        """Wait until *condition* holds, looking often; fail after *within* seconds, or when a reader has ended."""
        clock = asyncio.get_running_loop().time
        last = clock() + within
        while not condition():
            for one in self._all:
                if isinstance(one, Reader):
                    one.check_running()
            assert clock() < last, f"after {within:g} s still not so: {what}; {self._state()}"
            await asyncio.sleep(_LOOK_SECONDS)

    async def progress(self, count: int, *, within: float = SETTLE_SECONDS) -> None:
        """Wait until every reader has *count* records more than now, of all streams together."""
        wanted = {code: sum(reader.counts().values()) + count for code, reader in self.readers.items()}
        await self.until(
            lambda: all(sum(self.readers[code].counts().values()) >= least for code, least in wanted.items()),
            f"every reader has {count} records more",
            within=within,
        )

    async def settled(self, *, within: float = SETTLE_SECONDS) -> None:
        """Wait until every reader has everything that was published; fail with what is missing."""
        wanted = Counter(stream for stream, _ in self._records())
        await self.until(
            lambda: all(wanted == reader.counts() for reader in self.readers.values()),
            f"every reader has {dict(wanted)}",
            within=within,
        )

    def assert_whole(self, *readers: str, in_order: bool = True) -> None:
        """Check that each reader has every message, and in its inbox every report once, opened.

        Args:
            readers: All where none is named.
            in_order: False where some were stepped over and had later.
        """
        for writer in self.writers.values():
            writer.check_published()
        published = {name: digest for writer in self.writers.values() for name, digest in writer.published().items()}
        records = self._records()
        reports = Counter(report for writer in self.writers.values() for report in writer.reports())
        for code in readers or self.readers:
            reader = self.readers[code]
            arrived = reader.arrived()
            assert Counter(records.keys()) == Counter(name for name, _, _ in arrived), code
            assert records == {name: digest for name, digest, _ in arrived}, code
            assert published == reader.messages(), code
            assert reports == Counter(reader.opened()), code
            assert [] == reader.findings()
            assert 0 == reader.quarantined()
            if in_order:
                assert {"next"} >= {outcome for _, _, outcome in arrived}, code

    @property
    def troubles(self) -> dict[str, list[str]]:
        """The codes of what each reader's person on duty was told."""
        return {code: codes(reader.told) for code, reader in self.readers.items()}

    def findings(self, code: str) -> list[Finding]:
        """Return what a reader finds wrong now."""
        return self.readers[code].findings()

    async def close(self) -> None:
        """End all readers, close all buses, give the databases back.

        Raises:
            TimeoutError: Something does not end.
        """
        async with asyncio.timeout(_END_SECONDS):
            try:
                async with asyncio.TaskGroup() as group:
                    for one in self._all:
                        group.create_task(_end(one))
            finally:
                for home in self._homes.values():
                    home.close()

    def _records(self) -> dict[Name, Digest]:
        return {name: digest for writer in self.writers.values() for name, digest in writer.records().items()}

    def _state(self) -> str:
        has = {code: (reader.counts(), codes(reader.told)) for code, reader in self.readers.items()}
        return f"readers {has}; writers { ({code: codes(one.told) for code, one in self.writers.items()}) }"

    def _home(self, code: str) -> Home:
        if code not in self._homes:
            self._homes[code] = open_home(self._folder, code, self.federation)
        return self._homes[code]


@asynccontextmanager
async def a_network(
    connection_for: ConnectionFor,
    folder: Path,
    *,
    writers: Sequence[str] = ("NL", "BE"),
    readers: Sequence[str] = ("DE",),
) -> AsyncIterator[Network]:
    """Give a federation whose topics are there and whose readers follow."""
    federation = a_sealing_federation(tuple(dict.fromkeys((*writers, *readers))))
    network = Network(federation, folder, lambda code: open_kafka_bus(connection_for(code)))
    await provision(connection_for(HUB), federation)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(network.close)
        for code in writers:
            network.add_writer(code)
        for code in readers:
            network.add_reader(code).start()
        yield network


async def provision(connection: Connection, federation: Federation) -> None:
    """Make the topics of a federation and put its directory into one."""
    # No deadline is tried out here, and a cluster that is just up may be slow.
    bus = open_kafka_bus(msgspec.structs.replace(connection, pace=Pace(call=60.0)))
    try:
        topics = [message_topic(federation.name, Participant(code)) for code in federation.admin_keys]
        await bus.create_topics([directory_topic(federation.name), *topics])
        await bus.send(directory_topic(federation.name), [Outgoing("directory", raw) for raw in federation.messages])
    finally:
        await bus.close()


async def connections(cluster: Cluster, namespace: str, participants: Collection[str]) -> ConnectionFor:
    """Let *participants* and the hub into *namespace* of a cluster, and return how each comes in."""
    if cluster.identities is None:
        return lambda _: in_the_clear(cluster.address(namespace), pace=SHORT)
    await asyncio.to_thread(let_in, cluster, namespace, {HUB, *participants})
    return lambda code: by_certificate(cluster, code, namespace, pace=SHORT)


@asynccontextmanager
async def a_network_on(
    cluster: Cluster,
    namespace: str,
    folder: Path,
    *,
    writers: Sequence[str] = ("NL", "BE"),
    readers: Sequence[str] = ("DE",),
) -> AsyncIterator[Network]:
    """Give a network on *cluster*, everybody let in by certificate where it is secure."""
    connection_for = await connections(cluster, namespace, {*writers, *readers})
    async with a_network(connection_for, folder, writers=writers, readers=readers) as network:
        yield network


async def _end(one: Writer | Reader) -> None:
    try:
        if isinstance(one, Reader):
            await one.stop()
    finally:
        await one.bus.close()
