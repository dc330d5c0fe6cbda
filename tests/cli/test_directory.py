"""What an administrator adds to the directory, and what it means for those who publish and read."""

import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from broker.policy.builtin import open_national_table
from broker.policy.table import format_table
from tests.cli.commands import SEIZURE, STOPPED, a_file, finish, following, run
from tocsin.publishing import Publication
from tocsin.showing.items import ItemDocument

REPORT = "NL/customs/1#2"
"""What was published first: the message before it releases its keys."""


def shown(federation: Path) -> dict[str, Any]:
    document: dict[str, Any] = run("directory", "show", "--json", folder=federation).document()
    return document


def test_a_new_authority_may_publish_at_once(federation: Path, tmp_path: Path) -> None:
    added = run("directory", "add", "authority", "NL/fusion", "--sector", "police", folder=federation)
    ran = run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/fusion", "--json", folder=federation)

    assert (0, 0) == (added.code, ran.code)
    assert ["NL/fusion/1000#2"] == [one.message for one in ran.document(Publication).published]
    assert run("audit", "check", folder=federation).code == 0


def test_a_new_participant_takes_part(federation: Path, tmp_path: Path) -> None:
    assert run("directory", "add", "participant", "FR=France", folder=federation).code == 0
    row = SEIZURE.replace("NL,", "FR,").replace("NL-1", "FR-1")
    assert run("publish", a_file(tmp_path, row), "--as", "FR/customs", folder=federation).code == 0
    assert run("directory", "add", "participant", "FR=France", folder=federation).code == 4


def test_after_a_rotation_the_new_key_writes_a_stream_of_its_own(federation: Path, tmp_path: Path) -> None:
    run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation)
    assert run("directory", "rotate", "--as", "NL", folder=federation).code == 0
    ran = run("publish", a_file(tmp_path, STOPPED), "--as", "NL/customs", "--json", folder=federation)

    assert ["NL/customs/1000#2"] == [one.message for one in ran.document(Publication).published]
    assert run("audit", "check", folder=federation).code == 0


def test_a_revoked_key_signs_nothing_any_more(federation: Path, tmp_path: Path) -> None:
    keys = run("directory", "show", "--json", folder=federation).document()["keys"]
    (key,) = [one["id"] for one in keys if (one["owner"], one["use"]) == ("NL/~1", "sign")]
    assert run("directory", "revoke", key, "--as", "NL", folder=federation).code == 0
    refused = run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation)

    assert refused.code == 6
    assert "revoked" in refused.err


def test_a_key_of_another_machine_is_enrolled_by_its_request(federation: Path, tmp_path: Path) -> None:
    request = tmp_path / "request.json"
    made = run("directory", "request", "NL/~2", tmp_path / "node-2.pem", request)
    run("directory", "add", "node", "NL/~2", folder=federation)
    added = run("directory", "add", "key", request, "--as", "NL", folder=federation)

    assert (0, 0) == (made.code, added.code)
    assert (tmp_path / "node-2.pem").stat().st_mode & 0o777 == 0o600
    assert "NL/~2" in {one["owner"] for one in shown(federation)["keys"]}


def test_a_request_for_another_network_proves_nothing(federation: Path, tmp_path: Path) -> None:
    request = tmp_path / "request.json"
    run("directory", "request", "NL/~2", tmp_path / "node-2.pem", request, "--id", "another")
    run("directory", "add", "node", "NL/~2", folder=federation)

    assert run("directory", "add", "key", request, "--as", "NL", folder=federation).code == 6


def test_conditions_are_published_for_everybody(federation: Path, tmp_path: Path) -> None:
    table = tmp_path / "conditions.json"
    table.write_text(format_table(open_national_table("NL")), "utf-8")
    assert run("directory", "add", "conditions", table, "--as", "NL", folder=federation).code == 0
    participants = {one["code"]: one for one in shown(federation)["participants"]}

    assert participants["NL"]["conditions"]
    assert not participants["BE"]["conditions"]


@pytest.mark.parametrize("file", ["hub/keys/root-1.pem", "nodes/NL/keys/node.pem", "nodes/NL/keys/admin.pem"])
def test_private_keys_are_for_their_owner_only(federation: Path, file: str) -> None:
    assert (federation / file).stat().st_mode & 0o777 == 0o600


def test_doctor_finds_a_key_that_others_may_read(federation: Path) -> None:
    assert run("doctor", folder=federation).code == 0
    (federation / "nodes" / "NL" / "keys" / "node.pem").chmod(0o644)
    ran = run("doctor", folder=federation)

    assert ran.code == 3
    assert "chmod 600" in ran.out


