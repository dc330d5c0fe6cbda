"""The keys that a node opens with, by commands: shown, made where they lack, rotated, enrolled from afar, destroyed."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.types.names import Participant
from tests.cli.commands import SEIZURE, a_file, run
from tocsin.cli import keys as keys_command
from tocsin.doctor.check import Check, Level
from tocsin.doctor.nodes import check_node
from tocsin.folder import open_folder
from tocsin.installation import Node, now, open_node

SEALING, STORE = "NL sealing key", "NL key store"


def shown(federation: Path, *, participant: str = "NL") -> dict[str, Any]:
    document: dict[str, Any] = run("keys", "show", "--as", participant, "--json", folder=federation).document()
    return document


def stages(federation: Path) -> list[str]:
    return [one["stage"] for one in shown(federation)["sealing_keys"]]


def keys_of(federation: Path) -> Path:
    return federation / "nodes" / "NL" / "keys"


def private_halves(federation: Path) -> list[Path]:
    return sorted((keys_of(federation) / "sealing").iterdir())


def checks(federation: Path, *, days: int = 0) -> list[Check]:
    """Return what doctor says of NL's node, *days* from now, that is about keys and not good."""
    run("doctor", folder=federation)
    at = now() + timedelta(days=days)
    with open_node(open_folder(federation), Participant("NL"), clock=lambda: at) as node:
        found = [one for one in check_node(node) if one.level is not Level.GOOD]
    return [one for one in found if one.subject in (SEALING, STORE)]


def before_sealing(federation: Path) -> None:
    """Make the folder of NL what it was before nodes had keys to seal and to open."""
    node, keys = federation / "nodes" / "NL", keys_of(federation)
    shutil.rmtree(keys / "sealing")
    for path in (keys / "store.key", *keys.glob("sections.sqlite*")):
        path.unlink(missing_ok=True)
    lines = (node / "node.toml").read_text("utf-8").splitlines(keepends=True)
    (node / "node.toml").write_text("".join(one for one in lines if not one.startswith("store_key")), "utf-8")


def test_a_new_node_has_what_it_opens_with(federation: Path) -> None:
    document = shown(federation)

    assert ["in use"] == stages(federation)
    assert (0, 0) == (document["section_keys"], document["tombstones"])
    assert 0 == run("keys", "show", "--as", "NL", folder=federation).code


def test_a_rotated_key_is_used_by_others_at_once_and_both_open(federation: Path) -> None:
    (old,) = private_halves(federation)
    ran = run("directory", "rotate", "--as", "NL", "--sealing", folder=federation)

    assert (0, True) == (ran.code, "Others seal to a new key" in ran.out)
    assert ["in use", "valid, and a newer one is in use"] == stages(federation)
    assert old in private_halves(federation)
    assert [] == checks(federation)


def test_rotating_to_seal_leaves_the_key_that_signs_as_it_is(federation: Path) -> None:
    before = (federation / "nodes" / "NL" / "node.toml").read_text("utf-8")
    run("directory", "rotate", "--as", "NL", "--sealing", folder=federation)

    assert before == (federation / "nodes" / "NL" / "node.toml").read_text("utf-8")


def test_a_new_participant_has_a_sealing_key_too(federation: Path) -> None:
    assert 0 == run("directory", "add", "participant", "FR=France", folder=federation).code
    assert ["in use"] == [one["stage"] for one in shown(federation, participant="FR")["sealing_keys"]]
    assert 0 == run("doctor", folder=federation).code


def test_nothing_is_made_where_nothing_lacks(federation: Path) -> None:
    ran = run("keys", "new", "--as", "NL", "--json", folder=federation)

    assert {"store_key_made": False, "messages": []} == ran.document()
    assert 1 == len(private_halves(federation))


def test_a_node_from_before_sealing_is_found_and_mended_by_one_command(federation: Path) -> None:
    before_sealing(federation)
    found = checks(federation)
    ran = run("keys", "new", "--as", "NL", "--json", folder=federation)

    assert {(Level.BAD, SEALING), (Level.BAD, STORE)} == {(one.level, one.subject) for one in found}
    assert "tocsin keys new --as NL" in " ".join(one.remedy for one in found)
    assert (True, 1) == (ran.document()["store_key_made"], len(ran.document()["messages"]))
    assert "in use" == stages(federation)[0]


