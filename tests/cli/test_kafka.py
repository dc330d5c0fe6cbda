"""``tocsin kafka`` as far as it goes without a cluster; with one: tests/kafka."""

from pathlib import Path

from tests.cli.commands import run
from tocsin.cluster.certificates import read_certificate

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
