"""The tools of somebody who can write to the bus's file: read a topic, change, remove, swap, add, forge."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Engine

from broker.bus import storage
from broker.bus.port import Delivered, Outgoing
from broker.bus.tables import OFFSET_BITS
from broker.database import reading, writing
from broker.envelope.body import Content
from broker.envelope.header import Header, format_header
from broker.envelope.message import Opened, Part, assemble, enclose, open_envelope, unsealed
from broker.envelope.outer import Envelope, format_envelope
from broker.signing.batch import sign_batch
from broker.signing.keys import SigningKey
from broker.types.vocabulary import Kind, Section, Tlp

_AT_ONCE: Final = 1000


class Topic:
    """One topic of a bus file, as whoever owns the disk sees it."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._name = name

    def messages(self) -> list[Delivered]:
        """Return everything in the topic."""
        found: list[Delivered] = []
        with reading(self._engine) as connection:
            number, end = storage.find_topic(connection, self._name)
            while not found or found[-1].offset + 1 < end:
                start = found[-1].offset + 1 if found else 0
                more = storage.read(connection, (self._name, number), start=start, most=_AT_ONCE)
                if not more:
                    break
                found += more
        return found

    def put(self, offset: int, value: bytes) -> None:
        """Write other bytes over a message."""
        self._run("UPDATE message SET value = ? WHERE id = ?", offset, value)

    def remove(self, offset: int) -> None:
        """Take a message out; if it is the last one, the topic ends before it."""
        self._run("DELETE FROM message WHERE id = ?", offset)
        if not any(one.offset > offset for one in self.messages()):
            with writing(self._engine) as connection:
                connection.exec_driver_sql("UPDATE topic SET next = ? WHERE name = ?", (offset, self._name))

    def add(self, key: str, value: bytes) -> None:
        """Append a message."""
        with writing(self._engine) as connection:
            storage.append(connection, self._name, [Outgoing(key, value)])

    def _run(self, statement: str, offset: int, *values: bytes) -> None:
        with writing(self._engine) as connection:
            number, _ = storage.find_topic(connection, self._name)
            connection.exec_driver_sql(statement, (*values, (number << OFFSET_BITS) + offset))


def flip_in_body(raw: bytes) -> bytes:
    """Return a message with one bit changed in the middle of its first body."""
    body = next(body for body in open_envelope(raw).bodies if body is not None)
    return raw.replace(body, flipped(body), 1)


def flipped(data: bytes) -> bytes:
    """Return *data* with one bit changed in its middle."""
    place = len(data) // 2
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def with_header(raw: bytes, header: Header) -> bytes:
    """Return a message with another header under the old signatures."""
    opened = open_envelope(raw)
    return format_envelope(Envelope(format_header(header), opened.signatures, opened.bodies))


def with_bodies(raw: bytes, bodies: tuple[bytes | None, ...]) -> bytes:
    """Return a message with other bodies under the old header."""
    opened = open_envelope(raw)
    return format_envelope(Envelope(opened.header_bytes, opened.signatures, bodies))


def with_signatures_of(raw: bytes, other: bytes) -> bytes:
    """Return a message that carries the signatures of another one."""
    opened = open_envelope(raw)
    return format_envelope(Envelope(opened.header_bytes, open_envelope(other).signatures, opened.bodies))


def signed_by(header: Header, like: Opened, key: SigningKey) -> bytes:
    """Return a message of *header* with the sections of *like* as they are, signed by *key*."""
    parts = zip(like.header.sections, like.bodies, strict=True)
    return signed(header, [Part(head, body) for head, body in parts if body is not None], key)


def signed(header: Header, parts: Sequence[Part], key: SigningKey) -> bytes:
    """Return a message of *header* with *parts*, properly made and signed by *key*."""
    message = assemble(msgspec.structs.replace(header, signers=(key.id,)), parts)
    return enclose(message, sign_batch([message.header_bytes], key))


def left_open(header: Header, content: Content, key: SigningKey) -> bytes:
    """Return a report of *header*, whatever its label, whose one section nothing seals, signed by *key*.

    No honest code writes such a header, so it is put together from two that may be: they differ from it in one byte.
    """
    part = unsealed(Section.CORE.word, content)
    meant = msgspec.structs.replace(header, signers=(key.id,), sections=(part.head,))
    # A RELEASE may be open at any label, a RECORD only at TLP:CLEAR: between two headers at CLEAR lies the kind alone.
    release = format_header(msgspec.structs.replace(meant, kind=Kind.RELEASE))
    clear = [
        format_header(msgspec.structs.replace(meant, kind=kind, tlp=Tlp.CLEAR)) for kind in (meant.kind, Kind.RELEASE)
    ]
    kind_at = next(index for index, (one, other) in enumerate(zip(*clear, strict=True)) if one != other)
    data = release[:kind_at] + clear[0][kind_at : kind_at + 1] + release[kind_at + 1 :]
    return format_envelope(Envelope(data, tuple(sign_batch([data], key)), (part.body,)))
