"""The one door to fastavro, and to the schemas as data.

A schema is named by the SHA-256 of its exact bytes as shipped, not by an Avro fingerprint: canonical form drops
logicalType, scale and defaults, so two different contracts would collide.

fastavro accepts more than Avro allows and writes values that no reader expects (a float into an int, ``"no"`` into a
boolean), so both directions pass through msgspec: what leaves here agrees with its type, field by field, and so does
what comes in. It also writes a negative zero as another number, rounds decimals, and takes a time without a zone for
the machine's own; so decimals and times are converted here, through its registry of logical types. Three hazards are
closed by rules on the schemas themselves, linted in the tests: recursion, arrays of items without size, decimals on
bytes.
"""

import hashlib
import io
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import cache
from typing import Any, Final, TypeVar

import fastavro
import fastavro.read
import fastavro.write
import msgspec

import schemas
from broker.errors import InvalidRecord, MalformedError, UndecodableContent, UnknownSchema
from broker.types.time import to_micros

SchemaId = bytes
"""SHA-256 over the exact schema bytes."""

T = TypeVar("T")

_PYTHON_VALUES: Final = (bytes, datetime, date, Decimal)
_EXACT: Final = Context(prec=80, traps=[Inexact, InvalidOperation])
"""Decimals never round here; a whole fixed(16) has 39 digits."""
_READER_ERRORS: Final = (
    EOFError,
    IndexError,
    ValueError,  # and UnicodeDecodeError
    OverflowError,
    MemoryError,
    RecursionError,
    TypeError,
    ArithmeticError,
)


class Schema(msgspec.Struct, frozen=True):
    """One shipped schema.

    Attributes:
        id: SHA-256 over the exact schema bytes, 32 bytes.
        path: Where it lies, like ``incident/core``.
    """

    id: SchemaId
    path: str


def schema(path: str) -> Schema:
    """Return the schema at *path*, for writing.

    Raises:
        KeyError: No such schema ships; a mistake in our own code.
    """
    return _loaded(path)[0]


def schema_by_id(schema_id: SchemaId) -> Schema:
    """Return the schema that *schema_id* names.

    Raises:
        UnknownSchema: None that ships with this version.
    """
    found = _by_id().get(schema_id)
    if found is None:
        raise UnknownSchema(
            f"no schema with the digest {schema_id.hex()[:16]}… ships with this version",
            hint="the writer uses a newer version of tocsin; update this node, then the message is admitted again",
        )
    return found


def encode(schema: Schema, record: msgspec.Struct) -> bytes:
    """Return *record* as Avro of *schema*, checked against its own type first.

    Raises:
        InvalidRecord: A value is not what its type says.
    """
    try:
        plain = msgspec.to_builtins(record, builtin_types=_PYTHON_VALUES)
        msgspec.convert(plain, type(record))
        buffer = io.BytesIO()
        fastavro.schemaless_writer(buffer, _loaded(schema.path)[1], plain)
    except (msgspec.ValidationError, MalformedError, *_READER_ERRORS) as error:
        raise InvalidRecord(f"{schema.path}: {error}") from error
    return buffer.getvalue()


def decode(schema: Schema, avro: bytes, into: type[T]) -> T:
    """Return *avro* as exactly one record of *schema*, as *into*.

    Raises:
        UndecodableContent: The bytes are no record of that schema, or something is left over.
        InvalidRecord: The record does not agree with its type.
    """
    buffer = io.BytesIO(avro)
    try:
        plain = fastavro.schemaless_reader(buffer, _loaded(schema.path)[1], None)
    except _READER_ERRORS as error:
        raise UndecodableContent(f"{schema.path}: {type(error).__name__} while decoding {len(avro)} bytes") from error
    if buffer.tell() != len(avro):
        raise UndecodableContent(f"{schema.path}: {len(avro) - buffer.tell()} bytes are left over after the record")
    try:
        return msgspec.convert(plain, into)
    except msgspec.ValidationError as error:
        raise InvalidRecord(f"{schema.path}: {error}") from error


def _write_decimal(value: Any, schema: Mapping[str, Any]) -> Any:
    """Return *value* as the bytes of a fixed decimal, exactly or not at all."""
    if not isinstance(value, Decimal):
        return value
    unscaled = _EXACT.scaleb(value, schema["scale"]) if value else Decimal(0)
    if unscaled.adjusted() >= schema["precision"] or unscaled != int(unscaled):
        raise ValueError(f"{value} has more digits than fit: {schema['precision']}, {schema['scale']} after the point")
    return int(unscaled).to_bytes(schema["size"], "big", signed=True)


def _read_decimal(data: Any, writer: Mapping[str, Any] | None = None, _reader: object = None) -> Any:
    """Return the decimal that the bytes of a fixed hold, exactly or not at all."""
    schema = writer or {}
    unscaled = int.from_bytes(data, "big", signed=True)
    if abs(unscaled) >= 10 ** schema["precision"]:
        raise ValueError("a decimal has more digits than its schema allows")
    return _EXACT.scaleb(Decimal(unscaled), -schema["scale"])


def _write_time(value: Any, _schema: object) -> Any:
    """Return *value* as microseconds since 1970."""
    return to_micros(value) if isinstance(value, datetime) else value


fastavro.write.LOGICAL_WRITERS["fixed-decimal"] = _write_decimal
fastavro.read.LOGICAL_READERS["fixed-decimal"] = _read_decimal
fastavro.write.LOGICAL_WRITERS["long-timestamp-micros"] = _write_time


@cache
def _loaded(path: str) -> tuple[Schema, Any]:
    text = schemas.read(path)
    # A dictionary of its own: two schemas may define a type of the same name.
    parsed = fastavro.parse_schema(json.loads(text), named_schemas={})
    return Schema(hashlib.sha256(text).digest(), path), parsed


@cache
def _by_id() -> Mapping[SchemaId, Schema]:
    known = (Schema(hashlib.sha256(schemas.read(path)).digest(), path) for path in schemas.paths())
    return {one.id: one for one in known}
