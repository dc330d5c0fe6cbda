"""Settings files, read strictly."""

from pathlib import Path

import pytest

from broker.errors import BadSettings, MissingFile
from tocsin.profiles import format_usual_profiles, parse_profiles
from tocsin.secret import load_key, parse_reference
from tocsin.settings_file import Key, format_settings, read_settings, replace_setting

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
