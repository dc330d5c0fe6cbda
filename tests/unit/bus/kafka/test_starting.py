"""Giving up a start; stubs stand for the library's client and its connections."""

import asyncio
from typing import Any

import pytest

from broker.bus.kafka.clients import Clients
from broker.bus.kafka.connection import Address, Connection
from broker.bus.kafka.starting import started

CLIENTS = Clients(Connection(address=Address(("localhost:1",))))


class Connections:
    def __init__(self) -> None:
        self._conns: dict[Any, Any] = {}
        self.is_closed = False

    async def close(self) -> None:
        self.is_closed = True


class First:
    """The connection to the broker that is asked first; no list has it yet."""

    _writer = None

    def __init__(self) -> None:
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


class Client:
    """A client of the library whose first broker takes the connection and does not answer."""

    def __init__(self) -> None:
        self._client = Connections()
        self.first = First()
        self.is_asking = asyncio.Event()

    async def start(self) -> None:
        await self._bootstrap()

    async def _bootstrap(self) -> None:
        bootstrap_conn = self.first
        self.is_asking.set()
        await asyncio.Event().wait()
        del bootstrap_conn


async def test_a_start_that_is_given_up_leaves_no_connection_open() -> None:
    client = Client()
    starting = asyncio.create_task(started(CLIENTS, client))
    await client.is_asking.wait()
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert (True, True) == (client.first.is_closed, client._client.is_closed)
    assert {asyncio.current_task()} == asyncio.all_tasks()
