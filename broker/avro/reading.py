"""The program that reads records of one layout, the inverse of the one that writes them.

Straight lines here as well, with two turns that save most of the checks. What takes exactly one byte (a choice, a
boolean) is looked up by that byte: of all that could stand there, only the right ones are found. And a place only
moves forward: past the end of the bytes the next look raises, or the last place is not the end. So only sizes of 64 and
more are compared with what is left, in ``read_size``.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from broker.avro.layout import (
    Amount,
    Array,
    Choice,
    Day,
    Fixed,
    Flag,
    Layout,
    Moment,
    Nullable,
    Number,
    Octets,
    Record,
    Text,
)
from broker.avro.program import Program, joined, lines
from broker.avro.refusals import FAILURES, unreadable
from broker.avro.values import OutOfBounds, read_amount, read_day, read_int, read_long, read_moment, read_size

_KNOWN: Final = (OutOfBounds, unreadable, read_amount, read_day, read_int, read_long, read_moment, read_size)

_FUNCTION: Final = """\
def {name}(data, place):
    at = ""
    try:
{body}
        return {kind}({values}), place
    except FAILURES as error:
        raise unreadable(at, error) from None
"""

_SIZE: Final = """
n = data[place]
if n & 0x81:
    n, place = read_size(data, place)
else:
    n >>= 1
    place += 1"""
"""A size from 0 to 63 is one even byte below 128; what has bit 0 or 7 is negative or goes on."""

_TEMPLATES: Final[Mapping[type[Layout], str]] = {
    Text: """
n = data[place]
place += 1
if n == 0:
    {v} = ""
else:
    if n & 0x81:
        n, place = read_size(data, place - 1)
        n += place
    else:
        n = place + (n >> 1)
    {v} = data[place:n].decode()
    place = n
""",
    Octets: _SIZE
    + """
{v} = data[place : place + n]
place += n
""",
    Flag: """
{v} = FLAGS[data[place]]
place += 1
""",
    Day: """
{v}, place = read_day(data, place)
""",
    Moment: """
{v}, place = read_moment(data, place)
""",
    Fixed: """
{v} = data[place : place + {size}]
place += {size}
""",
    Amount: """
{v} = read_amount(data[place : place + {size}], {precision}, {scale})
place += {size}
""",
    Number: """
{v} = data[place]
if {v} < 0x80:
    {v} = ({v} >> 1) ^ -({v} & 1)
    place += 1
else:
    {v}, place = read_{avro}(data, place)
if not {least} <= {v} <= {most}:
    raise OutOfBounds("expected a number from {least} to {most}")
""",
}
"""How each value without parts is read into the variable *v*."""

_CHOICE: Final = """
{v} = {members}[data[place]]
place += 1
"""

_NULLABLE: Final = """
n = data[place]
place += 1
if n == 0:
    {v} = None
elif n == 2:
{item}
else:
    raise KeyError(n)
"""

_ARRAY: Final = (
    _SIZE
    + """
{v} = ()
if n:
    {v}s = []
    for _ in range(n):
{item}
        {v}s.append({v}i)
    if data[place]:
        raise ValueError("goes on in a second block")
    place += 1
    {v} = tuple({v}s)
"""
)


def reader_program(layout: Record) -> Program:
    """Return the program of a function from bytes and a place to the record of *layout* there and the place after."""
    program = Program(_KNOWN)
    program.know("FLAGS", {0: False, 1: True})
    program.know("FAILURES", FAILURES)
    _function(program, layout)
    return program


def _function(program: Program, record: Record) -> str:
    """Define what reads *record*, after what reads its parts; return its name."""
    kind = program.know(record.kind.__name__, record.kind)
    name = f"read_{kind}"
    program.know(f"{kind}_layout", record)
    if not program.has(name):
        body: list[str] = []
        for number, (field, layout) in enumerate(record.fields):
            body += [f'at = "{field}"', *_value(program, layout, f"v{number}")]
        values = ", ".join(f"{field}=v{number}" for number, (field, _) in enumerate(record.fields))
        program.define(name, _FUNCTION.format(name=name, kind=kind, body=joined(body, 2), values=values))
    return name


def _value(program: Program, layout: Layout, v: str) -> list[str]:
    """Return the lines that read a value at *place* into the variable *v*, and move *place* behind it."""
    match layout:
        case Record():
            return [f"{v}, place = {_function(program, layout)}(data, place)"]
        case Choice(kind, members):
            by_byte = {2 * number: member for number, member in enumerate(members)}
            return lines(_CHOICE.format(v=v, members=program.know(f"{kind.__name__}_members", by_byte)))
        case Nullable(item):
            return lines(_NULLABLE.format(v=v, item=joined(_value(program, item, v), 1)))
        case Array(item):
            return lines(_ARRAY.format(v=v, item=joined(_value(program, item, f"{v}i"), 2)))
        case _:
            return lines(_TEMPLATES[type(layout)].format(v=v, **msgspec.structs.asdict(layout)))
