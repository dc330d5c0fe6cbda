"""Topics that are not there (yet), or not as they should be: told, waited for, and nothing lost meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # the package names what it exports nowhere
    AdminClient,
    NewTopic,
)

from broker.bus.kafka.bus import open_kafka_bus
from broker.bus.kafka.connection import Address, parse_address
from broker.bus.port import Outgoing
from broker.errors import BusMisconfigured, UnknownTopic
from tests.kafka.network import SHORT, Network, a_sealing_federation, codes, provision
from tests.support.kafka.connecting import in_the_clear
from tests.support.kafka.health import CALL_SECONDS, make_topic

MISSING: Final = UnknownTopic.code

pytestmark = pytest.mark.timeout(360)


@pytest.fixture
def address(kafka_address: str) -> Address:
    return parse_address(kafka_address)


@asynccontextmanager
async def an_unprovisioned_network(address: Address, folder: Path) -> AsyncIterator[Network]:
    """Give a network of NL, that writes, and DE, that reads; none of its topics is there."""
    connection = in_the_clear(address, pace=SHORT)
    network = Network(a_sealing_federation(("NL", "DE")), folder, lambda _: open_kafka_bus(connection))
    try:
        network.add_writer("NL")
        network.add_reader("DE")
        yield network
    finally:
        await network.close()


async def test_a_reader_waits_for_the_topic_of_the_directory(address: Address, tmp_path: Path) -> None:
    async with an_unprovisioned_network(address, tmp_path) as network:
        reader = network.readers["DE"]
        reader.start()
        await network.until(lambda: MISSING in network.troubles["DE"], "DE is told")
        assert network.directory_topic in str(reader.told[0])
        assert reader.told[0].hint
        await provision(in_the_clear(address, pace=SHORT), network.federation)
        await network.publish("NL", 30)
        await network.settled()
        network.assert_whole()


async def test_what_is_published_while_a_topic_is_missing_stays_in_the_outbox(address: Address, tmp_path: Path) -> None:
    async with an_unprovisioned_network(address, tmp_path) as network:
        writer = network.writers["NL"]
        await writer.bus.create_topics([network.directory_topic])
        announced = [Outgoing("directory", raw) for raw in network.federation.messages]
        await writer.bus.send(network.directory_topic, announced)
        network.readers["DE"].start()
        await asyncio.to_thread(writer.write, 30)
        with pytest.raises(UnknownTopic) as told:
            await writer.flush()
        assert 30 == writer.unfinished()
        assert network.topic("NL") in str(told.value)
        assert told.value.hint
        publishing = asyncio.create_task(network.publish("NL", 10))
        await network.until(lambda: MISSING in codes(writer.told), "NL goes on asking")
        await writer.bus.create_topics([network.topic("NL")])
        await publishing
        await network.settled()
        network.assert_whole()


async def test_a_topic_of_several_partitions_is_refused_before_anything_is_written(address: Address) -> None:
    """Records of one stream would be out of order: the first rule of a topic is that it is one sequence."""
    bus = open_kafka_bus(in_the_clear(address, pace=SHORT))
    admin = AdminClient({"bootstrap.servers": ",".join(address.brokers)})
    for partitions in (3, 1):
        make_topic(admin, NewTopic(f"{address.namespace}.of-{partitions}", partitions, 1))
    try:
        with pytest.raises(BusMisconfigured) as told:
            await bus.send("of-3", [Outgoing("k", b"which first?")])
        with pytest.raises(BusMisconfigured):
            await bus.read("of-3", start=0, most=1)
        with pytest.raises(BusMisconfigured):
            await bus.subscribe("node-NL-1", ["of-3"]).fetch(most=1, wait=60)
        await bus.send("of-1", [Outgoing("k", b"fine")])
    finally:
        await bus.close()
    assert "of-3" in str(told.value)
    assert told.value.hint


async def test_a_topic_that_is_deleted_under_a_reader_is_told_and_the_others_are_read(
    address: Address, tmp_path: Path
) -> None:
    async with an_unprovisioned_network(address, tmp_path) as network:
        await provision(in_the_clear(address, pace=SHORT), network.federation)
        network.readers["DE"].start()
        await network.publish("NL", 30)
        await network.settled()
        admin = AdminClient({"bootstrap.servers": ",".join(address.brokers)})
        gone = f"{address.namespace}.{network.topic('DE')}"
        admin.delete_topics([gone])[gone].result(CALL_SECONDS)
        await network.publish("NL", 30)
        await network.settled()
        network.assert_whole()
