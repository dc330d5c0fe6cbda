"""Rules of the house that no linter of others holds."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES = ("broker", "producers", "consumers", "schemas", "tocsin")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
VAGUE_NAMES = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"})
MOST_LINES = 60
"""Of one function, its docstring not counted."""
DATA_PACKAGES = ("schemas/__init__.py",)
"""Packages that are one module: they hand out the data that lies beside them."""


def place(path: Path) -> str:
    """Return *path* as people write it."""
    return path.relative_to(ROOT).as_posix()


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of a module, methods included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the number of lines from ``def`` to the end, without the docstring."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if documented else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def is_re_export(node: ast.stmt) -> bool:
    """Say whether a statement belongs into an ``__init__.py``: docstring, import or ``__all__``."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom():
            return True
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name == "__all__"
        case _:
            return False


def test_all_five_packages_are_looked_at() -> None:
    assert set(PACKAGES) == {place(path).split("/")[0] for path in MODULES}


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [] == [place(path) for path in MODULES if VAGUE_NAMES & set(path.with_suffix("").parts[len(ROOT.parts) :])]


@pytest.mark.parametrize("path", [path for path in MODULES if path.name == "__init__.py"], ids=place)
def test_a_package_only_hands_out_what_its_modules_define(path: Path) -> None:
    if place(path) in DATA_PACKAGES:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))

    assert [] == [node.lineno for node in tree.body if not is_re_export(node)]


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_no_function_is_too_long_to_read(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))

    assert [] == [f"{one.name}: {length(one)} lines" for one in functions(tree) if length(one) > MOST_LINES]


def test_one_module_at_most_reads_the_environment() -> None:
    readers = [place(path) for path in MODULES if _reads_environment(path.read_text(encoding="utf-8"))]

    assert len(readers) <= 1, readers


def _reads_environment(text: str) -> bool:
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Attribute(value=ast.Name(id="os"), attr="environ" | "getenv" | "environb"):
                return True
            case ast.ImportFrom(module="os", names=names) if {one.name for one in names} & {"environ", "getenv"}:
                return True
            case _:
                continue
    return False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("import os\nos.environ['A']", True, id="mapping"),
        pytest.param("import os\nos.getenv('A')", True, id="function"),
        pytest.param("from os import environ", True, id="imported"),
        pytest.param("import os\nos.fsync(1)", False, id="something else"),
    ],
)
def test_reading_the_environment_is_found(text: str, *, expected: bool) -> None:
    assert expected == _reads_environment(text)
