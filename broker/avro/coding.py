"""Records to bytes and back, by functions that are made for each schema the first time it is used.

What leaves here agrees with its type field by field, and so does what comes in. Each record has exactly one encoding:
any other bytes are refused, so that nobody can say the same in two ways and be counted twice.
"""

from functools import cache
from typing import Final, TypeVar, cast

import msgspec

from broker.avro.layout import layout_of
from broker.avro.program import Read, Write
from broker.avro.reading import reader_program
from broker.avro.shipped import Schema, parsed
from broker.avro.writing import writer_program
from broker.errors import InvalidRecord, SchemaError, UndecodableContent

T = TypeVar("T", bound=msgspec.Struct)

_START: Final = 0


def encode(schema: Schema, record: msgspec.Struct) -> bytes:
    """Return *record* as Avro of *schema*, checked against its own type.

    Raises:
        InvalidRecord: A value is not exactly what its type says; the message names the field, never its text.
    """
    try:
        return _writer(schema.path, type(record))(record)
    except InvalidRecord as error:
        raise InvalidRecord(f"{schema.path}: {error}") from error


def decode(schema: Schema, avro: bytes, into: type[T]) -> T:
    """Return *avro* as exactly one record of *schema*, as *into*.

    Raises:
        UndecodableContent: The bytes are not those that :func:`encode` writes for any record of that schema.
        InvalidRecord: A number is outside the bounds of its type, or *into* does not belong to *schema*.
    """
    try:
        record, end = _reader(schema.path, into)(avro, _START)
    except SchemaError as error:
        raise type(error)(f"{schema.path}: {error}") from error
    # Fixed bytes and text at the end may have been announced and not be there: only here it shows.
    if end != len(avro):
        what = "are left over after the record" if end < len(avro) else "are missing at its end"
        raise UndecodableContent(f"{schema.path}: {abs(len(avro) - end)} bytes {what}")
    return cast("T", record)


@cache
def _writer(path: str, kind: type[msgspec.Struct]) -> Write:
    return cast("Write", writer_program(layout_of(parsed(path), kind)).function(f"<writer of {path}>"))


@cache
def _reader(path: str, kind: type[msgspec.Struct]) -> Read:
    return cast("Read", reader_program(layout_of(parsed(path), kind)).function(f"<reader of {path}>"))
