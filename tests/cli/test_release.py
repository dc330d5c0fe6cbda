"""``tocsin release``: readers who lost their keys, and what is due."""

import signal
from pathlib import Path

import msgspec
import pytest

from producers.flush import FlushReport
from tests.cli.commands import SEIZURE, Ran, a_file, run
from tocsin.cli import following
from tocsin.exits import Exit

MESSAGE = "NL/customs/1#2"


@pytest.fixture
def published(federation: Path, tmp_path: Path) -> Path:
    """A report of NL that concerns BE, and has gone out."""
    assert 0 == run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation).code
    run("receive", "--as", "NL/police", folder=federation)
    return federation


def release(federation: Path, *arguments: str) -> Ran:
    return run("release", *arguments, folder=federation)


def lose_keys(federation: Path, code: str) -> None:
    """Lose all that a node keeps but its private keys and settings: it has to read everything again."""
    for path in (federation / "nodes" / code).rglob("sections.sqlite*"):
        path.unlink()


def test_a_reader_that_lost_its_keys_gets_them_again(published: Path) -> None:
    run("receive", "--as", "BE/police", folder=published)
    lose_keys(published, "BE")
    lost = run("inbox", "show", MESSAGE, "--as", "BE/police", folder=published)

    ran = release(published, MESSAGE, "--as", "NL/customs", "--to", "BE/police")
    run("receive", "--as", "BE/police", folder=published)
    shown = run("inbox", "show", MESSAGE, "--as", "BE/police", folder=published)

    assert "acetic anhydride" not in lost.out
    assert 0 == ran.code, ran.err
    assert f"{MESSAGE}: core for 1 node." in ran.out
    assert "acetic anhydride" in shown.out, shown.err


def test_without_a_reader_everybody_who_may_have_it_is_released_to_again(published: Path) -> None:
    ran = release(published, MESSAGE, "--as", "NL/customs", "--json")

    assert 0 == ran.code, ran.err
    document = ran.document()
    assert MESSAGE == document["again"]["message"]
    assert {"NL/~1", "BE/~1"} <= set(document["again"]["nodes"])
    assert 1 == document["flush"]["released"]


def test_a_reader_who_may_have_nothing_is_refused_with_the_rule(published: Path) -> None:
    ran = release(published, MESSAGE, "--as", "NL/customs", "--to", "DE/police")

    assert Exit.DENIED == ran.code
    assert "DE/police may not have it" in ran.err
    assert "That is the rule" in ran.err


def test_a_focal_point_releases_for_its_participant_and_others_do_not(published: Path) -> None:
    official = release(published, MESSAGE, "--as", "NL/police", "--to", "BE/police")
    other = release(published, MESSAGE, "--as", "NL/regulator", "--to", "BE/police")

    assert 0 == official.code, official.err
    assert 0 != other.code
    assert "is not NL/regulator's to release" in other.err


def test_a_message_that_is_not_here_is_said_to_be_missing(published: Path) -> None:
    assert "no message NL/customs/1#99" in release(published, "NL/customs/1#99", "--as", "NL/customs").err


def test_what_is_no_record_is_not_released(published: Path) -> None:
    ran = release(published, "NL/customs/1#1", "--as", "NL/customs")

    assert (Exit.REFUSED, True) == (ran.code, "NL/customs/1#1 is a release: only records are released" in ran.err)


def test_what_is_due_is_nothing_where_everybody_has_everything(published: Path) -> None:
    ran = release(published, "--due", "--as", "NL/customs", "--json")

    assert (0, 0) == (ran.code, ran.document()["flush"]["released"])


def test_a_follower_releases_what_has_become_due_by_itself(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NL agrees with DE after its report: whoever follows at NL lets DE's node have the keys, and nobody types it."""
    core = {"national_reference": "A-1", "reference": "nl-de", "parties": ["DE"], "starts_on": "2026-01-01"}
    record = tmp_path / "agreement.json"
    record.write_bytes(msgspec.json.encode({"kind": "agreement", "core": core | {"marking": {"recipients": ["DE"]}}}))
    assert 0 == run("record", "publish", record, "--as", "NL/customs", folder=published).code
    before = seen_by_germany(published)
    monkeypatch.setattr(following, "_ACCOUNT_EVERY_SECONDS", 0.01)
    told = following._Following._tell_sent

    def tell_and_stop(self: following._Following, report: FlushReport) -> None:
        told(self, report)
        if report.released:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(following._Following, "_tell_sent", tell_and_stop)
    ran = run("receive", "--as", "NL/customs", "--follow", folder=published)

    assert (130, True) == (ran.code, "keys_of=1" in ran.err), ran.err
    assert ([False, True]) == [MESSAGE in before, MESSAGE in seen_by_germany(published)]


def seen_by_germany(federation: Path) -> list[str]:
    assert 0 == run("receive", "--as", "DE/police", folder=federation).code
    listed = run("inbox", "--as", "DE/police", "--json", folder=federation).document()
    return [one["message"] for one in listed]


@pytest.mark.parametrize("arguments", [(), ("--due", "--held"), (MESSAGE, "--due"), ("--due", "--to", "BE/police")])
def test_one_thing_at_a_time(published: Path, arguments: tuple[str, ...]) -> None:
    assert Exit.USAGE == release(published, *arguments, "--as", "NL/customs").code
