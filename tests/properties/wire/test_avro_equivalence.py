"""The strict reader and writer agree with an Avro library on the shipped schemas."""

import io
import json
from datetime import datetime
from typing import Any

import fastavro
import msgspec
from hypothesis import given

import schemas
from broker.envelope.header import Header, format_header, parse_header
from broker.envelope.outer import FRAME, Envelope, Signature, format_envelope, parse_envelope
from broker.errors import MalformedError
from broker.merkle import Hash
from tests.properties.avro.plain_values import written_by_library
from tests.properties.wire.strategies import edited, envelopes, headers


class Batch(msgspec.Struct, frozen=True):
    """The batch as ``envelope.avsc`` nests it."""

    size: int
    index: int
    path: tuple[Hash, ...]


class NestedSignature(msgspec.Struct, frozen=True):
    """The signature as ``envelope.avsc`` nests it."""

    signature: bytes
    batch: Batch


class NestedEnvelope(msgspec.Struct, frozen=True):
    """The envelope as ``envelope.avsc`` nests it."""

    header: bytes
    signatures: tuple[NestedSignature, ...]
    bodies: tuple[bytes | None, ...]


def nested(envelope: Envelope) -> NestedEnvelope:
    """Return *envelope* in the shape of its schema."""
    signatures = (NestedSignature(one.signature, Batch(one.size, one.index, one.path)) for one in envelope.signatures)
    return NestedEnvelope(envelope.header, tuple(signatures), envelope.bodies)


def by_library(data: bytes, path: str, into: Any) -> Any:
    """Return what the Avro library reads."""
    parsed = fastavro.parse_schema(json.loads(schemas.read(path)), named_schemas={})
    return msgspec.convert(fastavro.schemaless_reader(io.BytesIO(data), parsed, None), into)


def written(record: msgspec.Struct, path: str) -> bytes:
    """Return what the Avro library writes."""
    return written_by_library(path, msgspec.to_builtins(record, builtin_types=(bytes, datetime)))


@given(headers())
def test_the_library_writes_a_header_as_we_do(header: Header) -> None:
    assert written(header, "header") == format_header(header)


@given(headers().map(format_header).flatmap(edited))
def test_the_library_reads_every_header_that_we_accept_as_we_do(data: bytes) -> None:
    try:
        header = parse_header(data)
    except MalformedError:
        return

    assert header == by_library(data, "header", Header)


@given(envelopes)
def test_the_library_writes_an_envelope_as_we_do(envelope: Envelope) -> None:
    assert FRAME + written(nested(envelope), "envelope") == format_envelope(envelope)


@given(envelopes.map(format_envelope).flatmap(edited))
def test_the_library_reads_every_envelope_that_we_accept_as_we_do(data: bytes) -> None:
    try:
        envelope = parse_envelope(data)
    except MalformedError:
        return

    assert nested(envelope) == by_library(data[len(FRAME) :], "envelope", NestedEnvelope)


def test_a_signature_of_ours_has_the_fields_of_the_schema() -> None:
    assert set(Signature.__struct_fields__) == {"signature", *Batch.__struct_fields__}
