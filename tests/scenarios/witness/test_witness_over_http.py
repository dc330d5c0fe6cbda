"""The server against clients who do not keep to HTTP, and the client against such servers; on real sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from broker.errors import BadSettings, WitnessUnavailable
from broker.log.witness import MAX_ANSWER_BYTES, MAX_REQUEST_BYTES
from tests.support.patience import ANSWER_SECONDS
from tests.support.witnessing import BE, a_request, a_state, a_witness
from tocsin.witnessing.client import HttpWitness
from tocsin.witnessing.server import WitnessApp, address_of, open_socket, serve

PATIENCE = 0.3
"""Of a server, in tests in which it runs out: before anything else that has to be in time."""
HEAD = b"POST /add-checkpoint HTTP/1.1\r\nHost: witness\r\n"


def a_post(body: bytes, *headers: bytes) -> bytes:
    lines = b"".join(line + b"\r\n" for line in (b"Content-Length: %d" % len(body), *headers))
    return HEAD + lines + b"\r\n" + body


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    """Serve a witness that loses patience with nobody, however busy this machine is."""
    async with serving_for(tmp_path) as found:
        yield found


@asynccontextmanager
async def serving_for(
    folder: Path, *, header: float = ANSWER_SECONDS, body: float = ANSWER_SECONDS
) -> AsyncIterator[int]:
    """Serve a witness that waits so many seconds for a header, and then for a body; give its port."""
    with a_state(folder) as state, open_socket("127.0.0.1", 0) as listening:
        app = WitnessApp(a_witness(state), read_seconds=body)
        serving = asyncio.create_task(serve(app, listening, patience_seconds=header))
        yield int(address_of(listening).rpartition(":")[2])
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


class Line:
    """A connection on which bytes are sent as they are."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Return the next answer: status, header, body."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
        body = await self._reader.readexactly(int(headers.get("content-length", 0)))
        return int(head[0].split()[1]), headers, body

    async def beginning(self) -> bytes:
        """Return the first bytes of an answer, with its status; nothing if the other side hangs up."""
        try:
            return await self._reader.readexactly(13)
        except (ConnectionResetError, asyncio.IncompleteReadError):
            return b""

    async def rest(self) -> bytes:
        """Return everything until the other side hangs up."""
        try:
            return await self._reader.read()
        except ConnectionResetError:
            return b""

    async def close(self) -> None:
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()


@asynccontextmanager
async def a_line(port: int) -> AsyncIterator[Line]:
    line = Line(*await asyncio.open_connection("127.0.0.1", port))
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            yield line
    finally:
        await line.close()


# ── the server ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_keeps_the_connection_for_the_next_request(port: int) -> None:
    async with a_line(port) as line:
        for old, size, expected in ((0, 10, 200), (10, 20, 200), (0, 30, 409), (20, 30, 200)):
            await line.send(a_post(a_request(old, size)))
            status, headers, _ = await line.answer()
            assert (expected, False) == (status, "connection" in headers)


async def test_requests_sent_at_once_are_answered_in_their_order(port: int) -> None:
    async with a_line(port) as line:
        await line.send(b"".join(a_post(a_request(old, old + 1)) for old in range(8)))

        assert [200] * 8 == [(await line.answer())[0] for _ in range(8)]


async def test_says_nothing_about_the_program_that_answers(port: int) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        response = await client.post(f"http://127.0.0.1:{port}/add-checkpoint", content=a_request(0, 10))

    assert 200 == response.status_code
    assert {"date", "content-type", "content-length"} == set(response.headers)


async def test_a_byte_at_a_time_is_all_right_if_it_is_quick(port: int) -> None:
    async with a_line(port) as line:
        for byte in a_post(a_request(0, 10)):
            await line.send(bytes([byte]))

        assert 200 == (await line.answer())[0]


async def test_a_body_in_chunks_is_read(port: int) -> None:
    body = a_request(0, 10)
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:9], body[9:]))
    async with a_line(port) as line:
        await line.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")

        assert 200 == (await line.answer())[0]


async def test_chunks_without_end_are_cut_off(port: int) -> None:
    chunk = b"2000\r\n" + b"x" * 0x2000 + b"\r\n"
    async with a_line(port) as line:
        await line.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * (MAX_REQUEST_BYTES // 0x2000 + 1))

        assert 413 == (await line.answer())[0]
        assert b"" == await line.rest()


async def test_a_body_that_says_it_is_too_long_is_refused_before_it_comes(port: int) -> None:
    async with a_line(port) as line:
        await line.send(HEAD + b"Content-Length: %d\r\n\r\n" % 10**12)

        assert 413 == (await line.answer())[0]
        assert b"" == await line.rest()


async def test_whoever_asks_first_whether_to_send_is_told_so(port: int) -> None:
    async with a_line(port) as line:
        body = a_request(0, 10)
        await line.send(HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
        assert 100 == (await line.answer())[0]
        await line.send(body)

        assert 200 == (await line.answer())[0]


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"POST /add-", id="half a line"),
        pytest.param(HEAD, id="half a header"),
    ],
)
async def test_whoever_sends_no_whole_header_is_left(tmp_path: Path, sent: bytes) -> None:
    async with serving_for(tmp_path, header=PATIENCE) as port, a_line(port) as line:
        with suppress(ConnectionError):
            await line.send(sent)

        assert b"" == await line.rest()


