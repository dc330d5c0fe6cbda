import json
from typing import Any

import pytest

import schemas
from tests.support.schema_compatibility import history_incompatibilities, incompatibilities

COLOUR = {"type": "enum", "name": "Colour", "symbols": ["UNKNOWN", "RED"], "default": "UNKNOWN"}
AMOUNT = {"type": "fixed", "name": "Amount", "size": 16, "logicalType": "decimal", "precision": 38, "scale": 6}


def a_version(kind: object = "long", *more: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": "Thing", "fields": [{"name": "thing", "type": kind}, *more]}


def a_more(name: str = "more", **changes: object) -> dict[str, Any]:
    return {"name": name, "type": "string", **changes}


COMPATIBLE = [
    (a_version(), a_version()),
    (a_version(), a_version("long", a_more(default=""))),
    (a_version(), a_version("long") | {"doc": "Better words."}),
    (a_version(COLOUR), a_version({**COLOUR, "symbols": ["UNKNOWN", "RED", "BLUE"]})),
    (a_version("long", a_more(default="a")), a_version("long", a_more(default="b"))),
    (a_version(AMOUNT, a_more(type="Amount")), a_version(AMOUNT, a_more(type=AMOUNT))),
]


@pytest.mark.parametrize(("old", "new"), COMPATIBLE)
def test_allows_a_change_that_both_sides_can_read(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert [] == incompatibilities(old, new)
    assert [] == incompatibilities(new, old)


INCOMPATIBLE = [
    (a_version(), a_version("long", a_more()), ".more: only one version has it"),
    (a_version("int"), a_version("long"), ".thing: the type changed"),
    (a_version("long"), a_version(["null", "long"]), ".thing: the type changed"),
    (a_version(["null", "long"]), a_version(["null", "string"]), ".thing: the type changed"),
    (a_version("long"), a_version({"type": "long", "logicalType": "timestamp-micros"}), ".thing: the type changed"),
    (a_version(AMOUNT), a_version({**AMOUNT, "scale": 3}), ".thing: the type changed"),
    (a_version(AMOUNT), a_version({**AMOUNT, "size": 8}), ".thing: the type changed"),
    (a_version(AMOUNT), a_version({**AMOUNT, "name": "Sum"}), ".thing: the type changed"),
    (a_version(), a_version() | {"name": "Other"}, ": the type changed"),
    (a_version({"type": "array", "items": "int"}), a_version({"type": "array", "items": "long"}), ".thing[]: the type"),
    (a_version(COLOUR), a_version({**COLOUR, "symbols": ["UNKNOWN", "BLUE"]}), ".thing: a symbol was removed"),
    (a_version(COLOUR), a_version({**COLOUR, "default": "RED"}), ".thing: the enum's default changed"),
]


@pytest.mark.parametrize(("old", "new", "said"), INCOMPATIBLE)
def test_finds_a_change_that_one_side_cannot_read(old: dict[str, Any], new: dict[str, Any], said: str) -> None:
    assert [True] == [one.startswith(said) for one in incompatibilities(old, new)]
    assert [True] == [one.startswith(said) for one in incompatibilities(new, old)]


def test_finds_a_symbol_added_to_an_enum_without_a_default() -> None:
    bare = {"type": "enum", "name": "Colour", "symbols": ["RED"]}
    found = incompatibilities(a_version(bare), a_version({**bare, "symbols": ["RED", "BLUE"]}))
    assert [".thing: the enum's symbols changed, and it has no default"] == found


def test_compares_versions_that_are_not_neighbours() -> None:
    without, with_default = a_version(), a_version("long", a_more(default=""))
    without_default = a_version("long", a_more())
    assert [] == history_incompatibilities([with_default, without_default])
    assert [".more: only one version has it, and it has no default"] == history_incompatibilities(
        [without, with_default, without_default]
    )


@pytest.mark.parametrize("path", schemas.paths())
def test_a_shipped_schema_is_compatible_with_itself(path: str) -> None:
    schema = json.loads(schemas.read(path))
    assert [] == history_incompatibilities([schema, schema])
