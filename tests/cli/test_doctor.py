"""Doctor: each thing that can be wrong is found, said in words, and comes with what to do."""

import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from broker.database import writing
from broker.types.names import Participant
from consumers.findings import Findings
from tests.cli.commands import SEIZURE, a_file, run
from tocsin.doctor import machine
from tocsin.doctor.check import Check, Level
from tocsin.doctor.machine import check_clock, check_disk
from tocsin.doctor.nodes import check_node
from tocsin.folder import open_folder
from tocsin.installation import now, open_node

SLOW_SECONDS = machine._SLOW_SECONDS
FOLLOWS = SEIZURE.replace("NL-1", "NL-7").replace("1000", "6")


def checks_of(federation: Path) -> list[Check]:
    """Return what doctor finds that is not good."""
    found: list[Check] = run("doctor", "--json", folder=federation).document(list[Check])
    return [one for one in found if one.level is not Level.GOOD]


def the_check(federation: Path, subject: str) -> Check:
    (found,) = [one for one in checks_of(federation) if one.subject == subject]
    return found


def later(federation: Path, days: int, subject: str) -> Check:
    """Return what doctor says of NL's node, *days* from now."""
    at = now() + timedelta(days=days)
    with open_node(open_folder(federation), Participant("NL"), clock=lambda: at) as node:
        list(check_node(node))
        (found,) = [one for one in check_node(node) if one.subject == subject]
    return found


def test_a_new_federation_works_and_the_last_line_says_so(federation: Path) -> None:
    ran = run("doctor", folder=federation)

    assert 0 == ran.code
    assert "It works." == ran.out.splitlines()[-1]


def test_without_a_folder_the_program_alone_is_looked_at() -> None:
    ran = run("doctor")

    assert 0 == ran.code
    assert "--folder or TOCSIN_HOME" in ran.out
    assert "It works: 1 care." == ran.out.splitlines()[-1]


def test_a_folder_that_is_none_is_a_finding_and_no_error(tmp_path: Path) -> None:
    ran = run("doctor", folder=tmp_path)

    assert 3 == ran.code
    assert "Something does NOT work: 1 bad." == ran.out.splitlines()[-1]
    # The table wraps where the folder's name is long, so its sentence is looked for in the document.
    assert "is no federation's folder" in run("doctor", "--json", folder=tmp_path).out


def test_a_missing_bus_is_said_once_and_the_rest_is_still_looked_at(federation: Path) -> None:
    run("doctor", folder=federation)
    (federation / "bus.sqlite").unlink()
    found = checks_of(federation)

    assert [(Level.BAD, "bus")] == [(one.level, one.subject) for one in found]
    assert "Bring the file back" in found[0].remedy


def test_a_key_file_that_is_not_there(federation: Path) -> None:
    (federation / "nodes" / "NL" / "keys" / "node.pem").unlink()
    found = the_check(federation, "NL signing key")

    assert Level.BAD is found.level
    assert "tocsin directory rotate --as NL" in found.remedy


def test_an_administrators_key_that_is_not_there_is_nothing_that_rotating_mends(federation: Path) -> None:
    (federation / "nodes" / "NL" / "keys" / "admin.pem").unlink()
    found = the_check(federation, "NL administrator key")

    assert Level.BAD is found.level
    assert "rotate" not in found.remedy
    assert "ask the hub" in found.remedy


def test_the_key_of_somebody_else(federation: Path) -> None:
    keys = federation / "nodes" / "NL" / "keys"
    shutil.copyfile(federation / "hub" / "keys" / "root-1.pem", keys / "node.pem")
    found = the_check(federation, "NL signing key")

    assert Level.BAD is found.level
    assert "belongs to X-HUB/~root and not to NL/~1" in found.says


def test_a_key_that_is_in_no_directory(federation: Path, tmp_path: Path) -> None:
    run("directory", "request", "NL/~1", tmp_path / "new.pem", tmp_path / "request.json")
    (tmp_path / "new.pem").replace(federation / "nodes" / "NL" / "keys" / "node.pem")
    found = the_check(federation, "NL signing key")

    assert (Level.BAD, True) == (found.level, "is not in the directory" in found.says)


