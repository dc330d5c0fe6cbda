"""``tocsin notary``: the log is kept, signed and witnessed; what stands in the way is said."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from broker.log.checkpoint import format_checkpoint, parse_checkpoint
from broker.log.note import Note, format_note, parse_note, sign_note
from broker.log_store.folder import FolderTileStore
from broker.merkle import Hash
from tests.cli.commands import SEIZURE, a_file, finish, run, start
from tocsin.cli.notary import SAME_MACHINE
from tocsin.folder import FederationFolder
from tocsin.key_files import make_key
from tocsin.secret import load_key
from tocsin.settings import load_notary
from tocsin.settings_file import replace_setting

NAMES = [f"exercise/witness/{code}" for code in ("BE", "DE", "NL")]


@pytest.fixture(scope="module")
def founded(unlogged: Path) -> Path:
    """Return a federation whose notary has never run."""
    return unlogged


def once(folder: Path) -> dict[str, Any]:
    """Run the notary once; return its document."""
    ran = run("notary", "run", "--once", "--json", folder=folder)
    assert 0 == ran.code, ran.err
    return dict(ran.document())


def shown(folder: Path) -> dict[str, Any]:
    ran = run("notary", "show", "--json", folder=folder)
    assert 0 == ran.code, ran.err
    return dict(ran.document())


@contextmanager
def at_work(folder: Path) -> "Iterator[subprocess.Popen[str]]":
    process = start("notary", "run", "--json", "--folder", folder)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            process.communicate()


def next_report(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdout is not None
    return dict(json.loads(process.stdout.readline()))


def test_one_run_logs_all_that_is_on_the_bus_and_has_it_witnessed(federation: Path, tmp_path: Path) -> None:
    assert 0 == run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation).code
    messages = run("audit", "check", "--json", folder=federation).document()["messages"]
    done = once(federation)

    assert (messages, messages, []) == (done["logged"], done["log_size"], done["troubles"])
    assert (NAMES, 2, True) == (done["witnesses"], done["quorum"], done["witnessed"])


def test_a_second_run_finds_nothing_new(federation: Path) -> None:
    first = once(federation)
    again = once(federation)

    assert (0, first["log_size"]) == (again["logged"], again["log_size"])


def test_it_says_which_log_which_key_which_witnesses(federation: Path) -> None:
    ran = run("notary", "run", "--once", folder=federation)

    assert "keeps the log in log with key" in ran.out
    assert [f"{name}: in this process ({SAME_MACHINE})" for name in NAMES] == [
        line.removeprefix("Witness ") for line in ran.out.splitlines() if line.startswith("Witness ")
    ]


def test_the_newest_checkpoint_is_shown_as_it_is(federation: Path) -> None:
    done, found = once(federation), shown(federation)

    assert (done["log_size"], NAMES, True, False) == (
        found["log_size"],
        found["witnesses"],
        found["witnessed"],
        found["overdue"],
    )
    assert (federation / "log" / "checkpoint").read_text("utf-8") == found["checkpoint"]
    assert found["log_size"] == found["journal"]["entries"] == found["journal"]["signed"]
    assert "cosigned by 3, enough" in run("notary", "show", folder=federation).out.lower()


def test_before_the_first_run_there_is_nothing_to_show(federation: Path) -> None:
    assert "Nothing is published yet" in run("notary", "show", folder=federation).out
    assert (0, None, None) == tuple(shown(federation)[key] for key in ("log_size", "checkpoint", "journal"))


def test_elsewhere_the_checkpoint_is_shown_and_no_journal(federation: Path) -> None:
    size = once(federation)["log_size"]
    FederationFolder(federation).notary_database.unlink()

    assert (size, None) == tuple(shown(federation)[key] for key in ("log_size", "journal"))


def test_without_witnesses_the_log_is_kept_and_that_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    made = run("federation", "new", folder, "-p", "NL", "--witnesses", "0")
    ran = run("notary", "run", "--once", folder=folder)

    assert "no witness" in made.out
    assert 0 == ran.code, ran.err
    assert "No witness is asked" in ran.out
    assert "no witness is appointed" in ran.out


def test_a_witness_that_is_away_holds_nothing_up_and_is_named(federation: Path, port: int) -> None:
    file = FederationFolder(federation).notary_file
    replace_setting(file, "witnesses", f"{NAMES[0]}=http://127.0.0.1:{port}")
    ran = run("notary", "run", "--once", "--json", folder=federation)
    done = ran.document()

    assert (0, [], False, ["witness-unavailable"]) == (
        ran.code,
        done["witnesses"],
        done["witnessed"],
        [one["code"] for one in done["troubles"]],
    )
    assert f"http://127.0.0.1:{port}" in ran.err
    assert SAME_MACHINE not in ran.err


def test_a_witness_over_http_cosigns(federation: Path, port: int) -> None:
    witness = start("witness", "run", "--as", "BE", "--port", port, "--json", "--folder", federation)
    try:
        assert witness.stdout is not None
        assert NAMES[0] == json.loads(witness.stdout.readline())["witness"]
        replace_setting(FederationFolder(federation).notary_file, "witnesses", f"{NAMES[0]}=http://127.0.0.1:{port}")
        done = once(federation)
    finally:
        witness.terminate()
        finish(witness)

    assert ([NAMES[0]], []) == (done["witnesses"], done["troubles"])


def test_who_follows_logs_what_comes_until_it_is_asked_to_stop(federation: Path, tmp_path: Path) -> None:
    with at_work(federation) as process:
        first = next_report(process)
        while not first["witnessed"]:
            first = next_report(process)
        run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation)
        report = next_report(process)
        while report["log_size"] == first["log_size"] or not report["witnessed"]:
            report = next_report(process)
        process.send_signal(signal.SIGTERM)
        ran = finish(process)

    assert 0 == ran.code, ran.err
    assert "event=stopped" in ran.err
    assert "Traceback" not in ran.err
    assert shown(federation)["log_size"] == report["log_size"]


def test_ctrl_c_ends_a_notary_cleanly(federation: Path) -> None:
    with at_work(federation) as process:
        next_report(process)
        process.send_signal(signal.SIGINT)
        ran = finish(process)

    assert 130 == ran.code
    assert "Traceback" not in ran.err


def test_two_notaries_never_work_at_once(federation: Path) -> None:
    with FolderTileStore(federation / "log").lock():
        ran = run("notary", "run", "--once", folder=federation)

    assert 4 == ran.code
    assert "another notary is at work" in ran.err


def test_a_key_that_nobody_appointed_signs_nothing(federation: Path) -> None:
    folder = FederationFolder(federation)
    make_key(folder.hub / "keys" / "other.pem")
    replace_setting(folder.notary_file, "key", "file:keys/other.pem")
    ran = run("notary", "run", "--once", folder=federation)

    assert 3 == ran.code
    assert "not the one that the newest root record appoints" in ran.err
    assert not (federation / "log" / "checkpoint").exists()


def test_where_the_notary_does_not_work_it_cannot_be_run(federation: Path) -> None:
    FederationFolder(federation).notary_file.unlink()
    ran = run("notary", "run", "--once", folder=federation)

    assert 3 == ran.code
    assert "another machine" in ran.err


def test_a_federation_that_names_no_log_is_told_so(federation: Path) -> None:
    text = (federation / "federation.toml").read_text("utf-8").replace('log = "log"\n', "")
    (federation / "federation.toml").write_text(text, "utf-8")

    for words in (("notary", "run", "--once"), ("notary", "show")):
        ran = run(*words, folder=federation)
        assert 3 == ran.code
        assert "names no log" in ran.err


def test_a_bus_that_is_away_ends_one_run_with_7(federation: Path) -> None:
    (federation / "bus.sqlite").unlink()

    assert 7 == run("notary", "run", "--once", folder=federation).code


def another_history(federation: Path) -> bytes:
    """Return a checkpoint of the published size and another root, under the notary's own key."""
    folder = FederationFolder(federation)
    there = parse_checkpoint(parse_note((folder.log / "checkpoint").read_bytes()).text)
    text = format_checkpoint(msgspec.structs.replace(there, root=Hash(bytes(32))))
    key = load_key(load_notary(folder).key, folder.hub)
    return format_note(Note(text, (sign_note(text, key, there.origin),)))


def test_a_forked_log_is_never_grown(federation: Path) -> None:
    once(federation)
    forked = another_history(federation)
    (federation / "log" / "checkpoint").write_bytes(forked)
    ran = run("notary", "run", "--once", folder=federation)

    assert 4 == ran.code
    assert "did not grow out of" in ran.err
    assert forked == (federation / "log" / "checkpoint").read_bytes()


def test_a_lost_journal_is_taken_from_the_tiles(federation: Path) -> None:
    size = once(federation)["log_size"]
    before = parse_note((federation / "log" / "checkpoint").read_bytes()).text
    FederationFolder(federation).notary_database.unlink()
    again = once(federation)

    assert size == again["log_size"]
    assert before == parse_note((federation / "log" / "checkpoint").read_bytes()).text


@pytest.mark.parametrize("number", ["10", "-1", "x"])
def test_a_number_of_witnesses_that_makes_no_sense_is_a_typing_mistake(tmp_path: Path, number: str) -> None:
    assert 2 == run("federation", "new", tmp_path / "made", "-p", "NL", "--witnesses", number).code
