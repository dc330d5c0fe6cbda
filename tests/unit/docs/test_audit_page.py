"""docs/audit.md has a row for each finding that an audit reports of its own, and none for anything else."""

import ast
import re
from pathlib import Path

import consumers
from broker.errors import leaves

TEXT = (Path(__file__).parents[3] / "docs" / "audit.md").read_text(encoding="utf-8")
MODULES = [
    *sorted((Path(consumers.__file__).parent / "audit").glob("*.py")),
    Path(consumers.__file__).parent / "replay.py",
]


ONE_WORD = {"gap", "conflict", "reordered", "disputed"}


def reported() -> set[str]:
    """Return the codes that the audit's modules give findings as literals, or name as a code."""
    found: set[str] = set()
    for module in MODULES:
        tree = ast.parse(module.read_text(encoding="utf-8"))
        texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
        found |= {text for text in texts if isinstance(text, str) and re.fullmatch(r"[a-z]+(-[a-z]+)+", text)}
    return found


def test_every_finding_of_the_audit_has_a_row() -> None:
    rows = set(re.findall(r"^\| `([a-z-]+)` \|", TEXT, re.MULTILINE))
    # Sequence outcomes are named by their own enum, `disputed` by its error; they have no hyphen or are written there.
    assert rows == reported() | ONE_WORD | {"broken-chain", "untrusted-root"}


def test_every_error_that_the_page_names_is_one() -> None:
    codes = {leaf.code for leaf in leaves()}
    first = TEXT.partition("## On the bus")[2].split("| code |")[0]
    assert set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", first)) <= codes
