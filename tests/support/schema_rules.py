"""What every schema that ships has to obey.

fastavro dies, hangs or rounds on some schemas that Avro allows; these rules keep such schemas out. docs/wire-format.md
gives the reason of each.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import schemas

Json = Any
"""A schema, or a part of one, as read from JSON."""

_PRIMITIVES: Final = frozenset({"null", "boolean", "int", "long", "string", "bytes"})
_MEASURED: Final = frozenset({"int", "long", "bytes", "fixed"})
_LOGICAL: Final = {"date": "int", "timestamp-micros": "long", "decimal": "fixed"}
_UNITS: Final = (
    "byte",
    "micros",
    "day",
    "hour",
    "percent",
    "number",
    "count",
    "how many",
    "index",
    "indices",
    "units",
    "from 0",
)
UNKNOWN: Final = "UNKNOWN"


def violations(schema: Json) -> list[str]:
    """Return what is wrong with *schema*, each with its path inside it."""
    return list(_Walk().type_violations(schema, "", ()))


def conflicts(shipped: Mapping[str, Json]) -> list[str]:
    """Return each type name that two of the *shipped* schemas define differently."""
    seen: dict[str, tuple[str, Json]] = {}
    found: list[str] = []
    for path, schema in shipped.items():
        for name, definition in named_types(schema).items():
            first_path, first = seen.setdefault(name, (path, definition))
            if first != definition:
                found.append(f"{name} differs between {first_path} and {path}")
    return found


def named_types(schema: Json) -> dict[str, Json]:
    """Return each named type of *schema*, with the types inside it replaced by their names."""
    found: dict[str, Json] = {}
    _by_name(schema, found)
    return found


def lock_text() -> str:
    """Return what ``schemas/avro/SHA256SUMS`` has to be: the output of sha256sum over all schemas, sorted."""
    digests = ((path, hashlib.sha256(schemas.read(path)).hexdigest()) for path in schemas.paths())
    return "".join(f"{digest}  {path}.avsc\n" for path, digest in digests)


class _Walk:
    """One walk over a schema; knows the names defined so far."""

    def __init__(self) -> None:
        self.defined: dict[str, Json] = {}

    def type_violations(self, schema: Json, at: str, inside: tuple[str, ...]) -> Iterator[str]:
        """Yield what is wrong with a type at a path, *inside* the records of these names."""
        if isinstance(schema, str):
            yield from self._reference(schema, at, inside)
        elif isinstance(schema, list):
            yield from self._union(schema, at, inside)
        else:
            yield from _logical(schema, at)
            yield from self._complex(schema, at, inside)

    def _reference(self, name: str, at: str, inside: tuple[str, ...]) -> Iterator[str]:
        if name in inside:
            yield f"{at}: {name} contains itself"
        elif name not in _PRIMITIVES and name not in self.defined:
            yield f"{at}: {name} is no type that is allowed or defined before"

    def _union(self, branches: list[Json], at: str, inside: tuple[str, ...]) -> Iterator[str]:
        if len(branches) != 2 or branches[0] != "null" or branches[1] == "null" or isinstance(branches[1], list):
            yield f"{at}: a union is null and one other type, in this order"
        for branch in branches:
            yield from self.type_violations(branch, at, inside)

    def _complex(self, schema: Json, at: str, inside: tuple[str, ...]) -> Iterator[str]:
        match schema["type"]:
            case "record":
                yield from self._record(schema, at, inside)
            case "enum":
                yield from _enum(schema, at)
                yield from self._define(schema, at)
            case "fixed":
                yield from self._define(schema, at)
            case "array":
                yield from self.type_violations(schema["items"], f"{at}[]", inside)
                if self._is_empty(schema["items"]):
                    yield f"{at}: items without size"
            case "map":
                yield f"{at}: a map has no order to sign"
            case inner:
                yield from self.type_violations(inner, at, inside)

    def _record(self, schema: Json, at: str, inside: tuple[str, ...]) -> Iterator[str]:
        for field in schema["fields"]:
            path = f"{at}.{field['name']}"
            yield from _doc(field, path)
            yield from self.type_violations(field["type"], path, (*inside, schema["name"]))
        yield from self._define(schema, at)

    def _define(self, schema: Json, at: str) -> Iterator[str]:
        name = schema["name"]
        if "namespace" in schema or "." in name:
            yield f"{at}: {name} is qualified"
        if name in self.defined:
            yield f"{at}: {name} is defined twice"
        self.defined[name] = schema

    def _is_empty(self, schema: Json) -> bool:
        if isinstance(schema, list):
            return False  # the number of the branch has a size
        if isinstance(schema, str):
            return schema == "null" or (schema in self.defined and self._is_empty(self.defined[schema]))
        match schema["type"]:
            case "record":
                return all(self._is_empty(field["type"]) for field in schema["fields"])
            case "fixed":
                return bool(schema["size"] == 0)
            case "array" | "enum" | "map":
                return False
            case inner:
                return self._is_empty(inner)


def _doc(field: Json, at: str) -> Iterator[str]:
    doc = field.get("doc", "")
    if not doc.strip():
        yield f"{at}: has no doc"
    elif _is_measured(field["type"]) and not any(unit in doc.lower() for unit in _UNITS):
        yield f"{at}: its doc names no unit"


def _is_measured(schema: Json) -> bool:
    if isinstance(schema, list):
        return any(map(_is_measured, schema))
    if isinstance(schema, dict):
        return _is_measured(schema["type"])
    return schema in _MEASURED


def _enum(schema: Json, at: str) -> Iterator[str]:
    symbols = schema["symbols"]
    if symbols[:1] != [UNKNOWN] or schema.get("default") != UNKNOWN:
        yield f"{at}: {schema['name']} has to begin with {UNKNOWN} and to have it as default"
    if len(set(symbols)) != len(symbols):
        yield f"{at}: {schema['name']} repeats a symbol"


def _logical(schema: Json, at: str) -> Iterator[str]:
    logical = schema.get("logicalType")
    if logical is None:
        return
    if _LOGICAL.get(logical) != schema["type"]:
        yield f"{at}: {logical} on {schema['type']} is not allowed"
    elif logical == "decimal" and (schema.get("size"), schema.get("precision"), schema.get("scale")) != (16, 38, 6):
        yield f"{at}: a decimal is fixed(16) with precision 38 and scale 6"


def _by_name(schema: Json, found: dict[str, Json]) -> Json:
    if isinstance(schema, list):
        return [_by_name(branch, found) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    shallow = dict(schema)
    match schema["type"]:
        case "record":
            shallow["fields"] = [{**field, "type": _by_name(field["type"], found)} for field in schema["fields"]]
        case "array":
            shallow["items"] = _by_name(schema["items"], found)
    if "name" not in schema:
        return shallow
    found[schema["name"]] = shallow
    return schema["name"]
