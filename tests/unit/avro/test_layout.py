"""A schema and a type that differ are found before a byte is read or written."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import pytest

import schemas
from broker.avro.layout import (
    Amount,
    Array,
    Choice,
    Day,
    Fixed,
    Flag,
    Moment,
    Nullable,
    Number,
    Octets,
    Record,
    Text,
    layout_of,
)
from broker.avro.shipped import parsed
from broker.errors import InvalidRecord
from broker.types.names import Digest
from tests.properties.avro.plain_values import TYPES


class Colour(StrEnum):
    UNKNOWN = "UNKNOWN"
    RED = "RED"


class Part(msgspec.Struct, frozen=True):
    text: str


COLOUR = {"type": "enum", "name": "Colour", "symbols": ["UNKNOWN", "RED"]}
DIGEST = {"type": "fixed", "name": "Digest", "size": 32}
AMOUNT = {"type": "fixed", "name": "Amount", "size": 16, "logicalType": "decimal", "precision": 38, "scale": 6}
DAY = {"type": "int", "logicalType": "date"}
MOMENT = {"type": "long", "logicalType": "timestamp-micros"}
PART = {"type": "record", "name": "Part", "fields": [{"name": "text", "type": "string"}]}


def layout(schema: Any, annotation: Any) -> object:
    """Return the layout of a field of a record of one field."""
    kind = msgspec.defstruct("Whole", [("thing", annotation)], frozen=True)
    return layout_of({"type": "record", "name": "Whole", "fields": [{"name": "thing", "type": schema}]}, kind).fields[
        0
    ][1]


@pytest.mark.parametrize(
    ("schema", "annotation", "expected"),
    [
        ("string", str, Text()),
        ("bytes", bytes, Octets()),
        ("boolean", bool, Flag()),
        ("int", int, Number("int", -(2**31), 2**31 - 1)),
        ("long", int, Number("long", -(2**63), 2**63 - 1)),
        ("int", Annotated[int, msgspec.Meta(ge=1, le=9)], Number("int", 1, 9)),
        (DAY, date, Day()),
        (MOMENT, datetime, Moment()),
        (DIGEST, bytes, Fixed(32)),
        (DIGEST, Digest, Fixed(32)),
        (DIGEST, Annotated[Digest, msgspec.Meta(min_length=32, max_length=32)], Fixed(32)),
        (AMOUNT, Decimal, Amount(16, 38, 6)),
        (COLOUR, Colour, Choice(Colour, (Colour.UNKNOWN, Colour.RED))),
        (
            {**COLOUR, "symbols": ["RED", "UNKNOWN"]},
            Colour,
            Choice(Colour, (Colour.RED, Colour.UNKNOWN)),
        ),
        (["null", "string"], str | None, Nullable(Text())),
        ({"type": "array", "items": PART}, tuple[Part, ...], Array(Record(Part, (("text", Text()),)))),
    ],
)
def test_a_schema_and_the_type_it_describes_have_a_layout(schema: Any, annotation: Any, expected: object) -> None:
    assert expected == layout(schema, annotation)


@pytest.mark.parametrize(
    ("schema", "annotation"),
    [
        ("string", bytes),
        ("string", Colour),
        ("bytes", str),
        ("boolean", int),
        ("int", bool),
        ("int", float),
        ("float", float),
        ("int", date),
        (DAY, datetime),
        (DAY, int),
        (MOMENT, date),
        ({**MOMENT, "logicalType": "timestamp-millis"}, datetime),
        (DIGEST, str),
        (DIGEST, Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]),
        (DIGEST, Annotated[bytes, msgspec.Meta(max_length=32)]),
        (AMOUNT, bytes),
        (AMOUNT, float),
        (COLOUR, str),
        ({**COLOUR, "symbols": ["UNKNOWN", "RED", "BLUE"]}, Colour),
        ({**COLOUR, "symbols": ["UNKNOWN"]}, Colour),
        ("string", str | None),
        (["null", "string"], str),
        (["null", "string"], str | bytes | None),
        (["string", "null"], str | None),
        (["null", "string", "int"], str | int | None),
        ({"type": "array", "items": "string"}, list[str]),
        ({"type": "array", "items": "string"}, tuple[str, str]),
        ({"type": "array", "items": "string"}, Annotated[tuple[str, ...], msgspec.Meta(max_length=3)]),
        ({"type": "map", "values": "string"}, dict[str, str]),
        (PART, str),
        (PART, Colour),
        ({**PART, "fields": []}, Part),
        ({**PART, "fields": [*PART["fields"], {"name": "more", "type": "string"}]}, Part),
        ({**PART, "fields": [{"name": "other", "type": "string"}]}, Part),
        ("Elsewhere", Part),
        ("string", Annotated[str, msgspec.Meta(max_length=3)]),
        ("int", Annotated[int, msgspec.Meta(ge=1)]),
        ("int", Annotated[int, msgspec.Meta(ge=1, le=2**31)]),
        ("int", Annotated[int, msgspec.Meta(ge=1, le=9, multiple_of=2)]),
        ("int", Annotated[int, msgspec.Meta(gt=1, le=9)]),
    ],
)
def test_refuses_a_type_that_a_schema_does_not_describe(schema: Any, annotation: Any) -> None:
    with pytest.raises(InvalidRecord, match=r"^Whole\.thing"):
        layout(schema, annotation)


def test_refuses_a_vocabulary_that_needs_more_than_a_byte() -> None:
    words = [f"W{number}" for number in range(65)]
    vocabulary = StrEnum("Many", [(word, word) for word in words])  # type: ignore[misc]

    with pytest.raises(InvalidRecord, match="Many"):
        layout({"type": "enum", "name": "Many", "symbols": words}, vocabulary)


def test_refuses_a_schema_that_is_no_record() -> None:
    with pytest.raises(InvalidRecord):
        layout_of("string", Part)


@pytest.mark.parametrize("path", schemas.paths())
def test_every_schema_that_ships_has_a_layout_with_its_type(path: str) -> None:
    assert TYPES[path] is layout_of(parsed(path), TYPES[path]).kind
