"""A user's mistake ends in a sentence, what to do, and an exit code; never in a traceback."""

from pathlib import Path

import pytest

from tests.cli.commands import SEIZURE, a_file, run


def test_a_folder_that_is_no_federation(tmp_path: Path) -> None:
    ran = run("audit", "check", folder=tmp_path)

    assert ran.code == 3
    assert "is no federation's folder" in ran.err
    assert "tocsin federation new" in ran.err


def test_no_folder_named() -> None:
    assert run("audit", "check").code == 3


def test_an_unknown_authority_comes_with_the_nearest_known_one(federation: Path, tmp_path: Path) -> None:
    ran = run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/custom", folder=federation)

    assert ran.code == 3
    assert "did you mean 'NL/customs'?" in ran.err


def test_an_authority_of_a_participant_that_is_not_here(federation: Path) -> None:
    ran = run("inbox", "--as", "XX/police", folder=federation)

    assert ran.code == 3
    assert "Served here: BE, DE, NL." in ran.err


def test_a_row_of_another_country_is_refused(federation: Path, tmp_path: Path) -> None:
    run("receive", "--as", "BE/customs", folder=federation)

    assert run("publish", a_file(tmp_path, SEIZURE), "--as", "BE/customs", folder=federation).code == 4


def test_a_file_that_is_not_there(federation: Path, tmp_path: Path) -> None:
    assert run("publish", tmp_path / "none.csv", "--as", "NL/customs", folder=federation).code == 3


def test_a_file_that_cannot_be_read_as_what_it_claims(federation: Path, tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_bytes(b"national_reference\n\xff\xfe\xff\n")

    assert run("publish", path, "--as", "NL/customs", folder=federation).code == 4


def test_all_mistakes_in_the_settings_are_said_at_once(federation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = federation / "federation.toml"
    file.write_text(file.read_text("utf-8") + 'buss = "embedded"\n', "utf-8")
    (federation / "nodes" / "NL" / "node.toml").write_text('node = 5\nsigning_key = "MC4CAQAw"\n', "utf-8")
    monkeypatch.setenv("TOCSIN_HOUS", "strict.json")
    ran = run("config", "show", folder=federation)

    assert ran.code == 3
    assert "4 mistakes" in ran.err
    assert "did you mean 'bus'?" in ran.err
    assert "did you mean 'TOCSIN_HOUSE'?" in ran.err
    assert "NL/node.toml: node: expected a text" in ran.err
    assert "MC4CAQAw" not in ran.err


def test_the_settings_never_show_where_a_secret_lies(federation: Path) -> None:
    shown = run("config", "show", folder=federation)

    assert shown.code == 0
    assert "***" in shown.out
    assert ".pem" not in shown.out


def test_an_override_is_in_force_and_says_that_it_is_one(federation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_HOUSE", "strict.json")
    rows = run("config", "show", "--json", folder=federation).document(list[dict[str, str]])

    assert {("strict.json", "TOCSIN_HOUSE")} == {
        (row["value"], row["from"]) for row in rows if row["setting"] == "house"
    }


def test_a_missing_bus_is_never_made_anew(federation: Path) -> None:
    (federation / "bus.sqlite").unlink()
    ran = run("audit", "check", folder=federation)

    assert ran.code == 7
    assert not (federation / "bus.sqlite").exists()


def test_a_network_is_not_founded_over_something_else(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")

    assert run("federation", "new", tmp_path, "-p", "NL").code == 4
    assert ["mine.txt"] == [path.name for path in tmp_path.iterdir()]


def test_a_wrong_purpose_is_a_mistake_of_usage(federation: Path) -> None:
    ran = run("inbox", "show", "NL/customs/1#2", "--as", "NL/police", "--purpose", "curiosity", folder=federation)

    assert ran.code == 2


def test_a_table_with_a_mistake_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "table.json"
    path.write_text('{\n "name": "x",\n "layer": "houses"\n}', "utf-8")
    ran = run("policy", "check", path)

    assert ran.code == 3
    assert "table.json, line" in ran.err


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('bus = "carrier pigeon"', "is no bus; expected 'embedded' or kafka://HOST:PORT"),
        ('root_digest = "abc"', "expected 64 hexadecimal digits"),
        ('status = "actul"', "actul"),
        ('id = "Two Words"', "Two Words"),
    ],
)
def test_a_wrong_value_in_the_federations_settings_is_named(federation: Path, line: str, says: str) -> None:
    file = federation / "federation.toml"
    kept = [one for one in file.read_text("utf-8").splitlines() if one.partition("=")[0] != line.partition("=")[0]]
    file.write_text("\n".join([*kept, line]) + "\n", "utf-8")
    ran = run("config", "show", folder=federation)

    assert (3, True) == (ran.code, says in ran.err), ran.err


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('node = "NL/customs"', "is an authority; expected a node, like NL/~1"),
        ('house = "/etc/house.json"', "so that the folder can be moved"),
        ('profiles = "../profiles.toml"', "so that the folder can be moved"),
        ('administrator_key = "MC4CAQAw"', "never the secret itself"),
    ],
)
def test_a_wrong_value_in_a_nodes_settings_is_named(federation: Path, line: str, says: str) -> None:
    file = federation / "nodes" / "NL" / "node.toml"
    kept = [one for one in file.read_text("utf-8").splitlines() if one.partition("=")[0] != line.partition("=")[0]]
    file.write_text("\n".join([*kept, line]) + "\n", "utf-8")
    ran = run("config", "show", folder=federation)

    assert (3, True) == (ran.code, says in ran.err), ran.err
    assert "MC4CAQAw" not in ran.err


def test_a_participant_that_is_administrated_elsewhere_is_not_administrated_here(federation: Path) -> None:
    settings = federation / "nodes" / "NL" / "node.toml"
    settings.write_text('node = "NL/~1"\n', "utf-8")
    ran = run("directory", "rotate", "--as", "NL", folder=federation)

    assert (3, True) == (ran.code, "Set administrator_key in its node.toml" in ran.err)


def test_an_unknown_bus_is_a_mistake_of_usage(tmp_path: Path) -> None:
    assert 2 == run("federation", "new", tmp_path / "x", "-p", "NL", "--bus", "kafka://localhost:9092").code


def test_a_network_is_founded_from_a_file_of_members(tmp_path: Path) -> None:
    members = tmp_path / "members.toml"
    members.write_text('[NL]\nname = "Netherlands"\n[[NL.authorities]]\nname = "lab"\nsector = "laboratory"\n', "utf-8")
    ran = run("federation", "new", tmp_path / "x", "--members", members, "--json")

    assert (0, ["NL/lab"]) == (ran.code, ran.document()["authorities"])


def test_an_exclusion_of_nobody_is_refused_before_it_excludes_nobody(federation: Path, tmp_path: Path) -> None:
    file = a_file(tmp_path, SEIZURE)
    lines = file.read_text("utf-8").splitlines()
    file.write_text(f"{lines[0]},excluded\n{lines[1]},BE/polise\n", "utf-8")
    ran = run("publish", file, "--as", "NL/customs", folder=federation)

    assert ran.code == 4
    assert "did you mean 'BE/police'?" in ran.out
