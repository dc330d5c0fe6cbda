"""The pure part of the broker: bytes, keys, time and salt come in as arguments; values or exceptions come out.

import-linter holds the imports between packages. This walk over the syntax trees also sees what it cannot: calls.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import broker

BROKER = Path(broker.__file__).parent
IMPURE_PARTS = ("bus", "log_store", "notary", "database.py", "decisions.py", "follow.py", "logbook", "section_keys.py")
"""What in ``broker`` may touch the world; everything else is pure."""
DATA_DOORS = ("policy/builtin.py", "catalogue/shipped.py")
"""What may read data files that ship inside the package: they are part of the program."""

SOURCE_DOORS = ("avro/program.py",)
"""What may compile source that it made itself, from schemas and types that ship; docs/adr/0010 says why."""

FORBIDDEN_MODULES = frozenset({
    "asyncio", "concurrent", "http", "logging", "multiprocessing", "os", "pathlib", "random", "secrets",
    "shutil", "signal", "socket", "sqlite3", "ssl", "structlog", "subprocess", "sys", "tempfile", "threading", "time",
    "urllib", "uuid",
})  # fmt: skip
FORBIDDEN_CALLS = frozenset({"open", "print", "input", "exec", "eval", "breakpoint", "__import__"})
FORBIDDEN_METHODS = frozenset({
    "now", "utcnow", "today", "open", "read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink",
    "import_module", "urandom", "token_bytes", "getenv",
})  # fmt: skip


def pure_modules() -> list[Path]:
    """Return the pure part's modules, relative to the package."""
    found = (path.relative_to(BROKER) for path in sorted(BROKER.rglob("*.py")))
    return [path for path in found if path.parts[0] not in IMPURE_PARTS]


def impurities(text: str) -> list[str]:
    """Return what in a module's text touches the world, each with its line."""
    return [f"line {line}: {what}" for line, what in _impurities(ast.parse(text))]


def _impurities(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found = [name.name for name in names if name.name.split(".")[0] in FORBIDDEN_MODULES]
            case ast.ImportFrom(module=str(module)):
                found = [module] if module.split(".")[0] in FORBIDDEN_MODULES else []
            case ast.Call(func=ast.Name(id=name)):
                found = [f"{name}()"] if name in FORBIDDEN_CALLS else []
            case ast.Call(func=ast.Attribute(attr=name)):
                found = [f".{name}()"] if name in FORBIDDEN_METHODS else []
            case _:
                continue
        yield from ((node.lineno, what) for what in found)


@pytest.mark.parametrize("module", pure_modules(), ids=str)
def test_a_pure_module_touches_nothing_outside(module: Path) -> None:
    found = impurities((BROKER / module).read_text(encoding="utf-8"))

    if module.as_posix() in DATA_DOORS:
        found = [one for one in found if not one.endswith((".read_text()", ".read_bytes()"))]
    if module.as_posix() in SOURCE_DOORS:
        found = [one for one in found if not one.endswith(" exec()")]
    assert [] == found


def test_every_exception_to_the_rule_is_still_needed() -> None:
    pure = [module.as_posix() for module in pure_modules()]

    for door in DATA_DOORS + SOURCE_DOORS:
        assert door in pure
        assert impurities((BROKER / door).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("import time", ["line 1: time"], id="clock"),
        pytest.param("from os.path import join", ["line 1: os.path"], id="environment"),
        pytest.param("def f():\n    import secrets", ["line 2: secrets"], id="randomness in a function"),
        pytest.param("datetime.now(UTC)", ["line 1: .now()"], id="present time"),
        pytest.param("date.today()", ["line 1: .today()"], id="present day"),
        pytest.param("x = open('a')", ["line 1: open()"], id="file"),
        pytest.param("path.read_bytes()", ["line 1: .read_bytes()"], id="file by path"),
        pytest.param("log = structlog.get_logger()\nimport structlog", ["line 2: structlog"], id="log"),
        pytest.param("from broker.types.time import to_micros", [], id="our own module of that name"),
    ],
)
def test_the_walk_finds_what_is_planted(text: str, expected: list[str]) -> None:
    assert expected == impurities(text)
