"""How the bytes of a record are laid out: a schema and the type that its records become, walked together once.

Avro is read as far as the rules on our schemas let it be: no recursion, no maps, unions of null and one other, decimals
on fixed. What is outside of them, or where schema and type differ, is a mistake in our own code.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, TypeAlias, Union, get_args, get_origin

import msgspec

from broker.errors import InvalidRecord

MAX_SYMBOLS: Final = 64
"""What one byte can number, zig-zag; no vocabulary of ours comes near it."""
_BOUNDS: Final[Mapping[str, tuple[int, int]]] = {"int": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}


class Text(msgspec.Struct, frozen=True):
    """A length and UTF-8."""


class Octets(msgspec.Struct, frozen=True):
    """A length and bytes."""


class Flag(msgspec.Struct, frozen=True):
    """One byte, 0 or 1."""


class Day(msgspec.Struct, frozen=True):
    """Days since 1970."""


class Moment(msgspec.Struct, frozen=True):
    """Microseconds since 1970."""


class Fixed(msgspec.Struct, frozen=True):
    """As many bytes as *size* says."""

    size: int


class Amount(msgspec.Struct, frozen=True):
    """A decimal as a signed number of *size* bytes, *scale* of its digits after the point."""

    size: int
    precision: int
    scale: int


class Number(msgspec.Struct, frozen=True):
    """A number that Avro calls *avro*; its type allows *least* to *most*."""

    avro: str
    least: int
    most: int


class Choice(msgspec.Struct, frozen=True):
    """The number of one of *members*, in the order of the schema's symbols."""

    kind: type[Enum]
    members: tuple[Enum, ...]


class Nullable(msgspec.Struct, frozen=True):
    """Nothing, or an *item*."""

    item: "Layout"


class Array(msgspec.Struct, frozen=True):
    """A count and that many of *item*, in one block."""

    item: "Layout"


class Record(msgspec.Struct, frozen=True):
    """Fields by name, in the order of the schema; they become one *kind*."""

    kind: type[msgspec.Struct]
    fields: tuple[tuple[str, "Layout"], ...]


Layout: TypeAlias = Text | Octets | Flag | Day | Moment | Fixed | Amount | Number | Choice | Nullable | Array | Record

_PLAIN: Final[Mapping[str, tuple[type, Layout]]] = {
    "string": (str, Text()),
    "bytes": (bytes, Octets()),
    "boolean": (bool, Flag()),
    "int": (int, Number("int", *_BOUNDS["int"])),
    "long": (int, Number("long", *_BOUNDS["long"])),
}


def layout_of(schema: Any, kind: type[msgspec.Struct]) -> Record:
    """Return the layout of the records of *schema*, which become *kind*.

    Raises:
        InvalidRecord: They do not go together, or the schema is none of ours.
    """
    found = _Walk().layout(schema, kind, kind.__name__)
    if not isinstance(found, Record):
        raise InvalidRecord(f"{kind.__name__}: the schema describes no record")
    return found


class _Walk:
    def __init__(self) -> None:
        self._defined: dict[str, Any] = {}

    def layout(self, schema: Any, annotation: Any, at: str) -> Layout:
        if isinstance(schema, str):
            schema = self._defined.get(schema, schema)
        elif isinstance(schema, dict) and "name" in schema:
            self._defined[schema["name"]] = schema
        kind, bounds = _bare(annotation)
        if bounds != msgspec.Meta():
            return _bounded(schema, kind, bounds, at)
        match schema:
            case ["null", other]:
                return Nullable(self.layout(other, _not_none(kind, at), at))
            case {"type": "array", "items": items} if get_origin(kind) is tuple and get_args(kind)[1:] == (...,):
                return Array(self.layout(items, get_args(kind)[0], f"{at}[]"))
            case {"type": "record", "fields": fields} if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
                return self._record(fields, kind, at)
            case _:
                return _single(schema, kind, at)

    def _record(self, fields: list[Any], kind: type[msgspec.Struct], at: str) -> Record:
        types = {field.name: field.type for field in msgspec.structs.fields(kind)}
        if {field["name"] for field in fields} != set(types):
            raise InvalidRecord(f"{at}: the fields of {kind.__name__} are not those of the schema")
        named = ((field["name"], field["type"]) for field in fields)
        return Record(kind, tuple((name, self.layout(part, types[name], f"{at}.{name}")) for name, part in named))


def _bounded(schema: Any, kind: Any, bounds: msgspec.Meta, at: str) -> Layout:
    """Return the layout of what has bounds; other bounds than these would be forgotten, so they are refused."""
    match schema:
        case "int" | "long" if kind is int and bounds == msgspec.Meta(ge=bounds.ge, le=bounds.le):
            least, most = _BOUNDS[schema]
            if isinstance(bounds.ge, int) and isinstance(bounds.le, int) and least <= bounds.ge and bounds.le <= most:
                return Number(schema, bounds.ge, bounds.le)
        case {"type": "fixed", "size": size} if bounds == msgspec.Meta(min_length=size, max_length=size):
            return _single(schema, kind, at)
    raise InvalidRecord(f"{at}: has bounds that the schema does not have")


def _single(schema: Any, kind: Any, at: str) -> Layout:
    """Return the layout of what has no parts."""
    match schema:
        case str() if schema in _PLAIN and _PLAIN[schema][0] is kind:
            return _PLAIN[schema][1]
        case {"type": "enum", "symbols": symbols} if isinstance(kind, type) and issubclass(kind, Enum):
            return _choice(symbols, kind, at)
        case {"type": "fixed", "size": size} if kind is bytes and "logicalType" not in schema:
            return Fixed(size)
        case {"logicalType": _}:
            return _logical(schema, kind, at)
    raise InvalidRecord(f"{at}: {_name(kind)} is not what the schema describes")


def _logical(schema: Any, kind: Any, at: str) -> Layout:
    match schema:
        case {"type": "int", "logicalType": "date"} if kind is date:
            return Day()
        case {"type": "long", "logicalType": "timestamp-micros"} if kind is datetime:
            return Moment()
        case {"type": "fixed", "logicalType": "decimal", "size": size} if kind is Decimal:
            return Amount(size, schema["precision"], schema["scale"])
    raise InvalidRecord(f"{at}: {_name(kind)} is not what the schema describes")


def _name(kind: Any) -> str:
    """Return how an annotation is written."""
    return getattr(kind, "__name__", str(kind))


def _bare(annotation: Any) -> tuple[Any, msgspec.Meta]:
    """Return *annotation* without its bounds and new names, and the bounds."""
    bounds = msgspec.Meta()
    if get_origin(annotation) is Annotated:
        annotation, bounds = get_args(annotation)
    return getattr(annotation, "__supertype__", annotation), bounds


def _not_none(kind: Any, at: str) -> Any:
    others = [one for one in get_args(kind) if one is not NoneType]
    if get_origin(kind) not in {Union, UnionType} or len(others) != 1 or len(get_args(kind)) != 2:
        raise InvalidRecord(f"{at}: the schema allows null, {_name(kind)} does not")
    return others[0]


def _choice(symbols: list[str], kind: type[Enum], at: str) -> Choice:
    members = {member.value: member for member in kind}
    if set(symbols) != set(members) or len(symbols) > MAX_SYMBOLS:
        raise InvalidRecord(f"{at}: the members of {kind.__name__} are not the symbols of the schema")
    return Choice(kind, tuple(members[symbol] for symbol in symbols))
