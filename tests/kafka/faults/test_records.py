"""Records that a broker refuses, or that somebody else wrote: what comes before and behind them is not touched."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition  # type: ignore[import-untyped]
from aiokafka.errors import (  # type: ignore[import-untyped]
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
)
from aiokafka.record.util import calc_crc32c  # type: ignore[import-untyped]
from confluent_kafka import Producer
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # the package names what it exports nowhere
    AdminClient,
    NewTopic,
)

from broker import limits
from broker.bus.kafka.bus import open_kafka_bus
from broker.bus.kafka.connection import Address, parse_address
from broker.bus.port import Bus, Outgoing
from broker.errors import BusMisconfigured, TooLarge
from tests.support.exercise import Exercise, Node, until
from tests.support.federation import FEDERATION, a_federation
from tests.support.kafka.connecting import in_the_clear
from tests.support.kafka.health import make_topic

MINE: Final = f"{FEDERATION}.msg.NL"
SMALL: Final = 100_000
MIB: Final = 1 << 20


@pytest.fixture
def address(kafka_address: str) -> Address:
    return parse_address(kafka_address)


@pytest_asyncio.fixture
async def bus(address: Address) -> AsyncIterator[Bus]:
    bus = open_kafka_bus(in_the_clear(address))
    yield bus
    await bus.close()


def make_foreign_topic(address: Address, topic: str, settings: Mapping[str, str] | None = None) -> str:
    """Make a topic with settings of somebody else's choice; return what the cluster calls it."""
    name = f"{address.namespace}.{topic}"
    admin = AdminClient({"bootstrap.servers": ",".join(address.brokers)})
    make_topic(admin, NewTopic(name, 1, 1, config=dict(settings or {})))
    return name


@asynccontextmanager
async def a_bare_producer(address: Address, **settings: Any) -> AsyncIterator[AIOKafkaProducer]:
    """Give a producer that has none of our precautions."""
    ours = {"enable_idempotence": True, "max_request_size": 64 * MIB}
    producer = AIOKafkaProducer(bootstrap_servers=list(address.brokers), **(ours | settings))
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def send_a_bomb(address: Address, topic: str) -> None:
    """Send, as one batch, 32 MiB of zeros that are packed to some tens of KiB."""
    async with a_bare_producer(address, compression_type="gzip", max_batch_size=64 * MIB) as producer:
        batch = producer.create_batch()
        for _ in range(32):
            batch.append(key=None, value=bytes(MIB), timestamp=None)
        await (await producer.send_batch(batch, topic, partition=0))


async def values(bus: Bus, topic: str) -> list[bytes]:
    found: list[bytes] = []
    while batch := await bus.read(topic, start=len(found), most=100):
        found += [one.value for one in batch]
    return found


async def test_an_oversize_record_keeps_only_its_own_call_from_the_topic(bus: Bus) -> None:
    await bus.create_topics([MINE])
    await bus.send(MINE, [Outgoing("k", b"before")])
    with pytest.raises(TooLarge):
        await bus.send(MINE, [Outgoing("k", b"beside"), Outgoing("k", bytes(limits.MAX_RECORD_BYTES))])
    await bus.send(MINE, [Outgoing("k", b"behind")])
    assert [b"before", b"behind"] == await values(bus, MINE)


async def test_the_largest_record_fits_a_topic_that_we_made(bus: Bus) -> None:
    largest = bytes(limits.MAX_RECORD_BYTES - 1)
    await bus.create_topics([MINE])
    await bus.send(MINE, [Outgoing("k", largest), Outgoing("k", b"behind")])
    assert [largest, b"behind"] == await values(bus, MINE)


async def test_a_rejected_record_poisons_a_bare_producer(address: Address) -> None:
    """Why the next test is there: without our cure nothing is sent any more."""
    topic = make_foreign_topic(address, MINE, {"max.message.bytes": str(SMALL)})
    async with a_bare_producer(address) as producer:
        await producer.send_and_wait(topic, b"before")
        with pytest.raises(MessageSizeTooLargeError):
            await producer.send_and_wait(topic, bytes(SMALL * 3))
        for _ in range(2):
            with pytest.raises(OutOfOrderSequenceNumber):
                await producer.send_and_wait(topic, b"behind")


async def test_a_topic_that_takes_less_than_we_send_is_said_and_poisons_nothing(address: Address, bus: Bus) -> None:
    make_foreign_topic(address, MINE, {"max.message.bytes": str(SMALL)})
    await bus.send(MINE, [Outgoing("k", b"before")])
    with pytest.raises(BusMisconfigured) as refused:
        await bus.send(MINE, [Outgoing("k", bytes(SMALL * 3))])
    for _ in range(2):
        await bus.send(MINE, [Outgoing("k", b"behind")])
    assert "tocsin kafka check" in refused.value.hint  # which names max.message.bytes
    assert [b"before", b"behind", b"behind"] == await values(bus, MINE)