async def test_whoever_drips_a_header_is_left(tmp_path: Path) -> None:
    async with serving_for(tmp_path, header=PATIENCE) as port, a_line(port) as line:
        rest = asyncio.create_task(line.rest())
        with suppress(ConnectionError):
            await line.send(HEAD)
            while not rest.done():
                await line.send(b"X: y\r\n")
                await asyncio.wait([rest], timeout=PATIENCE / 10)

        assert b"200" not in await rest


async def test_a_second_request_is_not_waited_for_longer_than_the_first(tmp_path: Path) -> None:
    # Ten times as long: the first one has to be in time.
    async with serving_for(tmp_path, header=10 * PATIENCE) as port, a_line(port) as line:
        await line.send(a_post(a_request(0, 10)))
        assert 200 == (await line.answer())[0]
        await line.send(HEAD)

        assert b"" == await line.rest()


async def test_whoever_sends_no_whole_body_is_told_so_and_left(tmp_path: Path) -> None:
    async with serving_for(tmp_path, body=PATIENCE) as port, a_line(port) as line:
        await line.send(HEAD + b"Content-Length: 100\r\n\r\nold 0\n")

        assert 408 == (await line.answer())[0]
        assert b"" == await line.rest()


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(20) + b"\r\n\r\n", id="TLS"),
        pytest.param(b"hello\r\n\r\n", id="no HTTP"),
        pytest.param(b"POST /add-checkpoint\r\n\r\n", id="no version"),
        pytest.param(b"POST /add-checkpoint HTTP/2.0\r\nHost: a\r\n\r\n", id="a version that is none"),
        pytest.param(b"POST /add-checkpoint HTTP/1.1\r\n\r\n", id="no host"),
        pytest.param(HEAD + b"Content-Length: x\r\n\r\n", id="length that is no number"),
        pytest.param(HEAD + b"Content-Length: -1\r\n\r\n", id="length below zero"),
        pytest.param(HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", id="two lengths"),
        pytest.param(HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", id="length of 5,000 digits"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", id="chunk that is no number"),
        pytest.param(HEAD + b"Transfer-Encoding: gzip\r\n\r\n", id="an encoding that is not understood"),
        pytest.param(HEAD + b"X: " + b"y" * 100_000 + b"\r\n\r\n", id="a header without end"),
        pytest.param(HEAD + b"X\x00: y\r\n\r\n", id="a null byte"),
        pytest.param(HEAD + b": y\r\n\r\n", id="a header without a name"),
    ],
)
async def test_what_is_no_http_is_refused_and_others_are_answered_on(port: int, sent: bytes) -> None:
    async with a_line(port) as line:
        with suppress(ConnectionError):
            await line.send(sent)
        assert await line.beginning() in (b"", b"HTTP/1.1 400 ", b"HTTP/1.1 413 ", b"HTTP/1.1 501 ")
    async with a_line(port) as line:
        await line.send(a_post(a_request(0, 10)))
        assert 200 == (await line.answer())[0]


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (b"GET /add-checkpoint HTTP/1.1", 405),
        (b"PUT /add-checkpoint HTTP/1.1", 405),
        (b"POST / HTTP/1.1", 404),
        (b"POST /%61dd-checkpoint HTTP/1.1", 200),
        (b"POST /../add-checkpoint HTTP/1.1", 404),
        (b"POST /add-checkpoint?a=b HTTP/1.1", 200),
        (b"POST /add-checkpoint HTTP/1.0", 200),
    ],
)
async def test_only_one_thing_is_there(port: int, first: bytes, expected: int) -> None:
    async with a_line(port) as line:
        await line.send(a_post(a_request(0, 10)).replace(HEAD.split(b"\r\n")[0], first, 1))

        assert expected == (await line.answer())[0]


async def test_too_many_at_once_are_told_to_come_back(tmp_path: Path) -> None:
    async with serving_for(tmp_path) as port, AsyncExitStack() as stack:
        for _ in range(110):
            await stack.enter_async_context(a_line(port))
        assert 503 == await asked(port)
        await stack.aclose()

        # It is told that they are gone some time after they left.
        while 200 != (status := await asked(port)):
            assert 503 == status


