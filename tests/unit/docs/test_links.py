"""Documentation is checked: links lead somewhere, commands exist."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import pytest
import typer.main

from tocsin.cli import app

ROOT = Path(__file__).parents[3]
FOLDERS = ("", "docs", "docs/adr", "bench", "deploy", "tocsin/data", "tests")
PAGES = sorted({page for folder in FOLDERS for page in (ROOT / folder).glob("*.md")})
DECISIONS = sorted((ROOT / "docs" / "adr").glob("*.md"))


def place(page: Path) -> str:
    """Return *page* as people write it."""
    return page.relative_to(ROOT).as_posix()


def without_code(text: str) -> str:
    """Return *text* without its code blocks and code marks."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def links(text: str) -> list[str]:
    """Return where the links and pictures of a page lead."""
    return re.findall(r"\]\(([^)\s]+)\)", without_code(text))


def anchors(text: str) -> set[str]:
    """Return the anchors that a page's headings make."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> list[str]:
    """Return the relative links of *page* that lead nowhere."""
    broken = []
    for link in links(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            broken.append(link)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=place)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    assert [] == broken_links(page)


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    page.write_text("# One Two\n[x](b.md) [y](#one-two) [z](#three) ![p](a.md) `[q](c.md)`\n", encoding="utf-8")

    assert ["b.md", "#three"] == broken_links(page)


@pytest.mark.parametrize("page", DECISIONS, ids=place)
def test_a_decision_has_its_four_parts(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert re.match(rf"# {page.name[:4]} ", text)
    assert ["Status", "Context", "Decision", "Consequences"] == re.findall(r"^## (.+)$", text, re.MULTILINE)


def test_decisions_are_numbered_without_gaps_and_all_are_listed() -> None:
    index = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

    assert [f"{number:04}" for number in range(1, len(DECISIONS) + 1)] == [page.name[:4] for page in DECISIONS]
    assert [] == [page.name for page in DECISIONS if f"adr/{page.name}" not in index]


# ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────


LOG_ENTRY: Final = "tocsin entry v1"
"""The first line of what is logged, which only looks like a command."""


def code_lines(text: str) -> Iterator[str]:
    """Yield the lines of a page that are code: fenced, indented, or between marks."""
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield line.strip().removeprefix("$ ")
        else:
            yield from re.findall(r"`([^`]+)`", line)


def commands(text: str, program: str) -> list[list[str]]:
    """Return the words after *program* in each command of a page, up to the first that is no plain word."""
    found = []
    for line in code_lines(text):
        if line.startswith(f"{program} ") and line != LOG_ENTRY:
            command, *_explained = re.split(r"\s{2,}", line.removeprefix(f"{program} "))
            words = command.split()
            plain = [re.fullmatch(r"[a-z][a-z-]*", word) is not None for word in words]
            found.append(words[: plain.index(False)] if False in plain else words)
    return found


def tree(command: Any) -> Mapping[str, Any]:
    """Return the commands below *command* by their names; a Typer app's groups and commands are Click's."""
    return {name: tree(one) for name, one in getattr(command, "commands", {}).items()}


def unknown(words: list[str], known: Mapping[str, Any]) -> str | None:
    """Return the first word that is no command, where one has to stand; None where all is well."""
    for word in words:
        if not known:
            return None
        if word not in known:
            return word
        known = known[word]
    return None


@pytest.mark.parametrize("page", PAGES, ids=place)
def test_every_make_verb_in_the_documentation_exists(page: Path) -> None:
    verbs = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    mentioned = {words[0] for words in commands(page.read_text(encoding="utf-8"), "make") if words}

    assert set() == mentioned - verbs


@pytest.mark.parametrize("page", PAGES, ids=place)
def test_every_command_in_the_documentation_exists(page: Path) -> None:
    mentioned = commands(page.read_text(encoding="utf-8"), "tocsin")
    known = tree(typer.main.get_command(app))

    assert known
    assert [] == [" ".join(words) for words in mentioned if unknown(words, known)]


def test_commands_are_found_wherever_they_stand() -> None:
    text = "Type `tocsin demo --json`:\n\n    $ tocsin audit check    all\n\n```\ntocsin publish FILE --as A\n```\n"

    assert [["demo"], ["audit", "check"], ["publish"]] == commands(text, "tocsin")


@pytest.mark.parametrize(
    ("words", "expected"),
    [(["demo"], None), (["audit", "check"], None), (["demo", "x"], None), (["audti"], "audti"), (["audit", "x"], "x")],
)
def test_a_command_that_does_not_exist_is_found(words: list[str], expected: str | None) -> None:
    assert expected == unknown(words, {"demo": {}, "audit": {"check": {}}})


def test_the_ci_script_calls_the_test_command_of_the_readme() -> None:
    script = ROOT / ".ci" / "run"

    assert any(line.startswith("run ") and "make test" in line for line in script.read_text("utf-8").splitlines())
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    assert script.stat().st_mode & 0o111
