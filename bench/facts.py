"""The facts of a draft as other programs hold them, and schemas that an Avro library takes."""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import fastavro
import msgspec

import schemas
from broker.records.registry import record_type
from producers.draft import Draft

PLAIN: Final = (bytes, datetime, date, Decimal)
"""What an Avro library takes as it is."""
SECTIONS: Final = ("core", "operational", "nominal")
Facts = dict[str, dict[str, Any]]
"""The fields of each section, by its name."""
Records = Mapping[str, msgspec.Struct]
"""The typed record of each section, by its name."""

_NAMED: Final = ("record", "enum", "fixed")


def facts_of(records: Records) -> Facts:
    """Return what *records* say, without types."""
    return {name: plain(record) for name, record in records.items()}


def records_of(facts: Facts) -> Records:
    """Return *facts* as typed records.

    Raises:
        msgspec.ValidationError: They are none.
    """
    return {name: msgspec.convert(fields, record_type(_path(name))) for name, fields in facts.items()}


class Program(msgspec.Struct, frozen=True):
    """What a program has in hand at both ends, and what it does for a library that takes dictionaries.

    Attributes:
        hold: What it has of a draft before it publishes.
        lower: From that to dictionaries.
        lift: And back.
        tell: The typed records of what it has after it received.
    """

    name: str
    hold: Callable[[Draft], Any]
    lower: Callable[[Any], Facts]
    lift: Callable[[Facts], Any]
    tell: Callable[[Any], Records]


def plain(record: msgspec.Struct) -> Any:
    """Return the fields of *record*."""
    return msgspec.to_builtins(record, builtin_types=PLAIN)


def parsed_schemas() -> Mapping[str, Any]:
    """Return the schema of each section, as the Avro library uses it."""
    return {name: fastavro.parse_schema(_schema(name), named_schemas={}) for name in SECTIONS}


def whole_schema() -> str:
    """Return one schema for all sections of a message, each a field of its name."""
    seen: dict[str, Any] = {}
    fields = [{"name": name, "type": _each_name_once(_schema(name), seen)} for name in SECTIONS]
    return json.dumps({"type": "record", "name": "Incident", "fields": fields})


def _sections(draft: Draft) -> Records:
    return draft.sections.present()


def _facts(draft: Draft) -> Facts:
    return facts_of(_sections(draft))


def _same(held: Any) -> Any:
    return held


UNTYPED: Final = Program("dictionaries", _facts, _same, _same, records_of)
TYPED: Final = Program("typed", _sections, facts_of, records_of, _same)


def _schema(name: str) -> Any:
    return json.loads(schemas.read(_path(name)))


def _path(name: str) -> str:
    return f"incident/{name}"


def _each_name_once(schema: Any, seen: dict[str, Any]) -> Any:
    """Return *schema* with the types that were *seen* before named only; a schema defines a name once."""
    if isinstance(schema, list):
        return [_each_name_once(one, seen) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") in _NAMED:
        name = schema["name"]
        if name in seen:
            if seen[name] != schema:
                raise ValueError(f"two types are called {name}")
            return name
        seen[name] = schema
    return {key: _each_name_once(value, seen) for key, value in schema.items()}
