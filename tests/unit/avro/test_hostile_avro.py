"""The door to Avro against hostile bytes and careless writers. The library behind it accepts most of what is here."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import schemas
from broker import limits
from broker.avro import Schema, decode, encode, schema, schema_by_id
from broker.envelope.header import Header, format_header
from broker.errors import BrokerError, InvalidRecord, SchemaError, UndecodableContent, UnknownSchema
from broker.records.heads import Heads, StreamState
from broker.records.incident import IncidentCore
from broker.records.quantity import Quantity
from broker.types.names import Originator
from broker.types.vocabulary import Kind, Status, Tlp
from tests.support.messages import a_digest, a_header
from tests.support.records import a_core, a_quantity

HEADS = schema("heads/heads")
CORE = schema("incident/core")


def a_stream(**changes: Any) -> StreamState:
    """Return what a node says of one stream."""
    fields: dict[str, Any] = {"originator": Originator("NL/customs"), "writer": 1, "sequence": 2, "frozen": False}
    return StreamState(**fields | {"digest": a_digest("head")} | changes)


def some_heads(*streams: StreamState, checkpoint: Any = None) -> Heads:
    """Return what a node says of its streams."""
    return Heads(
        streams=streams,
        directory_digest=a_digest("directory"),
        decisions_root=a_digest("root"),
        decisions_count=3,
        checkpoint=checkpoint,
    )


PLAIN = encode(HEADS, some_heads(a_stream(), checkpoint=b"note"))
START, AFTER = PLAIN[:1], PLAIN[1:]
"""The count of streams, and what follows it."""
FROZEN = PLAIN.index(a_digest("head")) + 32


def read(data: bytes) -> Heads:
    """Return heads as the door reads them."""
    return decode(HEADS, data, Heads)


def test_reads_what_it_writes() -> None:
    assert some_heads(a_stream(), checkpoint=b"note") == read(PLAIN)


def test_refuses_bytes_after_the_record() -> None:
    with pytest.raises(UndecodableContent, match="left over"):
        read(PLAIN + b"\x00")


@pytest.mark.parametrize(
    ("path", "whole", "into"),
    [
        pytest.param("heads/heads", PLAIN, Heads, id="heads"),
        pytest.param("header", format_header(a_header()), Header, id="header"),
        pytest.param("incident/core", encode(CORE, a_core()), IncidentCore, id="incident"),
    ],
)
def test_refuses_a_record_cut_at_any_byte(path: str, whole: bytes, into: type[object]) -> None:
    for length in range(len(whole)):
        with pytest.raises(UndecodableContent):
            decode(schema(path), whole[:length], into)


def test_refuses_an_array_that_announces_more_items_than_there_are() -> None:
    with pytest.raises(UndecodableContent):
        read(b"\x80\x80\x80\x80\x80\x40" + AFTER)  # 2**40


def test_refuses_a_length_of_2_to_the_62() -> None:
    place = PLAIN.index(b"\x14NL/customs")

    with pytest.raises(UndecodableContent):
        read(PLAIN[:place] + b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01" + PLAIN[place + 1 :])


def test_refuses_a_negative_length() -> None:
    place = PLAIN.index(b"\x14NL/customs")

    with pytest.raises(SchemaError):
        read(PLAIN[:place] + b"\x01" + PLAIN[place + 1 :])


def test_refuses_text_that_is_not_utf_8() -> None:
    with pytest.raises(UndecodableContent):
        read(PLAIN.replace(b"NL/customs", b"NL/custom\xff"))


@pytest.mark.parametrize("byte", [0x7F, 0x02, 0xFF])
def test_a_boolean_that_is_neither_zero_nor_one_is_still_a_boolean(byte: int) -> None:
    assert read(PLAIN[:FROZEN] + bytes([byte]) + PLAIN[FROZEN + 1 :]).streams[0].frozen is True


def test_a_number_of_eleven_bytes_stays_within_the_bounds_of_its_type() -> None:
    place = PLAIN.index(b"\x14NL/customs") + 11
    for tail in (b"\x01", b"\x7f"):
        for bits in (b"\x80", b"\xff", b"\x82"):
            try:
                found = read(PLAIN[:place] + bits * 10 + tail + PLAIN[place + 1 :])
            except SchemaError:
                continue
            assert 1 <= found.streams[0].writer <= limits.MAX_WRITER


@pytest.mark.parametrize("writer", [0, -1, 2**31, 2**40])
def test_refuses_a_number_outside_the_bounds_of_its_type(writer: int) -> None:
    data = format_header(a_header())
    place = data.index(b"\x14NL/customs") + 11
    raw = (writer << 1) ^ (writer >> 63)
    encoded = bytearray()
    while raw > 0x7F:
        encoded.append(raw & 0x7F | 0x80)
        raw >>= 7
    encoded.append(raw)
    heads = PLAIN.index(b"\x14NL/customs") + 11

    assert decode(schema("header"), data[:place] + encoded + data[place + 1 :], Header).writer == writer
    with pytest.raises(InvalidRecord, match="writer"):
        read(PLAIN[:heads] + encoded + PLAIN[heads + 1 :])


class TestEnums:
    """Kind stands in the header behind the federation, 14 bytes."""

    DATA = format_header(a_header())

    def kind(self, index: bytes) -> Kind:
        """Return the kind that the door reads for a number."""
        return decode(schema("header"), self.DATA[:14] + index + self.DATA[15:], Header).kind

    def test_the_numbers_are_those_of_our_vocabularies(self) -> None:
        assert list(Kind) == [self.kind(bytes([2 * number])) for number in range(len(Kind))]

    @pytest.mark.parametrize("index", [b"\x0a", b"\x0b", b"\x7f", b"\x80\x80\x80\x80\x10"])
    def test_refuses_a_number_beyond_the_symbols(self, index: bytes) -> None:
        with pytest.raises(UndecodableContent):
            self.kind(index)

    @pytest.mark.parametrize("number", [-1, -2, -3, -4, -5])
    def test_a_negative_number_counts_from_the_last_symbol_and_never_leaves_them(self, number: int) -> None:
        assert list(Kind)[number] is self.kind(bytes([-2 * number - 1]))


def test_a_negative_branch_of_a_union_counts_from_the_last_and_never_leaves_them() -> None:
    place = len(PLAIN) - len(b"\x02\x08note")

    assert read(PLAIN[:place] + b"\x01\x08note").checkpoint == b"note"
    assert read(PLAIN[:place] + b"\x03").checkpoint is None
    for branch in (b"\x04", b"\x05"):
        with pytest.raises(UndecodableContent):
            read(PLAIN[:place] + branch + b"\x08note")


@pytest.mark.parametrize("micros", [b"\xfe" + b"\xff" * 8 + b"\x01", b"\xff" * 9 + b"\x01"], ids=["latest", "earliest"])
def test_refuses_a_time_that_no_calendar_has(micros: bytes) -> None:
    data = format_header(a_header())
    place = data.index(b"\x14NL/customs") + 13 + 32

    with pytest.raises(UndecodableContent):
        decode(schema("header"), data[:place] + micros + data[place + 8 :], Header)


@given(st.sampled_from(schemas.paths()), st.binary(max_size=120))
def test_any_bytes_are_one_record_or_refused(path: str, data: bytes) -> None:
    try:
        decode(schema(path), data, dict)
    except BrokerError:
        return


@given(st.integers(0, 2000), st.binary(max_size=4), st.integers(0, 4))
def test_an_edited_incident_is_one_record_or_refused(place: int, new: bytes, gone: int) -> None:
    whole = encode(CORE, a_core())
    place %= len(whole)
    try:
        decode(CORE, whole[:place] + new + whole[place + gone :], IncidentCore)
    except BrokerError:
        return


WRONG = [
    pytest.param({"writer": 3.9}, id="float into int"),
    pytest.param({"writer": 3.0}, id="whole float into int"),
    pytest.param({"writer": True}, id="boolean into int"),
    pytest.param({"writer": "3"}, id="text into int"),
    pytest.param({"writer": 2**40}, id="2**40 into int"),
    pytest.param({"sequence": 2**63}, id="2**63 into long"),
    pytest.param({"frozen": "no"}, id="text into boolean"),
    pytest.param({"frozen": 1}, id="number into boolean"),
    pytest.param({"frozen": None}, id="nothing into boolean"),
    pytest.param({"originator": b"NL/customs"}, id="bytes into text"),
    pytest.param({"originator": 1}, id="number into text"),
    pytest.param({"originator": "\ud800"}, id="lone surrogate"),
    pytest.param({"digest": bytes(31)}, id="short fixed"),
    pytest.param({"digest": "A" * 43 + "="}, id="text into fixed"),
]


@pytest.mark.parametrize("changes", WRONG)
def test_refuses_to_write(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidRecord):
        encode(HEADS, some_heads(a_stream(**changes)))


def test_refuses_to_write_text_where_an_array_has_to_be() -> None:
    careless: Any = "abc"
    core = msgspec.structs.replace(a_core(), marking=msgspec.structs.replace(a_core().marking, recipients=careless))

    with pytest.raises(InvalidRecord):
        encode(CORE, core)


@pytest.mark.parametrize("checkpoint", ["bm90ZQ==", 5, [1]], ids=["text", "number", "list"])
def test_refuses_to_write_into_bytes_a(checkpoint: object) -> None:
    with pytest.raises(InvalidRecord):
        encode(HEADS, some_heads(checkpoint=checkpoint))


@pytest.mark.parametrize("when", ["2026-03-01T00:00:00Z", 1_772_323_200, None])
def test_refuses_to_write_what_is_no_time(when: Any) -> None:
    with pytest.raises(InvalidRecord):
        encode(schema("header"), a_header(issued_at=when))


def test_refuses_to_write_a_time_without_a_zone() -> None:
    with pytest.raises(InvalidRecord, match="zone"):
        encode(schema("header"), a_header(issued_at=datetime(2026, 3, 1)))  # noqa: DTZ001


def test_writes_the_same_moment_the_same_in_every_zone() -> None:
    tokyo = timezone(timedelta(hours=9))
    header = a_header()
    moved = a_header(issued_at=header.issued_at.astimezone(tokyo))

    assert encode(schema("header"), header) == encode(schema("header"), moved)


class TestDecimals:
    def written(self, value: Decimal) -> Decimal | None:
        """Return what a reader sees of an amount."""
        core = a_core(quantities=(a_quantity(value=value, upper=None),))
        back = decode(CORE, encode(CORE, core), IncidentCore)
        return back.quantities[0].value

    @pytest.mark.parametrize(
        "text", ["0", "0.000001", "1.5", "-1.5", "-0.000001", "1E+5", "99999999999999999999999999999999.999999"]
    )
    def test_a_decimal_is_read_as_it_was_written(self, text: str) -> None:
        assert Decimal(text) == self.written(Decimal(text))

    @pytest.mark.parametrize("text", ["-0", "-0.000000", "-0E+3", "0E+999999"])
    def test_a_negative_zero_is_read_as_zero(self, text: str) -> None:
        assert Decimal(0) == self.written(Decimal(text))

    @pytest.mark.parametrize(
        "text",
        [
            "0.0000001",
            "1E-20",
            "100000000000000000000000000000000",
            "1E+40",
            "1E+999999",
            "2E+32",
            "NaN",
            "Infinity",
            "-Infinity",
        ],
    )
    def test_refuses_a_decimal_that_does_not_fit(self, text: str) -> None:
        with pytest.raises(InvalidRecord):
            self.written(Decimal(text))

    @pytest.mark.parametrize("unscaled", [10**38, -(10**38), 2**127 - 1, -(2**127)])
    def test_refuses_to_read_a_decimal_of_more_digits_than_its_schema_allows(self, unscaled: int) -> None:
        whole = encode(CORE, a_core(quantities=(a_quantity(value=Decimal("1.5"), upper=None),)))
        old = (1_500_000).to_bytes(16, "big")
        assert whole.count(old) == 1

        with pytest.raises(UndecodableContent):
            decode(CORE, whole.replace(old, unscaled.to_bytes(16, "big", signed=True)), IncidentCore)

    @given(st.decimals(-(10**31), 10**31, places=6))
    def test_every_decimal_that_fits_is_read_as_it_was_written(self, value: Decimal) -> None:
        assert value == self.written(value)

    def test_a_quantity_has_no_other_decimals(self) -> None:
        decimals = {field.name for field in msgspec.structs.fields(Quantity) if field.type == Decimal | None}

        assert decimals == {"value", "upper", "concentration_percent"}


class TestSchemas:
    def test_every_schema_that_ships_is_found_by_its_id(self) -> None:
        for path in schemas.paths():
            assert schema(path) == schema_by_id(schema(path).id)

    def test_no_two_schemas_share_an_id(self) -> None:
        assert len(schemas.paths()) == len({schema(path).id for path in schemas.paths()})

    @pytest.mark.parametrize("schema_id", [b"", bytes(32), CORE.id[:31], CORE.id + b"\x00"], ids=len)
    def test_refuses_an_id_that_no_schema_has(self, schema_id: bytes) -> None:
        with pytest.raises(UnknownSchema):
            schema_by_id(schema_id)

    @pytest.mark.parametrize("path", ["", "nothing", "../header", "incident/core.avsc"])
    def test_a_path_that_does_not_ship_is_a_mistake_of_ours(self, path: str) -> None:
        with pytest.raises(KeyError):
            schema(path)

    def test_a_schema_is_its_id_and_its_path(self) -> None:
        assert Schema(CORE.id, "incident/core") == CORE

    @pytest.mark.parametrize("vocabulary", [Kind, Status, Tlp])
    def test_the_symbols_of_the_header_are_those_of_our_vocabularies(self, vocabulary: type[Kind]) -> None:
        fields = {field["name"]: field["type"] for field in msgspec.json.decode(schemas.read("header"))["fields"]}

        assert [member.value for member in vocabulary] == fields[vocabulary.__name__.lower()]["symbols"]
