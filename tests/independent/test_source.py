"""The checkers' own source: as Go's tools want it, of few modules, and with no tests of ours in it."""

import json

from tests.independent.programs import FSCK, MODULE, go, gofmt

ALLOWED = {"golang.org/x/mod/sumdb/note", "golang.org/x/mod/sumdb/tlog"}


def test_is_formatted_as_go_is(compiler: str) -> None:
    assert "" == gofmt(*sorted(MODULE.rglob("*.go")))


def test_go_vet_finds_nothing(compiler: str) -> None:
    vetted = go("vet", "./...")

    assert (0, "") == (vetted.returncode, vetted.stderr)


def test_uses_the_standard_library_and_the_notes_and_trees_of_x_mod_alone(compiler: str) -> None:
    listed = go("list", "-f", '{{join .Imports "\\n"}}', "./...")
    from_elsewhere = {name for name in listed.stdout.split() if "." in name.partition("/")[0]}

    assert ALLOWED == from_elsewhere


def test_fsck_is_a_tool_of_the_module(compiler: str) -> None:
    described = json.loads(go("mod", "edit", "-json").stdout)

    assert [FSCK] == [tool["Path"] for tool in described["Tool"]]
