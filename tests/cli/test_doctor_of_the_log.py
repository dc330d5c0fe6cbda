"""Doctor about the log, its notary and its witnesses: what is wrong is said, with what to do."""

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from broker.database import open_engine, writing
from broker.log_store.folder import FolderTileStore
from broker.notary import tables
from tests.cli.commands import run
from tests.cli.test_notary import another_history, once
from tocsin.doctor import log as log_checks
from tocsin.doctor.check import Check, Level
from tocsin.doctor.log import check_log
from tocsin.folder import FederationFolder, open_folder
from tocsin.installation import now
from tocsin.key_files import make_key
from tocsin.settings_file import replace_setting
from tocsin.witnessing.state import refused_checkpoint


def checks_of(federation: Path) -> list[Check]:
    """Return what doctor finds that is not good."""
    found: list[Check] = run("doctor", "--json", folder=federation).document(list[Check])
    return [one for one in found if one.level is not Level.GOOD]


def subjects(federation: Path) -> list[tuple[Level, str]]:
    return [(one.level, one.subject) for one in checks_of(federation)]


def later(federation: Path, monkeypatch: pytest.MonkeyPatch, **after: int) -> list[Check]:
    """Return what doctor says of the log some time from now."""
    at = now() + timedelta(**after)
    monkeypatch.setattr(log_checks, "now", lambda: at)
    return [one for one in asyncio.run(check_log(open_folder(federation))) if one.subject == "log"]


@pytest.fixture
def logged(federation: Path) -> Path:
    once(federation)
    return federation


def test_a_log_that_is_kept_and_witnessed_is_well(logged: Path) -> None:
    ran = run("doctor", folder=logged)

    assert "It works." == ran.out.splitlines()[-1]
    assert "cosigned by 3; it takes 2" in ran.out
    assert [] == checks_of(logged)


def test_a_log_that_nobody_begins_is_said_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    federation = tmp_path / "federation"  # of its own: the time that counts begins when it is founded
    run("federation", "new", federation, "-p", "NL")
    levels = [later(federation, monkeypatch, minutes=minutes)[0].level for minutes in (5, 15)]

    assert [Level.GOOD, Level.CARE] == levels


