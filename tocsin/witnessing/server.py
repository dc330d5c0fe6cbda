"""A witness over HTTP: one call, ``POST <prefix>/add-checkpoint``, and nothing else.

Whoever asks is a stranger until a checkpoint's signature holds: bodies are capped before they are read, and whoever is
slow, with a header too, is left.

Source: C2SP tlog-witness, HTTP interface.
"""

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from broker.errors import BadSettings, BrokerError
from broker.log.witness import MAX_REQUEST_BYTES, NOT_FOUND, PATH, TEXT, Answer
from tocsin.witnessing.witness import Witness

if TYPE_CHECKING:
    from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope

READ_SECONDS: Final = 10.0
"""How long a header may take, and then a body."""
IDLE_SECONDS: Final = 75
"""How long a connection may wait for its next request."""
_MOST_CONNECTIONS: Final = 100
_ENDS_WITHIN_SECONDS: Final = 5

_METHOD_NOT_ALLOWED: Final = 405
_TIMEOUT: Final = 408
_TOO_LARGE: Final = 413
_INTERNAL: Final = 500
_UNAVAILABLE: Final = 503


class WitnessApp:
    """An ASGI application around one witness."""

    def __init__(
        self,
        witness: Witness,
        *,
        prefix: str = "",
        tell: Callable[[Exception], None] = lambda _error: None,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        """Serve *witness* below *prefix*; *tell* hears why it could not answer."""
        self._witness = witness
        self._path = prefix.rstrip("/") + PATH
        self._tell = tell
        self._read_seconds = read_seconds

    async def __call__(self, scope: "Scope", receive: "ASGIReceiveCallable", send: "ASGISendCallable") -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        found = _refusal(scope, self._path) or await self._read(receive)
        if found is None:
            return  # who asked has gone
        if isinstance(found, Answer):
            # What was not read of the body would be taken for the next request.
            await _send(send, found, (b"connection", b"close"), *_ALLOW.get(found.status, ()))
        else:
            await _send(send, await self._ask(found))

    async def _read(self, receive: "ASGIReceiveCallable") -> bytes | Answer | None:
        body = bytearray()
        try:
            async with asyncio.timeout(self._read_seconds):
                while True:
                    event = await receive()
                    if event["type"] != "http.request":
                        return None
                    body += event["body"]
                    if len(body) > MAX_REQUEST_BYTES:
                        return _TOO_LONG
                    if not event["more_body"]:
                        return bytes(body)
        except TimeoutError:
            return _said(_TIMEOUT, "the body took too long")

    async def _ask(self, request: bytes) -> Answer:
        try:
            return await asyncio.to_thread(self._witness.answer, request)
        except BrokerError as error:
            self._tell(error)
            return _said(_UNAVAILABLE, "the witness cannot remember anything at the moment, so it does not cosign")
        except Exception as error:  # noqa: BLE001 - told there, and no reason to stop answering others
            self._tell(error)
            return _said(_INTERNAL, "this should not happen")


def open_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens at *host* and *port*; 0 for any port that is free.

    Raises:
        BadSettings: It cannot be had.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=_MOST_CONNECTIONS)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadSettings(
            f"a witness cannot answer at {host[:60]} port {port}: {reason}",
            hint="Name an address of this machine and a port that nothing else has: --host ADDRESS --port N",
        ) from None


def address_of(listening: socket.socket) -> str:
    """Return the URL under which a socket is reached on its machine."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def serve(app: WitnessApp, listening: socket.socket, *, patience_seconds: float = READ_SECONDS) -> int | None:
    """Answer until this task is cancelled or the process is asked to stop; then end what is under way.

    Returns:
        The signal that asked, None for none.
    """
    # Its own words about strangers' mistakes, and tracebacks, are not for a witness's log.
    logging.getLogger("uvicorn.error").disabled = True
    config = uvicorn.Config(
        app,
        http=_impatient(patience_seconds),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=_ENDS_WITHIN_SECONDS,
    )
    server = _Server(config)
    try:
        await server.serve(sockets=[listening])
    except asyncio.CancelledError:
        if server.started:
            await server.shutdown(sockets=[listening])
        raise
    return server.asked_by


class _Server(uvicorn.Server):
    """One that ends at a signal without sending itself the signal again."""

    asked_by: int | None = None

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop, number)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def _stop(self, number: int) -> None:
        self.asked_by = number
        self.should_exit = True


def _impatient(seconds: float) -> type[H11Protocol]:
    """Return a protocol that leaves whoever does not send a whole header in time; uvicorn's own waits for ever."""

    class Impatient(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._deadline = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if _is_busy(self.cycle):
                self._stop_waiting()  # the application has limits of its own
            elif self._deadline is None:
                self._deadline = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            super().connection_lost(exc)

        def _stop_waiting(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

    return Impatient


def _is_busy(cycle: RequestResponseCycle | None) -> bool:
    return cycle is not None and not cycle.response_complete


def _refusal(scope: "HTTPScope", path: str) -> Answer | None:
    """Return the answer to a request of which nothing else has to be known."""
    if scope["path"] != path:
        return _said(NOT_FOUND, "there is nothing here")
    if scope["method"] != "POST":
        return _said(_METHOD_NOT_ALLOWED, "only POST is understood here")
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return _TOO_LONG if any(int(one) > MAX_REQUEST_BYTES for one in lengths) else None


async def _send(send: "ASGISendCallable", answer: Answer, *more: tuple[bytes, bytes]) -> None:
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", b"%d" % len(answer.body)),
        *more,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers, "trailers": False})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})


def _said(status: int, says: str) -> Answer:
    return Answer(status, TEXT, f"{says}\n".encode())


_TOO_LONG: Final = _said(_TOO_LARGE, f"a request has at most {MAX_REQUEST_BYTES} bytes")
_ALLOW: Final = {_METHOD_NOT_ALLOWED: ((b"allow", b"POST"),)}
