"""A broker whose clock is more than an hour off: nobody's clock decides what is accepted, nor how long it is kept."""

import asyncio
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, Message, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.kafka.network import Network, a_network_on
from tests.support.kafka.cluster import Cluster, Shape
from tests.support.kafka.fixtures import MakeCluster
from tests.support.kafka.health import administration, make_topic, wait_whole

AHEAD, BEHIND = "+70m", "-70m"


async def test_a_brokers_clock_that_is_off_changes_nothing_where_the_time_of_writing_would(
    make_cluster: MakeCluster, namespace: str, tmp_path: Path
) -> None:
    cluster = await asyncio.to_thread(make_cluster, Shape())
    _make_topic(cluster, "as-written")
    async with a_network_on(cluster, namespace, tmp_path) as network:
        await _publish_some(network)
        for offset, said in ((AHEAD, ""), (BEHIND, "INVALID_TIMESTAMP")):
            await asyncio.to_thread(_turn_clock, cluster, offset)
            await _publish_some(network)
            assert said == await asyncio.to_thread(_send, cluster, "as-written")
        await network.settled()
        network.assert_whole()


async def _publish_some(network: Network) -> None:
    await asyncio.gather(*(network.publish(code, 20) for code in network.writers))


def _make_topic(cluster: Cluster, name: str) -> None:
    """Make a topic whose messages bear the time that their writer gives them: the usual setting, and not ours."""
    config = {"message.timestamp.type": "CreateTime"}
    topic = NewTopic(name, num_partitions=1, replication_factor=1, config=config)
    make_topic(AdminClient(administration(cluster)), topic)


def _turn_clock(cluster: Cluster, offset: str) -> None:
    """Start the only node anew with a clock that is off by *offset*, as libfaketime writes it."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        pytest.skip("no libfaketime on this machine (on Debian: apt-get install faketime)")
    # The time that only counts seconds stays as it is: it was never wrong.
    turned = {"FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_FORCE_MONOTONIC_FIX": "0"}
    cluster.restart(1, environment=turned | {"LD_PRELOAD": str(found[0])})
    cluster.wait_ready(1)
    wait_whole(cluster)


def _send(cluster: Cluster, topic: str) -> str:
    """Send a message, and return the name of the error, empty for none."""
    told: list[str] = []

    def note(error: KafkaError | None, _message: Message) -> None:
        told.append("" if error is None else error.name())

    producer = Producer({**administration(cluster), "enable.idempotence": True})
    producer.produce(topic, b"content", callback=note)
    assert 0 == producer.flush(60)
    return told[0]
