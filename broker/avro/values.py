"""Single values in Avro's binary form, each in exactly one encoding. What reads and writes records is made of these.

A value is refused by a ValueError, TypeError, LookupError or MalformedError; who calls knows the field.
"""

from datetime import date, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import lru_cache
from typing import Final

from broker.types.time import from_micros, to_micros

BYTES_OF: Final = tuple(bytes([2 * number]) for number in range(64))
"""The numbers that take one byte and are most numbers: lengths and counts."""

_MAX_SHIFT: Final = 63
"""Bits before the tenth byte of a number, which is its last."""
_U64: Final = (1 << 64) - 1
_INT32: Final = range(-(1 << 31), 1 << 31)
_DAYS_BEFORE_1970: Final = date(1970, 1, 1).toordinal()
_EXACT: Final = Context(prec=80, traps=[Inexact, InvalidOperation])
"""Decimals never round here; a whole fixed(16) has 39 digits."""


class OutOfBounds(ValueError):
    """A number that Avro can write and its type does not allow."""


def write_long(value: int) -> bytes:
    """Return *value* as a zig-zag varint of the shortest length."""
    if 64 <= value < 8192:  # two bytes: most lengths of texts and records
        return bytes((value << 1 & 0x7F | 0x80, value >> 6))
    raw = (value << 1) ^ (value >> 63)
    out = bytearray()
    while raw > 0x7F:
        out.append(raw & 0x7F | 0x80)
        raw >>= 7
    out.append(raw)
    return bytes(out)


def read_long(data: bytes, place: int) -> tuple[int, int]:
    """Return the number at *place* and the place after it; refuse any but its shortest form."""
    byte = data[place]
    if byte > 0x7F and 0 < (after := data[place + 1]) < 0x80:
        raw = byte & 0x7F | after << 7  # two bytes: most lengths of texts
        return (raw >> 1) ^ -(raw & 1), place + 2
    raw, shift = byte & 0x7F, 7
    while byte > 0x7F and shift <= _MAX_SHIFT:
        place += 1
        byte = data[place]
        raw |= (byte & 0x7F) << shift
        shift += 7
    if byte > 0x7F or raw > _U64 or (byte == 0 and shift > 7):
        raise ValueError("a number is not written in its shortest form")
    return (raw >> 1) ^ -(raw & 1), place + 1


def read_int(data: bytes, place: int) -> tuple[int, int]:
    """Return the number at *place* and the place after it; refuse one of more than 32 bits."""
    value, after = read_long(data, place)
    if value not in _INT32:
        raise ValueError("a number has more than 32 bits")
    return value, after


def read_size(data: bytes, place: int) -> tuple[int, int]:
    """Return the length or count at *place* and the place after it; refuse one beyond the end of *data*.

    Bytes have a byte each, and so has every item of an array: the rules on our schemas allow none without size.
    """
    value, after = read_long(data, place)
    if not 0 <= value <= len(data) - after:
        raise ValueError("a length or count is negative, or more than is left")
    return value, after


def write_amount(value: Decimal, size: int, precision: int, scale: int) -> bytes:
    """Return *value* as a signed number of *size* bytes, exactly or not at all."""
    unscaled = _EXACT.scaleb(value, scale) if value else Decimal(0)
    if unscaled.adjusted() >= precision or unscaled != (whole := int(unscaled)):
        raise ValueError(f"more digits than fit: {precision}, {scale} after the point")
    return whole.to_bytes(size, "big", signed=True)


def read_amount(data: bytes, precision: int, scale: int) -> Decimal:
    """Return the decimal whose digits are the signed number *data*, *scale* of them after the point."""
    value = Decimal(int.from_bytes(data, "big", signed=True))
    if value.adjusted() >= precision:
        raise ValueError(f"more digits than fit: {precision}")
    return value.scaleb(-scale, _EXACT)


@lru_cache(maxsize=4096)
def write_day(value: date) -> bytes:
    """Return *value* as days since 1970."""
    return write_long(value.toordinal() - _DAYS_BEFORE_1970)


def read_day(data: bytes, place: int) -> tuple[date, int]:
    """Return the day at *place*, from the year 1 to 9999, and the place after it."""
    days, after = read_long(data, place)  # what has more than 32 bits is no day either
    return date.fromordinal(days + _DAYS_BEFORE_1970), after


def write_moment(value: datetime) -> bytes:
    """Return *value* as microseconds since 1970; refuse what a reader would."""
    micros = to_micros(value)
    from_micros(micros)
    return write_long(micros)


def read_moment(data: bytes, place: int) -> tuple[datetime, int]:
    """Return the time at *place*, from 1970 to 9999, and the place after it."""
    micros, after = read_long(data, place)
    return from_micros(micros), after