def key_of(federation: Path, owner: str) -> str:
    """Return the newest key of *owner* that was not revoked and does not seal."""
    mine = (one for one in shown(federation)["keys"] if one["owner"] == owner)
    keys = [one for one in mine if one["use"] != "seal" and not one["revoked"]]
    newest: str = max(keys, key=lambda one: one["valid_to"])["id"]
    return newest


def inbox_of(federation: Path, authority: str) -> list[ItemDocument]:
    items: list[ItemDocument] = run("inbox", "--as", authority, "--json", folder=federation).document(
        list[ItemDocument]
    )
    return items


def test_the_directory_in_words_says_how_each_key_stands(federation: Path) -> None:
    key = key_of(federation, "NL/~1")
    before = run("directory", "show", folder=federation).out
    run("directory", "revoke", key, "--as", "NL", "--reason", "superseded", folder=federation)
    after = run("directory", "show", folder=federation).out

    assert f"key {key} of NL/~1, to sign: valid until" in before
    assert f"key {key} of NL/~1, to sign: REVOKED on " in after
    assert "(superseded)" in after


def test_a_reader_believes_both_keys_after_a_rotation(federation: Path, tmp_path: Path) -> None:
    run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation)
    run("directory", "rotate", "--as", "NL", folder=federation)
    second = SEIZURE.replace("NL-1", "NL-5").replace("1000", "5")
    run("publish", a_file(tmp_path, second, name="second.csv"), "--as", "NL/customs", folder=federation)
    assert 0 == run("receive", "--as", "BE/police", folder=federation).code

    assert ["NL/customs/1#2", "NL/customs/1000#2"] == [one.message for one in inbox_of(federation, "BE/police")]
    assert {"received"} == {one.assurance for one in inbox_of(federation, "BE/police")}


def test_after_a_revocation_new_readers_refuse_and_old_ones_are_warned(federation: Path, tmp_path: Path) -> None:
    run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation)
    run("receive", "--as", "BE/police", folder=federation)
    run("directory", "revoke", key_of(federation, "NL/~1"), "--as", "NL", folder=federation)
    late, early = (run("receive", "--as", name, folder=federation) for name in ("NL/police", "BE/police"))
    audit = run("audit", "check", "--json", folder=federation)

    assert (0, 0) == (late.code, early.code)
    assert "3 could not be admitted" in late.out  # the report, its RELEASE and the HEADS of the node
    assert [] == inbox_of(federation, "NL/police")
    assert ["revoked"] == [one.assurance for one in inbox_of(federation, "BE/police")]
    assert (1, {"key-revoked"}) == (audit.code, {one["code"] for one in audit.document()["findings"]})


@pytest.mark.parametrize("command", [("list",), ("show", REPORT), ("explain", REPORT)])
def test_what_a_revoked_key_signed_is_never_shown_without_a_warning(
    federation: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation)
    run("receive", "--as", "BE/police", folder=federation)
    before = run("inbox", *command, "--as", "BE/police", folder=federation).out
    run("directory", "revoke", key_of(federation, "NL/~1"), "--as", "NL", folder=federation)
    run("receive", "--as", "BE/police", folder=federation)

    assert "DO NOT USE" not in before
    assert "DO NOT USE" in run("inbox", *command, "--as", "BE/police", folder=federation).out


def test_a_node_whose_key_was_revoked_goes_on_with_a_new_one(federation: Path, tmp_path: Path) -> None:
    run("directory", "revoke", key_of(federation, "NL/~1"), "--as", "NL", folder=federation)
    file = a_file(tmp_path, SEIZURE)
    refused = run("publish", file, "--as", "NL/customs", "--json", folder=federation)
    run("directory", "rotate", "--as", "NL", folder=federation)
    again = run("publish", file, "--as", "NL/customs", "--json", folder=federation)

    assert (6, 0) == (refused.code, again.code)
    assert [None] == [one.message for one in refused.document(Publication).published]
    assert "NOT SENT yet. Nothing is lost" in refused.err
    assert "tocsin directory rotate --as NL" in refused.err
    assert ["NL/customs/1000#2"] == [one.message for one in again.document(Publication).already]


def test_a_key_is_revoked_once(federation: Path) -> None:
    key = key_of(federation, "NL/~1")
    run("directory", "revoke", key[:12], "--as", "NL", folder=federation)
    again = run("directory", "revoke", key, "--as", "NL", folder=federation)

    assert (4, True) == (again.code, "was revoked before" in again.err)


