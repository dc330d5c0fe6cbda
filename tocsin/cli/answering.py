"""``tocsin witness run``: answer until somebody stops it, and keep up with the directory meanwhile."""

import asyncio
import signal
from contextlib import suppress
from functools import partial
from typing import Any, Final, Self

from broker.errors import BrokerError
from tocsin.installation import Node
from tocsin.witnessing.server import WitnessApp, address_of, open_socket, serve
from tocsin.witnessing.witness import Witness

_READ_DIRECTORY_EVERY_SECONDS: Final = 60.0


class Place:
    """Where a witness answers; taken from the beginning, so that it can be told before the first request comes."""

    def __init__(self, host: str, port: int, prefix: str) -> None:
        """Take *port* at *host*.

        Raises:
            BadSettings: It cannot be had.
        """
        self.socket: Final = open_socket(host, port)
        self.prefix: Final = f"/{prefix.strip('/')}" if prefix.strip("/") else ""
        self.address: Final = address_of(self.socket) + self.prefix

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def answer_requests(node: Node, witness: Witness, place: Place, log: Any) -> None:
    """Answer until Ctrl-C, or until whoever runs the machine asks to stop: that is an end like any other.

    Raises:
        KeyboardInterrupt: It was Ctrl-C; what was under way is answered.
    """
    application = WitnessApp(witness, prefix=place.prefix, tell=partial(_tell_failure, log))
    if asyncio.run(_serve(node, application, place, log)) == signal.SIGINT:
        raise KeyboardInterrupt
    log.info("stopped")


async def _serve(node: Node, application: WitnessApp, place: Place, log: Any) -> int | None:
    reading = asyncio.create_task(_keep_reading(node, log))
    try:
        return await serve(application, place.socket)
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading


async def _keep_reading(node: Node, log: Any) -> None:
    """Read the directory now and then: a notary's new key is to be known before its first checkpoint comes."""
    while True:
        try:
            async with node.bus() as bus:
                await node.follower.catch_up(bus)
        except BrokerError as error:
            log.warning("the directory is not read", code=error.code, says=str(error))
        await asyncio.sleep(_READ_DIRECTORY_EVERY_SECONDS)


def _tell_failure(log: Any, error: Exception) -> None:
    if isinstance(error, BrokerError):
        log.error("cannot answer", code=error.code, says=str(error))
    else:
        log.error("cannot answer", says=f"this should not happen: {type(error).__name__}")
