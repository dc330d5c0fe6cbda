"""What is proved at a node, and what its log has to be for that."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from broker import decisions
from broker.database import reading
from broker.errors import AccessDenied, ChangedTile, LogRolledBack, NoLog, NotLogged, VerificationError
from broker.types.vocabulary import Tlp
from consumers.evidence.evidence import format_evidence
from tests.scenarios.evidence.proving import POLICE, Place
from tocsin.installation import Node, open_node

MESSAGE = "NL/customs/1#2"


def decided(node: Node) -> int:
    """Return how many decisions a node has made."""
    with reading(node.engine) as connection:
        return connection.scalar(select(func.max(decisions.decision.c.id))) or 0


async def test_an_author_proves_what_it_said(place: Place) -> None:
    await place.publish("NL-1")
    await place.log()
    proved = await place.prove(MESSAGE)
    assert {} == place.outcomes(proved)
    assert () == proved.made.evidence.manifest.withheld


async def test_a_reader_proves_what_may_leave(place: Place) -> None:
    await place.publish("NL-1", tlp=Tlp.GREEN)
    await place.log()
    proved = await place.prove(MESSAGE, by=POLICE)
    assert {} == place.outcomes(proved)
    assert "BE/police" == proved.made.evidence.manifest.exported_by


async def test_a_refusal_is_on_record_and_nothing_is_read_of_the_log(place: Place) -> None:
    await place.publish("NL-1")
    before = decided(place.be)
    with pytest.raises(AccessDenied, match="BE/police may not export core"):
        await place.prove(MESSAGE, by=POLICE)
    assert before + 1 == decided(place.be)


async def test_a_second_file_is_the_first(place: Place) -> None:
    await place.publish("NL-1")
    await place.log()
    first, second = [format_evidence((await place.prove(MESSAGE)).made.evidence) for _ in range(2)]
    assert first == second


async def test_a_log_that_has_grown_gives_another_proof_of_the_same(place: Place) -> None:
    await place.publish("NL-1")
    await place.log()
    first = await place.prove(MESSAGE)
    await place.publish("NL-2")
    await place.log()
    second = await place.prove(MESSAGE)
    assert {} == place.outcomes(second)
    same = ("message.bin", "sections/core.bin", "log/entry.txt", "decisions.json")
    assert [first.made.evidence.files[name] for name in same] == [second.made.evidence.files[name] for name in same]
    proofs = [one.made.evidence.files["log/message.tlog-proof"] for one in (first, second)]
    assert proofs[0] != proofs[1]


async def test_what_the_notary_has_not_seen_is_not_proved(place: Place) -> None:
    await place.log()
    await place.publish("NL-1")
    with pytest.raises(NotLogged) as caught:
        await place.prove(MESSAGE)
    assert "notary" in caught.value.hint


async def test_a_newer_checkpoint_without_a_quorum_gives_way_to_one_with(place: Place) -> None:
    await place.publish("NL-1")
    await place.log()
    await place.receive(place.nl)
    await place.prove(MESSAGE)
    for code in ("NL", "BE"):
        take_witness_away(place.folder.node(code).root)
    await place.publish("NL-2")
    await place.log()
    assert {} == place.outcomes(await place.prove(MESSAGE))
    later = await place.prove("NL/customs/1#4")
    assert {"witnesses": "failed"} == place.outcomes(later)
    assert b"NO QUORUM" in later.made.evidence.files["report.html"]


def take_witness_away(node: Path) -> None:
    """Leave a node without its witness's key."""
    (node / "keys" / "witness.pem").unlink()
    lines = (node / "node.toml").read_text("utf-8").splitlines(keepends=True)
    (node / "node.toml").write_text("".join(one for one in lines if not one.startswith("witness_key")), "utf-8")


async def test_a_log_whose_entries_were_changed_proves_nothing(place: Place) -> None:
    await place.publish("NL-1")
    await place.log()
    for path in (place.folder.log / "tile" / "entries").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(path.read_bytes().replace(b"NL/customs/1\n2\n", b"NL/customs/1\n3\n"))
    with pytest.raises(ChangedTile):
        await place.prove(MESSAGE)


async def test_a_log_that_was_changed_after_it_was_read_proves_nothing(place: Place) -> None:
    await place.publish("NL-1")
    await place.log()
    await place.prove(MESSAGE)
    for path in (place.folder.log / "tile" / "0").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(bytes(len(path.read_bytes())))
    with pytest.raises(VerificationError):
        await place.prove(MESSAGE)


async def test_a_log_that_was_rolled_back_proves_nothing(place: Place) -> None:
    await place.log()
    earlier = place.folder.root / "earlier"
    shutil.copytree(place.folder.log, earlier)
    await place.publish("NL-1")
    await place.log()
    await place.prove(MESSAGE)
    shutil.rmtree(place.folder.log)
    earlier.rename(place.folder.log)
    with pytest.raises(LogRolledBack):
        await place.prove(MESSAGE)


async def test_where_no_log_is_named_nothing_is_proved(place: Place) -> None:
    await place.publish("NL-1")
    settings = place.folder.federation_file
    lines = settings.read_text("utf-8").splitlines(keepends=True)
    settings.write_text("".join('log = ""\n' if one.startswith("log ") else one for one in lines), "utf-8")
    with open_node(place.folder, place.nl.participant, clock=place.clock) as node:
        again = replace(place, nl=node)
        with pytest.raises(NoLog, match="says of no log where it is"):
            await again.prove(MESSAGE)