@pytest.mark.parametrize("beginning", ["", "zz"])
def test_a_key_that_is_not_exactly_one_is_not_revoked(federation: Path, beginning: str) -> None:
    ran = run("directory", "revoke", beginning, "--as", "NL", folder=federation)

    assert (3, True) == (ran.code, f"{key_of(federation, 'NL/~1')[:12]} of NL/~1" in ran.err)


def test_an_administrators_key_is_not_revoked_by_a_slip(federation: Path) -> None:
    before = shown(federation)["state"]
    ran = run("directory", "revoke", key_of(federation, "DE/~admin"), "--as", "DE", folder=federation)

    assert 2 == ran.code
    assert "takes back all that it entered: 7 entries" in " ".join(ran.err.replace("│", " ").split())
    assert before == shown(federation)["state"]


def test_with_an_administrators_key_goes_all_that_it_entered(federation: Path) -> None:
    key = key_of(federation, "DE/~admin")
    ran = run("directory", "revoke", key, "--as", "DE", "--administrator", folder=federation)
    participants = {one["code"]: one for one in shown(federation)["participants"]}

    assert 0 == ran.code
    assert "rotate" not in ran.out
    assert [] == participants["DE"]["authorities"]


def test_nodes_that_already_run_receive_from_a_new_participant(federation: Path, tmp_path: Path) -> None:
    with following("NL/police", federation) as follower:
        assert follower.stdout is not None
        assert follower.stderr is not None
        assert any("following" in line for line in follower.stderr)  # what it logged on the way comes before
        run("directory", "add", "participant", "FR=France", folder=federation)
        row = SEIZURE.replace("NL,", "FR,").replace("NL-1", "FR-1").replace(",BE,", ",NL,")
        published = run("publish", a_file(tmp_path, row), "--as", "FR/customs", folder=federation)
        line = json.loads(follower.stdout.readline())
        follower.send_signal(signal.SIGINT)
        ended = finish(follower)

    assert 0 == published.code
    assert {"alert": "FR/customs/1#2", "tlp": "AMBER", "status": "exercise"} == line
    assert 130 == ended.code


def test_a_second_machine_publishes_without_the_administrators_key(federation: Path, tmp_path: Path) -> None:
    machine = tmp_path / "machine"
    (machine / "nodes" / "NL").mkdir(parents=True)
    request, to_seal, keys = tmp_path / "request.json", tmp_path / "to-seal.json", machine / "nodes" / "NL" / "keys"
    assert 0 == run("directory", "request", "NL/~2", keys / "node.pem", request).code
    assert 0 == run("directory", "request", "NL/~2", keys / "sealing" / "first.pem", to_seal, "--sealing").code
    for arguments in (
        ("node", "NL/~2"),
        ("authority", "NL/lab", "--sector", "laboratory", "--node", "NL/~2"),
        ("key", request, "--as", "NL"),
        ("key", to_seal, "--as", "NL"),
    ):
        assert 0 == run("directory", "add", *arguments, folder=federation).code
    (machine / "bus.sqlite").symlink_to(federation / "bus.sqlite")
    shutil.copyfile(federation / "federation.toml", machine / "federation.toml")
    profiles = (federation / "nodes" / "NL" / "profiles.toml").read_text("utf-8")
    (machine / "nodes" / "NL" / "profiles.toml").write_text(profiles.replace("NL/customs", "NL/lab"), "utf-8")
    (machine / "nodes" / "NL" / "node.toml").write_text('node = "NL/~2"\n', "utf-8")
    assert 0 == run("keys", "new", "--as", "NL", folder=machine).code
    ran = run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/lab", "--json", folder=machine)
    run("receive", "--as", "BE/police", folder=federation)

    assert 0 == ran.code, ran.err
    (name,) = [one.message for one in ran.document(Publication).published]
    assert [name] == [one.message for one in inbox_of(federation, "BE/police")]
    assert 3 == run("directory", "add", "node", "NL/~3", folder=machine).code


def test_an_authority_of_a_node_elsewhere_leaves_the_key_here_as_it_is(federation: Path) -> None:
    key = key_of(federation, "NL/~1")
    run("directory", "add", "node", "NL/~2", folder=federation)
    ran = run("directory", "add", "authority", "NL/lab", "--sector", "laboratory", "--node", "NL/~2", folder=federation)

    assert (key, True) == (key_of(federation, "NL/~1"), "tocsin directory request NL/~2" in ran.out)


