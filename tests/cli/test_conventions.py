"""What holds for every command."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from tests.cli.commands import SEIZURE, a_file, finish, run, start
from tocsin.cli import app


def commands() -> Iterator[tuple[str, ...]]:
    """Yield every command, by its words."""
    yield from _below(typer.main.get_command(app), ())


def _below(command: object, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    children = getattr(command, "commands", None)
    if not children:
        yield words
        return
    for name, child in children.items():
        yield from _below(child, (*words, name))


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_every_command_has_help_with_an_example_of_itself(words: tuple[str, ...]) -> None:
    shown = run(*words, "--help")

    assert shown.code == 0
    assert f"tocsin {' '.join(words)} " in shown.out.partition("Example:")[2]


def test_the_version_is_told() -> None:
    assert run("--version").out.startswith("tocsin ")


def test_a_typing_mistake_ends_with_2() -> None:
    assert run("publsh").code == 2


def test_with_json_standard_output_is_one_document_and_words_go_elsewhere(federation: Path, tmp_path: Path) -> None:
    ran = finish(start("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", "--json", "--folder", federation))

    assert set(ran.document(dict)) == {"published", "refused", "already", "questions"}
    assert "1 taken in" in ran.err


def test_no_colour_when_piped(federation: Path) -> None:
    ran = finish(start("doctor", "--folder", federation))

    assert "\x1b" not in ran.out + ran.err


def test_ctrl_c_ends_a_follower_cleanly(federation: Path) -> None:
    process = start("receive", "--as", "NL/police", "--follow", "--folder", federation)
    assert process.stderr is not None
    assert any("event=following" in line for line in process.stderr)  # what it read of the log comes first
    process.send_signal(signal.SIGINT)
    ran = finish(process)

    assert ran.code == 130
    assert "Traceback" not in ran.err
    assert run("audit", "check", folder=federation).code == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_letters_that_a_terminal_has_not_come_out_as_escapes(encoding: str) -> None:
    ran = finish(start("substance", "show", "AA", env={**os.environ, "PYTHONIOENCODING": encoding}, encoding=encoding))

    assert 0 == ran.code, ran.err
    assert "\\u0443\\u043a\\u0441\\u0443\\u0441" in ran.out
    assert "confidence" in ran.out


def test_json_is_utf_8_whatever_the_terminal_speaks() -> None:
    env = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    ran = finish(start("substance", "show", "AA", "--json", env=env, errors="replace"))

    assert 0 == ran.code, ran.err
    assert "уксусный ангидрид" in ran.out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_full_disk_is_said_as_such(options: tuple[str, ...], tmp_path: Path) -> None:
    said = tmp_path / "said"
    with Path("/dev/full").open("w") as full, said.open("w") as err:
        command = (str(Path(sys.executable).with_name("tocsin")), "substance", "show", "AA", *options)
        ended = subprocess.run(command, stdout=full, stderr=err, check=False)

    assert 3 == ended.returncode
    assert "error: cannot write: No space left on device" in said.read_text("utf-8")
    assert "should not happen" not in said.read_text("utf-8")


def test_the_home_folder_may_be_named_once_for_all(federation: Path) -> None:
    ran = finish(start("audit", "check", env={**os.environ, "TOCSIN_HOME": str(federation)}))

    assert ran.code == 0


def test_what_others_write_cannot_move_the_cursor(federation: Path, tmp_path: Path) -> None:
    row = SEIZURE.replace("Rotterdam", "[red]Rotter\N{RIGHT-TO-LEFT OVERRIDE}dam")
    run("publish", a_file(tmp_path, row), "--as", "NL/customs", folder=federation)
    run("receive", "--as", "NL/police", folder=federation)
    shown = run("inbox", "show", "NL/customs/1#2", "--as", "NL/police", folder=federation)

    assert "[red]Rotter" in shown.out
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in shown.out


def test_an_audit_with_findings_ends_with_1(federation: Path, tmp_path: Path) -> None:
    run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation)
    run("receive", "--as", "BE/police", folder=federation)
    bus = sqlite3.connect(federation / "bus.sqlite")
    with bus:
        bus.execute("DELETE FROM message WHERE id = (SELECT max(id) FROM message)")
    bus.close()
    ran = run("audit", "check", "--json", folder=federation)

    assert ran.code == 1
    assert ran.document()["findings"]
