"""The HTTP interface as an ASGI application, called directly."""

import asyncio
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from broker.errors import DatabaseBusy
from broker.log.note import NoteKey
from broker.log.witness import MAX_REQUEST_BYTES
from tests.support.notes import a_note_signer
from tests.support.witnessing import BE, Seconds, a_request, a_state, a_witness
from tocsin.witnessing.server import WitnessApp
from tocsin.witnessing.state import WitnessState
from tocsin.witnessing.witness import Witness


class Call:
    """One request in pieces, and what came back."""

    def __init__(self, *pieces: bytes, method: str = "POST", path: str = "/add-checkpoint", **headers: str) -> None:
        self.scope = {
            "type": "http",
            "method": method,
            "path": path,
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }
        self.pieces = list(pieces)
        self.read = 0
        self.sent: list[Any] = []

    async def receive(self) -> Any:
        piece = self.pieces.pop(0)
        self.read += len(piece)
        return {"type": "http.request", "body": piece, "more_body": bool(self.pieces)}

    async def send(self, event: Any) -> None:
        self.sent.append(event)

    async def to(self, app: Any) -> "Call":
        await app(self.scope, self.receive, self.send)
        return self

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(event["body"] for event in self.sent[1:])


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    with a_state(tmp_path) as state:
        yield a_witness(state)


async def test_answers_as_the_witness_does(witness: Witness) -> None:
    call = await Call(a_request(0, 20)).to(WitnessApp(witness))
    expected = witness.answer(a_request(20, 20))

    assert (200, expected.body) == (call.status, call.body)
    assert {b"content-type": b"text/plain; charset=utf-8", b"content-length": b"%d" % len(call.body)} == call.headers


async def test_puts_a_body_together_from_its_pieces(witness: Witness) -> None:
    request = a_request(0, 20)
    call = await Call(*(request[place : place + 1] for place in range(len(request)))).to(WitnessApp(witness))

    assert 200 == call.status


async def test_a_conflict_has_the_content_type_of_a_size(witness: Witness) -> None:
    witness.answer(a_request(0, 20))
    call = await Call(a_request(0, 25)).to(WitnessApp(witness))

    assert (409, b"text/x.tlog.size", b"20\n") == (call.status, call.headers[b"content-type"], call.body)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "post"])
async def test_another_method_is_not_allowed(witness: Witness, method: str) -> None:
    call = await Call(b"", method=method).to(WitnessApp(witness))

    assert (405, b"POST") == (call.status, call.headers[b"allow"])


@pytest.mark.parametrize("path", ["/", "/add-checkpoint/", "/add-checkpoint2", "//add-checkpoint", "/x/add-checkpoint"])
async def test_another_path_is_not_found(witness: Witness, path: str) -> None:
    assert 404 == (await Call(a_request(0, 20), path=path).to(WitnessApp(witness))).status


async def test_a_prefix_stands_before_the_path(witness: Witness) -> None:
    app = WitnessApp(witness, prefix="/a/b/")

    assert 200 == (await Call(a_request(0, 20), path="/a/b/add-checkpoint").to(app)).status
    assert 404 == (await Call(a_request(0, 20)).to(app)).status


async def test_a_body_that_says_it_is_too_long_is_not_read(witness: Witness) -> None:
    call = await Call(b"x" * 10, content_length=str(MAX_REQUEST_BYTES + 1)).to(WitnessApp(witness))

    assert (413, 0, b"close") == (call.status, call.read, call.headers[b"connection"])


async def test_a_body_that_does_not_say_so_is_read_up_to_the_limit(witness: Witness) -> None:
    pieces = [b"x" * 8192] * 1000
    call = await Call(*pieces).to(WitnessApp(witness))

    assert (413, b"close") == (call.status, call.headers[b"connection"])
    assert MAX_REQUEST_BYTES < call.read <= MAX_REQUEST_BYTES + 8192


async def test_the_longest_body_is_read(witness: Witness) -> None:
    assert 400 == (await Call(b"x" * MAX_REQUEST_BYTES).to(WitnessApp(witness))).status


async def test_whoever_hangs_up_is_not_answered(witness: Witness) -> None:
    class HangingUp(Call):
        async def receive(self) -> Any:
            return {"type": "http.disconnect"}

    assert [] == (await HangingUp().to(WitnessApp(witness))).sent


async def test_whoever_is_too_slow_is_told_so(witness: Witness) -> None:
    class Never(Call):
        async def receive(self) -> Any:
            await asyncio.Event().wait()

    call = await Never().to(WitnessApp(witness, read_seconds=0.01))

    assert (408, b"close") == (call.status, call.headers[b"connection"])


async def test_answers_nothing_but_http(witness: Witness) -> None:
    call = Call()
    call.scope = {"type": "websocket"}

    assert [] == (await call.to(WitnessApp(witness))).sent


def a_failing_witness(error: Exception, state: WitnessState) -> Witness:
    """Return a witness whose disk or program is broken."""

    def logs() -> Mapping[str, Collection[NoteKey]]:
        raise error

    return Witness(name=BE, key=a_note_signer(BE), state=state, logs=logs, clock=Seconds())


@pytest.mark.parametrize(
    ("error", "status"),
    [(DatabaseBusy("locked at /secret/place"), 503), (ValueError("/secret/place"), 500)],
    ids=["no memory", "our mistake"],
)
async def test_a_witness_that_fails_says_nothing_about_itself(tmp_path: Path, error: Exception, status: int) -> None:
    told: list[Exception] = []
    with a_state(tmp_path) as state:
        app = WitnessApp(a_failing_witness(error, state), tell=told.append)
        call = await Call(a_request(0, 20)).to(app)

    assert status == call.status
    assert b"secret" not in call.body
    assert [error] == told
