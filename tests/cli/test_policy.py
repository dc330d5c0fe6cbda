"""``tocsin policy check``: what a table permits and changes, before anybody signs it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from broker.policy.builtin import community_table, marking_table, open_house_table, open_national_table
from broker.policy.table import Table, format_table
from tests.cli.commands import run

CLOSED: dict[str, Any] = {
    "name": "closed", "layer": "national", "version": 1, "author": "NL",
    "rules": [{"id": "shut", "effect": "never", "says": "Nothing leaves.", "when": {}}],
}  # fmt: skip
NOT_RED: dict[str, Any] = {
    "name": "not-red", "layer": "national", "version": 2, "author": "NL",
    "rules": [
        {"id": "no-red", "effect": "never", "says": "NL gives nothing of TLP:RED.", "when": {"tlp": ["RED"]}},
        {"id": "else", "effect": "permit", "says": "NL says nothing about the rest.", "when": {}},
    ],
}  # fmt: skip


def a_table(folder: Path, table: Table | dict[str, Any]) -> Path:
    path = folder / "table.json"
    path.write_text(format_table(table) if isinstance(table, Table) else json.dumps(table), "utf-8")
    return path


@pytest.mark.parametrize(
    "table",
    [community_table(), marking_table(), open_house_table("NL/~1"), open_national_table("NL")],
    ids=lambda one: one.layer.word,
)
def test_what_ships_can_be_used(tmp_path: Path, table: Table) -> None:
    ran = run("policy", "check", a_table(tmp_path, table))

    assert 0 == ran.code
    assert "It can be used." in ran.out


def test_a_table_that_closes_everything_is_not_to_be_used(tmp_path: Path) -> None:
    ran = run("policy", "check", a_table(tmp_path, CLOSED), "--json")

    assert 4 == ran.code
    assert "NOT to be used" in ran.err
    assert "error" in {one["level"] for one in ran.document()["remarks"]}


def test_a_change_against_the_conditions_in_force_is_said(federation: Path, tmp_path: Path) -> None:
    file = a_table(tmp_path, NOT_RED)
    before = run("policy", "check", file, "--against", "NL", folder=federation)
    assert 0 == run("directory", "add", "conditions", file, "--as", "NL", folder=federation).code
    after = run("policy", "check", file, "--against", "NL", folder=federation)

    assert (0, 0) == (before.code, after.code)
    assert before.out != after.out


def test_the_communitys_table_is_compared_with_the_one_in_force(federation: Path, tmp_path: Path) -> None:
    ran = run("policy", "check", a_table(tmp_path, community_table()), folder=federation)

    assert 0 == ran.code


def test_a_comparison_without_a_folder_is_refused_and_not_left_out(tmp_path: Path) -> None:
    ran = run("policy", "check", a_table(tmp_path, NOT_RED), "--against", "NL")

    assert 3 == ran.code
    assert "no federation's folder is named" in ran.err


def test_a_comparison_with_a_participant_that_is_none(federation: Path, tmp_path: Path) -> None:
    ran = run("policy", "check", a_table(tmp_path, NOT_RED), "--against", "NK", folder=federation)

    assert 3 == ran.code
    assert "did you mean 'NL'?" in ran.err


def test_a_table_that_is_not_there_or_is_no_text(tmp_path: Path) -> None:
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe\x00")

    assert 3 == run("policy", "check", tmp_path / "none.json").code
    assert "cannot be read" in run("policy", "check", binary).err


def test_release_rules_are_compared_with_those_at_home(federation: Path, tmp_path: Path) -> None:
    table = NOT_RED | {"layer": "release", "author": "NL/~1"}
    ran = run("policy", "check", a_table(tmp_path, table), "--against", "NL", folder=federation)

    assert 0 == ran.code
    assert "no longer permits what no-release-rules version 1 does, for example: tlp RED" in ran.out


def test_what_is_at_home_elsewhere_cannot_be_compared(federation: Path, tmp_path: Path) -> None:
    shutil.rmtree(federation / "nodes" / "DE")
    ran = run("policy", "check", a_table(tmp_path, NOT_RED | {"layer": "house"}), "--against", "DE", folder=federation)

    assert 3 == ran.code
    assert "the house table of DE is at home at its node" in ran.err


def test_a_rule_that_rests_on_an_agreement_that_has_ended_is_told(federation: Path, tmp_path: Path) -> None:
    rule = {"id": "partners", "effect": "permit", "says": "Partners.", "when": {"relation": {"all": ["agreement"]}}}
    ran = run("policy", "check", a_table(tmp_path, NOT_RED | {"rules": [rule]}), "--against", "NL", folder=federation)

    assert 0 == ran.code
    assert "no agreement of its participant is in force" in ran.out


def rule(**changes: Any) -> dict[str, Any]:
    whole = {"id": "odd", "effect": "permit", "says": "Odd.", "when": {}} | changes
    return NOT_RED | {"rules": [whole]}


REFUSED = {
    "an unknown word": (rule(when={"tlp": ["PURPLE"]}), "'PURPLE' is no word of 'tlp'"),
    "an unknown fact": (rule(when={"country": ["NL"]}), "'country' is no fact"),
    "a rule that can never apply": (
        rule(when={"relation": {"all": ["named"], "none": ["named"]}}),
        "this rule could never apply",
    ),
    "an unknown effect": (rule(effect="allow"), "'allow' is no effect"),
    "an unknown layer": (NOT_RED | {"layer": "federal"}, "'federal' is no layer"),
}


@pytest.mark.parametrize(("table", "says"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("command", ["check", "try", "add"])
def test_a_bad_table_is_refused_whole_with_its_line_wherever_it_comes_in(
    federation: Path, tmp_path: Path, table: dict[str, Any], says: str, command: str
) -> None:
    file = tmp_path / "table.json"
    file.write_text(json.dumps(table, indent=1), "utf-8")
    arguments = {
        "check": ("policy", "check", file),
        "try": ("policy", "try", file, "--as", "NL"),
        "add": ("directory", "add", "conditions", file, "--as", "NL"),
    }
    ran = run(*arguments[command], folder=federation)

    assert 3 == ran.code
    assert "table.json, line " in ran.err
    assert says in ran.err


def test_a_house_table_with_a_mistake_decides_nothing(federation: Path, tmp_path: Path) -> None:
    node = federation / "nodes" / "BE"
    (node / "house.json").write_text(json.dumps(rule(when={"tlp": ["PURPLE"]}) | {"layer": "house"}), "utf-8")
    with (node / "node.toml").open("a", encoding="utf-8") as settings:
        settings.write('house = "house.json"\n')
    ran = run("receive", "--as", "BE/police", folder=federation)

    assert 3 == ran.code
    assert "house.json, line 1: 'PURPLE' is no word of 'tlp'" in ran.err


@pytest.mark.parametrize(
    ("core", "says"),
    [
        ({"ends_on": "2020-12-31"}, "ended on 2020-12-31"),
        ({"parties": ["NK"]}, "'NK' is nobody that this node knows"),
    ],
)
def test_an_agreement_that_has_ended_or_is_made_with_nobody_is_not_published(
    federation: Path, tmp_path: Path, core: dict[str, Any], says: str
) -> None:
    whole = {"national_reference": "A-1", "reference": "nl-be", "parties": ["BE"], "starts_on": "2020-01-01"} | core
    file = tmp_path / "agreement.json"
    file.write_text(json.dumps({"kind": "agreement", "core": whole}), "utf-8")
    ran = run("record", "publish", file, "--as", "NL/customs", folder=federation)

    assert 4 == ran.code
    assert says in ran.out