def test_nothing_is_said_where_the_new_key_could_not_be_set(federation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = shown(federation)["state"]
    monkeypatch.setenv("TOCSIN_SIGNING_KEY", "env:NODE_KEY")
    ran = run("directory", "add", "authority", "NL/lab", "--sector", "laboratory", folder=federation)
    rotated = run("directory", "rotate", "--as", "NL", folder=federation)

    assert (3, 3) == (ran.code, rotated.code)
    assert before == shown(federation)["state"]


def test_an_authority_may_have_a_telephone_roles_and_purposes_of_its_own(federation: Path) -> None:
    ran = run(
        "directory", "add", "authority", "NL/lab", "--sector", "laboratory", "--role", "subscriber",
        "--purpose", "training", "--telephone", "+31 1", "--parent", "NL/police", folder=federation,
    )  # fmt: skip
    (nl,) = [one for one in shown(federation)["participants"] if one["code"] == "NL"]
    (lab,) = [one for one in nl["authorities"] if one["authority"] == "NL/lab"]

    assert (0, ["subscriber"], ["training"]) == (ran.code, lab["roles"], lab["purposes"])
    assert "+31 1" in run("directory", "show", folder=federation).out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("authority", "NL/lab", "--sector", "laboratry"), 2),
        (("authority", "NL", "--sector", "police"), 4),
        (("authority", "XX/lab", "--sector", "police"), 3),
        (("authority", "NL/lab", "--sector", "police", "--node", "NL/lab"), 4),
        (("node", "NL/lab"), 4),
        (("key", "none.json", "--as", "NL"), 3),
        (("participant", "Netherlands"), 4),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else str(one),
)
def test_a_mistake_adds_nothing(federation: Path, arguments: tuple[str, ...], code: int) -> None:
    before = shown(federation)["state"]

    assert code == run("directory", "add", *arguments, folder=federation).code
    assert before == shown(federation)["state"]


def test_a_request_that_is_none(federation: Path, tmp_path: Path) -> None:
    request = tmp_path / "request.json"
    request.write_text('{"node": "NL/~1"}', "utf-8")

    assert 4 == run("directory", "add", "key", request, "--as", "NL", folder=federation).code


def conditions(folder: Path, **changes: Any) -> Path:
    """Return a file with conditions of NL: no health authority sees anything."""
    rules = [
        {"id": "no-health", "effect": "never", "says": "NL keeps this from health.", "when": {"sector": ["health"]}},
        {"id": "else", "effect": "permit", "says": "NL says nothing about others.", "when": {}},
    ]
    table = {"name": "strict", "layer": "national", "version": 1, "author": "NL", "rules": rules} | changes
    path = folder / "strict.json"
    path.write_text(json.dumps(table), "utf-8")
    return path


def test_conditions_bind_the_nodes_of_others(federation: Path, tmp_path: Path) -> None:
    run("receive", "--as", "BE/police", folder=federation)
    added = run("directory", "add", "conditions", conditions(tmp_path), "--as", "NL", folder=federation)
    dry = run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", "--dry-run", folder=federation)
    run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation)
    run("receive", "--as", "BE/police", folder=federation)

    assert (0, 0) == (added.code, dry.code)
    assert [REPORT] == [one.message for one in inbox_of(federation, "BE/police")]
    assert [] == inbox_of(federation, "BE/health")
    assert 0 == run("audit", "check", folder=federation).code


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"layer": "house"}, "house table; expected a national table"),
        ({"author": "BE"}, "'BE' as its author"),
        ({"rules": [{"id": "x", "effect": "nevr", "says": "x", "when": {}}]}, "never"),
        ({"rules": [{"id": "x", "effect": "never", "says": "x", "when": {}}]}, "permits nothing to anybody"),
        ({"rulez": []}, "rulez"),
    ],
    ids=["layer", "author", "effect", "closes everything", "member"],
)
def test_conditions_with_a_mistake_are_refused_before_they_are_sent(
    federation: Path, tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    before = shown(federation)["state"]
    ran = run("directory", "add", "conditions", conditions(tmp_path, **changes), "--as", "NL", folder=federation)

    assert (3, True) == (ran.code, says in ran.err), ran.err
    assert before == shown(federation)["state"]


def test_a_participant_that_could_not_be_entered_leaves_nothing_behind(federation: Path, tmp_path: Path) -> None:
    key, away = federation / "hub" / "keys" / "admin.pem", tmp_path / "admin.pem"
    key.rename(away)
    refused = run("directory", "add", "participant", "FR=France", folder=federation)
    left = (federation / "nodes" / "FR").exists()
    away.rename(key)

    assert (3, False) == (refused.code, left)
    assert 0 == run("directory", "add", "participant", "FR=France", folder=federation).code
    assert 0 == run("doctor", folder=federation).code
