"""Disks that fill, vanish, lie or forget: what a reader cannot have is named with its place, and all else is read."""

import asyncio
import resource
import shutil
from pathlib import Path

import pytest

from broker.errors import CorruptBatch, RetentionPassed
from tests.kafka.faults.damage import Place, changed_byte, delete_below
from tests.kafka.faults.places import leader_of, segment_of, until_led_elsewhere, until_so
from tests.kafka.network import Network, a_network_on
from tests.kafka.nodes import Reader
from tests.support.kafka.cluster import Cluster
from tests.support.kafka.health import heal

pytestmark = pytest.mark.timeout(360)

GONE_WITHIN = 90.0
"""By then a broker that cannot write has noticed, and ended itself."""


async def test_a_brokers_disk_is_full(three: Cluster, namespace: str, tmp_path: Path) -> None:
    async with a_network_on(three, namespace, tmp_path) as network:
        topic = f"{namespace}.{network.topic('NL')}"
        async with network.traffic():
            await network.progress(100)
            node = await asyncio.to_thread(leader_of, three, topic)
            _fill_disk(three, node, topic)
            await until_so(lambda: not three.is_running(node), within=GONE_WITHIN)
            await until_led_elsewhere(three, topic, than=node)
            await network.progress(100)
        await network.settled()
        network.assert_whole()


async def test_a_brokers_data_folder_is_gone(three: Cluster, namespace: str, tmp_path: Path) -> None:
    async with a_network_on(three, namespace, tmp_path) as network:
        topic = f"{namespace}.{network.topic('NL')}"
        async with network.traffic():
            await network.progress(100)
            node = await asyncio.to_thread(leader_of, three, topic)
            away = three.data(node).rename(three.folder / "away")
            try:
                await until_so(lambda: not three.is_running(node), within=GONE_WITHIN)
                await network.progress(100)
            finally:
                three.kill(node)
                shutil.rmtree(three.data(node), ignore_errors=True)
                away.rename(three.data(node))
            await asyncio.to_thread(heal, three)
        await network.settled()
        network.assert_whole()


@pytest.mark.parametrize("place", ["content", "offset"])
async def test_a_changed_byte_is_named_with_its_place_and_mended_by_another_copy(
    three: Cluster, namespace: str, tmp_path: Path, place: Place
) -> None:
    async with a_network_on(three, namespace, tmp_path) as network:
        reader = network.readers["DE"]
        await reader.stop()
        for _ in range(5):
            await network.publish("NL", 10)
        await network.publish("BE", 20)
        topic = f"{namespace}.{network.topic('NL')}"
        node = await asyncio.to_thread(leader_of, three, topic)
        with changed_byte(segment_of(three, node, topic), batch=2, place=place):
            reader.start()
            rest = {"BE/customs/1": 20, "NL/customs/1": 40}
            await network.until(lambda: rest == reader.counts(), "the rest is received")
            assert [f"{network.topic('NL')}@22-33"] == _torn(reader)
            await reader.stop()
            three.kill(node)
        await until_led_elsewhere(three, topic, than=node)
        reader.start()
        await network.settled()
        network.assert_whole(in_order=False)


async def test_a_byte_that_changes_before_a_follower_comes_to_it(
    three: Cluster, namespace: str, tmp_path: Path
) -> None:
    async with a_network_on(three, namespace, tmp_path) as network:
        reader = network.readers["DE"]
        for code in ("NL", "BE"):  # what comes behind a batch is fetched when the group stands behind that one
            await network.publish(code, 10)
            await network.settled()
        await reader.stop()
        for _ in range(3):
            await network.publish("NL", 10)
        topic = f"{namespace}.{network.topic('NL')}"
        node = await asyncio.to_thread(leader_of, three, topic)
        with changed_byte(segment_of(three, node, topic), batch=2):
            reader.start()  # the group stands behind the first batch: it comes to the place once more, as a member
            await network.until(lambda: reader.told, "the person on duty is told")
            await network.publish("NL", 5)
            await network.until(lambda: 35 == reader.counts()["NL/customs/1"], "the rest is received")
        assert [CorruptBatch.code] == network.troubles["DE"]
        assert [f"{network.topic('NL')}@22-33"] == _torn(reader)


async def test_messages_that_were_deleted_before_they_were_read(three: Cluster, namespace: str, tmp_path: Path) -> None:
    async with a_network_on(three, namespace, tmp_path) as network:
        reader, topic = network.readers["DE"], network.topic("NL")
        await network.publish("NL", 20)
        await network.settled()
        await reader.stop()
        read = await reader.bus.end(topic)
        await network.publish("NL", 20)
        # The release of the keys of all twenty, and the first nine of them.
        await asyncio.to_thread(delete_below, three, f"{namespace}.{topic}", read + 10)

        reader.start()
        await network.publish("BE", 20)
        await network.until(lambda: reader.counts().get("BE/customs/1") == 20, "other topics go on")
        assert [(RetentionPassed.code, topic)] == _stopped(network)
        assert RetentionPassed.code in network.troubles["DE"]
        assert 20 == reader.counts()["NL/customs/1"]
        await reader.stop()

        assert 10 == await reader.receiver.accept_loss(topic)
        reader.start()
        await network.publish("NL", 5)
        await network.until(lambda: reader.counts()["NL/customs/1"] == 36, "it goes on behind what is lost")
        assert 11 == reader.pending(), "their keys are lost"
        assert [*range(1, 21), *range(41, 46)] == [number for code, number in reader.opened() if code == "NL/customs"]
        assert [] == _stopped(network)
        assert 0 == await reader.receiver.accept_loss(topic), "only once"


def _fill_disk(cluster: Cluster, node: int, topic: str) -> None:
    """Let no file of a node grow beyond what *topic* has now: to the broker that is a disk that takes nothing more."""
    size = segment_of(cluster, node, topic).stat().st_size
    process = cluster._running[node].process.pid
    resource.prlimit(process, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _torn(reader: Reader) -> list[str]:
    """Return the places of the findings about parts of topics."""
    return [one.place for one in reader.findings() if one.code == CorruptBatch.code]


def _stopped(network: Network) -> list[tuple[str, str]]:
    """Return the findings about whole topics."""
    return [(one.code, one.place) for one in network.findings("DE") if one.code == RetentionPassed.code]