def test_a_revoked_key(federation: Path) -> None:
    keys = run("directory", "show", "--json", folder=federation).document()["keys"]
    (key,) = [one["id"] for one in keys if (one["owner"], one["use"]) == ("NL/~1", "sign")]
    run("directory", "revoke", key, "--as", "NL", folder=federation)
    found = the_check(federation, "NL signing key")

    assert Level.BAD is found.level
    assert "was revoked on" in found.says
    assert "Make a new one: tocsin directory rotate --as NL." == found.remedy


def test_a_key_that_ends_soon_is_said_two_months_before(federation: Path) -> None:
    run("doctor", folder=federation)

    assert Level.GOOD is later(federation, 600, "NL signing key").level
    found = later(federation, 700, "NL signing key")
    assert (Level.CARE, True) == (found.level, "valid for 29 days more" in found.says)
    assert "Before then, make a new one: tocsin directory rotate --as NL." == found.remedy


def test_a_key_that_has_ended(federation: Path) -> None:
    run("doctor", folder=federation)
    found = later(federation, 800, "NL signing key")

    assert (Level.BAD, True) == (found.level, "not valid any more" in found.says)


def test_a_key_that_is_not_valid_yet_is_the_clocks_fault(federation: Path) -> None:
    run("doctor", folder=federation)
    found = later(federation, -2, "NL signing key")

    assert (Level.BAD, True) == (found.level, "not valid before" in found.says)
    assert "clock" in found.remedy


def test_a_directory_in_which_nothing_was_signed_for_long(federation: Path) -> None:
    run("doctor", folder=federation)
    found = later(federation, 30, "NL directory")

    assert (Level.CARE, True) == (found.level, "nothing signed has been seen since" in found.says)
    assert "tocsin heads" in found.remedy


def test_a_node_that_publishes_nothing_because_it_heard_nobody_is_not_said_to_be_well(
    federation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "tocsin.cli.heads.open_node", lambda *given: open_node(*given, clock=lambda: now() + timedelta(days=30))
    )
    monkeypatch.setattr(
        "tocsin.cli.receive.open_node", lambda *given: open_node(*given, clock=lambda: now() + timedelta(days=30))
    )
    run("heads", "--as", "NL", folder=federation)
    run("receive", "--as", "NL/customs", folder=federation)
    found = later(federation, 30, "NL directory")

    assert (Level.CARE, True) == (found.level, "Nothing is published" in found.says)


def test_a_root_digest_of_another_network(federation: Path) -> None:
    file = federation / "federation.toml"
    lines = file.read_text("utf-8").splitlines()
    file.write_text("\n".join('root_digest = "' + "ab" * 32 + '"' if "root_digest" in one else one for one in lines))
    found = checks_of(federation)

    assert {"bus", "NL directory"} <= {one.subject for one in found if one.level is Level.BAD}
    assert any("root_digest" in one.remedy for one in found)


def test_a_database_of_a_newer_version(federation: Path) -> None:
    run("doctor", folder=federation)
    database = sqlite3.connect(federation / "nodes" / "NL" / "node.sqlite")
    with database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    found = the_check(federation, "NL node")

    assert (Level.BAD, True) == (found.level, "9999" in found.says)
    assert "a newer version made it: use that one" in found.remedy


def test_drafts_that_wait_for_the_bus(federation: Path, tmp_path: Path) -> None:
    run("doctor", folder=federation)
    bus, away = federation / "bus.sqlite", tmp_path / "away.sqlite"
    bus.rename(away)
    run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation)
    away.rename(bus)
    found = the_check(federation, "NL outbox")

    assert "not sent yet: 1 draft, 0 signed messages" == found.says
    assert "same file again" in found.remedy


def test_what_was_not_admitted_is_counted_by_its_code(federation: Path, tmp_path: Path) -> None:
    run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation)
    keys = run("directory", "show", "--json", folder=federation).document()["keys"]
    (key,) = [one["id"] for one in keys if (one["owner"], one["use"]) == ("NL/~1", "sign")]
    run("directory", "revoke", key, "--as", "NL", folder=federation)
    run("receive", "--as", "BE/police", folder=federation)
    found = the_check(federation, "BE quarantine")

    # The report, the RELEASE before it and the HEADS of the node after it.
    assert (Level.CARE, "not admitted, and not shown to anybody: 3 messages, key-revoked") == (found.level, found.says)


