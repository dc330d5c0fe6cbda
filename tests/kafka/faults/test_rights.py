"""Rights that a participant does not have, or loses in mid-flight: it is told, waits, and loses nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from broker.bus.kafka.bus import open_kafka_bus
from broker.bus.port import Outgoing
from broker.errors import BusForbidden
from tests.kafka.network import SHORT, Network, a_network
from tests.kafka.rights import Rights
from tests.support.kafka.cluster import Cluster
from tests.support.kafka.connecting import by_certificate
from tocsin.cluster.access import Right, Rule

FORBIDDEN: Final = BusForbidden.code
PARTICIPANTS: Final = ("NL", "BE", "DE")
JOIN_SECONDS: Final = 60.0
"""By then whoever may be in a group is in it, and whoever may not is told."""

pytestmark = pytest.mark.timeout(360)


@asynccontextmanager
async def a_provisioned_network(
    cluster: Cluster, namespace: str, folder: Path
) -> AsyncIterator[tuple[Network, Rights]]:
    """Give a network in which NL and BE write, BE and DE read, and all have the rights that are planned, no others."""
    rights = await asyncio.to_thread(Rights, cluster, namespace, PARTICIPANTS)
    async with a_network(
        lambda code: by_certificate(cluster, code, namespace, pace=SHORT),
        folder,
        writers=("NL", "BE"),
        readers=("BE", "DE"),
    ) as network:
        yield network, rights


async def test_the_planned_rights_are_enough_for_a_network(secure: Cluster, namespace: str, tmp_path: Path) -> None:
    async with a_provisioned_network(secure, namespace, tmp_path) as (network, _):
        await network.publish("NL", 20)
        await network.publish("BE", 20)
        await network.settled()
        network.assert_whole()
        assert {"BE": [], "DE": []} == network.troubles


async def test_a_writer_that_loses_its_right_keeps_everything_in_its_outbox(
    secure: Cluster, namespace: str, tmp_path: Path
) -> None:
    async with a_provisioned_network(secure, namespace, tmp_path) as (network, rights):
        writer, topic = network.writers["NL"], network.topic("NL")
        await network.publish("NL", 70)
        end = await writer.bus.end(topic)
        writing = {rule for rule in rights.rules("NL", rights.network.own_topic("NL")) if rule.right is Right.WRITE}
        await asyncio.to_thread(rights.take_away, writing)
        await asyncio.to_thread(writer.write, 300)
        for _ in range(2):
            with pytest.raises(BusForbidden) as told:
                await writer.flush()
            assert told.value.hint
        assert 300 == writer.unfinished()
        assert end == await writer.bus.end(topic)
        await network.publish("BE", 30)  # nobody else is disturbed
        await asyncio.to_thread(rights.give, writing)
        await writer.flush()
        await network.settled()
        network.assert_whole()


async def test_a_right_that_goes_between_two_batches_leaves_a_prefix(
    secure: Cluster, namespace: str, tmp_path: Path
) -> None:
    async with a_provisioned_network(secure, namespace, tmp_path) as (network, rights):
        writer = network.writers["NL"]
        writing = rights.rules("NL", rights.network.own_topic("NL"))
        await asyncio.to_thread(writer.write, 2000)
        flushing = asyncio.create_task(writer.flush())
        await network.until(network.readers["DE"].counts, "the first have arrived")
        await asyncio.to_thread(rights.take_away, writing)
        with pytest.raises(BusForbidden):
            await flushing
        left = writer.unfinished()
        await asyncio.to_thread(rights.give, writing)
        await writer.flush()
        await network.settled()
        network.assert_whole()
        assert 0 < left < 2000


def read_only(rights: Rights) -> Collection[Rule]:
    return {rule for rule in rights.rules("BE", rights.network.messages) if rule.right is Right.READ}


def read_and_describe(rights: Rights) -> Collection[Rule]:
    return rights.rules("BE", rights.network.messages)


def group(rights: Rights) -> Collection[Rule]:
    return rights.rules("BE", rights.network.own_groups("BE"))


def directory(rights: Rights) -> Collection[Rule]:
    return rights.rules("BE", rights.network.directory)


@pytest.mark.parametrize("lost", [read_only, read_and_describe, group, directory])
async def test_a_reader_that_loses_a_right_is_told_waits_and_goes_on_when_it_is_back(
    secure: Cluster, namespace: str, tmp_path: Path, lost: Callable[[Rights], Collection[Rule]]
) -> None:
    async with a_provisioned_network(secure, namespace, tmp_path) as (network, rights):
        await network.publish("NL", 40)
        await network.settled()
        rules = lost(rights)
        await asyncio.to_thread(rights.take_away, rules)
        await network.publish("NL", 40)
        await network.until(lambda: FORBIDDEN in network.troubles["BE"], "BE is told")
        await network.until(lambda: 80 == sum(network.readers["DE"].counts().values()), "DE is not disturbed")
        await asyncio.to_thread(rights.give, rules)
        await network.publish("NL", 40)
        await network.settled()
        network.assert_whole()
        assert all(error.hint for error in network.readers["BE"].told)
        assert [] == network.troubles["DE"]


async def test_a_foreign_topic_is_refused_at_once_and_the_own_one_is_not_poisoned(
    secure: Cluster, namespace: str, tmp_path: Path
) -> None:
    async with a_provisioned_network(secure, namespace, tmp_path) as (network, _):
        await network.publish("NL", 5)
        bus = network.writers["NL"].bus
        async with asyncio.timeout(SHORT.call / 2):  # not by running into the deadline of a call
            for _ in range(2):
                with pytest.raises(BusForbidden) as refused:
                    await bus.send(network.topic("BE"), [Outgoing("k", b"not ours to say")])
                assert refused.value.hint
        await network.publish("NL", 5)
        await network.settled()
        network.assert_whole()
        assert 0 == await bus.end(network.topic("BE"))


async def test_a_foreign_group_is_refused_and_its_owner_is_not_disturbed(
    secure: Cluster, namespace: str, tmp_path: Path
) -> None:
    async with a_provisioned_network(secure, namespace, tmp_path) as (network, _):
        bus = open_kafka_bus(by_certificate(secure, "NL", namespace, pace=SHORT))
        try:
            with pytest.raises(BusForbidden):
                await bus.subscribe("node-DE-1", [network.topic("NL")]).fetch(most=1, wait=JOIN_SECONDS)
            await network.publish("NL", 20)
            mine = bus.subscribe("node-NL-1", [network.topic("NL")])
            assert "" != (await mine.fetch(most=1, wait=JOIN_SECONDS))[0].topic
        finally:
            await bus.close()
        await network.settled()
        network.assert_whole()
        assert [] == network.troubles["DE"]
