"""The program that writes records of one layout.

Straight lines are what makes it fast: a group for each field, nothing looked up that was known before. Each group sets
``at`` to the name of its field, so that a refusal can say where. Types are compared exactly: a boolean is no number, a
list no tuple, a time no day.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
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
from broker.avro.refusals import FAILURES, expected, unwritable
from broker.avro.values import BYTES_OF, write_amount, write_day, write_long, write_moment

_KNOWN: Final = (date, datetime, Decimal, expected, unwritable, write_amount, write_day, write_long, write_moment)

_FUNCTION: Final = """\
def {name}(record):
    if type(record) is not {kind}:
        raise expected("{kind}", record)
    at = ""
    try:
{body}
        return b"".join(({parts},))
    except FAILURES as error:
        raise unwritable(at, error) from None
"""

_SIZE: Final = """
{v}n = len({v})
{v}n = BYTES_OF[{v}n] if {v}n < 64 else write_long({v}n)
"""

_TEMPLATES: Final[Mapping[type[Layout], str]] = {
    Text: """
if type({v}) is not str:
    raise expected("text", {v})
{v} = {v}.encode()"""
    + _SIZE,
    Octets: """
if type({v}) is not bytes:
    raise expected("bytes", {v})"""
    + _SIZE,
    Flag: """
if type({v}) is not bool:
    raise expected("a boolean", {v})
{v} = bytes(({v},))
""",
    Day: """
if type({v}) is not date:
    raise expected("a day", {v})
{v} = write_day({v})
""",
    Moment: """
if type({v}) is not datetime:
    raise expected("a time", {v})
{v} = write_moment({v})
""",
    Fixed: """
if type({v}) is not bytes or len({v}) != {size}:
    raise expected("{size} bytes", {v})
""",
    Amount: """
if type({v}) is not Decimal:
    raise expected("a decimal", {v})
{v} = write_amount({v}, {size}, {precision}, {scale})
""",
    Number: """
if type({v}) is not int or not {least} <= {v} <= {most}:
    raise expected("a number from {least} to {most}", {v})
{v} = BYTES_OF[{v}] if 0 <= {v} < 64 else write_long({v})
""",
}
"""How each value without parts becomes bytes, in the variable *v*; what has a size leaves it in *v* and ``n``."""

_NULLABLE: Final = """
if {v} is None:
    {v} = BYTES_OF[0]
else:
{item}
    {v} = BYTES_OF[1] + {parts}
"""

_ARRAY: Final = """
if type({v}) is not tuple:
    raise expected("a tuple", {v})
if {v}:
    {v}n = len({v})
    {v}s = [BYTES_OF[{v}n] if {v}n < 64 else write_long({v}n)]
    for {v}i in {v}:
{item}
        {v}s += ({parts},)
    {v}s.append(BYTES_OF[0])
    {v} = b"".join({v}s)
else:
    {v} = BYTES_OF[0]
"""


def writer_program(layout: Record) -> Program:
    """Return the program of a function from a record of *layout* to its bytes."""
    program = Program(_KNOWN)
    program.know("BYTES_OF", BYTES_OF)
    program.know("FAILURES", FAILURES)
    _function(program, layout)
    return program


def _function(program: Program, record: Record) -> str:
    """Define what writes *record*, after what writes its parts; return its name."""
    kind = program.know(record.kind.__name__, record.kind)
    name = f"write_{kind}"
    program.know(f"{kind}_layout", record)
    if not program.has(name):
        body: list[str] = []
        parts: list[str] = []
        for number, (field, layout) in enumerate(record.fields):
            v = f"v{number}"
            body += [f'at = "{field}"', f"{v} = record.{field}", *_value(program, layout, v)]
            parts += _parts(layout, v)
        text = _FUNCTION.format(name=name, kind=kind, body=joined(body, 2), parts=", ".join(parts))
        program.define(name, text)
    return name


def _value(program: Program, layout: Layout, v: str) -> list[str]:
    """Return the lines that turn what is in the variable *v* into bytes."""
    match layout:
        case Record():
            return [f"{v} = {_function(program, layout)}({v})"]
        case Choice(kind, members):
            codes = program.know(f"{kind.__name__}_bytes", dict(zip(members, BYTES_OF, strict=False)))
            name = program.know(kind.__name__, kind)
            refusal = [f"if type({v}) is not {name}:", f'    raise expected("{name}", {v})']
            return [*refusal, f"{v} = {codes}[{v}]"]
        case Nullable(item):
            parts = " + ".join(_parts(item, v))
            return lines(_NULLABLE.format(v=v, item=joined(_value(program, item, v), 1), parts=parts))
        case Array(item):
            parts = ", ".join(_parts(item, f"{v}i"))
            return lines(_ARRAY.format(v=v, item=joined(_value(program, item, f"{v}i"), 2), parts=parts))
        case _:
            return lines(_TEMPLATES[type(layout)].format(v=v, **msgspec.structs.asdict(layout)))


def _parts(layout: Layout, v: str) -> list[str]:
    """Return the variables that hold the bytes, once :func:`_value` is done."""
    return [f"{v}n", v] if isinstance(layout, Text | Octets) else [v]
