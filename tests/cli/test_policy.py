"""``tocsin policy check``: what a table permits and changes, before anybody signs it."""

import json
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
