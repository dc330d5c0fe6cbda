"""A broker that is just stopping or starting hangs up on everybody: that is no verdict on who asked."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from broker.bus.kafka.bus import open_kafka_bus
from broker.bus.kafka.connection import Connection
from broker.errors import BadIdentity, BusUnavailable
from tests.support.kafka.cluster import Cluster
from tests.support.kafka.connecting import by_certificate, identities
from tocsin.cluster.certificates import write_identity

ALWAYS = 10**6


@asynccontextmanager
async def a_moody_broker(cluster: Cluster, folder: Path, *, hangs_up: int) -> AsyncIterator[str]:
    """Stand before a broker: take the first connections by TLS and hang up, then let everybody through."""
    who = identities(cluster)
    issued = who.nodes.issue("kafka-node", hosts=["localhost", "127.0.0.1"], now=datetime.now(UTC), days=1)
    write_identity(folder, issued, who.clients.certificate_pem)
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    left = hangs_up
    taken: set[asyncio.Task[None] | None] = set()
    behind = str(cluster.address().brokers[0]).rpartition(":")

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal left
        taken.add(asyncio.current_task())
        try:
            with suppress(OSError):
                if left > 0:
                    left -= 1
                    await writer.start_tls(shown)
                else:
                    inner_reader, inner = await asyncio.open_connection(behind[0], int(behind[2]))
                    await asyncio.gather(pipe(reader, inner), pipe(inner_reader, writer))
        finally:
            writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for one in filter(None, taken):
            one.cancel()
        await asyncio.gather(*filter(None, taken), return_exceptions=True)


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
    finally:
        writer.close()


def through(broker: str, cluster: Cluster, namespace: str) -> Connection:
    connection = by_certificate(cluster, "NL", namespace)
    return msgspec.structs.replace(connection, address=msgspec.structs.replace(connection.address, brokers=(broker,)))


async def test_a_broker_that_hangs_up_for_a_moment_is_no_verdict(
    secure: Cluster, namespace: str, tmp_path: Path
) -> None:
    async with a_moody_broker(secure, tmp_path / "moody", hangs_up=2) as broker:
        bus = open_kafka_bus(through(broker, secure, namespace))
        try:
            with suppress(BusUnavailable):
                await bus.topics()
            assert frozenset() == await bus.topics()
        finally:
            await bus.close()


async def test_one_that_always_hangs_up_does_not_want_us(secure: Cluster, namespace: str, tmp_path: Path) -> None:
    async with a_moody_broker(secure, tmp_path / "moody", hangs_up=ALWAYS) as broker:
        bus = open_kafka_bus(through(broker, secure, namespace))
        try:
            with pytest.raises(BadIdentity, match="hangs up"):
                await bus.topics()
        finally:
            await bus.close()
