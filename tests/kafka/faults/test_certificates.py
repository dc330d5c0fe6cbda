"""What a participant shows to be let in: expired, foreign, missing, half renewed."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import pytest

from broker.bus.kafka import identity
from broker.bus.kafka.bus import open_kafka_bus
from broker.bus.kafka.connection import Connection, Tls
from broker.bus.port import Bus, Outgoing
from broker.errors import BadIdentity, BrokerError, BusForbidden, BusUnavailable
from tests.kafka.network import SHORT, a_network, connections
from tests.kafka.rights import Rights
from tests.support.federation import FEDERATION
from tests.support.kafka.cluster import Cluster
from tests.support.kafka.connecting import by_certificate, identities, with_identity
from tocsin.cluster.certificates import Authority, read_certificate, write_identity

MINE: Final = f"{FEDERATION}.msg.NL"
THEIRS: Final = f"{FEDERATION}.msg.BE"
ONE_DAY: Final = timedelta(days=1)
"""So long is a test certificate valid."""
SOON: Final = timedelta(seconds=30)
"""Enough for a slow machine to let everybody in and to write something before it is over."""

pytestmark = pytest.mark.timeout(480)


async def reconnect(cluster: Cluster) -> None:
    """Cut all connections: the node is killed, and comes back."""
    await asyncio.to_thread(cluster.restart, 1)
    await asyncio.to_thread(cluster.wait_ready, 1)


async def is_let_in(connection: Connection) -> bool:
    """Say whether somebody who shows this may ask something; the control beside every refusal."""
    bus = open_kafka_bus(connection)
    try:
        await bus.topics()
    except BrokerError:
        return False
    finally:
        await bus.close()
    return True


async def test_an_expired_certificate_is_refused_here_with_its_file_and_date(secure: Cluster, namespace: str) -> None:
    folder = identities(secure).issue("NL", valid_from=-3 * ONE_DAY)
    ended = read_certificate((folder / "certificate.pem").read_bytes()).not_after
    with pytest.raises(BadIdentity) as told:
        open_kafka_bus(with_identity(secure, folder, namespace))
    assert str(folder / "certificate.pem") in str(told.value)
    assert f"{ended:%Y-%m-%d}" in str(told.value)
    assert told.value.hint


async def test_a_certificate_that_ends_while_connected_is_told_and_renewed_without_a_restart(
    secure: Cluster, namespace: str, tmp_path: Path
) -> None:
    others = await connections(secure, namespace, {"NL", "BE", "DE"})
    folder = identities(secure).issue("NL", valid_from=SOON - ONE_DAY)
    ends = read_certificate((folder / "certificate.pem").read_bytes()).not_after

    def connection_for(code: str) -> Connection:
        return with_identity(secure, folder, namespace, pace=SHORT) if code == "NL" else others(code)

    async with a_network(connection_for, tmp_path, writers=("NL", "BE"), readers=("NL", "DE")) as network:
        await network.publish("NL", 20)
        await network.settled()
        await network.until(lambda: datetime.now(UTC) > ends, "the certificate has ended")
        for code in ("NL", "BE"):
            await network.publish(code, 20)
        await network.settled()
        assert {"NL": [], "DE": []} == network.troubles  # what is open lives on
        await reconnect(secure)
        await asyncio.to_thread(network.writers["NL"].write, 20)
        with pytest.raises((BusUnavailable, BadIdentity)):
            await network.writers["NL"].flush()
        await network.publish("BE", 20)
        await network.until(lambda: BadIdentity.code in network.troubles["NL"], "NL is told of its certificate")
        renewed = identities(secure).clients.issue("NL", now=datetime.now(UTC), days=1)
        write_identity(folder, renewed, identities(secure).nodes.certificate_pem)
        await network.publish("NL", 20)
        await network.settled()
        network.assert_whole()
        told = [error for error in network.readers["NL"].told if isinstance(error, BadIdentity)]
        assert "expired" in str(told[-1]) or f"{ends:%Y-%m-%d}" in str(told[-1])


def from_a_stranger(cluster: Cluster, namespace: str) -> Connection:
    rogue = Authority.make("clients", now=datetime.now(UTC), days=1)
    return with_identity(cluster, identities(cluster).issue("NL", by=rogue), namespace, pace=SHORT)


def from_the_nodes_authority(cluster: Cluster, namespace: str) -> Connection:
    everybody = identities(cluster)
    return with_identity(cluster, everybody.issue("NL", by=everybody.nodes), namespace, pace=SHORT)


def in_plain_text(cluster: Cluster, namespace: str) -> Connection:
    return Connection(address=cluster.address(namespace), pace=SHORT)


def that_trusts_others(cluster: Cluster, namespace: str) -> Connection:
    """Show what is right to a node for which nobody vouches whom we believe."""
    right = by_certificate(cluster, "NL", namespace, pace=SHORT)
    folder = identities(cluster).issue("NL")
    (folder / "ca.pem").write_bytes(Authority.make("nodes", now=datetime.now(UTC), days=1).certificate_pem)
    tls = Tls(folder / "ca.pem", folder / "certificate.pem", folder / "key.pem")
    return msgspec.structs.replace(right, tls=tls)


@pytest.mark.parametrize(
    ("connecting", "expected", "says"),
    [
        (from_a_stranger, BadIdentity, "certificate"),
        (from_the_nodes_authority, BadIdentity, "certificate"),
        (that_trusts_others, BadIdentity, "ca.pem"),
        (in_plain_text, BusUnavailable, "TLS"),
    ],
)
async def test_what_the_cluster_refuses_is_told_with_what_to_look_at(
    secure: Cluster,
    namespace: str,
    connecting: Callable[[Cluster, str], Connection],
    expected: type[BrokerError],
    says: str,
) -> None:
    bus = open_kafka_bus(connecting(secure, namespace))
    try:
        with pytest.raises(expected) as told:
            await bus.topics()
    finally:
        await bus.close()
    assert await is_let_in(by_certificate(secure, "NL", namespace, pace=SHORT))
    assert says in f"{told.value} {told.value.hint}"
    assert told.value.hint


async def test_no_certificate_at_all_is_refused_here(secure: Cluster, namespace: str) -> None:
    tls = Tls(identities(secure).authorities_only() / "ca.pem")
    with pytest.raises(BadIdentity):
        open_kafka_bus(Connection(address=secure.address(namespace), tls=tls, pace=SHORT))


async def test_a_half_written_renewal_keeps_the_old_identity_until_it_is_whole(
    secure: Cluster, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new certificate is another participant's: so it shows which of them is in use."""
    monkeypatch.setattr(identity, "LOOK_EVERY_SECONDS", 0.0)
    await asyncio.to_thread(Rights, secure, namespace, ("NL", "BE"))
    await make_topics(secure, namespace)
    everybody = identities(secure)
    folder = everybody.issue("NL")
    bus = open_kafka_bus(with_identity(secure, folder, namespace, pace=SHORT))
    try:
        assert {MINE} == await may_write(bus)
        new = everybody.clients.issue("BE", now=datetime.now(UTC), days=1)
        (folder / "key.pem").write_bytes(new.key_pem)
        await reconnect(secure)
        assert {MINE} == await may_write(bus)
        (folder / "certificate.pem").write_bytes(new.certificate_pem[:200])
        await reconnect(secure)
        assert {MINE} == await may_write(bus)
        (folder / "certificate.pem").write_bytes(new.certificate_pem)
        await reconnect(secure)
        assert {THEIRS} == await may_write(bus)
    finally:
        await bus.close()


async def make_topics(cluster: Cluster, namespace: str) -> None:
    hub = open_kafka_bus(by_certificate(cluster, "X-HUB", namespace, pace=SHORT))
    try:
        await hub.create_topics([MINE, THEIRS])
    finally:
        await hub.close()


async def may_write(bus: Bus) -> set[str]:
    """Return which of the two topics the bus lets us write to."""
    return {topic for topic in (MINE, THEIRS) if await takes(bus, topic)}


async def takes(bus: Bus, topic: str) -> bool:
    """Say whether we may write to *topic*, as soon as the bus is there."""
    async with asyncio.timeout(120):
        while True:
            try:
                await bus.send(topic, [Outgoing("k", b"who am I")])
            except BusForbidden:
                return False
            except BusUnavailable:
                continue
            return True
