"""What commands say of the log: assurance beside each message, and loudly what is not as it should be."""

import asyncio
from pathlib import Path

import msgspec

from tests.cli.commands import SEIZURE, a_file, run
from tocsin.folder import FederationFolder
from tocsin.notarizing import open_notary
from tocsin.showing.items import ItemDocument


def notarize(federation: Path) -> None:
    async def once() -> None:
        async with open_notary(FederationFolder(federation)) as opened:
            await opened.notary.run_once()

    asyncio.run(once())


def items(federation: Path) -> list[ItemDocument]:
    found: list[ItemDocument] = run("inbox", "--as", "BE/police", "--json", folder=federation).document(
        list[ItemDocument]
    )
    return found


def test_the_inbox_says_how_well_a_message_is_known(federation: Path, tmp_path: Path) -> None:
    run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation)
    run("receive", "--as", "BE/police", folder=federation)
    before = items(federation)
    notarize(federation)
    received = run("receive", "--as", "BE/police", folder=federation)
    (after,) = items(federation)
    shown = run("inbox", "show", after.message, "--as", "BE/police", folder=federation)

    assert [("received", None)] == [(one.assurance, one.log) for one in before]
    assert after.log is not None
    assert "witnessed" == after.assurance
    assert "assurance: witnessed" in shown.out
    assert f"entry {after.log['place']}, seen there" in shown.out
    assert "signed that everybody is shown the same" in shown.out
    assert "NO QUORUM" not in received.err


def test_heads_say_how_large_the_log_is(federation: Path) -> None:
    notarize(federation)
    document = run("heads", "--as", "NL", "--json", folder=federation).document(dict[str, msgspec.Raw])
    assert int(bytes(document["log_size"])) > 0


def test_a_log_that_is_away_is_said_and_stops_nothing(federation: Path, tmp_path: Path) -> None:
    run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation)
    (federation / "log").rename(federation / "away")
    received = run("receive", "--as", "BE/police", folder=federation)

    assert 0 == received.code
    assert "The log was not read on" in received.err
    assert ["received"] == [one.assurance for one in items(federation)]
