"""The log as a web server gives it: read only, and nothing of it believed."""

import socket
import struct
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Final, Self

import httpx

from broker.errors import BadSettings, LogUnavailable, TooLarge
from broker.log_store.names import check_path, too_large

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 20.0
"""How long one file may take, from the question to its last byte."""
_EXCUSE_BYTES: Final = 8192
_THROWN_BYTES: Final = 1 << 20
_FORGET: Final = struct.pack("ii", 1, 0)
"""When it is closed, the other side is told at once that nothing more is wanted."""
_ABSENT: Final = frozenset({httpx.codes.NOT_FOUND, httpx.codes.GONE})
_HERE: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_HINT: Final = "Check the setting log in federation.toml, and that its server runs."


class HttpLogReader:
    """Reads the files of one log below the address *prefix*, over connections that are kept.

    Raises:
        BadSettings: *prefix* is no such address, or would carry the log over a network in the clear.
    """

    def __init__(self, prefix: str, *, seconds: float = ANSWER_SECONDS) -> None:
        self._prefix: Final = check_prefix(prefix)
        self._seconds: Final = seconds
        self._client: Final = httpx.Client(
            timeout=httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds)),
            # The size that counts is the one on the wire: no answer may grow when it is unpacked.
            headers={"Accept-Encoding": "identity"},
            follow_redirects=False,
            trust_env=not is_here(prefix),
        )
        self._stream: Any = None
        """What the client reads from; the last one, where it connected again."""
        self._over = threading.Event()
        """Set when the time of the present question is over."""
        # Readers are handed on as a port, which knows no end.
        self._end: Final = weakref.finalize(self, self._client.close)

    def read(self, path: str, *, most: int) -> bytes | None:
        """Return the bytes of a file; None when the server says that it is not there.

        Raises:
            LogUnavailable: The server does not answer, not in time, or with anything else.
            TooLarge: It has more than *most* bytes.
            BadName: No file of a log is called so.
        """
        address = f"{self._prefix}/{check_path(path)}"
        begun = time.monotonic()
        try:
            with (
                self._hanging_up() as over,
                self._client.stream("GET", address, extensions={"trace": self._trace}) as response,
            ):
                if response.status_code not in _ABSENT:
                    _check(response, path)
                    return self._body(response, path, most, over)
                # A connection is kept only when its answer was read to the end.
                with suppress(TooLarge):
                    self._body(response, path, _EXCUSE_BYTES, over)
                return None
        except httpx.HTTPError as error:
            if time.monotonic() - begun >= self._seconds:
                raise self._too_slow(path) from error
            says = str(error) or type(error).__name__
            raise LogUnavailable(f"the log at {self._prefix} cannot be read: {says}", hint=_HINT) from error

    def _body(self, response: httpx.Response, path: str, most: int, over: threading.Event) -> bytes:
        body = bytearray()
        for some in response.iter_raw():
            body += some
            if len(body) > most:
                raise too_large(path, most)
            if over.is_set():
                break
        # An answer that names no length ends where its connection does, also where it was we who hung up.
        if over.is_set():
            raise self._too_slow(path)
        return bytes(body)

    def _too_slow(self, path: str) -> LogUnavailable:
        return LogUnavailable(f"{path} of the log took more than {self._seconds:g} s", hint=_HINT)

    @contextmanager
    def _hanging_up(self) -> Iterator[threading.Event]:
        """Hang up when the time is over, and give what says so.

        The client's own limits are for each read: whoever sends a header without end, a byte now and then, keeps them.
        """
        over = self._over = threading.Event()
        timer = threading.Timer(self._seconds, self._time_is_over, (over,))
        timer.daemon = True
        timer.start()
        try:
            yield over
        finally:
            timer.cancel()

    def _time_is_over(self, over: threading.Event) -> None:
        over.set()
        self._hang_up()

    def _hang_up(self) -> None:
        connected = None if self._stream is None else self._stream.get_extra_info("socket")
        if connected is not None:
            # It wakes whoever reads from it; to close it would not. What has come already would still be read, for
            # seconds where it is a header without end: so it is thrown away, below any TLS.
            with suppress(OSError):
                connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _FORGET)
                connected.shutdown(socket.SHUT_RDWR)
                while socket.socket.recv(connected, _THROWN_BYTES, socket.MSG_DONTWAIT):
                    continue

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._stream = info["return_value"]
            # In this order: whichever of the two comes later, the connection or the end of the time, hangs up.
            if self._over.is_set():
                self._hang_up()

    def close(self) -> None:
        """Close the connections."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def check_prefix(text: str) -> str:
    """Return *text* without a slash at its end, if a log may be read below it.

    Raises:
        BadSettings: It is no address of a log: only https, or http on this machine.
    """
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        raise BadSettings(f"{text[:60]!r} is no address of a log") from None
    if not url.host or not 0 < (url.port or 443) < 65536 or url.query or url.fragment or url.userinfo:
        raise BadSettings(f"{text[:60]!r} is no address of a log: expected https://HOST/PATH")
    if url.scheme != "https" and not (url.scheme == "http" and is_here(text)):
        raise BadSettings(f"{text[:60]!r} would be read in the clear: expected https://HOST/PATH")
    return text.rstrip("/")


def is_here(text: str) -> bool:
    """Return whether an address is one of this machine itself."""
    return httpx.URL(text).host in _HERE


def _check(response: httpx.Response, path: str) -> None:
    packed = response.headers.get("Content-Encoding", "identity")
    if response.status_code != httpx.codes.OK or packed != "identity":
        says = f"status {response.status_code}" if packed == "identity" else f"a body packed as {packed[:20]!r}"
        raise LogUnavailable(f"the log's server answers {path} with {says}", hint=_HINT)
