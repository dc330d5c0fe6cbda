"""The door to Avro against hostile bytes and careless writers. Avro libraries accept most of what is here."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import schemas
from broker.avro import Schema, decode, encode, schema, schema_by_id
from broker.envelope.header import Header, format_header
from broker.errors import BrokerError, InvalidRecord, UndecodableContent, UnknownSchema
from broker.records.heads import Heads, StreamState
from broker.records.incident import IncidentCore
from broker.records.quantity import Quantity
from broker.types.names import Originator
from broker.types.vocabulary import Kind, Purpose, Status, Tlp
from tests.support.messages import a_digest, a_header
from tests.support.records import a_core, a_marking, a_quantity

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
def test_refuses_a_record_cut_at_any_byte(path: str, whole: bytes, into: type[msgspec.Struct]) -> None:
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


@pytest.mark.parametrize("length", [b"\x01", b"\x13", b"\x81\x01", b"\xff\x7f", b"\xff" * 9 + b"\x01"])
def test_refuses_a_negative_length_or_count(length: bytes) -> None:
    place = PLAIN.index(b"\x14NL/customs")

    with pytest.raises(UndecodableContent, match="originator"):
        read(PLAIN[:place] + length + PLAIN[place + 1 :])
    with pytest.raises(UndecodableContent, match="streams"):
        read(length + AFTER)


def test_refuses_text_that_is_not_utf_8() -> None:
    with pytest.raises(UndecodableContent):
        read(PLAIN.replace(b"NL/customs", b"NL/custom\xff"))


@pytest.mark.parametrize("byte", [0x7F, 0x02, 0x80, 0xFF])
def test_refuses_a_boolean_that_is_neither_zero_nor_one(byte: int) -> None:
    with pytest.raises(UndecodableContent, match="frozen"):
        read(PLAIN[:FROZEN] + bytes([byte]) + PLAIN[FROZEN + 1 :])


def varint(number: int, *, more: int = 0) -> bytes:
    """Return a number as Avro writes it, with *more* bytes than needed."""
    raw = (number << 1) ^ (number >> 63)
    length = max(1, -(-raw.bit_length() // 7)) + more
    return bytes(raw >> 7 * place & 0x7F | (0x80 if place < length - 1 else 0) for place in range(length))


WRITER = PLAIN.index(b"\x14NL/customs") + 11


@pytest.mark.parametrize("more", range(1, 10))
def test_refuses_a_number_that_is_longer_than_needed(more: int) -> None:
    assert read(PLAIN[:WRITER] + varint(1) + PLAIN[WRITER + 1 :]) == read(PLAIN)
    with pytest.raises(UndecodableContent, match="writer"):
        read(PLAIN[:WRITER] + varint(1, more=more) + PLAIN[WRITER + 1 :])


@pytest.mark.parametrize("more", [1, 2, 8])
def test_refuses_a_length_or_count_that_is_longer_than_needed(more: int) -> None:
    with pytest.raises(UndecodableContent, match="streams"):
        read(varint(1, more=more) + AFTER)
    with pytest.raises(UndecodableContent, match="originator"):
        read(START + varint(10, more=more) + AFTER[1:])


@pytest.mark.parametrize("tail", [b"\x01", b"\x02", b"\x7f"])
@pytest.mark.parametrize("bits", [b"\x80", b"\xff", b"\x82"])
def test_refuses_a_number_of_eleven_bytes(bits: bytes, tail: bytes) -> None:
    with pytest.raises(UndecodableContent, match="writer"):
        read(PLAIN[:WRITER] + bits * 10 + tail + PLAIN[WRITER + 1 :])


def test_refuses_a_number_of_more_than_64_bits() -> None:
    with pytest.raises(UndecodableContent, match="sequence"):
        read(PLAIN[: WRITER + 1] + b"\xfe" + b"\xff" * 8 + b"\x02" + PLAIN[WRITER + 2 :])


@pytest.mark.parametrize("writer", [2**31, -(2**31) - 1, 2**40])
def test_refuses_a_number_of_more_than_32_bits_where_avro_calls_it_int(writer: int) -> None:
    with pytest.raises(UndecodableContent, match="writer"):
        read(PLAIN[:WRITER] + varint(writer) + PLAIN[WRITER + 1 :])


@pytest.mark.parametrize("writer", [0, -1, -(2**31)])
def test_refuses_a_number_outside_the_bounds_of_its_type(writer: int) -> None:
    header = format_header(a_header())
    place = header.index(b"\x14NL/customs") + 11

    assert writer == decode(schema("header"), header[:place] + varint(writer) + header[place + 1 :], Header).writer
    with pytest.raises(InvalidRecord, match=r"heads/heads: streams\.writer: expected a number from 1 to 2147483647"):
        read(PLAIN[:WRITER] + varint(writer) + PLAIN[WRITER + 1 :])


class TestArrays:
    TWO = encode(HEADS, some_heads(a_stream(), a_stream(writer=2), checkpoint=b"note"))
    ITEM = len(TWO) - len(PLAIN)
    """Bytes of one stream."""

    def test_reads_two_items_in_one_block(self) -> None:
        assert 2 == len(read(self.TWO).streams)

    def test_refuses_a_second_block(self) -> None:
        first, second = self.TWO[1 : 1 + self.ITEM], self.TWO[1 + self.ITEM : 1 + 2 * self.ITEM]
        with pytest.raises(UndecodableContent, match="second block"):
            read(varint(1) + first + varint(1) + second + self.TWO[1 + 2 * self.ITEM :])

    def test_refuses_a_block_that_tells_its_size(self) -> None:
        with pytest.raises(UndecodableContent, match="streams"):
            read(varint(-2) + varint(2 * self.ITEM) + self.TWO[1:])

    def test_an_array_may_have_as_many_items_as_there_are_bytes_and_no_more(self) -> None:
        many = encode(CORE, a_core(marking=a_marking(purposes=(Purpose.TRAINING,) * 200)))
        place = many.index(b"\x0c" * 200)

        assert varint(200) == many[place - 2 : place]
        with pytest.raises(UndecodableContent, match=r"marking\.purposes"):
            decode(CORE, many[: place - 2] + varint(len(many)) + many[place:], IncidentCore)


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
    def test_refuses_a_negative_number(self, number: int) -> None:
        with pytest.raises(UndecodableContent, match="kind"):
            self.kind(bytes([-2 * number - 1]))

    def test_refuses_a_number_that_is_longer_than_needed(self) -> None:
        with pytest.raises(UndecodableContent, match="kind"):
            self.kind(b"\x82\x00")


@pytest.mark.parametrize("branch", [b"\x01", b"\x03", b"\x04", b"\x05", b"\x82\x00", b"\xff"])
def test_refuses_a_branch_of_a_union_that_does_not_exist(branch: bytes) -> None:
    place = len(PLAIN) - len(b"\x02\x08note")

    for rest in (b"", b"\x08note"):
        with pytest.raises(UndecodableContent, match="checkpoint"):
            read(PLAIN[:place] + branch + rest)


@pytest.mark.parametrize("announced", [5, 63, 64, 2**40])
def test_refuses_more_bytes_than_there_are_at_the_end(announced: int) -> None:
    place = len(PLAIN) - len(b"\x08note")

    with pytest.raises(UndecodableContent):
        read(PLAIN[:place] + varint(announced) + b"note")


@pytest.mark.parametrize("micros", [b"\xfe" + b"\xff" * 8 + b"\x01", b"\xff" * 9 + b"\x01"], ids=["latest", "earliest"])
def test_refuses_a_time_that_no_calendar_has(micros: bytes) -> None:
    data = format_header(a_header())
    place = data.index(b"\x14NL/customs") + 13 + 32

    with pytest.raises(UndecodableContent):
        decode(schema("header"), data[:place] + micros + data[place + 8 :], Header)


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
    pytest.param({"writer": 0}, id="0 where 1 is the least"),
    pytest.param({"writer": 2**40}, id="2**40 into int"),
    pytest.param({"sequence": 2**63}, id="2**63 into long"),
    pytest.param({"frozen": "no"}, id="text into boolean"),
    pytest.param({"frozen": 1}, id="number into boolean"),
    pytest.param({"frozen": None}, id="nothing into boolean"),
    pytest.param({"originator": b"NL/customs"}, id="bytes into text"),
    pytest.param({"originator": 1}, id="number into text"),
    pytest.param({"originator": Kind.RECORD}, id="member of a vocabulary into text"),
    pytest.param({"originator": "\ud800"}, id="lone surrogate"),
    pytest.param({"digest": bytes(31)}, id="short fixed"),
    pytest.param({"digest": "A" * 43 + "="}, id="text into fixed"),
]


@pytest.mark.parametrize("changes", WRONG)
def test_refuses_to_write(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidRecord, match=rf"heads/heads: streams\.{next(iter(changes))}: "):
        encode(HEADS, some_heads(a_stream(**changes)))


def test_a_refusal_to_write_never_repeats_the_value() -> None:
    for name in (b"Jane Roe", "Jane Roe \ud800"):
        with pytest.raises(InvalidRecord) as refusal:
            encode(HEADS, some_heads(a_stream(originator=name)))
        assert "Jane" not in str(refusal.value)


def test_a_refusal_to_read_never_repeats_the_value() -> None:
    with pytest.raises(UndecodableContent, match=r"streams\.originator: is not UTF-8$") as refusal:
        read(PLAIN.replace(b"NL/customs", b"Jane Roe\xff\xff"))
    assert "Jane" not in str(refusal.value)


@pytest.mark.parametrize("word", ["RECORD", Status.UNKNOWN, b"RECORD", 1, None], ids=repr)
def test_refuses_to_write_into_a_choice_what_is_no_member(word: Any) -> None:
    with pytest.raises(InvalidRecord, match="kind: expected Kind"):
        encode(schema("header"), a_header(kind=word))


def test_refuses_to_write_a_record_of_another_schema() -> None:
    with pytest.raises(InvalidRecord, match="Heads"):
        encode(CORE, some_heads())
    with pytest.raises(InvalidRecord, match="Heads"):
        decode(CORE, encode(CORE, a_core()), Heads)


def test_refuses_to_write_a_part_of_another_type() -> None:
    careless: Any = some_heads()
    with pytest.raises(InvalidRecord, match="incident/core: marking: expected Marking"):
        encode(CORE, msgspec.structs.replace(a_core(), marking=careless))


@pytest.mark.parametrize("careless", ["abc", ["NL"], None, b"NL"], ids=repr)
def test_refuses_to_write_into_an_array(careless: Any) -> None:
    core = msgspec.structs.replace(a_core(), marking=msgspec.structs.replace(a_core().marking, recipients=careless))

    with pytest.raises(InvalidRecord, match=r"marking\.recipients: expected a tuple"):
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


@pytest.mark.parametrize(
    "when",
    [
        pytest.param(datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), id="before 1970"),
        pytest.param(datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=1))), id="after 9999 in UTC"),
    ],
)
def test_refuses_to_write_a_time_that_no_reader_takes(when: datetime) -> None:
    with pytest.raises(InvalidRecord, match="issued_at"):
        encode(schema("header"), a_header(issued_at=when))


class TestDays:
    """When a substance was identified."""

    def written(self, day: Any) -> bytes:
        """Return the bytes of an incident."""
        return encode(CORE, a_core(substances=(msgspec.structs.replace(a_core().substances[0], identified_on=day),)))

    @pytest.mark.parametrize("day", [date(1, 1, 1), date(1969, 12, 31), date(1970, 1, 1), date(9999, 12, 31)])
    def test_every_day_of_the_calendar_is_read_as_it_was_written(self, day: date) -> None:
        assert day == decode(CORE, self.written(day), IncidentCore).substances[0].identified_on

    @pytest.mark.parametrize("days", [date(9999, 12, 31).toordinal() - 719_162, -719_163, 2**31, -(2**63)])
    def test_refuses_a_day_that_no_calendar_has(self, days: int) -> None:
        known = varint(date(2026, 2, 28).toordinal() - 719_163)
        whole = self.written(date(2026, 2, 28)).rpartition(known)

        with pytest.raises(UndecodableContent):
            decode(CORE, whole[0] + varint(days) + whole[2], IncidentCore)

    def test_refuses_to_write_a_time_as_a_day(self) -> None:
        with pytest.raises(InvalidRecord, match="identified_on: expected a day"):
            self.written(datetime(2026, 2, 28, tzinfo=UTC))


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
