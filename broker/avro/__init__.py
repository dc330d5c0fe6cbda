"""Avro: the schemas that ship, and records to bytes and back, each record in exactly one encoding."""

from broker.avro.coding import decode, encode
from broker.avro.shipped import Schema, SchemaId, schema, schema_by_id, schema_text

__all__ = ["Schema", "SchemaId", "decode", "encode", "schema", "schema_by_id", "schema_text"]
