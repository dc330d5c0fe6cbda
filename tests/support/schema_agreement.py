"""Whether a type and its schema say the same, field by field."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

import msgspec

from broker.types.vocabulary import Word
from tests.support.schema_rules import Json

_PLAIN: Final = {"string": str, "boolean": bool, "bytes": bytes}
_LOGICAL: Final = {"date": date, "timestamp-micros": datetime, "decimal": Decimal}
_BOUNDS: Final = {"int": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}


def disagreements(schema: Json, kind: type[msgspec.Struct]) -> list[str]:
    """Return where *kind* is not what *schema* describes: names, order, nullability, types, bounds, symbols."""
    return list(_Comparison().compare(schema, kind, kind.__name__))


class _Comparison:
    def __init__(self) -> None:
        self.defined: dict[str, Json] = {}

    def compare(self, schema: Json, annotation: Any, at: str) -> Iterator[str]:
        """Yield the disagreements between one type of the schema and one annotation."""
        schema = self._looked_up(schema)
        if isinstance(schema, list):
            yield from self._nullable(schema, annotation, at)
            return
        plain, meta = _without_meta(annotation)
        match schema:
            case {"type": "record"}:
                yield from self._record(schema, plain, at)
            case {"type": "enum"}:
                yield from _enum(schema, plain, at)
            case {"type": "array"}:
                yield from self._array(schema, plain, at)
            case {"logicalType": logical}:
                yield from _same(_LOGICAL[logical], plain, at)
            case {"type": "fixed"}:
                yield from _same(bytes, plain, at)
                yield from _same((schema["size"], schema["size"]), (meta.min_length, meta.max_length), f"{at} bounds")
            case "int" | "long":
                yield from _same(int, plain, at)
                yield from _number_bounds(schema, meta, at)
            case _:
                yield from _same(_PLAIN[schema], plain, at)

    def _looked_up(self, schema: Json) -> Json:
        if isinstance(schema, str):
            return self.defined.get(schema, schema)
        if isinstance(schema, dict) and "name" in schema:
            self.defined[schema["name"]] = schema
        return schema

    def _nullable(self, schema: Json, annotation: Any, at: str) -> Iterator[str]:
        inner = [one for one in get_args(annotation) if one is not NoneType]
        if get_origin(annotation) not in {Union, UnionType} or NoneType not in get_args(annotation) or len(inner) != 1:
            yield f"{at}: the schema allows null, the type does not"
            return
        yield from self.compare(schema[1], inner[0], at)

    def _record(self, schema: Json, kind: Any, at: str) -> Iterator[str]:
        if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
            yield f"{at}: expected a record, {kind} is none"
            return
        yield from _same(schema["name"], kind.__name__, f"{at} name")
        config = kind.__struct_config__
        yield from _same((True, True), (config.frozen, config.forbid_unknown_fields), f"{at} frozen and strict")
        fields = {field.name: field.type for field in msgspec.structs.fields(kind)}
        yield from _same([field["name"] for field in schema["fields"]], list(fields), f"{at} fields")
        for field in schema["fields"]:
            if field["name"] in fields:
                yield from self.compare(field["type"], fields[field["name"]], f"{at}.{field['name']}")

    def _array(self, schema: Json, annotation: Any, at: str) -> Iterator[str]:
        inner = get_args(annotation)
        if get_origin(annotation) is not tuple or inner[1:] != (...,):
            yield f"{at}: an array is tuple[X, ...], not {annotation}"
            return
        yield from self.compare(schema["items"], inner[0], f"{at}[]")


def _without_meta(annotation: Any) -> tuple[Any, msgspec.Meta]:
    meta = msgspec.Meta()
    if get_origin(annotation) is Annotated:
        annotation, meta = get_args(annotation)
    return getattr(annotation, "__supertype__", annotation), meta


def _enum(schema: Json, kind: Any, at: str) -> Iterator[str]:
    if not (isinstance(kind, type) and issubclass(kind, Word)):
        yield f"{at}: expected a Word, {kind} is none"
        return
    yield from _same(schema["name"], kind.__name__, f"{at} name")
    yield from _same(schema["symbols"], [member.value for member in kind], f"{at} symbols")
    yield from _same(schema["symbols"], [member.name for member in kind], f"{at} names of members")


def _number_bounds(schema: str, meta: msgspec.Meta, at: str) -> Iterator[str]:
    least, most = _BOUNDS[schema]
    if meta.ge is None or meta.le is None or meta.ge < least or meta.le > most:
        yield f"{at}: has no bounds within {schema}"


def _same(expected: object, actual: object, at: str) -> Iterator[str]:
    if expected != actual:
        yield f"{at}: the schema says {expected}, the type says {actual}"
