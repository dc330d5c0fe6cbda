"""Starts the library's clients, and says why that does not work: the library knows only that it does not."""

import asyncio
import socket
import ssl
import struct
from contextlib import suppress
from typing import Any, Final, NamedTuple

from aiokafka import errors as kafka  # type: ignore[import-untyped]

from broker.bus.kafka import closing
from broker.bus.kafka.clients import Clients
from broker.bus.kafka.connection import Connection
from broker.errors import BadIdentity, BrokerError, BusUnavailable

_PATIENCE_SECONDS: Final = 1.0
_ANEW: Final = "A new certificate comes from whoever runs the bus's clients authority."
_REFUSED_NAME: Final = "Check user and password with the bus's administrator; docs/kafka.md says how one is set."
_AWAY: Final = "Check the address, that the brokers run, and that a firewall lets this machine through to them."
_ANY_QUESTION: Final = struct.pack(">ihhih", 10, 18, 0, 0, -1)
"""Which versions a broker speaks: it answers that to everyone that it lets in at all."""
_REFUSED: Final = ("ALERT_CERTIFICATE", "ALERT_BAD_CERTIFICATE", "ALERT_UNKNOWN_CA", "ALERT_ACCESS_DENIED")
"""What a broker that checked a client's certificate says, as OpenSSL names it."""


async def started(clients: Clients, client: Any) -> Any:
    """Start *client* and return it; discard it where that does not succeed.

    Raises:
        BadIdentity: What we show has ended, a broker does not accept it, or is none that our authorities vouch for.
        BusUnavailable: No broker can be reached.
    """
    # A task of its own: it is discarded with the connection that it is just making, which cancelling would leave open.
    beginning = asyncio.create_task(client.start())
    try:
        await asyncio.shield(beginning)
    except kafka.KafkaConnectionError:
        await closing.discard(client)
        found = await _diagnose(clients)
        if found.is_guess and await _is_let_in(clients):
            raise BusUnavailable("the bus was away for a moment", hint=_AWAY) from None
        raise found.error from None
    except BaseException:
        await closing.discard(client)
        raise
    return client


async def diagnose(clients: Clients) -> BrokerError:
    """Return why none of the brokers of the address lets us in: what the first says that speaks of our identity."""
    return (await _diagnose(clients)).error


class _Found(NamedTuple):
    """What is wrong; a guess, where a broker does not say so itself and may only just have begun to answer."""

    error: BrokerError
    is_guess: bool = False


async def _diagnose(clients: Clients) -> _Found:
    try:
        clients.identity.check()
    except BadIdentity as error:
        return _Found(error)
    brokers = clients.connection.address.brokers
    found = await asyncio.gather(*(_ask(clients, broker) for broker in brokers))
    for one in sorted(found, key=lambda one: one.is_guess):
        if isinstance(one.error, BadIdentity):
            return one
    return _Found(BusUnavailable("cannot reach the bus: " + "; ".join(str(one.error) for one in found), hint=_AWAY))


async def _is_let_in(clients: Clients) -> bool:
    """Try once more: a broker that was starting or stopping looks like one that does not want us."""
    await asyncio.sleep(_PATIENCE_SECONDS)
    again = clients.admin()
    try:
        await again.start()
    except (kafka.KafkaError, OSError):
        return False
    finally:
        await closing.discard(again)
    return True


async def _ask(clients: Clients, broker: str) -> _Found:
    host, _, port = broker.rpartition(":")
    context = clients.identity.options().get("ssl_context")
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            reader, writer = await asyncio.open_connection(
                host.strip("[]"), int(port), ssl=context if isinstance(context, ssl.SSLContext) else None
            )
    except (OSError, ValueError) as error:
        return _Found(_no_connection(broker, error))
    try:
        writer.write(_ANY_QUESTION)
        return await _listen(clients, broker, reader)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _listen(clients: Clients, broker: str, reader: asyncio.StreamReader) -> _Found:
    """Return what a broker that took the connection has against us: with TLS 1.3 it says so after that only."""
    answer: bytes | None = None
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            answer = await reader.read(1)
    except ssl.SSLError as error:
        if any(word in (error.reason or "") for word in _REFUSED):
            return _Found(BadIdentity(f"{broker} does not accept our certificate: {_words(error)}", hint=_ANEW))
        return _Found(BusUnavailable(f"{broker}: {_words(error)}"))
    except ConnectionError:
        answer = b""
    except TimeoutError:
        pass
    return _answered(clients.connection, broker, answer)


def _answered(connection: Connection, broker: str, answer: bytes | None) -> _Found:
    if answer is None:
        return _Found(BusUnavailable(f"{broker} takes the connection and does not answer"))
    if connection.tls is None:
        return _Found(BusUnavailable(f"{broker} does not answer in the clear; it may expect TLS"))
    if connection.scram is not None and answer:
        says = f"{broker} does not accept the password of {connection.scram.user}"
        return _Found(BadIdentity(says, hint=_REFUSED_NAME), is_guess=True)
    if connection.scram is None and answer == b"":
        says = f"{broker} hangs up: the name in our certificate may be none that it lets in"
        return _Found(BadIdentity(says, hint=_ANEW), is_guess=True)
    return _Found(BusUnavailable(f"{broker} takes the connection, and does not answer as a broker of Kafka does"))


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
