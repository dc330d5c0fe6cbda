"""Messages read for an audit: as strictly as by ``broker.envelope``, and many times faster.

A stream's headers differ in their number, their digests and their time, and in little else. So a header is parsed once
by the strict parser, and what it looks like is kept as a :class:`Shape`: the bytes that stay, and the places of those
that vary. A header of a known shape only has its varying fields checked. Whatever is of no known shape, or anything but
ordinary, goes the strict way. So this module accepts nothing that the strict parser would not accept
(``tests/properties/audit``), and refuses nothing: it only says *ordinary* or *look closer*.
"""

import hashlib
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import msgspec

from broker import limits
from broker.envelope.encoding import HEADER_TYPE, pre_authentication_encoding
from broker.envelope.header import Header
from broker.envelope.message import Opened, open_envelope
from broker.envelope.outer import FRAME
from broker.errors import BrokerError
from broker.types.names import ZERO_DIGEST
from broker.types.vocabulary import Tlp

_DIGEST: Final = 32
_KEY_ID: Final = 16
_SIGNATURE: Final = 64
_ONE_SIGNATURE: Final = b"\x02\x80\x01"
"""An array that begins with one item, which begins with 64 bytes."""
_MOST_SHAPES: Final = 4096
_LAST_MICROS: Final = 253_402_300_799_999_999
_HEADER_PAE: Final = b"\x00" + pre_authentication_encoding(HEADER_TYPE, b"")[:-2]
"""What stands before a header in its batch leaf, but for the header's length: 0x00 makes it a leaf."""


class Shape(msgspec.Struct, frozen=True):
    """What stays the same in the headers of a stream.

    Attributes:
        header: One of them, for what stays: federation, kind, status, originator, writer, label, names of sections.
        layout: Of the bytes behind the time: those that stay, and those that vary, in turn.
        constant: The bytes that stay, in their order.
        signer: Where in the layout the key id of the signer is.
        bodies: Where in the layout the body digests are.
    """

    header: Header
    layout: struct.Struct
    constant: tuple[bytes, ...]
    constants: tuple[int, ...]
    signer: int
    bodies: tuple[int, ...]


class Scanned(msgspec.Struct, frozen=True, gc=False):
    """An ordinary message: canonical, with one signer, and with bodies that are those in its header.

    Attributes:
        digest: Of its header.
        leaf: Of its header, in its batch.
        outline: SHA-256 of all but the bodies, which are those that the header names: so it names the exact bytes.
        path: All steps of its batch path, one behind the other.
    """

    shape: Shape
    sequence: int
    previous: bytes
    issued_at: int
    signer: bytes
    digest: bytes
    leaf: bytes
    signature: bytes
    size: int
    index: int
    path: bytes
    outline: bytes


def outline_of(opened: Opened) -> bytes:
    """Return SHA-256 of all of a message but its bodies."""
    return hashlib.sha256(opened.raw[: _bodies_start(opened)]).digest()


def _bodies_start(opened: Opened) -> int:
    """Return where the bodies of a message begin: everything before them is written in one way only."""
    size = 0
    for body in opened.bodies:
        size += 1 if body is None else 1 + _varint_size(len(body) << 1) + len(body)
    # Behind the bodies one zero; before them their number, which takes one byte.
    return len(opened.raw) - size - (2 if opened.bodies else 1)


