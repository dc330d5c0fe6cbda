"""Whatever an Avro library and msgspec say together of a value, the door says: the same bytes, record, or refusal."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

import schemas
from broker.avro import decode, encode, schema
from broker.errors import InvalidRecord
from tests.properties.avro.plain_values import TYPES, plain_values, whole_value, written_by_library


def test_every_schema_that_ships_is_looked_at() -> None:
    assert set(schemas.paths()) == set(TYPES)


@pytest.mark.parametrize("path", TYPES)
def test_a_value_is_written_and_read_as_the_library_does_or_refused_as_msgspec_does(path: str) -> None:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(plain_values(path))
    def agrees(plain: Any) -> None:
        data = written_by_library(path, plain)
        try:
            record = msgspec.convert(plain, TYPES[path])
        except msgspec.ValidationError:
            with pytest.raises(InvalidRecord):
                decode(schema(path), data, TYPES[path])
            return

        assert record == decode(schema(path), data, TYPES[path])
        assert data == encode(schema(path), record)

    agrees()


@pytest.mark.parametrize("path", TYPES)
def test_a_value_with_nothing_left_out_is_written_and_read_as_the_library_does(path: str) -> None:
    plain = whole_value(path)
    data = written_by_library(path, plain)
    record = msgspec.convert(plain, TYPES[path])

    assert record == decode(schema(path), data, TYPES[path])
    assert data == encode(schema(path), record)
