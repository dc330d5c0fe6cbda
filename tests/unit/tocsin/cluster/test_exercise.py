from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broker.errors import AlreadyThere, BadName, MissingFile
from tocsin.cluster.certificates import read_certificate
from tocsin.cluster.exercise import ExerciseCertificates, make_exercise

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def make(folder: Path, *participants: str, brokers: tuple[str, ...] = ("kafka-1",)) -> list[str]:
    return make_exercise(folder, participants=participants, brokers=brokers, now=NOW, days=30)


def test_everybody_has_a_folder_of_their_own(tmp_path: Path) -> None:
    assert ["kafka-1", "admin", "BE", "NL", "X-HUB"] == make(tmp_path / "made", "NL", "BE")
    for name in ("identities/NL", "identities/BE", "identities/X-HUB", "admin"):
        facts = read_certificate((tmp_path / "made" / name / "certificate.pem").read_bytes())
        assert (Path(name).name, NOW + timedelta(days=30)) == (facts.common_name, facts.not_after)
    assert ["clients.pem", "keystore.pem", "nodes.pem"] == sorted(
        one.name for one in (tmp_path / "made" / "brokers" / "kafka-1").iterdir()
    )


def test_participants_and_administrators_are_vouched_for_by_different_authorities(tmp_path: Path) -> None:
    make(tmp_path, "NL")
    clients = (tmp_path / "authorities" / "clients" / "certificate.pem").read_bytes()
    nodes = (tmp_path / "authorities" / "nodes" / "certificate.pem").read_bytes()
    assert (tmp_path / "identities" / "NL" / "certificate.pem").read_bytes().endswith(clients)
    assert (tmp_path / "admin" / "certificate.pem").read_bytes().endswith(nodes)
    assert nodes == (tmp_path / "identities" / "NL" / "ca.pem").read_bytes()


@pytest.mark.parametrize("name", ["NL", "admin", "kafka-1", "DE"])
def test_one_is_issued_anew_with_a_new_key(tmp_path: Path, name: str) -> None:
    make(tmp_path, "NL")
    made = ExerciseCertificates.load(tmp_path)
    first = {path.name: path.read_bytes() for path in made.issue(name, now=NOW, days=1).iterdir()}
    folder = made.issue(name, now=NOW, days=2)
    key = "keystore.pem" if name == "kafka-1" else "key.pem"
    assert first[key] != (folder / key).read_bytes()


@pytest.mark.parametrize("name", ["kafka-2", "nl", "../NL", "root"])
def test_nothing_is_issued_for_a_name_that_is_nobodys(tmp_path: Path, name: str) -> None:
    make(tmp_path, "NL")
    with pytest.raises(BadName):
        ExerciseCertificates.load(tmp_path).issue(name, now=NOW)


@pytest.mark.parametrize(("participant", "broker"), [("nl", "kafka-1"), ("NL", "../kafka"), ("NL", "")])
def test_a_bad_name_makes_nothing(tmp_path: Path, participant: str, broker: str) -> None:
    with pytest.raises(BadName):
        make(tmp_path / "made", participant, brokers=(broker,))
    assert not (tmp_path / "made").exists()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("precious")
    with pytest.raises(AlreadyThere):
        make(tmp_path, "NL")


def test_a_folder_without_authorities_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="holds no authorities"):
        ExerciseCertificates.load(tmp_path)