def test_without_the_administrators_key_it_is_said_how_to_ask_for_one(federation: Path, tmp_path: Path) -> None:
    before_sealing(federation)
    settings = federation / "nodes" / "NL" / "node.toml"
    lines = settings.read_text("utf-8").splitlines(keepends=True)
    settings.write_text("".join(one for one in lines if not one.startswith("administrator_key")), "utf-8")
    ran = run("keys", "new", "--as", "NL", folder=federation)

    assert 0 == ran.code
    assert "tocsin directory request NL/~1" in ran.out
    assert "--sealing" in ran.out


def test_a_sealing_key_of_another_machine_is_enrolled_by_its_request(federation: Path, tmp_path: Path) -> None:
    folder, request = tmp_path / "sealing", tmp_path / "request.json"
    folder.mkdir()
    run("directory", "add", "node", "NL/~2", folder=federation)
    made = run("directory", "request", "NL/~2", folder, request, "--sealing", "--json")
    added = run("directory", "add", "key", request, "--as", "NL", folder=federation)
    keys = run("directory", "show", "--json", folder=federation).document()["keys"]
    (key,) = [one for one in keys if one["owner"] == "NL/~2"]

    assert (0, 0) == (made.code, added.code)
    assert (made.document()["key"], "seal") == (key["id"], key["use"])
    assert [f"{key['id']}.pem"] == [path.name for path in folder.iterdir()]
    assert [0o600] == [path.stat().st_mode & 0o777 for path in folder.iterdir()]


def test_a_request_to_seal_for_another_network_proves_nothing(federation: Path, tmp_path: Path) -> None:
    request = tmp_path / "request.json"
    run("directory", "request", "NL/~1", tmp_path / "key.pem", request, "--sealing", "--id", "another")

    assert 6 == run("directory", "add", "key", request, "--as", "NL", folder=federation).code


def test_a_request_to_seal_for_another_participant_is_refused(federation: Path, tmp_path: Path) -> None:
    request = tmp_path / "request.json"
    run("directory", "request", "BE/~1", tmp_path / "key.pem", request, "--sealing")

    assert 6 == run("directory", "add", "key", request, "--as", "NL", folder=federation).code


def test_a_revoked_sealing_key_is_not_sealed_to_and_rotating_mends_it(federation: Path) -> None:
    key = shown(federation)["sealing_keys"][0]["id"]
    ran = run("directory", "revoke", key, "--as", "NL", folder=federation)
    found = checks(federation)
    run("directory", "rotate", "--as", "NL", "--sealing", folder=federation)

    assert "rotate --as NL --sealing" in ran.out
    assert "nothing is sealed to it any more" in ran.out
    assert [Level.BAD] == [one.level for one in found]
    assert ["in use", "revoked, kept to open what was sealed to it"] == stages(federation)
    assert [] == checks(federation)


def test_nothing_is_destroyed_before_its_time(federation: Path) -> None:
    ran = run("keys", "destroy", "--as", "NL", "--json", folder=federation)

    assert (0, {"destroyed": []}) == (ran.code, ran.document())
    assert 1 == len(private_halves(federation))


@pytest.mark.parametrize(("days", "left"), [(119, 1), (121, 0)])
def test_a_private_half_is_destroyed_30_days_after_its_end(
    federation: Path, monkeypatch: pytest.MonkeyPatch, days: int, left: int
) -> None:
    at = now() + timedelta(days=days)
    monkeypatch.setattr(keys_command, "open_node", lambda *given: open_node(*given, clock=lambda: at))
    ran = run("keys", "destroy", "--as", "NL", "--json", folder=federation)

    assert left == len(private_halves(federation))
    assert 1 - left == len(ran.document()["destroyed"])


@pytest.mark.parametrize("command", [("receive", "--as", "NL/police"), ("publish", "--as", "NL/customs")])
def test_publishing_and_receiving_destroy_what_has_ended(
    federation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    run("doctor", folder=federation)
    file = a_file(tmp_path, SEIZURE)
    at = now() + timedelta(days=121)
    monkeypatch.setattr(f"tocsin.cli.{command[0]}.open_node", lambda *given: open_node(*given, clock=lambda: at))
    run(command[0], *((file,) if command[0] == "publish" else ()), *command[1:], folder=federation)

    assert [] == private_halves(federation)


# ── doctor ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("days", "level", "says", "remedy"),
    [
        (75, None, "", ""),
        (77, Level.CARE, "days more, until", "Before then: tocsin directory rotate --as NL --sealing"),
        (91, Level.BAD, "none is valid any more", "tocsin directory rotate --as NL --sealing"),
        (-2, Level.BAD, "none is valid yet", "clock"),
    ],
)
def test_doctor_says_when_a_sealing_key_ends(
    federation: Path, days: int, level: Level | None, says: str, remedy: str
) -> None:
    found = checks(federation, days=days)

    assert ([] if level is None else [level]) == [one.level for one in found]
    assert all(says in one.says and remedy in one.remedy for one in found)


