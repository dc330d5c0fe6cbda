"""Avro's fingerprints and single-object framing: vectors of apache/avro (Apache-2.0), and the frame of our envelope."""

import json
import re
from functools import cache
from pathlib import Path

from fastavro.schema import fingerprint, to_parsing_canonical_form

import schemas
from broker.envelope.cursor import Cursor
from broker.envelope.outer import FRAME

MARKER = bytes.fromhex("c301")
EMPTY = 0xC15D213AA4D7A795


@cache
def _table() -> tuple[int, ...]:
    table = []
    for number in range(256):
        value = number
        for _ in range(8):
            value = (value >> 1) ^ (EMPTY if value & 1 else 0)
        table.append(value)
    return tuple(table)


def crc_64_avro(data: bytes) -> int:
    """Return CRC-64-AVRO as the specification defines it (Avro 1.12, Schema Fingerprints)."""
    value = EMPTY
    for byte in data:
        value = (value >> 8) ^ _table()[(value ^ byte) & 0xFF]
    return value


def frame(schema: object) -> bytes:
    """Return the first ten bytes of every single-object message of *schema*."""
    canonical = to_parsing_canonical_form(schema)  # type: ignore[arg-type]
    return MARKER + crc_64_avro(canonical.encode()).to_bytes(8, "little")


def test_our_checksum_agrees_with_the_published_fingerprints(vectors: Path) -> None:
    text = (vectors / "avro" / "schema-tests.txt").read_text(encoding="utf-8")
    cases = re.findall(r"<<canonical (.*)\n<<fingerprint (-?\d+)", text)

    assert len(cases) > 10
    for canonical, expected in cases:
        assert int(expected) % 2**64 == crc_64_avro(canonical.encode()), canonical


def test_reads_the_published_single_object_message(vectors: Path) -> None:
    message = (vectors / "avro" / "messageV1.bin").read_bytes()
    schema = json.loads((vectors / "avro" / "messageV1.avsc").read_text(encoding="utf-8"))
    head = frame(schema)
    cursor = Cursor(message, len(head))

    assert head == message[: len(head)]
    assert (42, "Bill") == (cursor.long(), cursor.text())
    count = cursor.count(2)
    assert ["dog_lover", "cat_hater"] == [cursor.text() for _ in range(count)]
    cursor.end_of_array(count)
    cursor.end()


def test_the_envelope_is_framed_with_the_fingerprint_of_its_schema() -> None:
    schema = json.loads(schemas.read("envelope"))

    assert frame(schema) == FRAME
    assert MARKER.hex() + fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO") == FRAME.hex()