def test_a_quorum_that_is_silent_for_too_long_is_said(logged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (before,), (after,) = (later(logged, monkeypatch, hours=hours) for hours in (23, 25))

    assert (Level.GOOD, Level.CARE) == (before.level, after.level)
    assert "no quorum of 2 since" in after.says


def test_without_any_witness_no_quorum_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("federation", "new", tmp_path / "made", "-p", "NL", "--witnesses", "0")
    once(tmp_path / "made")
    (found,) = later(tmp_path / "made", monkeypatch, days=30)

    assert (Level.GOOD, True) == (found.level, "no witness is appointed" in found.says)


def test_a_log_that_is_not_there(logged: Path) -> None:
    shutil.rmtree(logged / "log")

    assert (Level.BAD, "log") in subjects(logged)


def test_a_checkpoint_that_nobody_of_ours_signed(logged: Path) -> None:
    checkpoint = logged / "log" / "checkpoint"
    checkpoint.write_bytes(checkpoint.read_bytes().replace(b"exercise/log", b"another/log"))
    (found,) = [one for one in checks_of(logged) if one.subject == "log"]

    assert Level.BAD is found.level
    assert "another/log" in found.says


def test_a_folder_that_does_not_say_where_the_log_is(logged: Path) -> None:
    replace_setting(logged / "federation.toml", "log", "")

    assert [(Level.CARE, "log")] == [one for one in subjects(logged) if one[1] == "log"]


def test_a_notary_whose_key_is_gone_or_is_another(logged: Path) -> None:
    folder = FederationFolder(logged)
    make_key(folder.hub / "keys" / "other.pem")
    replace_setting(folder.notary_file, "key", "file:keys/other.pem")
    other = checks_of(logged)
    replace_setting(folder.notary_file, "key", "file:keys/none.pem")
    gone = checks_of(logged)

    assert [(Level.BAD, "notary")] == [(one.level, one.subject) for one in other]
    assert "does not appoint" in other[0].says
    assert [(Level.BAD, "notary")] == [(one.level, one.subject) for one in gone]


def test_a_notarys_key_that_others_may_read(logged: Path) -> None:
    (logged / "hub" / "keys" / "notary.pem").chmod(0o644)

    assert [(Level.BAD, "notary")] == subjects(logged)


def test_a_journal_that_is_gone_or_behind(logged: Path) -> None:
    folder = FederationFolder(logged)
    shutil.copy(folder.notary_database, logged / "kept")
    folder.notary_database.unlink()
    (gone,) = checks_of(logged)
    shutil.copy(logged / "kept", folder.notary_database)
    engine = open_engine(folder.notary_database)
    with writing(engine) as connection:
        connection.execute(tables.head.delete())
    engine.dispose()
    (behind,) = checks_of(logged)

    assert (Level.CARE, "notary") == (gone.level, gone.subject)
    assert "there is no journal" in gone.says
    assert (Level.CARE, True) == (behind.level, "its journal ends at 0" in behind.says)


def test_a_journal_that_signed_another_history(logged: Path) -> None:
    (logged / "log" / "checkpoint").write_bytes(another_history(logged))
    found = [one for one in checks_of(logged) if one.subject == "notary"]

    assert [Level.BAD] == [one.level for one in found]
    assert "log-forked" in found[0].remedy


def test_a_notary_at_work_is_seen_and_not_disturbed(logged: Path) -> None:
    with FolderTileStore(logged / "log").lock():
        ran = run("doctor", "--json", folder=logged)

    (found,) = [one for one in ran.document(list[Check]) if one.subject == "notary at work"]
    assert (Level.GOOD, "yes") == (found.level, found.says)


def test_what_a_journal_cannot_log_yet_and_who_told_two_stories(logged: Path) -> None:
    engine = open_engine(FederationFolder(logged).notary_database)
    with writing(engine) as connection:
        waiting = {"copy": b"c", "topic": "t", "offset": 1, "envelope": b"e", "code": "unknown-key", "key": b"k"}
        connection.execute(tables.waiting.insert().values(waiting))
        stories = {"second_place": 5, "first_place": 2, "stream": "NL/customs/1", "sequence": 7}
        connection.execute(tables.equivocation.insert().values(**stories, first_digest=b"a", second_digest=b"b"))
    engine.dispose()
    says = {one.says: one.level for one in checks_of(logged) if one.subject == "notary"}

    assert Level.BAD is says["two stories called NL/customs/1#7"]
    assert Level.CARE is says["1 message not logged until the directory changes: unknown-key"]
    assert "two stories called NL/customs/1#7: entries 2 and 5" in run("notary", "show", folder=logged).out


def test_where_the_notary_works_elsewhere_nothing_is_said_of_it(logged: Path) -> None:
    shutil.rmtree(logged / "hub")
    found = run("doctor", "--json", folder=logged).document(list[Check])

    assert [] == [one for one in found if one.subject.startswith("notary")]
    assert [] == checks_of(logged)


def test_a_witness_whose_key_is_gone_another_or_not_set(logged: Path) -> None:
    settings, keys = logged / "nodes" / "BE" / "node.toml", logged / "nodes" / "BE" / "keys"
    make_key(keys / "other.pem")
    found = []
    for text in ("file:keys/none.pem", "file:keys/other.pem", ""):
        replace_setting(settings, "witness_key", text)
        found += checks_of(logged)

    expected = [(Level.BAD, "BE witness"), (Level.CARE, "BE witness"), (Level.CARE, "BE witness")]
    assert expected == [(one.level, one.subject) for one in found]
    words = ("none.pem", "does not appoint", "no key is set")
    assert [True] * 3 == [word in one.says for word, one in zip(words, found, strict=True)]


def test_a_witness_whose_memory_is_none(logged: Path) -> None:
    (logged / "nodes" / "BE" / "witness.sqlite").write_bytes(b"no database" * 100)

    assert [(Level.BAD, "BE witness")] == subjects(logged)


def test_a_witness_that_refused_a_checkpoint_is_pointed_out(logged: Path) -> None:
    engine = open_engine(logged / "nodes" / "BE" / "witness.sqlite")
    with writing(engine) as connection:
        refused = {"origin": "exercise/log", "code": "split-view", "size": 26, "root": bytes(32)}
        proof = {"request": b"request", "cosigned_note": b"note", "refused_at": 1}
        connection.execute(refused_checkpoint.insert().values(**refused, **proof))
    engine.dispose()
    (found,) = checks_of(logged)

    assert (Level.CARE, "BE witness") == (found.level, found.subject)
    assert "tocsin witness show --as BE" == found.remedy
