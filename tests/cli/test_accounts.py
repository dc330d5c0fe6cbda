"""``tocsin heads``, ``tocsin receipts``, ``tocsin inbox who-read``: what nodes tell others of themselves."""

from pathlib import Path
from typing import Any

from tests.cli.commands import SEIZURE, a_file, run
from tocsin.exits import Exit


def published(federation: Path, tmp_path: Path) -> str:
    """Let NL publish a seizure that concerns BE, and BE receive it; return the name of the message."""
    ran = run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", "--json", folder=federation)
    received = run("receive", "--as", "BE/police", folder=federation)
    assert (0, 0) == (ran.code, received.code)
    return str(ran.document()["published"][0]["message"])


def test_heads_name_the_streams_and_the_root(federation: Path, tmp_path: Path) -> None:
    published(federation, tmp_path)
    said = run("heads", "--as", "NL", "--json", folder=federation).document()

    assert {"message", "streams", "directory_digest", "log_size", "decisions"} == set(said)
    assert "NL/~1/1#2" == said["message"]
    assert ["NL/customs/1"] == [one["stream"] for one in said["streams"]]


def test_heads_are_sent_with_what_is_published_and_received_without_being_asked_for(
    federation: Path, tmp_path: Path
) -> None:
    published(federation, tmp_path)
    report = run("audit", "check", "--json", folder=federation)

    assert (0, []) == (report.code, report.document()["findings"])
    assert "NL/~1/1#2 sent" in run("heads", "--as", "NL", folder=federation).out
    assert "BE/~1/1#2 sent" in run("heads", "--as", "BE", folder=federation).out


def test_an_originator_sees_who_has_answered(federation: Path, tmp_path: Path) -> None:
    message = published(federation, tmp_path)
    asked: tuple[object, ...] = ("inbox", "who-read", message, "--as", "NL/customs")
    before = run(*asked, folder=federation)
    assert "not answered yet" in before.out
    confirmed = run("receipts", "--as", "BE", "--json", folder=federation).document()
    run("receive", "--as", "NL/customs", folder=federation)

    after: dict[str, Any] = run(*asked, "--json", folder=federation).document()
    assert (["NL/customs"], 1) == (confirmed["to"], confirmed["records"])
    assert message == after["message"]
    assert all(one["answered"] for one in after["readers"] if one["node"] == "BE/~1")
    assert "BE/police" in [one["authority"] for one in after["readers"]]


def test_nothing_owed_is_said_so(federation: Path, tmp_path: Path) -> None:
    published(federation, tmp_path)
    run("receipts", "--as", "BE", folder=federation)

    again = run("receipts", "--as", "BE", "--json", folder=federation)

    assert {"to": [], "entries": 0, "records": 0} == again.document()
    assert "Nothing is owed to anybody." in again.err


def test_what_makes_receipts_equally_many_and_equally_long_is_shown_to_nobody(federation: Path, tmp_path: Path) -> None:
    for number, authority in enumerate(("NL/customs", "NL/police", "NL/regulator")):
        row = SEIZURE.replace("NL-1", f"NL-1{number}").replace("1000", f"100{number}")
        assert 0 == run("publish", a_file(tmp_path, row), "--as", authority, folder=federation).code
    run("receive", "--as", "BE/police", folder=federation)
    sent = run("receipts", "--as", "BE", "--json", folder=federation).document()
    run("receive", "--as", "BE/police", folder=federation)
    listed = run("inbox", "--as", "BE/police", "--json", folder=federation).document()
    receipts = [one for one in listed if one["originator"] == "BE/police"]

    assert (3, 4) == (len(sent["to"]), sent["records"])
    assert [True, True, True] == [bool(one["sections"]["core"]["entries"]) for one in receipts]
    assert not any("padding" in one["sections"]["core"] for one in receipts)
    assert "0 events" not in run("inbox", "--as", "BE/police", folder=federation).out


def test_who_read_is_denied_to_others_as_if_the_message_were_not_there(federation: Path, tmp_path: Path) -> None:
    message = published(federation, tmp_path)
    for authority in ("BE/police", "NL/health"):
        denied = run("inbox", "who-read", message, "--as", authority, folder=federation)
        absent = run("inbox", "who-read", "NL/customs/1#99", "--as", authority, folder=federation)

        assert (Exit.DENIED, Exit.DENIED) == (denied.code, absent.code)
        assert denied.err.replace(message, "NL/customs/1#99") == absent.err
