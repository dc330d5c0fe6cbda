"""The commands of docs/hub.md, run from the first to the last."""

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.commands import run
from tests.support.older_network import make_older
from tocsin.exits import Exit

PAGE = Path(__file__).parents[2] / "docs" / "hub.md"
COMMANDS = re.findall(r"^    tocsin (.*)$", PAGE.read_text("utf-8"), re.MULTILINE)
KEEPERS = ("root-2.pem", "root-3.pem")
"""Of the page's root keys those that stay, beside the new one that it names."""


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the network that the page speaks of, in the folder where its commands are run."""
    monkeypatch.chdir(tmp_path)
    made = run("federation", "new", "exercise", "-p", "NL", "-p", "BE", "-p", "FR")
    assert Exit.DONE == made.code, made.err
    return make_older(tmp_path / "exercise")


def test_the_page_can_be_followed(network: Path) -> None:
    root = run("directory", "root", "show", "--json", folder=network).document()
    leaves = next(one["id"] for one in root["keys"] if one["office"] == "root")
    digest = run("directory", "show", "--json", folder=network).document()["root_digest"]
    for line in COMMANDS:
        if " publish root-2.json" in line:
            for key in KEEPERS:
                run("directory", "root", "sign", "root-2.json", "--key", network / "hub" / "keys" / key, folder=network)
        ran = run(*shlex.split(line.replace("3f2a9c", leaves[:6]).replace("4f1c…", digest)))
        assert Exit.DONE == ran.code, f"{line}: {ran.err}"
    after = run("directory", "root", "show", "--json", folder=network).document()

    assert (2, 3, 4) == (
        after["version"],
        after["witness_quorum"],
        len([one for one in after["keys"] if one["office"] == "witness"]),
    )
    assert leaves not in {one["id"] for one in after["keys"]}


def test_no_command_of_the_page_is_passed_over() -> None:
    assert 10 == len(COMMANDS)
