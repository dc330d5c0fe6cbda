"""Receiving: what is counted, which alerts are shown, and that none is passed over in silence."""

import json
import signal
from pathlib import Path

import pytest

from tests.cli.commands import SEIZURE, a_file, finish, following, run
from tocsin.cli.output import Output

COUNTS = {"messages", "inbox", "raised", "duplicates", "quarantined", "pending", "purged", "alerts"}
SECOND = SEIZURE.replace("NL-1", "NL-5").replace("1000", "5")


def publish(federation: Path, folder: Path, row: str = SEIZURE) -> None:
    assert 0 == run("publish", a_file(folder, row, name=f"{row[:4]}.csv"), "--as", "NL/customs", folder=federation).code


def test_the_document_counts_and_names_the_alerts(federation: Path, tmp_path: Path) -> None:
    run("receive", "--as", "BE/police", folder=federation)
    publish(federation, tmp_path)
    document = run("receive", "--as", "BE/police", "--json", folder=federation).document()

    assert set(document) == COUNTS
    assert ["NL/customs/1#2"] == document["alerts"]


def test_a_node_that_reads_for_the_first_time_says_that_what_it_found_alerted_nobody(
    federation: Path, tmp_path: Path
) -> None:
    publish(federation, tmp_path)
    first = run("receive", "--as", "BE/police", folder=federation)
    publish(federation, tmp_path, SECOND)
    second = run("receive", "--as", "BE/police", folder=federation)

    says = "What was sent before counts as history and raised no alert; look through it: tocsin inbox --as BE/police"
    assert says in first.out
    assert "history" not in second.out
    assert "ALERT  NL/customs/1#4" in second.out


def test_where_all_alerts_were_looked_at_it_is_said_so(federation: Path) -> None:
    shown = run("inbox", "alerts", "--as", "BE/police", folder=federation)

    assert "No alert that nobody at BE/police has looked at" in shown.out


def test_an_alert_that_another_authority_of_the_node_took_in_is_not_passed_over(
    federation: Path, tmp_path: Path
) -> None:
    run("receive", "--as", "BE/police", folder=federation)
    publish(federation, tmp_path)
    run("receive", "--as", "BE/customs", folder=federation)
    received = run("receive", "--as", "BE/police", folder=federation)
    run("inbox", "show", "NL/customs/1#2", "--as", "BE/police", folder=federation)

    says = "1 earlier alert that nobody at BE/police has looked at: tocsin inbox alerts --as BE/police"
    assert says in received.out
    assert "earlier alert" not in run("receive", "--as", "BE/police", folder=federation).out


def test_alerts_are_listed_until_somebody_looks(federation: Path, tmp_path: Path) -> None:
    run("receive", "--as", "BE/police", folder=federation)
    publish(federation, tmp_path)
    run("receive", "--as", "BE/police", folder=federation)
    before = run("inbox", "alerts", "--as", "BE/police", "--json", folder=federation).document()
    run("inbox", "show", "NL/customs/1#2", "--as", "BE/police", folder=federation)
    after = run("inbox", "alerts", "--as", "BE/police", "--json", folder=federation).document()

    assert (["NL/customs/1#2"], []) == ([one["message"] for one in before], after)


def test_a_follower_that_reads_for_the_first_time_says_so_too(federation: Path, tmp_path: Path) -> None:
    publish(federation, tmp_path)
    with following("BE/police", federation) as follower:
        assert follower.stderr is not None
        assert any("raised no alert" in line for line in follower.stderr)
        follower.send_signal(signal.SIGINT)
        ran = finish(follower)

    assert 130 == ran.code


def test_what_comes_after_a_first_look_at_nothing_is_no_history(federation: Path, tmp_path: Path) -> None:
    with following("BE/police", federation) as follower:
        assert follower.stderr is not None
        assert follower.stdout is not None
        assert any("following" in line for line in follower.stderr)
        publish(federation, tmp_path)
        line = json.loads(follower.stdout.readline())
        follower.send_signal(signal.SIGINT)
        ran = finish(follower)

    assert "NL/customs/1#2" == line["alert"]
    assert "history" not in ran.err


def test_a_follower_tells_old_alerts_first_then_each_new_one_in_a_line(federation: Path, tmp_path: Path) -> None:
    run("receive", "--as", "BE/police", folder=federation)
    publish(federation, tmp_path)
    run("receive", "--as", "BE/customs", folder=federation)
    with following("BE/police", federation) as follower:
        assert follower.stderr is not None
        assert follower.stdout is not None
        first = next(line for line in follower.stderr if "earlier" in line)
        assert any("following" in line for line in follower.stderr)
        publish(federation, tmp_path, SECOND)
        line = json.loads(follower.stdout.readline())
        follower.send_signal(signal.SIGINT)
        ran = finish(follower)

    assert "1 earlier alert" in first
    assert "NL/customs/1#4" == line["alert"]
    assert (130, "") == (ran.code, ran.out)
    assert "stopped" in ran.err
    assert 0 == run("receive", "--as", "BE/police", "--json", folder=federation).document()["messages"]


def test_an_empty_inbox_says_what_may_be_missing(federation: Path) -> None:
    ran = run("inbox", "--as", "BE/police", folder=federation)

    assert (0, True) == (ran.code, "Has the node received? tocsin receive --as BE/police" in ran.out)


def test_an_inbox_without_an_authority_is_a_mistake_of_usage(federation: Path) -> None:
    assert 2 == run("inbox", folder=federation).code


@pytest.mark.parametrize("name", ["", "xyz", "NL/customs/1#7", "ffff"])
def test_what_names_no_message_is_not_there(federation: Path, tmp_path: Path, name: str) -> None:
    publish(federation, tmp_path)
    run("receive", "--as", "BE/police", folder=federation)

    assert 5 == run("inbox", "show", name, "--as", "BE/police", folder=federation).code


def test_ctrl_c_in_the_middle_of_following_loses_nothing(
    federation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("receive", "--as", "BE/police", folder=federation)
    publish(federation, tmp_path)
    told = Output.document_line

    def tell_and_stop(self: Output, document: object) -> None:
        told(self, document)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Output, "document_line", tell_and_stop)
    ran = run("receive", "--as", "BE/police", "--follow", "--json", folder=federation)
    again = run("receive", "--as", "BE/police", "--json", folder=federation).document()

    assert (130, "NL/customs/1#2") == (ran.code, json.loads(ran.out)["alert"])
    assert "stopped" in ran.err
    assert (0, []) == (again["messages"], again["alerts"])
    assert 0 == run("audit", "check", folder=federation).code