def test_doctor_finds_a_private_half_that_should_have_been_destroyed(federation: Path) -> None:
    found = {one.remedy for one in checks(federation, days=121)}

    assert "tocsin keys destroy --as NL" in found


def test_doctor_finds_a_private_half_that_is_not_here(federation: Path) -> None:
    private_halves(federation)[0].unlink()
    (found,) = checks(federation)

    assert (Level.BAD, True) == (found.level, "what is sealed to it stays shut" in found.says)
    assert "--sealing" in found.remedy


def test_doctor_finds_a_private_half_that_nobody_enrolled(federation: Path, tmp_path: Path) -> None:
    folder = keys_of(federation) / "sealing"
    run("directory", "request", "NL/~1", folder, tmp_path / "request.json", "--sealing")
    (found,) = checks(federation)

    assert (Level.CARE, True) == (found.level, "does not have for this node" in found.says)


def test_doctor_finds_a_private_half_that_cannot_be_read(federation: Path) -> None:
    private_halves(federation)[0].write_text("no key", "utf-8")
    found = checks(federation)

    assert (Level.BAD, True) == (found[0].level, "PEM" in found[0].says)


@pytest.mark.parametrize("name", ["store.key", "sealing"])
def test_doctor_finds_keys_that_others_may_read(federation: Path, name: str) -> None:
    path = keys_of(federation) / name
    (private_halves(federation)[0] if path.is_dir() else path).chmod(0o644)
    (found,) = checks(federation)

    assert (Level.BAD, True) == (found.level, "chmod 600" in found.remedy)


def test_doctor_finds_a_store_key_that_is_gone(federation: Path) -> None:
    shown(federation)
    (keys_of(federation) / "store.key").unlink()
    (found,) = checks(federation)
    refused = run("keys", "new", "--as", "NL", folder=federation)

    assert (Level.BAD, True) == (found.level, "is gone" in found.says)
    assert "move sections.sqlite away" in found.remedy
    assert (3, True) == (refused.code, "move sections.sqlite away" in refused.err)


@pytest.mark.parametrize(("text", "says"), [("ab" * 32, "another store key"), ("no key", "hexadecimal")])
def test_doctor_finds_a_store_key_that_is_not_this_stores(federation: Path, text: str, says: str) -> None:
    shown(federation)
    (keys_of(federation) / "store.key").write_text(text, "utf-8")
    (found,) = checks(federation)

    assert (Level.BAD, True) == (found.level, says in found.says)
    assert found.remedy


def test_doctor_finds_a_key_store_that_is_no_database(federation: Path) -> None:
    (keys_of(federation) / "sections.sqlite").write_bytes(b"no database, and long enough to be read as one " * 100)
    (found,) = checks(federation)

    assert (Level.BAD, True) == (found.level, "sections.sqlite" in found.says)


def test_a_store_key_in_a_variable_opens_the_store(federation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = keys_of(federation) / "store.key"
    monkeypatch.setenv("NL_STORE_KEY", file.read_text("utf-8"))
    shown(federation)
    settings = federation / "nodes" / "NL" / "node.toml"
    settings.write_text(settings.read_text("utf-8").replace("file:keys/store.key", "env:NL_STORE_KEY"), "utf-8")
    file.unlink()

    assert [] == checks(federation)
    assert "***" in run("config", "show", folder=federation).out


def test_the_key_store_is_closed_with_its_node(federation: Path) -> None:
    def opened(node: Node) -> bool:
        return (node.own_folder.keys / "sections.sqlite-wal").exists()

    with open_node(open_folder(federation), Participant("NL")) as node:
        node.section_keys.put([bytes(32)], owner=Participant("NL"))
        assert opened(node)
    assert not opened(node)
