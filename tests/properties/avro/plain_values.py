"""Values of a schema as an Avro library takes them, made from its JSON alone: nothing of our reader is in them."""

import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from typing import Any

import fastavro
import msgspec
from hypothesis import strategies as st

import schemas
from broker.directory.entries import ENTRY_TYPES, schema_path
from broker.envelope.header import Header
from broker.records.heads import Heads
from broker.records.registry import HEADS_PATH, RECORD_TYPES
from broker.sealing.lists import LIST_PATH, KeyList
from broker.sealing.release import RELEASE_PATH, Release

EXACT = Context(prec=60)


def _numbers(bits: int) -> st.SearchStrategy[int]:
    most = 2 ** (bits - 1) - 1
    return st.integers(1, 200) | st.integers(1, most) | st.integers(-most - 1, most)


PLAIN: Mapping[str, st.SearchStrategy[Any]] = {
    "string": st.text(max_size=70),
    "bytes": st.binary(max_size=70),
    "boolean": st.booleans(),
    "int": _numbers(32),
    "long": _numbers(64),
}


class Batch(msgspec.Struct, frozen=True):
    """The batch as ``envelope.avsc`` nests it."""

    size: int
    index: int
    path: tuple[bytes, ...]


class Signature(msgspec.Struct, frozen=True):
    """The signature as ``envelope.avsc`` nests it."""

    signature: bytes
    batch: Batch


class Envelope(msgspec.Struct, frozen=True):
    """The envelope as ``envelope.avsc`` nests it."""

    header: bytes
    signatures: tuple[Signature, ...]
    bodies: tuple[bytes | None, ...]


TYPES: Mapping[str, type[msgspec.Struct]] = {
    **RECORD_TYPES,
    HEADS_PATH: Heads,
    LIST_PATH: KeyList,
    RELEASE_PATH: Release,
    **{schema_path(section): kind for section, kind in ENTRY_TYPES.items()},
    "header": Header,
    "envelope": Envelope,
}
"""The type of the records of each schema that ships."""


def written_by_library(path: str, plain: Any) -> bytes:
    """Return what the Avro library writes for *plain*."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(json.loads(schemas.read(path)), named_schemas={}), plain)
    return out.getvalue()


def plain_values(path: str) -> st.SearchStrategy[Any]:
    """Return a strategy for every value that the schema at *path* allows."""
    return _values(json.loads(schemas.read(path)), {})


def _values(schema: Any, defined: dict[str, Any]) -> st.SearchStrategy[Any]:
    schema = _looked_up(schema, defined)
    match schema:
        case ["null", other]:
            return st.none() | _values(other, defined)
        case {"type": "record", "fields": fields}:
            return st.fixed_dictionaries({field["name"]: _values(field["type"], defined) for field in fields})
        case {"type": "array", "items": items}:
            return st.lists(_values(items, defined), max_size=2)
        case _:
            return _single_values(schema)


def _single_values(schema: Any) -> st.SearchStrategy[Any]:
    match schema:
        case {"type": "enum", "symbols": symbols}:
            return st.sampled_from(symbols)
        case {"type": "fixed", "size": size} if "logicalType" not in schema:
            return st.binary(min_size=size, max_size=size)
        case {"logicalType": "date"}:
            return st.dates()
        case {"logicalType": "timestamp-micros"}:
            return st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
        case {"logicalType": "decimal", "precision": precision, "scale": scale}:
            most = 10**precision - 1
            return st.integers(-most, most).map(lambda digits: Decimal(digits).scaleb(-scale, EXACT))
        case _:
            return PLAIN[schema]


def whole_value(path: str) -> Any:
    """Return a value of the schema at *path* in which nothing is absent or empty."""
    return _whole(json.loads(schemas.read(path)), {})


def _whole(schema: Any, defined: dict[str, Any]) -> Any:
    schema = _looked_up(schema, defined)
    match schema:
        case ["null", other]:
            return _whole(other, defined)
        case {"type": "record", "fields": fields}:
            return {field["name"]: _whole(field["type"], defined) for field in fields}
        case {"type": "array", "items": items}:
            return [_whole(items, defined), _whole(items, defined)]
        case _:
            return _single_whole(schema)


def _single_whole(schema: Any) -> Any:
    match schema:
        case {"type": "enum", "symbols": symbols}:
            return symbols[-1]
        case {"logicalType": "date"}:
            return date(2026, 3, 1)
        case {"logicalType": "timestamp-micros"}:
            return datetime(2026, 3, 1, 12, 30, 15, 7, tzinfo=UTC)
        case {"logicalType": "decimal"}:
            return Decimal("-1.500000")
        case {"type": "fixed", "size": size}:
            return bytes(range(1, size + 1))
        case _:
            return {"string": "žluť", "bytes": b"\x00\xff", "boolean": True, "int": 70, "long": 9_000}[schema]


def _looked_up(schema: Any, defined: dict[str, Any]) -> Any:
    if isinstance(schema, str):
        return defined.get(schema, schema)
    if isinstance(schema, dict) and "name" in schema:
        defined[schema["name"]] = schema
    return schema


def changed(data: bytes) -> Iterator[bytes]:
    """Yield *data* with each byte replaced by several others, taken out, put in twice, or written too long."""
    for place, byte in enumerate(data):
        before, after = data[:place], data[place + 1 :]
        others = {byte ^ 1 << bit for bit in range(8)} | {0, 1, 2, 3, 0x7F, 0x80, 0xFF, (byte + 2) % 256} - {byte}
        yield from (before + bytes([other]) + after for other in sorted(others))
        yield before + after
        yield before + bytes([byte]) * 2 + after
        yield before + bytes([byte | 0x80, 0]) + after
