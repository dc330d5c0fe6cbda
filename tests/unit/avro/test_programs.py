"""The source that reads and writes records, as it is made for a small one."""

from enum import StrEnum
from typing import Annotated

import msgspec
import pytest

from broker.avro.layout import layout_of
from broker.avro.program import Program
from broker.avro.reading import reader_program
from broker.avro.writing import writer_program


class Colour(StrEnum):
    UNKNOWN = "UNKNOWN"
    RED = "RED"


class Thing(msgspec.Struct, frozen=True):
    name: str
    colour: Colour | None
    weights: tuple[Annotated[int, msgspec.Meta(ge=1, le=9)], ...]


LAYOUT = layout_of(
    {
        "type": "record",
        "name": "Thing",
        "fields": [
            {"name": "name", "type": "string"},
            {"name": "colour", "type": ["null", {"type": "enum", "name": "Colour", "symbols": ["UNKNOWN", "RED"]}]},
            {"name": "weights", "type": {"type": "array", "items": "int"}},
        ],
    },
    Thing,
)
THING = Thing("NL", Colour.RED, (5, 9))
BYTES = b"\x04NL\x02\x02\x04\x0a\x12\x00"

READER = """\
def read_Thing(data, place):
    at = ""
    try:
        at = "name"
        n = data[place]
        place += 1
        if n == 0:
            v0 = ""
        else:
            if n & 0x81:
                n, place = read_size(data, place - 1)
                n += place
            else:
                n = place + (n >> 1)
            v0 = data[place:n].decode()
            place = n
        at = "colour"
        n = data[place]
        place += 1
        if n == 0:
            v1 = None
        elif n == 2:
            v1 = Colour_members[data[place]]
            place += 1
        else:
            raise KeyError(n)
        at = "weights"
        n = data[place]
        if n & 0x81:
            n, place = read_size(data, place)
        else:
            n >>= 1
            place += 1
        v2 = ()
        if n:
            v2s = []
            for _ in range(n):
                v2i = data[place]
                if v2i < 0x80:
                    v2i = (v2i >> 1) ^ -(v2i & 1)
                    place += 1
                else:
                    v2i, place = read_int(data, place)
                if not 1 <= v2i <= 9:
                    raise OutOfBounds("expected a number from 1 to 9")
                v2s.append(v2i)
            if data[place]:
                raise ValueError("goes on in a second block")
            place += 1
            v2 = tuple(v2s)
        return Thing(name=v0, colour=v1, weights=v2), place
    except FAILURES as error:
        raise unreadable(at, error) from None
"""

WRITER = """\
def write_Thing(record):
    if type(record) is not Thing:
        raise expected("Thing", record)
    at = ""
    try:
        at = "name"
        v0 = record.name
        if type(v0) is not str:
            raise expected("text", v0)
        v0 = v0.encode()
        v0n = len(v0)
        v0n = BYTES_OF[v0n] if v0n < 64 else write_long(v0n)
        at = "colour"
        v1 = record.colour
        if v1 is None:
            v1 = BYTES_OF[0]
        else:
            if type(v1) is not Colour:
                raise expected("Colour", v1)
            v1 = Colour_bytes[v1]
            v1 = BYTES_OF[1] + v1
        at = "weights"
        v2 = record.weights
        if type(v2) is not tuple:
            raise expected("a tuple", v2)
        if v2:
            v2n = len(v2)
            v2s = [BYTES_OF[v2n] if v2n < 64 else write_long(v2n)]
            for v2i in v2:
                if type(v2i) is not int or not 1 <= v2i <= 9:
                    raise expected("a number from 1 to 9", v2i)
                v2i = BYTES_OF[v2i] if 0 <= v2i < 64 else write_long(v2i)
                v2s += (v2i,)
            v2s.append(BYTES_OF[0])
            v2 = b"".join(v2s)
        else:
            v2 = BYTES_OF[0]
        return b"".join((v0n, v0, v1, v2,))
    except FAILURES as error:
        raise unwritable(at, error) from None
"""


def test_the_source_of_a_reader_is_a_group_of_lines_a_field() -> None:
    assert READER == reader_program(LAYOUT).source()


def test_the_source_of_a_writer_is_a_group_of_lines_a_field() -> None:
    assert WRITER == writer_program(LAYOUT).source()


def test_what_the_source_says_is_done() -> None:
    assert BYTES == writer_program(LAYOUT).function("writer")(THING)
    assert (THING, len(BYTES)) == reader_program(LAYOUT).function("reader")(BYTES, 0)


def test_a_record_may_begin_anywhere() -> None:
    assert (THING, 3 + len(BYTES)) == reader_program(LAYOUT).function("reader")(b"abc" + BYTES + b"rest", 3)


def test_refuses_two_things_of_one_name() -> None:
    program = Program([int])
    assert "int" == program.know("int", int)
    with pytest.raises(ValueError, match="int"):
        program.know("int", str)
