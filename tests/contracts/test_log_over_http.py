"""What is asked of a web server that serves a log, and what it is refused."""

import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from broker.errors import BadSettings, LogUnavailable, TooLarge
from broker.log_store.folder import FolderTileStore
from broker.log_store.http import HttpLogReader
from tests.contracts.log_stores import served, served_folder

PATH = "tile/0/000"


def answering(answer: Callable[[BaseHTTPRequestHandler], None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    return Handler


def whole(status: int, body: bytes, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.mark.parametrize("status", [404, 410])
def test_what_a_server_does_not_have_is_none(status: int) -> None:
    with served(answering(whole(status, b"no"))) as address, HttpLogReader(address) as reader:
        assert reader.read(PATH, most=10) is None


@pytest.mark.parametrize("status", [204, 206, 301, 302, 401, 403, 429, 500, 503])
def test_every_other_answer_is_no_file(status: int) -> None:
    body = b"" if status == 204 else b"x"
    answer = whole(status, body, Location="http://127.0.0.1:1/elsewhere")
    with (
        served(answering(answer)) as address,
        HttpLogReader(address) as reader,
        pytest.raises(LogUnavailable, match=str(status)),
    ):
        reader.read(PATH, most=10)


def test_a_packed_body_is_refused_unread() -> None:
    answer = whole(200, b"\x1f\x8b", Content_Encoding="gzip")
    with (
        served(answering(answer)) as address,
        HttpLogReader(address) as reader,
        pytest.raises(LogUnavailable, match="gzip"),
    ):
        reader.read(PATH, most=10)


def test_a_body_without_end_is_cut_at_the_limit() -> None:
    sent = 0

    def endless(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.end_headers()
        handler.close_connection = True
        try:
            while sent < 1 << 30:
                sent += handler.wfile.write(b"x" * 4096)
        except OSError:
            return

    with served(answering(endless)) as address, HttpLogReader(address) as reader, pytest.raises(TooLarge):
        reader.read(PATH, most=10_000)
    assert sent < 1 << 26


def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        HttpLogReader(f"http://127.0.0.1:{silent.getsockname()[1]}", seconds=0.1) as reader,
        pytest.raises(LogUnavailable),
    ):
        reader.read(PATH, most=10)


def test_a_server_that_drips_is_not_waited_for() -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.close_connection = True
        try:
            while True:
                handler.wfile.write(b"x" * 4096)
                handler.wfile.flush()
        except OSError:
            return

    with (
        served(answering(drip)) as address,
        HttpLogReader(address, seconds=0.2) as reader,
        pytest.raises(LogUnavailable, match="took more than"),
    ):
        reader.read(PATH, most=1 << 40)


def test_a_server_whose_header_never_comes_is_not_waited_for() -> None:
    """Whoever serves the log could else keep a node from saying for ever that it cannot read it."""

    def put_off(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        try:
            while True:
                handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        except OSError:
            return

    with served(answering(put_off)) as address, HttpLogReader(address, seconds=0.2) as reader:
        for _ in range(2):
            with pytest.raises(LogUnavailable, match="took more than"):
                reader.read(PATH, most=10)


def test_a_connection_that_comes_when_the_time_is_over_is_hung_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody would be left to hang up on it: a header without end would then be read for ever."""

    def put_off(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        try:
            while True:
                handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        except OSError:
            return

    def connect_late(*args: Any, **options: Any) -> socket.socket:
        connected = connect(*args, **options)
        for thread in threading.enumerate():
            if isinstance(thread, threading.Timer):
                thread.join()
        return connected

    connect = socket.create_connection
    monkeypatch.setattr(socket, "create_connection", connect_late)
    with (
        served(answering(put_off)) as address,
        HttpLogReader(address, seconds=0.2) as reader,
        pytest.raises(LogUnavailable, match="took more than"),
    ):
        reader.read(PATH, most=10)


def test_a_server_that_hangs_up_in_the_middle_is_away() -> None:
    def short(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"x")
        handler.close_connection = True

    with served(answering(short)) as address, HttpLogReader(address) as reader, pytest.raises(LogUnavailable):
        reader.read(PATH, most=1000)


def test_nobody_at_home_is_away() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen: so nobody else can come to live there meanwhile
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with HttpLogReader(address) as reader, pytest.raises(LogUnavailable):
            reader.read(PATH, most=10)


def test_one_connection_serves_many_files(tmp_path: Path) -> None:
    store = FolderTileStore(tmp_path)
    store.write(PATH, b"hashes")
    ports = set()

    def note(handler: BaseHTTPRequestHandler) -> None:
        ports.add(handler.client_address[1])
        whole(200 if handler.path == f"/log/{PATH}" else 404, b"hashes")(handler)

    with served(answering(note)) as address, HttpLogReader(f"{address}/log/") as reader:
        for _ in range(5):
            assert b"hashes" == reader.read(PATH, most=10)
            assert reader.read("tile/0/001", most=10) is None
    assert 1 == len(ports)


def test_what_a_folder_keeps_aside_is_never_asked_for(tmp_path: Path) -> None:
    FolderTileStore(tmp_path).write(PATH, b"hashes")
    with served_folder(tmp_path) as address, HttpLogReader(address) as reader:
        assert b"hashes" == reader.read(PATH, most=10)


@pytest.mark.parametrize(
    "address",
    [
        "http://log.example",
        "http://10.0.0.1/log",
        "ftp://log.example",
        "file:///etc",
        "log.example",
        "https://",
        "https://user:password@log.example",
        "https://log.example/?x=1",
        "https://log.example/#x",
        "http://127.0.0.1.log.example",
        "https://log.example:99999999",
    ],
)
def test_refuses_an_address_that_is_none_or_in_the_clear(address: str) -> None:
    with pytest.raises(BadSettings):
        HttpLogReader(address)


@pytest.mark.parametrize(
    "address", ["https://log.example", "https://log.example:8443/a/b/", "http://127.0.0.1:80", "http://[::1]/log"]
)
def test_takes_an_address_that_is_protected_or_of_this_machine(address: str) -> None:
    HttpLogReader(address).close()
