"""To whom a message is denied, every command says what it says of one that never was."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.commands import SEIZURE, Ran, a_file, run
from tocsin.exits import Exit

DENIED, ABSENT = "NL/customs/1#2", "NL/customs/1#9"
ASKED = ("grant", "request", "{}", "--action", "export", "--until", "2099-01-01")
COMMANDS = {
    "inbox show": ("inbox", "show", "{}"),
    "inbox show for a purpose": ("inbox", "show", "{}", "--purpose", "investigation"),
    "inbox who-read": ("inbox", "who-read", "{}"),
    "inbox export": ("inbox", "export", "{}", "--purpose", "investigation", "--out", "export.json"),
    "inbox forward": ("inbox", "forward", "{}", "--purpose", "investigation", "--to", "BE/police"),
    "grant request": (*ASKED, "--purpose", "investigation", "--section", "core", "--reason", "-"),
    "recall": ("recall", "{}", "--reason", "It was salt."),
    "release": ("release", "{}"),
    "policy explain": ("policy", "explain", "{}"),
}


@pytest.fixture
def denied(federation: Path, tmp_path: Path) -> Path:
    """A report of NL that concerns BE, which the node of DE has received and may not show to anybody."""
    assert 0 == run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation).code
    received = run("receive", "--as", "DE/police", "--json", folder=federation)
    assert 1 <= received.document()["pending"], received.out
    return federation


def ask(command: Sequence[str], name: str, folder: Path) -> Ran:
    """Run a command about a message; what it says names that message no more."""
    ran = run(*(one.format(name) for one in command), "--as", "DE/police", folder=folder)
    return Ran(ran.code, ran.out.replace(name, "…"), ran.err.replace(name, "…"))


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_denied_looks_like_absent(denied: Path, command: Sequence[str]) -> None:
    absent = ask(command, ABSENT, denied)
    assert absent.code not in (Exit.DONE, Exit.USAGE), absent.err
    assert absent == ask(command, DENIED, denied)


@pytest.mark.parametrize("command", ["recall", "inbox show", "grant request"])
def test_the_beginning_of_a_digest_names_nothing_that_is_denied(denied: Path, command: str) -> None:
    """Each of the sixteen beginnings is tried: one of them is its digest's."""
    for digit in "0123456789abcdef":
        ran = ask(COMMANDS[command], digit, denied)
        assert DENIED not in f"{ran.err} {ran.out} "
        assert "several" not in ran.err
