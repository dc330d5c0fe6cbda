"""Settings files, read strictly."""

import re
from pathlib import Path

import pytest

from broker.errors import BadSettings, MissingFile
from broker.signing.keys import SigningKey
from broker.types.names import Originator
from broker.types.vocabulary import RecordKind
from tocsin.key_files import make_key
from tocsin.profiles import format_usual_profiles, load_profiles, parse_profiles, profile_for
from tocsin.secret import load_key, parse_reference
from tocsin.settings_file import Key, check_overrides, format_settings, read_settings, replace_setting

KEYS = (Key("house", str, ""), Key("signing_key", parse_reference, secret=True))


@pytest.mark.parametrize("text", ["-----BEGIN PRIVATE KEY-----", "keys/node.pem", "http://x"])
def test_a_secret_is_only_ever_referred_to_and_never_quoted(text: str) -> None:
    with pytest.raises(BadSettings) as caught:
        parse_reference(text)

    assert text not in str(caught.value)


@pytest.mark.parametrize("text", ["", "file:", "env:", "file"])
def test_a_reference_names_something(text: str) -> None:
    with pytest.raises(BadSettings):
        parse_reference(text)


def test_a_reference_never_shows_itself() -> None:
    assert "***" == repr(parse_reference("file:keys/node.pem"))


def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="NO_SUCH_KEY"):
        load_key(parse_reference("env:NO_SUCH_KEY"), tmp_path)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "node.toml"
    path.write_text(format_settings({"house": 'a "quoted" \\ näme', "signing_key": "env:KEY"}), "utf-8")
    mistakes: list[str] = []
    found = read_settings(path, KEYS, {}, mistakes)

    assert ([], 'a "quoted" \\ näme') == (mistakes, found["house"].value)


def test_one_setting_is_stated_anew_and_the_rest_stays(tmp_path: Path) -> None:
    path = tmp_path / "node.toml"
    path.write_text('# ours\nhouse = "a.json"\nsigning_key = "env:OLD"\n', "utf-8")
    replace_setting(path, "signing_key", "env:NEW")

    assert '# ours\nhouse = "a.json"\nsigning_key = "env:NEW"\n' == path.read_text("utf-8")


def test_a_secret_setting_is_hidden_whatever_it_says(tmp_path: Path) -> None:
    path = tmp_path / "node.toml"
    path.write_text('signing_key = "env:KEY"\n', "utf-8")

    assert "***" == read_settings(path, KEYS, {}, [])["signing_key"].shown


def test_a_missing_setting_without_default_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "node.toml"
    path.write_text("", "utf-8")
    mistakes: list[str] = []
    read_settings(path, KEYS, {}, mistakes)

    assert [f"{tmp_path.name}/node.toml: signing_key is missing"] == mistakes


def test_the_usual_profiles_are_profiles() -> None:
    text = format_usual_profiles(["NL/customs", "NL/police"])

    assert {"NL/customs", "NL/police"} == {authority for authority, _ in parse_profiles(text, source="profiles.toml")}


def test_two_profiles_for_one_kind_are_refused() -> None:
    text = format_usual_profiles(["NL/customs", "NL/customs"])
    with pytest.raises(BadSettings, match="already"):
        parse_profiles(text, source="profiles.toml")


def test_a_key_comes_from_a_file_or_from_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = make_key(tmp_path / "keys" / "node.pem")
    monkeypatch.setenv("NODE_KEY", key.format())

    for text in ("file:keys/node.pem", "env:NODE_KEY"):
        assert key.id == load_key(parse_reference(text), tmp_path).id


def test_a_variable_has_no_path_and_a_file_has_one(tmp_path: Path) -> None:
    assert parse_reference("env:NODE_KEY").path(tmp_path) is None
    assert tmp_path / "node.pem" == parse_reference("file:node.pem").path(tmp_path)


def test_a_key_file_that_is_not_there_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match=r"keys/node\.pem") as caught:
        load_key(parse_reference("file:keys/node.pem"), tmp_path)

    assert str(tmp_path) in caught.value.hint


@pytest.mark.parametrize("content", [b"\xff\xfe", b"no key", b""])
def test_a_key_file_that_is_none_is_never_quoted(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "node.pem").write_bytes(content)
    with pytest.raises(BadSettings) as caught:
        load_key(parse_reference("file:node.pem"), tmp_path)

    assert "no key" not in str(caught.value)


