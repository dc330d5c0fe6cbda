import json
from typing import Any

import pytest

import schemas
from tests.support.schema_rules import conflicts, violations

DIGEST = {"type": "fixed", "name": "Digest", "size": 32}
COLOUR = {"type": "enum", "name": "Colour", "symbols": ["UNKNOWN", "RED"], "default": "UNKNOWN"}


def a_record(*fields: dict[str, Any], name: str = "Thing") -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields)}


def a_field(kind: object, doc: str = "A number of days.", name: str = "thing") -> dict[str, Any]:
    return {"name": name, "doc": doc, "type": kind}


def an_array(items: object) -> dict[str, Any]:
    return {"type": "array", "items": items}


def a_decimal(**changes: object) -> dict[str, Any]:
    amount = {"type": "fixed", "name": "Amount", "size": 16, "logicalType": "decimal", "precision": 38, "scale": 6}
    return amount | changes


@pytest.mark.parametrize("path", schemas.paths())
def test_a_shipped_schema_obeys_every_rule(path: str) -> None:
    assert [] == violations(json.loads(schemas.read(path)))


@pytest.mark.parametrize("path", schemas.paths())
def test_a_shipped_schema_is_printed_in_one_way_only(path: str) -> None:
    text = schemas.read(path)
    assert (json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n").encode() == text


def test_types_of_one_name_are_the_same_in_all_shipped_schemas() -> None:
    assert [] == conflicts({path: json.loads(schemas.read(path)) for path in schemas.paths()})


def test_finds_a_type_that_two_schemas_define_differently() -> None:
    narrow = a_record(a_field(DIGEST))
    wide = a_record(a_field(an_array({**DIGEST, "size": 64})), name="Other")
    assert ["Digest differs between one and two"] == conflicts({"one": narrow, "two": wide})


def test_a_reference_and_a_definition_of_one_type_are_the_same() -> None:
    inner = a_record(a_field(DIGEST), name="Inner")
    first = a_record(a_field(inner), a_field("Digest", name="again"))
    second = a_record(a_field(DIGEST), a_field({**inner, "fields": [a_field("Digest")]}, name="again"), name="Other")
    assert [] == conflicts({"one": first, "two": second})


GOOD = [
    a_field("string", "A name."),
    a_field(["null", "long"]),
    a_field(a_decimal()),
    a_field({"type": "int", "logicalType": "date"}),
    a_field(an_array(DIGEST), "32 bytes."),
    a_field(an_array(["null", "bytes"]), "Bytes."),
    a_field(COLOUR, "A colour."),
]


@pytest.mark.parametrize("field", GOOD)
def test_allows_what_obeys_the_rules(field: dict[str, Any]) -> None:
    assert [] == violations(a_record(field))


BAD = [
    (a_field("string", ""), "has no doc"),
    ({"name": "thing", "type": "string"}, "has no doc"),
    (a_field("long", "Something."), "names no unit"),
    (a_field(["null", {"type": "int", "logicalType": "date"}], "When."), "names no unit"),
    (a_field(DIGEST, "What it hashes to."), "names no unit"),
    (a_field({**COLOUR, "default": "RED"}), "has to begin with UNKNOWN"),
    (a_field({**COLOUR, "symbols": ["RED", "UNKNOWN"]}), "has to begin with UNKNOWN"),
    (a_field({key: COLOUR[key] for key in ("type", "name", "symbols")}), "has to begin with UNKNOWN"),
    (a_field({**COLOUR, "symbols": ["UNKNOWN", "RED", "RED"]}), "repeats a symbol"),
    (a_field({"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 6}), "decimal on bytes"),
    (a_field(a_decimal(scale=3)), "precision 38 and scale 6"),
    (a_field(a_decimal(precision=9)), "precision 38 and scale 6"),
    (a_field(a_decimal(size=8)), "precision 38 and scale 6"),
    (a_field({"type": "long", "logicalType": "timestamp-millis"}), "timestamp-millis on long is not allowed"),
    (a_field({"type": "map", "values": "string"}), "no order to sign"),
    (a_field("double"), "no type that is allowed"),
    (a_field("Elsewhere"), "no type that is allowed"),
    (a_field(["null", "Thing"]), "Thing contains itself"),
    (a_field(an_array("Thing")), "Thing contains itself"),
    (a_field(an_array(a_record(a_field("Thing"), name="Inner"))), "Thing contains itself"),
    (a_field(an_array("null")), "items without size"),
    (a_field(an_array(a_record(name="Empty"))), "items without size"),
    (a_field(an_array(a_record(a_field("null"), name="Empty"))), "items without size"),
    (a_field(an_array({**DIGEST, "size": 0}), "Bytes."), "items without size"),
    (a_field(["string", "null"]), "a union is null and one other"),
    (a_field(["null", "string", "long"]), "a union is null and one other"),
    (a_field(["null"]), "a union is null and one other"),
    (a_field({**DIGEST, "name": "org.Digest"}), "is qualified"),
    (a_field({**DIGEST, "namespace": "org"}), "is qualified"),
    (a_field({**DIGEST, "name": "Thing"}), "is defined twice"),
]


@pytest.mark.parametrize(("field", "said"), BAD)
def test_finds_a_planted_violation(field: dict[str, Any], said: str) -> None:
    found = violations(a_record(field))
    assert [True] == [said in one for one in found]


def test_finds_an_empty_record_by_its_name() -> None:
    first = a_field(a_record(name="Empty"), "Nothing.", name="first")
    assert [".second: items without size"] == violations(
        a_record(first, a_field(an_array("Empty"), "Nothing, many times.", name="second"))
    )