def _varint_size(raw: int) -> int:
    return max(1, -(-raw.bit_length() // 7))


class Scanner:
    """Reads messages of one topic, and learns their shapes."""

    def __init__(self) -> None:
        self._shapes: dict[tuple[bytes, int, int], list[Shape]] = {}
        self._learnt = 0

    def read(self, raw: bytes) -> Scanned | None:
        """Do as :meth:`scan`, and learn the shape of what is of none that is known."""
        found = self.scan(raw)
        if found is None and self._learnt < _MOST_SHAPES:
            learnt = self._learnt
            with suppress(BrokerError):
                self.learn(open_envelope(raw))
            if self._learnt > learnt:
                found = self.scan(raw)
        return found

    def scan(self, raw: bytes) -> Scanned | None:
        """Return an ordinary message; None where it has to be looked at more closely."""
        try:
            return self._scan(raw)
        except (IndexError, struct.error):
            return None  # cut short, or shorter than it says

    def _scan(self, raw: bytes) -> Scanned | None:
        size = len(raw)
        if size > limits.MAX_ENVELOPE_BYTES or not raw.startswith(FRAME):
            return None
        place = len(FRAME)
        length, place = _short(raw, place)
        header = raw[place : place + length]
        place += length
        if length > limits.MAX_HEADER_BYTES or raw[place : place + 3] != _ONE_SIGNATURE:
            return None
        signature = raw[place + 3 : place + 3 + _SIGNATURE]
        batch, place = _short(raw, place + 3 + _SIGNATURE)
        index, place = _short(raw, place)
        steps = raw[place]
        end = place + 1 + (steps >> 1) * _DIGEST
        path = raw[place + 1 : end]
        # The end of the path's array, if it is not empty, and that of the signatures'.
        ends = 2 if steps else 1
        if steps & 1 or steps > 2 * limits.MAX_BATCH_PATH or raw[end : end + ends] != bytes(ends):
            return None
        end += ends
        fields = self._header(header)
        if fields is None or not _are_signed(raw, end, [fields[-1][place] for place in fields[0].bodies]):
            return None
        shape, sequence, previous, issued_at, tail = fields
        sha256 = hashlib.sha256
        return Scanned(
            shape,
            sequence,
            previous,
            issued_at,
            tail[shape.signer],
            sha256(header).digest(),
            sha256(b"%b%d %b" % (_HEADER_PAE, length, header)).digest(),
            signature,
            batch,
            index,
            path,
            sha256(raw[:end]).digest(),
        )

    def _header(self, data: bytes) -> tuple[Shape, int, bytes, int, tuple[bytes, ...]] | None:
        # Federation, kind, status, originator, writer: texts shorter than 64 bytes, a writer below 64.
        place = 3 + (data[0] >> 1)
        place += 1 + (data[place] >> 1)
        place += 1
        prefix = data[:place]
        sequence, place = _long(data, place)
        previous = data[place : place + _DIGEST]
        issued_at, place = _long(data, place + _DIGEST)
        key = (prefix, len(data) - place, data[place])
        known = self._shapes.get(key)
        for shape in known or ():
            tail = shape.layout.unpack_from(data, place)
            if shape.constant == tuple([tail[one] for one in shape.constants]):
                ordinary = (
                    0 < sequence <= limits.MAX_SEQUENCE
                    and (sequence == 1) == (previous == ZERO_DIGEST)
                    and 0 <= issued_at <= _LAST_MICROS
                )
                return (shape, sequence, previous, issued_at, tail) if ordinary else None
        return None

    def learn(self, opened: Opened) -> None:
        """Take note of what a message looks like that the strict parser has accepted."""
        header, data = opened.header, opened.header_bytes
        if len(header.signers) != 1 or self._learnt >= _MOST_SHAPES:
            return
        place = 3 + (data[0] >> 1)
        place += 2 + (data[place] >> 1)
        if data[0] >= 0x80 or data[place - 1] >= 0x80:
            return  # a long name, or a high number of a writer
        prefix = data[:place]
        try:
            _, place = _long(data, place)
            _, place = _long(data, place + _DIGEST)
        except IndexError:
            return
        shape = _shape_of(header, data[place:])
        known = self._shapes.setdefault((prefix, len(data) - place, data[place]), [])
        if shape is not None and all(one.constant != shape.constant for one in known):
            self._learnt += 1
            known.append(shape)


def _shape_of(header: Header, tail: bytes) -> Shape | None:
    """Return the shape of a header whose part behind the time is *tail*."""
    parts = list(_parts(header))
    layout = struct.Struct(">" + "".join(f"{len(part)}s" if isinstance(part, bytes) else f"{part}s" for part in parts))
    if layout.size != len(tail):
        return None
    constants = tuple(place for place, part in enumerate(parts) if isinstance(part, bytes))
    found = layout.unpack(tail)
    constant = tuple(found[place] for place in constants)
    if constant != tuple(part for part in parts if isinstance(part, bytes)):
        return None
    varying = [place for place, part in enumerate(parts) if not isinstance(part, bytes)]
    sealed = header.sections[0].key_commitment is not None
    bodies = varying[3 :: 3 if sealed else 2]
    return Shape(header, layout, constant, constants, varying[1], tuple(bodies))


def _parts(header: Header) -> Iterator[bytes | int]:
    """Yield what a header has behind its time: bytes that stay, and the lengths of those that vary."""
    yield bytes([tuple(Tlp).index(header.tlp) << 1])
    yield _DIGEST
    yield bytes([2])
    yield _KEY_ID
    yield bytes([0, len(header.sections) << 1])
    for section in header.sections:
        name = section.name.encode()
        yield bytes([len(name) << 1]) + name
        yield _DIGEST
        yield _DIGEST
        if section.key_commitment is None:
            yield bytes([0])
        else:
            yield bytes([2])
            yield _DIGEST
    yield bytes([0])


def _are_signed(raw: bytes, place: int, digests: list[bytes]) -> bool:
    """Say whether the bodies that begin at *place*, up to the end, are those of *digests*."""
    if raw[place] != len(digests) << 1:
        return False
    place += 1
    for digest in digests:
        if raw[place] != 2:
            return False
        length, start = _short(raw, place + 1)
        place = start + length
        if hashlib.sha256(raw[start:place]).digest() != digest:
            return False
    # A body that is cut short has another digest; behind the last one the array ends, and so does the message.
    return raw[place] == 0 and place + 1 == len(raw)


def _short(data: bytes, place: int) -> tuple[int, int]:
    """Return the number at *place*, one of up to three bytes in its shortest form, and where it ends."""
    first = data[place]
    if first < 0x80:
        if first & 1:
            raise IndexError
        return first >> 1, place + 1
    second = data[place + 1]
    if second < 0x80:
        if not second or first & 1:
            raise IndexError
        return (first & 0x7F | second << 7) >> 1, place + 2
    third = data[place + 2]
    if third >= 0x80 or not third or first & 1:
        raise IndexError
    return (first & 0x7F | (second & 0x7F) << 7 | third << 14) >> 1, place + 3


def _long(data: bytes, place: int) -> tuple[int, int]:
    """Return the number at *place*, one of up to nine bytes in its shortest form, and where it ends."""
    raw = shift = 0
    for end in range(place, place + 9):
        byte = data[end]
        raw |= (byte & 0x7F) << shift
        if byte < 0x80:
            if (not byte and shift) or raw & 1:
                raise IndexError  # not the shortest form, or below zero
            return raw >> 1, end + 1
        shift += 7
    raise IndexError
