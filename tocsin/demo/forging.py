"""The tools of somebody who can write to the bus's file: read a topic, change, remove, swap, add, forge."""

from typing import Final

import msgspec
from sqlalchemy import Engine

from broker.bus import storage
from broker.bus.port import Delivered, Outgoing
from broker.bus.tables import OFFSET_BITS
from broker.database import reading, writing
from broker.envelope.body import read_body
from broker.envelope.header import Header, format_header
from broker.envelope.message import Opened, compose, enclose, open_envelope
from broker.envelope.outer import Envelope, format_envelope
from broker.signing.batch import sign_batch
from broker.signing.keys import SigningKey
from tocsin.installation import RANDOMNESS

SALT_BYTES: Final = 32
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
    place = raw.index(body) + len(body) // 2
    return raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]


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
    """Return a message of *header* that says what *like* says, properly made, and signed by *key*."""
    contents = [
        (head.name, msgspec.structs.replace(read_body(head, body), salt=RANDOMNESS(SALT_BYTES)))
        for head, body in zip(like.header.sections, like.bodies, strict=True)
        if body is not None
    ]
    message = compose(msgspec.structs.replace(header, signers=(key.id,)), contents)
    return enclose(message, sign_batch([message.header_bytes], key))
