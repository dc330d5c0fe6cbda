"""No record has two encodings: bytes are refused, or they are what we write for the record that they decode to."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.avro import Schema, decode, encode, schema
from broker.errors import InvalidRecord, UndecodableContent
from tests.properties.avro.plain_values import TYPES, changed, whole_value, written_by_library


def read(written_by: Schema, data: bytes) -> msgspec.Struct | None:
    """Return the record in *data*, None if there is none."""
    try:
        return decode(written_by, data, TYPES[written_by.path])
    except (UndecodableContent, InvalidRecord):
        return None


@pytest.mark.parametrize("path", TYPES)
def test_every_change_is_refused_or_another_record(path: str) -> None:
    written_by = schema(path)
    data = written_by_library(path, whole_value(path))
    record = read(written_by, data)
    assert record is not None

    read_again = 0
    for other in changed(data):
        if other == data:
            continue
        found = read(written_by, other)
        if found is not None:
            read_again += 1
            assert record != found
            assert other == encode(written_by, found)
    assert read_again


@pytest.mark.parametrize("path", TYPES)
def test_every_beginning_is_refused(path: str) -> None:
    data = written_by_library(path, whole_value(path))

    for length in range(len(data)):
        with pytest.raises(UndecodableContent):
            decode(schema(path), data[:length], TYPES[path])


@given(st.sampled_from(sorted(TYPES)), st.binary(max_size=120))
def test_any_bytes_are_refused_or_what_we_write(path: str, data: bytes) -> None:
    found = read(schema(path), data)

    assert found is None or data == encode(schema(path), found)
