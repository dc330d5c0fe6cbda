"""``tocsin kafka`` as far as it goes without a cluster; with one: tests/kafka."""

from pathlib import Path
from time import monotonic

import pytest
from msgspec.structs import replace

from broker.bus.kafka.connection import Connection, Pace
from tests.cli.commands import run
from tocsin.cli.kafka import _say_findings
from tocsin.cli.output import Output
from tocsin.cluster.admin import ClusterAdmin
from tocsin.cluster.certificates import read_certificate
from tocsin.cluster.finding import Finding

LIBRARY_SECONDS = 240.0
AT = ("--bootstrap", "kafka://127.0.0.1:9093")


def test_an_exercises_certificates_are_made_and_renewed(tmp_path: Path) -> None:
    target = tmp_path / "certificates"
    made = run("kafka", "certificates", "new", target, "-p", "NL", "--broker", "kafka-1", "--json")
    assert (0, ["kafka-1", "admin", "NL", "X-HUB"]) == (made.code, made.document()["issued"])
    file = target / "identities" / "NL" / "certificate.pem"
    before = read_certificate(file.read_bytes())
    assert 0 == run("kafka", "certificates", "issue", target, "NL", "--days", 9).code
    assert read_certificate(file.read_bytes()).not_after < before.not_after


def test_a_federation_says_for_whom(federation: Path, tmp_path: Path) -> None:
    made = run("kafka", "certificates", "new", tmp_path / "made", "--json", folder=federation)
    assert ["localhost", "admin", "BE", "DE", "NL", "X-HUB"] == made.document()["issued"]


def test_a_folder_in_use_is_refused_and_a_name_that_is_nobodys(tmp_path: Path) -> None:
    assert 0 == run("kafka", "certificates", "new", tmp_path / "made", "-p", "NL").code
    assert 4 == run("kafka", "certificates", "new", tmp_path / "made", "-p", "BE").code
    assert 4 == run("kafka", "certificates", "issue", tmp_path / "made", "nobody").code
    assert 3 == run("kafka", "certificates", "issue", tmp_path, "NL").code


def test_it_has_to_be_said_which_network_and_which_cluster(federation: Path) -> None:
    for command in ("provision", "check"):
        assert 3 == run("kafka", command, "-p", "NL", *AT).code
        assert 3 == run("kafka", command, "--id", "exercise", "-p", "NL").code
        assert 3 == run("kafka", command, folder=federation).code


def test_nothing_is_administered_in_the_clear_without_saying_so() -> None:
    ran = run("kafka", "provision", "--id", "exercise", "-p", "NL", *AT)
    assert 3 == ran.code
    assert "--identity" in ran.err


def test_an_identity_that_is_not_there_is_said(tmp_path: Path) -> None:
    ran = run("kafka", "provision", "--id", "exercise", "-p", "NL", *AT, "--identity", tmp_path)
    assert 3 == ran.code
    assert "ca.pem" in ran.err


def test_somebody_has_to_take_part() -> None:
    ran = run("kafka", "provision", "--id", "exercise", *AT, "--allow-plaintext")
    assert 3 == ran.code
    assert "--participant" in ran.err


def test_a_cluster_that_is_not_there_is_said_at_once_and_by_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def patient(connection: Connection) -> ClusterAdmin:
        return ClusterAdmin(replace(connection, pace=Pace(call=LIBRARY_SECONDS)))

    monkeypatch.setattr("tocsin.cluster.admin.ClusterAdmin", patient)
    run("kafka", "certificates", "new", tmp_path / "made", "-p", "NL")
    nobody = ("--bootstrap", "kafka://127.0.0.1:9")
    begun = monotonic()
    ran = run("kafka", "check", "--id", "exercise", "-p", "NL", *nobody, "--identity", tmp_path / "made" / "admin")

    assert 7 == ran.code
    assert "nothing listens at 127.0.0.1:9" in ran.err
    assert monotonic() - begun < LIBRARY_SECONDS / 2, "the library itself tries to the end"


def test_a_file_of_an_identity_that_is_missing_is_named(tmp_path: Path) -> None:
    run("kafka", "certificates", "new", tmp_path / "made", "-p", "NL")
    (tmp_path / "made" / "admin" / "key.pem").unlink()
    ran = run("kafka", "check", "--id", "exercise", "-p", "NL", *AT, "--identity", tmp_path / "made" / "admin")

    assert 3 == ran.code
    assert "key.pem: No such file" in ran.err


def test_a_super_user_is_named_as_the_cluster_names_it() -> None:
    ran = run("kafka", "check", "--id", "exercise", "-p", "NL", *AT, "--allow-plaintext", "--super-user", "admin")

    assert 2 == ran.code
    assert "User:NAME" in ran.err


def test_certificates_that_cannot_be_made_are_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    below = run("kafka", "certificates", "new", tmp_path / "file" / "made", "-p", "NL")

    assert 3 == below.code
    assert "cannot be written: Not a directory" in below.err
    assert 4 == run("kafka", "certificates", "new", tmp_path / "file", "-p", "NL").code
    assert 2 == run("kafka", "certificates", "new", tmp_path / "made", "-p", "NL", "--days", 99999999).code


def test_what_is_to_be_pasted_stays_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    remedy = "kafka-acls.sh --remove " + "x" * 300
    findings = [Finding("rule-extra", place, "is needed by nobody", remedy) for place in ("first", "second")]
    _say_findings(Output(json=False), findings, ())

    lines = capsys.readouterr().out.splitlines()
    assert [
        "2 findings:",
        "rule-extra  first: is needed by nobody",
        "rule-extra  second: is needed by nobody",
        f"    {remedy}",
    ] == lines