async def test_a_rejected_record_in_the_middle_lets_overlapping_calls_through(address: Address, bus: Bus) -> None:
    make_foreign_topic(address, MINE, {"max.message.bytes": str(SMALL)})
    sizes = [10, 11, SMALL * 3, 12, 13]
    results = await asyncio.gather(
        *(bus.send(MINE, [Outgoing("k", bytes(size))]) for size in sizes), return_exceptions=True
    )
    assert [type(None), type(None), BusMisconfigured, type(None), type(None)] == [type(one) for one in results]
    assert [10, 11, 12, 13] == [len(value) for value in await values(bus, MINE)]


async def test_a_batch_bomb_unpacks_in_the_reader_of_a_topic_with_default_settings(address: Address) -> None:
    """Why the next test is there: a few KiB from the network become 32 MiB in every reader."""
    topic = make_foreign_topic(address, MINE, {"max.message.bytes": str(2 * MIB)})
    await send_a_bomb(address, topic)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=list(address.brokers), auto_offset_reset="earliest", max_partition_fetch_bytes=2 * MIB
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, 0)])
        batch = (await consumer.getmany(timeout_ms=30_000))[TopicPartition(topic, 0)]
    finally:
        await consumer.stop()
    assert 32 * MIB == sum(len(one.value) for one in batch)


async def test_a_batch_bomb_is_refused_by_the_broker(address: Address, bus: Bus) -> None:
    await bus.create_topics([MINE])
    with pytest.raises(MessageSizeTooLargeError):
        await send_a_bomb(address, f"{address.namespace}.{MINE}")
    await bus.send(MINE, [Outgoing("k", b"behind")])
    assert [b"behind"] == await values(bus, MINE)


async def test_records_of_a_foreign_producer_end_in_quarantine_and_stop_no_reader(
    address: Address, bus: Bus, tmp_path: Path
) -> None:
    async with a_following_node(bus, tmp_path) as (exercise, node):
        await exercise.write()
        await asyncio.to_thread(send_strange_records, address)
        await exercise.write()
        await until(lambda: 2 == len(node.items("BE/police")), within=60)
        assert {1, 2, 3, 4} == node.quarantine().keys()


async def test_a_header_that_is_no_text_stops_no_reader(address: Address, bus: Bus, tmp_path: Path) -> None:
    """The library does not read past such a record by itself, and a broker takes it from whoever may write."""
    async with a_following_node(bus, tmp_path) as (exercise, node):
        await exercise.write()
        await send_a_header_that_is_no_text(address, MINE)
        await exercise.write()
        await until(lambda: 2 == len(node.items("BE/police")), within=60)
        assert ([], {1}) == (node.findings(), set(node.quarantine()))


async def test_a_header_that_is_no_text_in_the_directory_stops_nobody(
    address: Address, bus: Bus, tmp_path: Path
) -> None:
    """Every participant writes there, and nothing there is stepped over."""
    exercise = Exercise(tmp_path, a_federation(), bus)
    await bus.create_topics([f"{FEDERATION}.directory", MINE])
    await send_a_header_that_is_no_text(address, f"{FEDERATION}.directory")
    await exercise.announce()
    await exercise.write()
    node = exercise.node("BE/~1")
    await node.receive()
    assert 1 == len(node.items("BE/police"))
    close(node)


@asynccontextmanager
async def a_following_node(bus: Bus, folder: Path) -> AsyncIterator[tuple[Exercise, Node]]:
    exercise = Exercise(folder, a_federation(), bus)
    await bus.create_topics([f"{FEDERATION}.directory", MINE])
    await exercise.announce()
    node = exercise.node("BE/~1")
    following = asyncio.create_task(node.receiver.follow(lambda _: None))
    try:
        yield exercise, node
    finally:
        following.cancel()
        await asyncio.wait([following])
        close(node)


def close(node: Node) -> None:
    node.engine.dispose()
    node.section_keys.close()


def send_strange_records(address: Address) -> None:
    """Send four records as no program of ours would: no key, no value, no UTF-8, headers twice or without value."""
    topic = f"{address.namespace}.{MINE}"
    headers: list[tuple[str, str | bytes | None]] = [("twice", None), ("twice", b"\xff\xfe"), ("", b"")]
    producer = Producer({"bootstrap.servers": ",".join(address.brokers)})
    producer.produce(topic, key=None, value=None)
    producer.produce(topic, key=b"\xff\xfe\x00", value=b"")
    producer.produce(topic, key=None, value=b"no envelope", headers=headers)
    producer.produce(topic, key=b"", value=bytes(100), headers=headers[::-1])
    assert 0 == producer.flush(30)


async def send_a_header_that_is_no_text(address: Address, topic: str) -> None:
    """Send a record with a header whose name is not UTF-8; no client library writes one, so the bytes are ours."""
    async with a_bare_producer(address, enable_idempotence=False) as producer:
        batch = producer.create_batch()
        batch.append(timestamp=None, key=b"k", value=b"v", headers=[("??", b"")])
        raw = batch._build()
        place = raw.index(b"??")
        raw[place : place + 2] = b"\xff\xfe"
        raw[17:21] = calc_crc32c(bytes(raw[21:])).to_bytes(4, "big")
        await (await producer.send_batch(batch, f"{address.namespace}.{topic}", partition=0))