async def asked(port: int) -> int:
    """Return the status of the answer to a good request on a line of its own."""
    async with a_line(port) as line:
        await line.send(a_post(a_request(0, 10)))
        return int((await line.beginning()).split()[1])


# ── the client ───────────────────────────────────────────────────────────────────────────────────────────────────────

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def a_server(behave: Serve, *, within: float = ANSWER_SECONDS) -> AsyncIterator[HttpWitness]:
    """Give a client of a server that does as *behave* does."""

    serving: list[asyncio.Event] = []

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.append(ended := asyncio.Event())
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await behave(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        ended.set()

    async with await asyncio.start_server(serve_one, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with HttpWitness(BE, f"http://127.0.0.1:{port}/", within_seconds=within) as client:
            yield client
        async with asyncio.timeout(ANSWER_SECONDS):
            await asyncio.gather(*(one.wait() for one in serving))


def saying(*pieces: bytes) -> Serve:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return behave


async def test_sends_what_the_protocol_says_and_returns_what_is_answered() -> None:
    heard = bytearray()

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.readuntil(b"\r\n\r\n"))
        heard.extend(await reader.readexactly(len(a_request(0, 10))))
        writer.write(b"HTTP/1.1 409 Conflict\r\nContent-Type: text/x.tlog.size\r\nContent-Length: 3\r\n\r\n17\n")
        await writer.drain()

    async with a_server(behave) as client:
        answer = await client.add_checkpoint(a_request(0, 10))

    assert (409, "text/x.tlog.size", b"17\n") == (answer.status, answer.content_type, answer.body)
    assert heard.startswith(b"POST /add-checkpoint HTTP/1.1\r\n")
    assert heard.endswith(b"\r\n\r\n" + a_request(0, 10))
    assert b"accept-encoding: identity" in heard.lower()


async def test_keeps_its_connection(port: int) -> None:
    async with HttpWitness(BE, f"http://127.0.0.1:{port}", within_seconds=ANSWER_SECONDS) as client:
        assert [200] * 5 == [(await client.add_checkpoint(a_request(old, old + 1))).status for old in range(5)]


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(saying(), id="hangs up"),
        pytest.param(saying(b"hello\r\n\r\n"), id="no HTTP"),
        pytest.param(saying(b"\x16\x03\x01" * 50), id="TLS"),
        pytest.param(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"), id="hangs up in the middle"),
        pytest.param(saying(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"), id="length that is no number"),
        pytest.param(saying(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000), id="header without end"),
        pytest.param(
            saying(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 8192] * (MAX_ANSWER_BYTES // 8192 + 1)), id="body without end"
        ),
    ],
)
async def test_a_server_that_does_not_answer_properly_is_unavailable(behave: Serve) -> None:
    async with a_server(behave) as client:
        with pytest.raises(WitnessUnavailable, match=f"^witness {BE} at http://127.0.0.1:"):
            await client.add_checkpoint(a_request(0, 10))


async def test_a_server_that_never_answers_is_left() -> None:
    async def behave(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with a_server(behave, within=0.2) as client:
        with pytest.raises(WitnessUnavailable, match=r"did not answer within 0\.2 s|cannot be asked"):
            await client.add_checkpoint(a_request(0, 10))


async def test_a_server_that_drips_is_left() -> None:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        gone = asyncio.create_task(reader.read())
        while not gone.done():
            writer.write(b"x")
            await writer.drain()
            await asyncio.wait([gone], timeout=0.02)

    # A hundred drips long: only if all of them together are late, it is a read of its own that took too long.
    async with a_server(behave, within=2.0) as client:
        with pytest.raises(WitnessUnavailable, match=r"did not answer within 2 s"):
            await client.add_checkpoint(a_request(0, 10))


async def test_a_redirect_is_not_followed() -> None:
    there = saying(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
    async with a_server(there) as client:
        assert 302 == (await client.add_checkpoint(a_request(0, 10))).status


async def test_a_packed_answer_is_not_unpacked() -> None:
    packed = saying(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbomb")
    async with a_server(packed) as client:
        assert b"bomb" == (await client.add_checkpoint(a_request(0, 10))).body


async def test_nobody_there_is_unavailable() -> None:
    with open_socket("127.0.0.1", 0) as taken:
        address = address_of(taken)

    async with HttpWitness(BE, address) as client:
        with pytest.raises(WitnessUnavailable, match="cannot be asked") as caught:
            await client.add_checkpoint(a_request(0, 10))
    assert "tocsin witness run" in caught.value.hint


@pytest.mark.parametrize(
    "prefix", ["", "nonsense", "ftp://a.example", "http://", "http://a b/", "http://a:b", "http://127.0.0.1:99999"]
)
def test_an_address_that_is_none_is_refused(prefix: str) -> None:
    with pytest.raises(BadSettings, match="is no address of a witness"):
        HttpWitness(BE, prefix)
