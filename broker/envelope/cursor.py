"""A strict reader and writer of the few Avro encodings that header and envelope are made of.

Avro lets a number be written in several lengths and an array in several blocks. Here each value has exactly one
encoding, the shortest one, and the reader refuses any other: otherwise several byte strings would be the same message.
"""

from typing import Final

from broker.errors import NotCanonical, TooLarge

_MAX_VARINT_BYTES: Final = 10
_U64: Final = (1 << 64) - 1
_INT32: Final = range(-(1 << 31), 1 << 31)


class Cursor:
    """A place in bytes that moves forward; every method reads one value and raises NotCanonical."""

    __slots__ = ("_data", "_end", "_place")

    def __init__(self, data: bytes, place: int = 0) -> None:
        self._data = data
        self._place = place
        self._end = len(data)

    def long(self) -> int:
        """Read a zig-zag varint of its shortest length."""
        data, place = self._data, self._place
        if place < self._end and data[place] < 0x80:  # nearly every number in a message takes one byte
            self._place = place + 1
            raw = data[place]
            return (raw >> 1) ^ -(raw & 1)
        if place + 1 < self._end and 0 < data[place + 1] < 0x80:  # most lengths of headers and bodies take two
            self._place = place + 2
            raw = data[place] & 0x7F | data[place + 1] << 7
            return (raw >> 1) ^ -(raw & 1)
        return self._long_varint()

    def _long_varint(self) -> int:
        raw = shift = 0
        for place in range(self._place, min(self._place + _MAX_VARINT_BYTES, self._end)):
            byte = self._data[place]
            raw |= (byte & 0x7F) << shift
            if byte < 0x80:
                if byte == 0 or raw > _U64:
                    raise NotCanonical(f"the number at byte {self._place} is not written in its shortest form")
                self._place = place + 1
                return (raw >> 1) ^ -(raw & 1)
            shift += 7
        raise NotCanonical(f"the number at byte {self._place} does not end")

    def int32(self) -> int:
        """Read a number that Avro calls an ``int``; readers of other makers refuse one of more bits."""
        value = self.long()
        if value not in _INT32:
            raise NotCanonical(f"the number before byte {self._place} has more than 32 bits")
        return value

    def fixed(self, size: int) -> bytes:
        """Read *size* bytes."""
        start = self._place
        stop = start + size
        if stop > self._end:
            raise NotCanonical(f"{size} bytes were announced at byte {start}, {self._end - start} are left")
        self._place = stop
        return self._data[start:stop]

    def bytes(self) -> bytes:
        """Read a length and that many bytes."""
        size = self.long()
        stop = self._place + size
        if size >= 0 and stop <= self._end:
            start, self._place = self._place, stop
            return self._data[start:stop]
        if size < 0:
            raise NotCanonical(f"a negative length before byte {self._place}")
        return self.fixed(size)

    def text(self) -> str:
        """Read a length and that many bytes of UTF-8."""
        data, place = self._data, self._place
        try:
            if place < self._end and not data[place] & 0x81:  # shorter than 64 bytes
                stop = place + 1 + (data[place] >> 1)
                if stop <= self._end:
                    self._place = stop
                    return data[place + 1 : stop].decode()
            return self.bytes().decode()
        except UnicodeDecodeError as error:
            raise NotCanonical(f"the text before byte {self._place} is not UTF-8") from error

    def index(self, size: int) -> int:
        """Read the number of an enum's symbol or a union's branch, one of *size*."""
        value = self.long()
        if not 0 <= value < size:
            raise NotCanonical(f"choice {value} before byte {self._place} is none of {size}")
        return value

    def count(self, most: int) -> int:
        """Read the head of an array: no block, or one block of at most *most* items; see :meth:`end_of_array`."""
        value = self.long()
        if not 0 <= value <= most:
            raise NotCanonical(f"an array of {value} items before byte {self._place}, at most {most} are allowed")
        return value

    def end_of_array(self, count: int) -> None:
        """Read the end of an array of *count* items; an empty array has ended with its head."""
        if count and self.long() != 0:
            raise NotCanonical(f"an array goes on in a second block before byte {self._place}")

    def end(self) -> None:
        """Check that nothing is left."""
        if self._place != self._end:
            raise NotCanonical(f"{self._end - self._place} bytes are left over")


def put_long(out: bytearray, value: int) -> None:
    """Append a zig-zag varint in its shortest form."""
    if 0 <= value < 64:  # nearly every number in a message takes one byte
        out.append(value << 1)
        return
    raw = ((value << 1) ^ (value >> 63)) & _U64
    while raw > 0x7F:
        out.append(raw & 0x7F | 0x80)
        raw >>= 7
    out.append(raw)


def put_int32(out: bytearray, value: int) -> None:
    """Append a number that Avro calls an ``int``.

    Raises:
        TooLarge: It has more than 32 bits.
    """
    if value not in _INT32:
        raise TooLarge("a number has more than 32 bits")
    put_long(out, value)


def put_bytes(out: bytearray, value: bytes) -> None:
    """Append a length and the bytes."""
    put_long(out, len(value))
    out += value


def put_text(out: bytearray, value: str) -> None:
    """Append a length and the text as UTF-8."""
    put_bytes(out, value.encode())
