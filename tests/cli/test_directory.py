"""What an administrator adds to the directory."""

from pathlib import Path
from typing import Any

import pytest

from broker.policy.builtin import open_national_table
from broker.policy.table import format_table
from tests.cli.commands import SEIZURE, STOPPED, a_file, run
from tocsin.publishing import Publication


def shown(federation: Path) -> dict[str, Any]:
    document: dict[str, Any] = run("directory", "show", "--json", folder=federation).document()
    return document


def test_a_new_authority_may_publish_at_once(federation: Path, tmp_path: Path) -> None:
    added = run("directory", "add", "authority", "NL/fusion", "--sector", "police", folder=federation)
    ran = run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/fusion", "--json", folder=federation)

    assert (0, 0) == (added.code, ran.code)
    assert ["NL/fusion/1000#1"] == [one.message for one in ran.document(Publication).published]
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

    assert ["NL/customs/1000#1"] == [one.message for one in ran.document(Publication).published]
    assert run("audit", "check", folder=federation).code == 0


def test_a_revoked_key_signs_nothing_any_more(federation: Path, tmp_path: Path) -> None:
    keys = run("directory", "show", "--json", folder=federation).document()["keys"]
    (key,) = [one["id"] for one in keys if one["owner"] == "NL/~1"]
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
