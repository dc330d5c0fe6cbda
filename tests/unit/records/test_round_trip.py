"""Any record that breaks no rule of its types comes back equal from its Avro bytes."""

from datetime import UTC, date, datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker import avro
from broker.errors import InvalidRecord
from broker.records.checking import check_record
from broker.records.heads import Heads
from broker.records.quantity import Qualifier
from broker.records.registry import HEADS_PATH, RECORD_TYPES
from broker.types.vocabulary import Word
from tests.support import records

WRITTEN: dict[str, type[msgspec.Struct]] = {**RECORD_TYPES, HEADS_PATH: Heads}

PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=8),
    bool: st.booleans(),
    bytes: st.binary(max_size=8),
    date: st.dates(),
    datetime: st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    Decimal: st.decimals(min_value=-(10**31), max_value=10**31, places=6),
}


def values_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for every value that *annotation* allows."""
    inner = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return bounded_values(*inner)
    if get_origin(annotation) is tuple:
        return st.lists(values_of(inner[0]), max_size=2).map(tuple)
    if get_origin(annotation) in {Union, UnionType}:
        return st.none() | values_of(next(one for one in inner if one is not NoneType))
    plain = getattr(annotation, "__supertype__", annotation)
    if plain in PLAIN:
        return PLAIN[plain]
    if issubclass(plain, Word):
        return st.sampled_from(plain)
    return records_of(plain)


def bounded_values(kind: Any, meta: msgspec.Meta) -> st.SearchStrategy[Any]:
    if kind is int:
        assert isinstance(meta.ge, int)
        assert isinstance(meta.le, int)
        return st.integers(meta.ge, meta.le)
    return st.binary(min_size=meta.min_length or 0, max_size=meta.max_length)


def records_of(kind: type[msgspec.Struct]) -> st.SearchStrategy[msgspec.Struct]:
    return st.builds(kind, **{field.name: values_of(field.type) for field in msgspec.structs.fields(kind)})


@pytest.mark.parametrize("path", WRITTEN)
def test_any_record_comes_back_equal(path: str) -> None:
    schema, kind = avro.schema(path), WRITTEN[path]

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(records_of(kind))
    def comes_back(record: msgspec.Struct) -> None:
        assert record == avro.decode(schema, avro.encode(schema, record), kind)

    comes_back()


@pytest.mark.parametrize("value", ["0", "0.000001", "25497.2", "1E+3", "99999999999999999999999999999999.999999"])
def test_an_amount_that_passes_the_check_is_not_rounded(value: str) -> None:
    core = records.a_core(quantities=(records.a_quantity(value=Decimal(value)),))
    check_record(core)
    schema = avro.schema("incident/core")
    back = avro.decode(schema, avro.encode(schema, core), type(core))
    assert Decimal(value) == back.quantities[0].value


@pytest.mark.parametrize("value", ["0.0000001", "1E+32", "123456789012345678901234567890123456789.5", "NaN"])
def test_an_amount_that_would_be_rounded_is_refused_before_it_is_written(value: str) -> None:
    core = records.a_core(quantities=(records.a_quantity(value=Decimal(value), qualifier=Qualifier.EXACT),))
    with pytest.raises(InvalidRecord, match=r"quantities\[0\]\.value"):
        check_record(core)


def test_a_field_that_the_type_does_not_know_is_refused() -> None:
    plain = msgspec.to_builtins(records.an_evidence_section()) | {"colour": "red"}
    with pytest.raises(msgspec.ValidationError, match="colour"):
        msgspec.convert(plain, type(records.an_evidence_section()))


@pytest.mark.parametrize(("field", "value"), [("size_bytes", -1), ("size_bytes", 2**63), ("sha256", b"short")])
def test_a_value_outside_its_bounds_is_refused_on_the_way_in(field: str, value: object) -> None:
    kind = RECORD_TYPES["incident/evidence"]
    attachment = {"sha256": b"\x01" * 32, "size_bytes": 1, "media_type": "text/plain"} | {field: value}
    with pytest.raises(msgspec.ValidationError, match=field):
        msgspec.convert({"attachments": [attachment]}, kind)