def test_an_open_finding_of_a_node(federation: Path, tmp_path: Path) -> None:
    run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation)
    run("receive", "--as", "BE/police", folder=federation)
    for row in (FOLLOWS, FOLLOWS.replace("NL-7", "NL-8").replace("1000", "7")):
        assert 0 == run("publish", a_file(tmp_path, row), "--as", "NL/customs", folder=federation).code
    bus = sqlite3.connect(federation / "bus.sqlite")
    with bus:
        bus.execute("DELETE FROM message WHERE id = (SELECT id FROM message ORDER BY id DESC LIMIT 1 OFFSET 1)")
    bus.close()
    run("receive", "--as", "BE/police", folder=federation)
    found = [one for one in checks_of(federation) if one.subject == "BE finding"]

    assert [True] == ["gap" in one.says for one in found]


def test_a_house_table_with_a_mistake(federation: Path) -> None:
    node = federation / "nodes" / "NL"
    (node / "house.json").write_text("{", "utf-8")
    settings = node / "node.toml"
    settings.write_text(settings.read_text("utf-8") + 'house = "house.json"\n', "utf-8")
    found = the_check(federation, "NL policy")

    assert (Level.BAD, True) == (found.level, "NL/house.json" in found.says)


def test_an_authority_without_a_marking_profile(federation: Path) -> None:
    (federation / "nodes" / "NL" / "profiles.toml").write_text("", "utf-8")
    found = the_check(federation, "NL policy")

    assert (Level.CARE, True) == (found.level, "NL/customs" in found.says)


@pytest.mark.parametrize("seconds", [0.0, 1.0])
def test_a_slow_disk_is_said_and_a_fast_one_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    times = iter([0.0, 5 * seconds])
    monkeypatch.setattr(machine, "time", SimpleNamespace(perf_counter=lambda: next(times)))  # others look at it too
    monkeypatch.setattr(machine, "_SLOW_SECONDS", SLOW_SECONDS)
    (found,) = check_disk(tmp_path)

    assert (Level.CARE if seconds else Level.GOOD) is found.level
    assert f"{seconds * 1000:.1f} ms" in found.says


def test_a_disk_that_cannot_be_written_to(tmp_path: Path) -> None:
    (found,) = check_disk(tmp_path / "none")

    assert (Level.BAD, True) == (found.level, "nothing can be written" in found.says)


def test_a_clock_before_the_newest_message() -> None:
    at = now()

    assert [Level.BAD] == [one.level for one in check_clock(at, at + timedelta(days=1))]
    assert [Level.GOOD] == [one.level for one in check_clock(at, at + timedelta(seconds=1))]


@pytest.mark.parametrize("code", ["bus-behind", "retention-passed", "corrupt-batch"])
def test_what_the_bus_cannot_give_comes_with_what_to_do(federation: Path, code: str) -> None:
    with open_node(open_folder(federation), Participant("NL")) as node, writing(node.engine) as connection:
        Findings(connection).report(code, "exercise.msg.BE", "cannot be had", now())
    check = the_check(federation, "NL finding")

    assert "cannot be had" in check.says
    assert "audit" not in check.remedy


def test_a_key_store_of_another_version_is_a_finding_and_the_rest_is_still_looked_at(federation: Path) -> None:
    run("receive", "--as", "NL/customs", folder=federation)
    store = sqlite3.connect(federation / "nodes" / "NL" / "keys" / "sections.sqlite", isolation_level=None)
    store.execute("PRAGMA user_version=0")
    store.execute("ALTER TABLE section_key DROP COLUMN destroyed")
    store.close()
    found = the_check(federation, "NL key store")

    assert (Level.BAD, True) == (found.level, "another version" in found.says)
    assert "move it away" in found.remedy
    looked_at = run("doctor", "--json", folder=federation).document(list[Check])
    assert {"NL outbox", "BE key store"} <= {one.subject for one in looked_at}
    refused = run("receive", "--as", "NL/customs", folder=federation)
    assert (3, True) == (refused.code, "another version" in refused.err)
