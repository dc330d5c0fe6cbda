"""A federation with a log, founded once and copied for each test, and its witnesses as processes of their own."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from broker.log.checkpoint import Checkpoint, format_checkpoint
from broker.log.note import Note, NoteKey, format_note, parse_note_key, sign_note
from broker.log.witness import Cosigned, ask
from broker.signing.keys import SigningKey, parse_signing_key
from tests.cli.commands import run, start
from tests.support.patience import ANSWER_SECONDS
from tests.support.plain_log import PlainLog
from tests.support.witnessing import LOG, a_proof
from tocsin import environment
from tocsin.witnessing.client import HttpWitness

FEDERATION = "witnessed-2026"
ORIGIN = f"{FEDERATION}/log"


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in environment.overrides():
        monkeypatch.delenv(environment.PREFIX + name.upper())


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("founded") / "federation"
    members = [part for code in ("NL", "BE", "DE") for part in ("--participant", code)]
    assert 0 == run("federation", "new", folder, *members, "--id", FEDERATION).code
    return folder


@pytest.fixture
def folder(founded: Path, tmp_path: Path) -> Path:
    shutil.copytree(founded, tmp_path / "federation")
    return tmp_path / "federation"


@pytest.fixture
def notary(folder: Path) -> SigningKey:
    return parse_signing_key((folder / "hub" / "keys" / "notary.pem").read_text("utf-8"))


class Running(NamedTuple):
    """A witness's process, and what it said of itself."""

    process: "subprocess.Popen[str]"
    name: str
    address: str
    key: NoteKey

    def stop(self) -> tuple[int, str]:
        """Ask it to end; return its exit code and what it wrote for people."""
        self.process.terminate()
        _, errors = self.process.communicate(timeout=ANSWER_SECONDS)
        return self.process.returncode, errors


@pytest.fixture
def running(folder: Path) -> Callable[..., Any]:
    @contextmanager
    def run_witness(participant: str = "BE", *options: str) -> Iterator[Running]:
        port = () if "--port" in options else ("--port", 0)
        process = start("witness", "run", "--as", participant, *port, "--json", "--folder", folder, *options)
        try:
            assert process.stdout is not None
            said = msgspec.json.decode(process.stdout.readline())
            yield Running(process, said["witness"], said["address"], parse_note_key(said["key"]))
        finally:
            if process.returncode is None:
                process.kill()
                process.communicate()

    return run_witness


def a_checkpoint(notary: SigningKey, size: int, log: PlainLog = LOG) -> bytes:
    """Return what the notary publishes of a log of *size*."""
    text = format_checkpoint(Checkpoint(ORIGIN, size, log.root(0, size)))
    return format_note(Note(text, (sign_note(text, notary, ORIGIN),)))


async def obtain(  # as a notary does
    witness: HttpWitness, key: NoteKey, notary: SigningKey, size: int, log: PlainLog = LOG, *, known: int = 0
) -> Cosigned:
    """Ask a witness for its cosignature over HTTP."""
    note = a_checkpoint(notary, size, log)
    asking = ask(note, known_size=known, prove=lambda old: a_proof(old, size, log), key=key)
    request = next(asking)
    while True:
        try:
            request = asking.send(await witness.add_checkpoint(request))
        except StopIteration as ended:
            given: Cosigned = ended.value
            return given
