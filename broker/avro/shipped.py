"""The one door to fastavro, and to the schemas as data.

A schema is named by the SHA-256 of its exact bytes as shipped, not by an Avro fingerprint: canonical form drops
logicalType, scale and defaults, so two different contracts would collide.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import fastavro
import msgspec

import schemas
from broker.errors import UnknownSchema

SchemaId = bytes
"""SHA-256 over the exact schema bytes."""


class Schema(msgspec.Struct, frozen=True):
    """One shipped schema.

    Attributes:
        id: SHA-256 over the exact schema bytes, 32 bytes.
        path: Where it lies, like ``incident/core``.
    """

    id: SchemaId
    path: str


@cache
def schema(path: str) -> Schema:
    """Return the schema at *path*, for writing.

    Raises:
        KeyError: No such schema ships; a mistake in our own code.
    """
    return Schema(hashlib.sha256(schemas.read(path)).digest(), path)


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


def schema_text(schema: Schema) -> bytes:
    """Return the exact bytes of *schema*, whose SHA-256 is its id: for whoever has to read without this program."""
    return schemas.read(schema.path)


def parsed(path: str) -> Any:
    """Return the schema at *path* as JSON says it, after fastavro found it to be Avro.

    Raises:
        KeyError: No such schema ships; a mistake in our own code.
    """
    text = json.loads(schemas.read(path))
    # A dictionary of its own: two schemas may define a type of the same name.
    fastavro.parse_schema(text, named_schemas={})
    return text


@cache
def _by_id() -> Mapping[SchemaId, Schema]:
    known = (schema(path) for path in schemas.paths())
    return {one.id: one for one in known}
