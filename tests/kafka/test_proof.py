"""The whole way of a report into the log and into an evidence file, over a real broker."""

import contextlib
from pathlib import Path
from typing import Any

import pytest

from broker.bus.port import Outgoing
from broker.types.names import Participant, message_topic
from consumers.audit import BusAudit, Means, ProcessCrew, audit_bus
from tests.cli.commands import SEIZURE, a_file, run
from tocsin.auditing import FolderStation
from tocsin.buses import open_bus
from tocsin.folder import open_folder
from tocsin.installation import now
from tocsin.settings import load_federation

MESSAGE = "NL/customs/1#2"


@pytest.fixture
def federation(kafka_address: str, tmp_path: Path) -> Path:
    """A network of NL and BE in the clear, with one report that BE has received and no notary has seen."""
    folder = tmp_path / "federation"
    founded = run("federation", "new", folder, "-p", "NL", "-p", "BE", "--bus", kafka_address, "--allow-plaintext")
    published = run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=folder)
    assert (0, 0, 0) == (founded.code, published.code, receive(folder)), founded.err + published.err
    return folder


def receive(folder: Path, authority: str = "BE/police") -> int:
    return run("receive", "--as", authority, folder=folder).code


def assurance(folder: Path) -> str:
    """Return what the Belgian police is told about the one report."""
    (item,) = run("inbox", "--as", "BE/police", "--json", folder=folder).document()
    return str(item["assurance"])


def test_a_report_is_received_then_logged_and_witnessed_and_proved_to_whoever_has_the_file(
    federation: Path, tmp_path: Path
) -> None:
    before = assurance(federation)
    kept = run("notary", "run", "--once", "--json", folder=federation)
    for authority in ("BE/police", "NL/customs"):
        receive(federation, authority)
    proof = tmp_path / "proof.zip"
    proved = run(
        *("audit", "prove", MESSAGE, "--as", "NL/customs", "--purpose", "investigation", "-o", proof), folder=federation
    )
    root = load_federation(open_folder(federation)).root_digest.hex()
    verified = run("audit", "verify", proof, "--root-digest", root, "--json")
    archived = run("audit", "archive", tmp_path / "archive", folder=federation)
    here, there = (run("audit", "check", "--json", folder=one) for one in (federation, tmp_path / "archive"))

    assert 0 == kept.code, kept.err
    assert ("received", "witnessed") == (before, assurance(federation))
    assert (0, 0) == (proved.code, verified.code), proved.err + verified.out
    assert {"passed"} == {one["outcome"] for one in verified.document()["steps"]}
    assert (0, 0, 0) == (archived.code, here.code, there.code), archived.err + here.out + there.out
    assert [here.document()[key] for key in ("messages", "log_size", "witnesses")] == [
        there.document()[key] for key in ("messages", "log_size", "witnesses")
    ]


async def test_processes_that_share_an_audit_find_on_the_broker_what_one_finds(federation: Path) -> None:
    folder = open_folder(federation)
    topic = message_topic("exercise", Participant("NL"))
    async with open_bus(folder, load_federation(folder), clock=now) as bus:
        await bus.send(topic, [Outgoing("k", b"not a message")])
        place = await bus.end(topic) - 1
    alone, shared = [await audit(federation, **one) for one in ({"workers": 1}, {"workers": 2, "alone_below": 0})]

    assert [("bad-framing", f"{topic}@{place}")] == [
        (one.code, one.place) for one in alone.findings if "@" in one.place
    ]
    assert (alone.findings, alone.messages, alone.signatures) == (shared.findings, shared.messages, shared.signatures)


async def audit(federation: Path, **options: Any) -> BusAudit:
    """Audit bus and log, with as many processes as *options* say."""
    station, settings = FolderStation(federation), load_federation(open_folder(federation))
    with contextlib.closing(ProcessCrew(station, **options)) as crew:
        async with station.bus() as bus:
            return await audit_bus(
                bus,
                federation=settings.id,
                root_digest=settings.root_digest,
                now=now(),
                means=Means(log=station.log(), crew=crew),
            )
