"""Nobody has been heard for days: nothing is published, everybody is told, and hearing one other node ends it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.commands import SEIZURE, Ran, a_file, run
from tocsin.exits import Exit
from tocsin.installation import now, open_node
from tocsin.publishing import Publication

COMMANDS = ("publish", "receive", "heads", "inbox")


@pytest.fixture
def days_on(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let nodes believe that so many days have passed."""

    def move(days: int) -> None:
        for command in COMMANDS:
            monkeypatch.setattr(
                f"tocsin.cli.{command}.open_node",
                lambda *given: open_node(*given, clock=lambda: now() + timedelta(days=days)),
            )

    return move


def publish(federation: Path, file: Path, *more: str) -> Ran:
    return run("publish", file, "--as", "NL/customs", *more, folder=federation)


def test_nothing_is_published_until_another_node_was_heard(
    federation: Path, tmp_path: Path, days_on: Callable[[int], None]
) -> None:
    file = a_file(tmp_path, SEIZURE)
    days_on(3)
    first = publish(federation, file)

    assert Exit.VERIFICATION == first.code
    assert "NOT SENT yet. Nothing is lost" in first.out + first.err
    assert "the root record tolerates 48 hours" in first.err
    assert "ask another node to say where it stands" in first.err

    run("heads", "--as", "BE", folder=federation)
    run("receive", "--as", "NL/customs", folder=federation)
    second = publish(federation, file, "--json")

    (published,) = second.document(Publication).already
    assert (Exit.DONE, "NL/customs/1#2") == (second.code, published.message)


def test_the_word_of_the_hubs_node_is_enough(federation: Path, tmp_path: Path, days_on: Callable[[int], None]) -> None:
    days_on(3)
    run("heads", "--as", "X-HUB", folder=federation)
    run("receive", "--as", "NL/customs", folder=federation)

    assert Exit.DONE == publish(federation, a_file(tmp_path, SEIZURE)).code


def test_a_network_that_was_left_alone_comes_back_as_two_of_its_nodes_read(
    federation: Path, tmp_path: Path, days_on: Callable[[int], None]
) -> None:
    days_on(3)
    for reader in ("BE/police", "NL/customs", "BE/police"):
        run("receive", "--as", reader, folder=federation)
    theirs = a_file(tmp_path, SEIZURE.replace("NL", "BE"), name="theirs.csv")

    assert Exit.DONE == publish(federation, a_file(tmp_path, SEIZURE)).code
    assert Exit.DONE == run("publish", theirs, "--as", "BE/police", folder=federation).code


def test_its_own_heads_do_not_help(federation: Path, tmp_path: Path, days_on: Callable[[int], None]) -> None:
    days_on(3)
    run("heads", "--as", "NL", folder=federation)
    run("receive", "--as", "NL/customs", folder=federation)

    assert Exit.VERIFICATION == publish(federation, a_file(tmp_path, SEIZURE)).code


def test_whoever_reads_is_told_and_reads_on(federation: Path, tmp_path: Path, days_on: Callable[[int], None]) -> None:
    publish(federation, a_file(tmp_path, SEIZURE))
    days_on(3)
    received = run("receive", "--as", "BE/police", folder=federation)
    shown = run("inbox", "--as", "BE/police", folder=federation)

    for ran in (received, shown):
        assert Exit.DONE == ran.code
        assert "STALE DIRECTORY: nothing signed has been seen since" in ran.err
        assert "What to do: tocsin doctor." in ran.err
    assert "NL/customs/1#2" in shown.out


def test_within_the_time_nothing_is_said(federation: Path, days_on: Callable[[int], None]) -> None:
    days_on(1)
    assert "STALE" not in run("receive", "--as", "BE/police", folder=federation).err
