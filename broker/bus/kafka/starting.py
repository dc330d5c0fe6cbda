"""Starts the library's clients, and says why that does not work: the library knows only that it does not."""

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from aiokafka import errors as kafka  # type: ignore[import-untyped]

from broker.bus.kafka import closing
from broker.bus.kafka.clients import Clients
from broker.bus.kafka.connection import Connection
from broker.errors import BadIdentity, BrokerError, BusUnavailable

_PATIENCE_SECONDS: Final = 1.0
_ANEW: Final = "A new certificate comes from whoever runs the bus's clients authority."
_ANY_QUESTION: Final = struct.pack(">ihhih", 10, 18, 0, 0, -1)
"""Which versions a broker speaks: it answers that to everyone that it lets in at all."""
_REFUSED: Final = ("ALERT_CERTIFICATE", "ALERT_BAD_CERTIFICATE", "ALERT_UNKNOWN_CA", "ALERT_ACCESS_DENIED")
"""What a broker that checked a client's certificate says, as OpenSSL names it."""


async def started(clients: Clients, make: Callable[[], Any], *, within: float | None = None) -> Any:
    """Return a client that is started; discard each with which that does not succeed.

    Args:
        within: Seconds after which another one is tried, for it may come upon another broker first; the call around
            it ends that.

    Raises:
        BadIdentity: What we show has ended, a broker does not accept it, or is none that our authorities vouch for.
        BusUnavailable: No broker can be reached.
    """
    while True:
        client = make()
        try:
            async with asyncio.timeout(within):
                await client.start()
        except kafka.KafkaConnectionError:
            await closing.discard(client)
            raise await diagnose(clients) from None
        except TimeoutError:
            await closing.discard(client)
            if within is None:
                raise
        except BaseException:
            await closing.discard(client)
            raise
        else:
            return client


async def diagnose(clients: Clients) -> BrokerError:
    """Return why none of the brokers of the address lets us in: what the first says that speaks of our identity."""
    try:
        clients.identity.check()
    except BadIdentity as error:
        return error
    brokers = clients.connection.address.brokers
    found = await asyncio.gather(*(_ask(clients, broker) for broker in brokers))
    for one in found:
        if isinstance(one, BadIdentity):
            return one
    return BusUnavailable(
        "cannot reach the bus: " + "; ".join(str(one) for one in found),
        hint="Check the address, that the brokers run, and that a firewall lets this machine through to them.",
    )


async def _ask(clients: Clients, broker: str) -> BrokerError:
    host, _, port = broker.rpartition(":")
    context = clients.identity.options().get("ssl_context")
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            reader, writer = await asyncio.open_connection(
                host.strip("[]"), int(port), ssl=context if isinstance(context, ssl.SSLContext) else None
            )
    except (OSError, ValueError) as error:
        return _no_connection(broker, error)
    try:
        writer.write(_ANY_QUESTION)
        return await _listen(clients, broker, reader)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _listen(clients: Clients, broker: str, reader: asyncio.StreamReader) -> BrokerError:
    """Return what a broker that took the connection has against us: with TLS 1.3 it says so after that only."""
    answer: bytes | None = None
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            answer = await reader.read(1)
    except ssl.SSLError as error:
        if any(word in (error.reason or "") for word in _REFUSED):
            return BadIdentity(f"{broker} does not accept our certificate: {_words(error)}", hint=_ANEW)
        return BusUnavailable(f"{broker}: {_words(error)}")
    except ConnectionError:
        answer = b""
    except TimeoutError:
        pass
    return _answered(clients.connection, broker, answer)


def _answered(connection: Connection, broker: str, answer: bytes | None) -> BrokerError:
    if answer is None:
        return BusUnavailable(f"{broker} takes the connection and does not answer")
    if connection.tls is None:
        return BusUnavailable(f"{broker} does not answer in the clear; it may expect TLS")
    if connection.scram is not None and answer:
        return BadIdentity(
            f"{broker} does not accept the password of {connection.scram.user}",
            hint="Check user and password; `tocsin kafka provision` sets a new one.",
        )
    if connection.scram is None and answer == b"":
        return BadIdentity(f"{broker} hangs up: the name in our certificate may be none that it lets in", hint=_ANEW)
    return BusUnavailable(f"{broker} takes the connection, and does not answer as a broker of Kafka does")


def _no_connection(broker: str, error: Exception) -> BrokerError:
    match error:
        case ssl.SSLCertVerificationError():
            return BadIdentity(
                f"{broker} is not who it should be: {error.verify_message}",
                hint="Compare ca.pem with the authority of the brokers, and the address with their certificates.",
            )
        case ssl.SSLError():
            return BusUnavailable(f"{broker} does not speak TLS 1.3 with us: {_words(error)}")
        case socket.gaierror():
            return BusUnavailable(f"the name of {broker} is not known")
        case ConnectionRefusedError():
            return BusUnavailable(f"nothing listens at {broker}")
        case TimeoutError():
            return BusUnavailable(f"{broker} does not answer")
        case _:
            return BusUnavailable(f"{broker}: {error}")


def _words(error: ssl.SSLError) -> str:
    return (error.reason or "it closed the connection").lower().replace("_", " ")
