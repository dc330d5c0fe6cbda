"""Types and schemas say the same; and the comparison that shows it notices every kind of difference."""

import copy
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import pytest

import schemas
from broker.records.heads import Heads
from broker.records.registry import HEADS_PATH, RECORD_TYPES
from broker.sealing.lists import LIST_PATH, KeyList
from broker.sealing.release import RELEASE_PATH, Release
from broker.types.vocabulary import Word
from tests.support.schema_agreement import disagreements

WRITTEN: dict[str, type[msgspec.Struct]] = {
    **RECORD_TYPES,
    HEADS_PATH: Heads,
    RELEASE_PATH: Release,
    LIST_PATH: KeyList,
}


@pytest.mark.parametrize("path", WRITTEN)
def test_a_type_agrees_with_its_schema(path: str) -> None:
    assert [] == disagreements(json.loads(schemas.read(path)), WRITTEN[path])


def test_every_schema_of_a_record_has_a_type() -> None:
    elsewhere = ("directory/", "envelope", "header")
    assert set(WRITTEN) == {path for path in schemas.paths() if not path.startswith(elsewhere)}


class Colour(Word):
    UNKNOWN = "UNKNOWN"
    RED = "RED"


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str


class Whole(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    number: Annotated[int, msgspec.Meta(ge=0, le=9)]
    digest: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
    amount: Decimal | None
    day: date
    colour: Colour
    parts: tuple[Part, ...]


def a_schema() -> Any:
    amount = {"type": "fixed", "name": "Amount", "size": 16, "logicalType": "decimal", "precision": 38, "scale": 6}
    part = {"type": "record", "name": "Part", "fields": [{"name": "text", "type": "string"}]}
    types = {
        "number": "int",
        "digest": {"type": "fixed", "name": "Digest", "size": 32},
        "amount": ["null", amount],
        "day": {"type": "int", "logicalType": "date"},
        "colour": {"type": "enum", "name": "Colour", "symbols": ["UNKNOWN", "RED"], "default": "UNKNOWN"},
        "parts": {"type": "array", "items": part},
    }
    return {"type": "record", "name": "Whole", "fields": [{"name": name, "type": kind} for name, kind in types.items()]}


def test_finds_nothing_where_type_and_schema_agree() -> None:
    assert [] == disagreements(a_schema(), Whole)


CHANGES: list[tuple[str, Callable[[Any], object]]] = [
    ("name", lambda schema: schema.update(name="Other")),
    ("fields", lambda schema: schema["fields"].reverse()),
    ("fields", lambda schema: schema["fields"].pop()),
    ("fields", lambda schema: schema["fields"].append({"name": "more", "type": "string"})),
    ("number", lambda schema: schema["fields"][0].update(type="string")),
    ("number", lambda schema: schema["fields"][0].update(type=["null", "int"])),
    ("digest bounds", lambda schema: schema["fields"][1]["type"].update(size=16)),
    ("amount", lambda schema: schema["fields"][2].update(type=schema["fields"][2]["type"][1])),
    ("amount", lambda schema: schema["fields"][2].update(type=["null", "string"])),
    ("day", lambda schema: schema["fields"][3]["type"].update(logicalType="timestamp-micros", type="long")),
    ("colour symbols", lambda schema: schema["fields"][4]["type"]["symbols"].append("BLUE")),
    ("colour name", lambda schema: schema["fields"][4]["type"].update(name="Color")),
    ("parts", lambda schema: schema["fields"][5].update(type="string")),
    ("parts[] fields", lambda schema: schema["fields"][5]["type"]["items"]["fields"].clear()),
]


@pytest.mark.parametrize(("at", "change"), CHANGES)
def test_finds_a_schema_that_says_something_else(at: str, change: Callable[[Any], object]) -> None:
    schema = copy.deepcopy(a_schema())
    change(schema)
    assert any(at in one for one in disagreements(schema, Whole))


class Loose(msgspec.Struct):
    text: str


class Unbounded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    number: int


class Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    texts: list[str]


def test_finds_a_type_that_can_change_or_takes_unknown_fields() -> None:
    schema = {"type": "record", "name": "Loose", "fields": [{"name": "text", "type": "string"}]}
    assert ["Loose frozen and strict: the schema says (True, True), the type says (False, False)"] == disagreements(
        schema, Loose
    )


def test_finds_a_number_without_bounds() -> None:
    schema = {"type": "record", "name": "Unbounded", "fields": [{"name": "number", "type": "long"}]}
    assert ["Unbounded.number: has no bounds within long"] == disagreements(schema, Unbounded)


def test_finds_an_array_that_is_no_tuple() -> None:
    array = {"type": "array", "items": "string"}
    schema = {"type": "record", "name": "Listed", "fields": [{"name": "texts", "type": array}]}
    assert ["Listed.texts: an array is tuple[X, ...], not list[str]"] == disagreements(schema, Listed)
