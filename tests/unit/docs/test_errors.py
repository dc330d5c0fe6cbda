"""docs/errors.md has a row for each error, and none for anything else."""

import re
from pathlib import Path

import pytest

from broker import errors
from broker.errors import BrokerError, leaves
from consumers.effects import EFFECTS

TEXT = (Path(__file__).parents[3] / "docs" / "errors.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([a-z-]+)` \| ([^|]+) \| ([^|]+) \| (\d) \|$", TEXT, re.MULTILINE)
EXIT_CODES = {
    errors.ConfigError: 3,
    errors.MalformedError: 4,
    errors.SchemaError: 4,
    errors.VerificationError: 6,
    errors.AccessDenied: 5,
    errors.ConflictError: 4,
    errors.TransportError: 7,
}
"""One for each family, as the commands' conventions say."""

ABSENT_LOOKS_DENIED = {errors.MissingItem: 5}
"""The one leaf that differs from its family: over the counter, what is not there and what is denied look the same."""


def exit_code(leaf: type[BrokerError]) -> int:
    """Return the exit code of *leaf*: that of its family, but for the one exception."""
    if leaf in ABSENT_LOOKS_DENIED:
        return ABSENT_LOOKS_DENIED[leaf]
    (code,) = [code for family, code in EXIT_CODES.items() if issubclass(leaf, family)]
    return code


def ours() -> list[type[BrokerError]]:
    """Return the leaves of the tree, without those that other tests define."""
    return [leaf for leaf in leaves() if leaf.__module__ == errors.__name__]


def test_every_error_has_one_row_and_every_row_an_error() -> None:
    assert sorted(leaf.code for leaf in ours()) == sorted(code for code, *_ in ROWS)


@pytest.mark.parametrize("leaf", ours(), ids=lambda leaf: leaf.code)
def test_an_error_is_documented_with_the_exit_code_of_its_family(leaf: type[BrokerError]) -> None:
    documented = {code: int(status) for code, _, _, status in ROWS}

    assert exit_code(leaf) == documented.get(leaf.code)


def test_no_row_leaves_out_what_happened_or_what_to_do() -> None:
    assert [] == [code for code, happened, to_do, _ in ROWS if not (happened.endswith(".") and to_do.endswith("."))]


def test_every_exit_code_is_explained() -> None:
    explained = {int(code) for code in re.findall(r"^\| (\d) \| [^|]+ \|$", TEXT, re.MULTILINE)}

    assert {0, 1, 2, *EXIT_CODES.values()} == explained


def test_the_effects_on_a_receiving_node_are_those_of_the_code() -> None:
    documented = dict(re.findall(r"^\| `(\w+)` \| (\w+) \| [^|]+ \|$", TEXT, re.MULTILINE))

    assert {family.__name__: effect.value for family, effect in EFFECTS.items()} == documented
