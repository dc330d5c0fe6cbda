"""What becomes of our own mistakes, and of Ctrl-C."""

import sys
from pathlib import Path

import pytest

from broker.errors import MissingFile
from tests.cli.commands import run
from tocsin.cli.app import main


class Mistake(RuntimeError):
    """Ours."""


def breaks(error: BaseException, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    """Let a command meet *error*, and run it as the program does."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("tocsin.cli.doctor.examine", fail)
    monkeypatch.setattr(sys, "argv", ["tocsin", *arguments])
    main()


def test_a_mistake_of_ours_ends_with_70_and_shows_no_data(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        breaks(Mistake("FICTITIOUS Jan Voorbeeld"), monkeypatch, "doctor")
    shown = capsys.readouterr()

    assert 70 == ended.value.code
    assert "this should not happen: Mistake" in shown.err
    assert "tocsin --debug" in shown.err
    assert "Voorbeeld" not in shown.out + shown.err


def test_debug_shows_a_mistake_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Mistake, match="Voorbeeld"):
        breaks(Mistake("FICTITIOUS Jan Voorbeeld"), monkeypatch, "--debug", "doctor")


def test_the_variable_shows_a_mistake_whole_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_DEBUG", "1")
    with pytest.raises(Mistake):
        breaks(Mistake(), monkeypatch, "doctor")


def test_debug_shows_an_error_on_purpose_with_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingFile):
        breaks(MissingFile("not there"), monkeypatch, "--debug", "doctor")


def test_without_debug_an_error_on_purpose_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        breaks(MissingFile("not there", hint="Look again."), monkeypatch, "doctor")

    assert 3 == ended.value.code
    assert "error: not there\n  what to do: Look again.\n" == capsys.readouterr().err


def test_ctrl_c_ends_with_130_and_one_word(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        breaks(KeyboardInterrupt(), monkeypatch, "doctor")

    assert 130 == ended.value.code
    assert "stopped\n" == capsys.readouterr().err


def test_a_mistake_in_several_lines_keeps_its_lines(federation: Path) -> None:
    (federation / "federation.toml").write_text('id = 5\nbuss = "x"\n', "utf-8")
    ran = run("config", "show", folder=federation)

    assert 3 == ran.code
    assert 5 == len([line for line in ran.err.splitlines() if line.startswith(("  - ", "error"))])