def test_a_key_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "node.pem").mkdir()
    with pytest.raises(BadSettings, match=r"cannot be read"):
        load_key(parse_reference("file:node.pem"), tmp_path)


def test_a_key_in_a_variable_that_is_none_is_never_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = SigningKey(b"\x07" * 32).format().replace("BEGIN", "BEGAN")
    monkeypatch.setenv("NODE_KEY", text)
    with pytest.raises(BadSettings) as caught:
        load_key(parse_reference("env:NODE_KEY"), tmp_path)

    assert text.splitlines()[1] not in str(caught.value)


def test_all_mistakes_of_a_file_and_of_the_overrides_are_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "node.toml"
    path.write_text('hous = "a.json"\nhouse = 5\nsigning_key = "secret"\n', "utf-8")
    mistakes: list[str] = []
    check_overrides({"hose": "x", "house": "y"}, ["house"], mistakes)
    read_settings(path, KEYS, {}, mistakes)

    assert 4 == len(mistakes)
    assert "did you mean 'TOCSIN_HOUSE'?" in mistakes[0]
    assert ["did you mean 'house'?" in mistakes[1], "in quotes" in mistakes[2]] == [True, True]
    assert "secret" not in mistakes[3].partition("signing_key")[2].replace("never the secret itself", "")


@pytest.mark.parametrize(
    ("content", "says"), [(None, "is not there"), (b"\xff", "cannot be read"), (b"a = ", "is no TOML")]
)
def test_a_settings_file_that_is_none(tmp_path: Path, content: bytes | None, says: str) -> None:
    path = tmp_path / "node.toml"
    if content is not None:
        path.write_bytes(content)
    mistakes: list[str] = []

    assert {} == read_settings(path, KEYS, {}, mistakes)
    assert [True] == [says in one for one in mistakes]


def test_an_override_wins_and_names_itself(tmp_path: Path) -> None:
    path = tmp_path / "node.toml"
    path.write_text('house = "a.json"\nsigning_key = "env:KEY"\n', "utf-8")
    found = read_settings(path, KEYS, {"house": "b.json"}, [])["house"]

    assert ("b.json", "TOCSIN_HOUSE") == (found.value, found.origin)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x", "is no TOML"),
        ("[profile]\nkind = 5", "with two brackets"),
        ("[[profil]]\n", "'profil' is unknown"),
        ('[[profile]]\nauthority = "NL/customs"\n', "kind is missing"),
    ],
)
def test_a_mistake_in_the_profiles_is_said(text: str, says: str) -> None:
    with pytest.raises(BadSettings, match=re.escape(says)):
        parse_profiles(text, source="profiles.toml")


def test_the_mistakes_of_all_profiles_are_said_at_once() -> None:
    text = '[[profile]]\nauthority = "NL"\n[[profile]]\ntlp = "BLUE"\n[[rest]]\n'
    with pytest.raises(BadSettings) as caught:
        parse_profiles(text, source="profiles.toml")

    assert {"profile 1", "profile 2", "'rest'"} <= {
        part for part in ("profile 1", "profile 2", "'rest'") if part in str(caught.value)
    }


def test_an_authority_without_a_profile_is_told_what_to_do() -> None:
    profiles = parse_profiles(format_usual_profiles(["NL/customs"]), source="profiles.toml")

    assert "NL/customs" == profile_for(profiles, Originator("NL/customs"), RecordKind.INCIDENT).authority
    with pytest.raises(BadSettings, match="NL/police") as caught:
        profile_for(profiles, Originator("NL/police"), RecordKind.INCIDENT)
    assert "profiles.toml" in caught.value.hint


def test_other_kinds_than_incidents_have_a_usual_profile_until_somebody_writes_one() -> None:
    regulator, kind = Originator("NL/regulator"), RecordKind.SHIPMENT
    own = '[[profile]]\nauthority = "NL/regulator"\nkind = "shipment"\ntlp = "RED"\npurposes = ["regulation"]\n'

    assert "AMBER" == profile_for({}, regulator, kind).tlp
    assert "RED" == profile_for(parse_profiles(own, source="profiles.toml"), regulator, kind).tlp


def test_a_file_of_profiles_that_cannot_be_had(tmp_path: Path) -> None:
    (tmp_path / "binary.toml").write_bytes(b"\xff")

    with pytest.raises(MissingFile):
        load_profiles(tmp_path / "none.toml")
    with pytest.raises(BadSettings, match="cannot be read"):
        load_profiles(tmp_path / "binary.toml")
