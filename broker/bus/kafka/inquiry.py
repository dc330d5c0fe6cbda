"""Asks the cluster which topics there are, how far they reach and what is in them, and makes topics."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from aiokafka import TopicPartition  # type: ignore[import-untyped]
from aiokafka import errors as kafka
from aiokafka.admin import NewTopic  # type: ignore[import-untyped]

from broker.bus import checks
from broker.bus.kafka import closing
from broker.bus.kafka.calls import Calls
from broker.bus.kafka.clients import Clients
from broker.bus.kafka.excerpt import Excerpt, know_leaders, take_excerpt
from broker.bus.kafka.starting import started
from broker.bus.kafka.topics import PARTITIONS, replicas, settings
from broker.bus.kafka.translation import translate
from broker.errors import BusMisconfigured, BusUnavailable

T = TypeVar("T")

_AGAIN_SECONDS: Final = 0.1
_GRACE_SECONDS: Final = 0.5
"""How long a topic may be unknown that was just made: brokers learn of it one after the other."""


class Inquiry:
    """Questions to a cluster; its clients connect with the first.

    A member of a group is not asked where its topics end: a broker answers one request of a connection after the other,
    and one for messages waits until there are some. Nothing that is asked here waits.
    """

    def __init__(self, clients: Clients, calls: Calls) -> None:
        self._clients = clients
        self._calls = calls
        self._opening = asyncio.Lock()
        self._opened: dict[str, Any] = {}
        self._worked: set[str] = set()
        """What answered since a call failed: where nothing did, waiting longer is the caller's decision."""
        self._known: set[str] = set()

    async def topics(self) -> frozenset[str]:
        """Return the names of all topics of our namespace."""
        async with self._calls.call("ask for the topics", within=self._clients.pace.call):
            found = await self._insist("admin", lambda admin: admin.describe_topics(None))
        named = ((self._clients.names.ours(one["topic"]), one) for one in found if not one["is_internal"])
        ours = {name: one for name, one in named if name is not None}
        # Who asks for all will soon use them: they need not be asked for one by one.
        self._known |= {name for name, one in ours.items() if _is_usable(one)}
        return frozenset(ours)

    async def check(self, topics: Iterable[str]) -> None:
        """Check that each topic is there and is one sequence.

        Raises:
            UnknownTopic: One is not there.
            BusMisconfigured: One has several partitions, so that its messages have no order.
            BusForbidden: This participant may not know of one.
        """
        unknown = [topic for topic in dict.fromkeys(topics) if topic not in self._known]
        if not unknown:
            return
        async with self._calls.call("ask for topics", within=self._clients.pace.call):
            missing = await self._missing(unknown)
            patience = asyncio.get_running_loop().time() + _GRACE_SECONDS
            while missing and asyncio.get_running_loop().time() < patience:
                await asyncio.sleep(_AGAIN_SECONDS)
                missing = await self._missing(missing)
        if missing:
            raise checks.unknown_topic(missing)

    def forget(self, topic: str) -> None:
        """Ask again whether *topic* is there, before it is used next: something went wrong with it."""
        self._known.discard(topic)

    async def ends(self, topics: Sequence[str]) -> dict[str, int]:
        """Return the offset that the next message of each topic will have; one round trip."""
        return await self._offsets(topics, "where topics end", lambda reader, asked: reader.end_offsets(asked))

    async def beginnings(self, topics: Sequence[str]) -> dict[str, int]:
        """Return the offset of the first message of each topic that was not deleted."""
        return await self._offsets(topics, "where topics begin", lambda reader, asked: reader.beginning_offsets(asked))

    async def check_position(self, topic: str, position: int) -> None:
        """Check that *position* does not lie beyond the end of *topic*.

        Raises:
            PositionOutOfRange: It does.
        """
        checks.check_position(topic, position, end=(await self.ends([topic]))[topic])

    async def excerpt(self, topic: str, offset: int, *, most_bytes: int) -> Excerpt:
        """Return bytes of a topic from *offset* on; one round trip."""
        place = TopicPartition(self._clients.names.foreign(topic), 0)
        try:
            async with self._calls.call(f"read {topic}", within=self._clients.pace.call):
                return await self._insist(
                    "reader", lambda reader: take_excerpt(reader, place, offset, most_bytes=most_bytes)
                )
        except BaseException:
            self.forget(topic)
            raise

    async def create(self, topics: Sequence[str]) -> None:
        """Make the topics that are not there yet, and wait until they can be used."""
        self._clients.names.check(topics)
        wanted = list(dict.fromkeys(topics))
        if not wanted:
            return
        async with self._calls.call("make topics", within=self._clients.pace.call):
            missing = await self._missing(wanted)
            if missing:
                await self._insist("admin", lambda admin: self._make(admin, missing))
            while missing:
                await asyncio.sleep(_AGAIN_SECONDS / 5)
                missing = await self._missing(missing)

    async def close(self) -> None:
        """Close the connections."""
        opened, self._opened = list(self._opened.values()), {}
        await asyncio.gather(*(closing.stop(one, within=self._clients.pace.stop) for one in opened))

    async def _make(self, admin: Any, topics: Sequence[str]) -> None:
        brokers = len((await admin.describe_cluster())["brokers"])
        names = self._clients.names
        new = [
            NewTopic(names.foreign(topic), PARTITIONS, replicas(brokers), topic_configs=settings(brokers))
            for topic in topics
        ]
        answer = await admin.create_topics(new)
        for name, code, *text in answer.topic_errors:
            error = kafka.for_code(code)
            if error not in (kafka.NoError, kafka.TopicAlreadyExistsError):
                raise translate(error(*filter(None, text)), f"make the topic {names.ours(name) or name}")

    async def _missing(self, topics: Sequence[str]) -> list[str]:
        """Return those of *topics* that cannot be used yet, and remember the others."""
        foreign = {self._clients.names.foreign(topic): topic for topic in topics}
        found = await self._insist("admin", lambda admin: admin.describe_topics(list(foreign)))
        missing = []
        for one in found:
            topic = foreign[one["topic"]]
            error = kafka.for_code(one["error_code"])
            if error in (kafka.UnknownTopicOrPartitionError, kafka.LeaderNotAvailableError, kafka.InvalidTopicError):
                missing.append(topic)
            elif error is not kafka.NoError:
                raise translate(error(topic), f"ask for the topic {topic}")
            else:
                _check_partitions(topic, one["partitions"])
                self._known.add(topic)
        return missing

    async def _offsets(
        self, topics: Sequence[str], what: str, ask: Callable[[Any, Sequence[Any]], Awaitable[Mapping[Any, int]]]
    ) -> dict[str, int]:
        await self.check(topics)
        asked = {TopicPartition(self._clients.names.foreign(topic), 0): topic for topic in topics}

        async def ask_at_once(reader: Any) -> Mapping[Any, int]:
            await know_leaders(reader, asked)
            return await ask(reader, list(asked))

        try:
            async with self._calls.call(f"ask {what}", within=self._clients.pace.call):
                found = await self._insist("reader", ask_at_once)
        except BaseException:
            for topic in topics:
                self.forget(topic)
            raise
        return {topic: found[place] for place, topic in asked.items()}

    async def _insist(self, name: str, ask: Callable[[Any], Awaitable[T]]) -> T:
        """Ask until a broker answers; the call around it says how long. One of several may be away, or frozen.

        Each time with a new client: an old one goes on asking the broker that froze, and says of no failure why.
        """
        patience = asyncio.get_running_loop().time() + _GRACE_SECONDS
        while True:
            client = None
            try:
                client = await self._open(name)
                answer = await ask(client)
            except kafka.KafkaError as error:
                if not error.retriable and not isinstance(error, kafka.KafkaTimeoutError):
                    raise
                is_unknown = isinstance(error, kafka.UnknownTopicOrPartitionError)
                if is_unknown and asyncio.get_running_loop().time() > patience:
                    raise
                await self._discard(name, client)
            except BusUnavailable:
                if name not in self._worked:
                    raise
            except asyncio.CancelledError:
                self._worked.discard(name)
                await self._discard(name, client)
                raise
            else:
                self._worked.add(name)
                return answer
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _open(self, name: str) -> Any:
        self._clients.identity.look()
        async with self._opening:
            if name not in self._opened:
                make = self._clients.admin if name == "admin" else self._clients.reader
                self._opened[name] = await started(self._clients, make())
            return self._opened[name]

    async def _discard(self, name: str, client: Any) -> None:
        """End *client*, if it is not replaced already: others may ask with it."""
        if client is not None and self._opened.get(name) is client:
            del self._opened[name]
            await closing.discard(client)


def _is_usable(described: Mapping[str, Any]) -> bool:
    return kafka.for_code(described["error_code"]) is kafka.NoError and len(described["partitions"]) == PARTITIONS


def _check_partitions(topic: str, partitions: Sequence[Any]) -> None:
    if len(partitions) != PARTITIONS:
        raise BusMisconfigured(
            f"the topic {topic} has {len(partitions)} partitions: its messages have no common order",
            hint="The bus's administrator has to make it anew with one partition.",
        )
