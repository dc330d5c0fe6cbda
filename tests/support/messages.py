"""Builders of messages: headers, contents, keys, whole signed envelopes. Everything in them is invented."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from broker.envelope.body import Content
from broker.envelope.header import Header, SectionHead
from broker.envelope.message import Unsigned, compose, enclose
from broker.signing.batch import sign_batch
from broker.signing.keys import SigningKey
from broker.types.names import ZERO_DIGEST, Digest, KeyId, Originator
from broker.types.vocabulary import Kind, Status, Tlp

ISSUED_AT = datetime(2026, 3, 1, 12, 30, 15, 250_001, tzinfo=UTC)


def a_digest(text: str) -> Digest:
    """Return a digest that looks like any other."""
    return Digest(hashlib.sha256(text.encode()).digest())


def a_key(name: str = "NL/customs") -> SigningKey:
    """Return the key of *name*, the same on every call."""
    return SigningKey(a_digest(f"seed of {name}"))


def a_section(name: str = "core", *, sealed: bool = False) -> SectionHead:
    """Return the head of a section."""
    key = a_digest(f"key of {name}") if sealed else None
    return SectionHead(name, a_digest(f"content of {name}"), a_digest(f"body of {name}"), key)


def a_header(**changes: Any) -> Header:
    """Return the header of the first record of a stream, for everybody to read, with *changes*."""
    header = Header(
        federation="exercise-2026",
        kind=Kind.RECORD,
        status=Status.EXERCISE,
        originator=Originator("NL/customs"),
        writer=1,
        sequence=1,
        previous=ZERO_DIGEST,
        issued_at=ISSUED_AT,
        tlp=Tlp.CLEAR,
        directory_digest=a_digest("directory"),
        signers=(a_key().id,),
        sections=(a_section(),),
    )
    return msgspec.structs.replace(header, **changes)


def a_content(avro: bytes = b"two drums, one of them empty") -> Content:
    """Return what a body holds."""
    return Content(a_digest("salt of " + avro.hex()), a_digest("a schema"), avro)


def a_chain(count: int, *, keys: Sequence[SigningKey], sections: Sequence[str] = ("core",)) -> list[Unsigned]:
    """Return the first *count* messages of a stream, to be signed by *keys*."""
    chain: list[Unsigned] = []
    for sequence in range(1, count + 1):
        previous = chain[-1].digest if chain else ZERO_DIGEST
        signers = tuple(KeyId(key.id) for key in keys)
        header = a_header(sequence=sequence, previous=previous, signers=signers)
        contents = [(name, a_content(f"{name} of message {sequence}".encode())) for name in sections]
        chain.append(compose(header, contents))
    return chain


def enclosed(chain: Sequence[Unsigned], *, keys: Sequence[SigningKey]) -> list[bytes]:
    """Return the envelopes of *chain*, signed as one batch by each of *keys*."""
    headers = [message.header_bytes for message in chain]
    columns = zip(*(sign_batch(headers, key) for key in keys), strict=True)
    return [enclose(message, signatures) for message, signatures in zip(chain, columns, strict=True)]
