"""Brokers that die, freeze and come back while countries publish and read: nothing is lost, nothing is doubled."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from broker.errors import BusUnavailable
from tests.kafka.faults.places import coordinator_of, leader_of, until_coordinated_elsewhere, until_led_elsewhere
from tests.kafka.network import SHORT, Network, a_network_on
from tests.kafka.nodes import codes
from tests.support.kafka.cluster import Cluster
from tests.support.kafka.health import heal

_MORE = 200
"""Records that nobody has written who waits on a broker that does not answer."""
TOLD_WITHIN = SHORT.call + SHORT.silence + 40.0
"""By then the person on duty knows that the bus is away: what waits has a deadline, and the machine may be busy."""


@pytest_asyncio.fixture
async def network(three: Cluster, namespace: str, tmp_path: Path) -> AsyncIterator[Network]:
    async with a_network_on(three, namespace, tmp_path) as network:
        yield network


async def test_a_leader_that_is_killed_in_the_middle_of_a_batch(
    three: Cluster, namespace: str, network: Network
) -> None:
    topic = f"{namespace}.{network.topic('NL')}"
    async with network.traffic():
        await network.progress(100)
        killed = await asyncio.to_thread(leader_of, three, topic)
        three.kill(killed)
        await until_led_elsewhere(three, topic, than=killed)
        await network.progress(100)
    await network.settled()
    network.assert_whole()


async def test_a_leader_that_freezes_for_longer_than_any_deadline_and_thaws(
    three: Cluster, namespace: str, network: Network
) -> None:
    topic = f"{namespace}.{network.topic('NL')}"
    writer = network.writers["NL"]
    async with network.traffic():
        await network.progress(100)
        frozen = await asyncio.to_thread(leader_of, three, topic)
        three.freeze(frozen)
        try:
            await until_led_elsewhere(three, topic, than=frozen)
            # The connections to the frozen one are open still: whoever waits on one is told. Whoever did not wait at
            # that moment, for a flush has more to do than to send, writes to the new leader.
            sent = len(writer.records())
            await network.until(
                lambda: writer.told or len(writer.records()) > sent + _MORE,
                "the writer is told, or goes on",
                within=TOLD_WITHIN,
            )
            await network.progress(100)
        finally:
            three.thaw(frozen)
        await network.progress(100)
    await network.settled()
    network.assert_whole()
    assert {BusUnavailable.code} >= set(codes(writer.told))


async def test_the_coordinator_of_the_readers_group_is_killed(three: Cluster, namespace: str, network: Network) -> None:
    group = f"{namespace}.node-DE-1"
    async with network.traffic():
        await network.progress(100)
        killed = await asyncio.to_thread(coordinator_of, three, group)
        three.kill(killed)
        await network.progress(200)
        await until_coordinated_elsewhere(three, group, than=killed)
        await network.progress(100)
    await network.settled()
    network.assert_whole()


async def test_two_of_three_die_and_come_back(three: Cluster, network: Network) -> None:
    everybody = [network.readers["DE"].told, *(writer.told for writer in network.writers.values())]
    async with network.traffic():
        await network.progress(100)
        for node in (1, 2):
            three.kill(node)
        await network.until(lambda: all(everybody), "everybody is told", within=TOLD_WITHIN)
        told = [error for one in everybody for error in one]
        await asyncio.to_thread(heal, three)
        await network.progress(100)
    await network.settled()
    network.assert_whole()
    assert {BusUnavailable.code} == set(codes(told))
    assert all(error.hint for error in told), "each says what to do"
