"""From drafts to signed messages: pure; keys, time and salts come in, exact bytes come out."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from broker.directory import Directory
from broker.envelope.body import Content
from broker.envelope.header import Header
from broker.envelope.message import Unsigned, compose, enclose
from broker.errors import KeyNotValid
from broker.records.core import Related
from broker.records.registry import CORE
from broker.sequence import Position
from broker.signing.batch import sign_batch
from broker.signing.keys import SigningKey
from broker.types.names import ZERO_DIGEST, Digest, Originator, Stream, is_office
from broker.types.vocabulary import Kind, Status, Tlp
from producers.encoded import decode_core, encode_section, with_related
from producers.outbox import RelatedDraft, SectionBytes

Randomness = Callable[[int], bytes]
"""Gives so many random bytes, fit for keys."""

NOTHING_WRITTEN: Final = Position(0, ZERO_DIGEST)

_SALT: Final = 32


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """A draft that waits to be signed.

    Attributes:
        id: Its place in the outbox.
    """

    id: int
    authority: Originator
    national_reference: str
    status: Status
    tlp: Tlp
    sections: tuple[SectionBytes, ...]
    related: tuple[RelatedDraft, ...]


class Signed(msgspec.Struct, frozen=True):
    """The message that a draft became."""

    draft: Ready
    stream: Stream
    sequence: int
    digest: Digest
    raw: bytes


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """By whom, when and in which state of the directory messages are signed."""

    directory: Directory
    key: SigningKey
    issued_at: datetime
    randomness: Randomness


class Chains(msgspec.Struct, frozen=True):
    """Where the streams stand that are written to.

    Attributes:
        streams: The stream of each authority.
        heads: The last message of each stream.
    """

    streams: Mapping[Originator, Stream]
    heads: Mapping[Stream, Position]


def granted_originators(directory: Directory, key: SigningKey) -> tuple[Originator, ...]:
    """Return the authorities that *key* may sign for at some time, by name."""
    enrolled = directory.key(key.id)
    return (
        ()
        if enrolled is None
        else tuple(sorted(Originator(one) for one in enrolled.terms if not is_office(Originator(one))))
    )


def choose_stream(occasion: Occasion, originator: Originator, written: Mapping[int, bool]) -> Stream:
    """Return the stream in which *originator* goes on: the newest that is not frozen, else the next that is granted.

    Args:
        written: The writers that it has used, and whether each is frozen.

    Raises:
        UnknownKey, KeyRevoked: The key is not, or no longer, in the directory.
        KeyNotValid: The key may sign for no further writer now.
    """
    open_writers = [writer for writer, frozen in written.items() if not frozen]
    for writer in sorted(open_writers, reverse=True):
        stream = Stream(originator, writer)
        if _may_sign(occasion, stream):
            return stream
    enrolled = occasion.directory.key(occasion.key.id)
    last = max(written, default=0)
    for term in sorted(
        () if enrolled is None else enrolled.terms.get(originator, ()), key=lambda one: one.first_writer
    ):
        stream = Stream(originator, max(term.first_writer, last + 1))
        if _may_sign(occasion, stream):
            return stream
    # Says what is wrong with the key, where it is more than that the writers are used up.
    occasion.directory.check_signer(occasion.key.id, Stream(originator, last + 1), occasion.issued_at)
    raise KeyNotValid(f"key {occasion.key.id.hex()} may write no further stream of {originator}")


def _may_sign(occasion: Occasion, stream: Stream) -> bool:
    try:
        occasion.directory.check_signer(occasion.key.id, stream, occasion.issued_at)
    except KeyNotValid:
        return False
    return True


def sign_drafts(
    batch: Sequence[Ready], related: Mapping[tuple[Originator, str], Digest], chains: Chains, occasion: Occasion
) -> list[Signed]:
    """Return the message that each draft becomes, in order, under one signature.

    The key must have been checked against the directory for every stream.

    Args:
        batch: 1 to 256 drafts; each that names another one comes after it.
        related: The header digest of each reference that a draft names and that is not in *batch*.
    """
    digests = dict(related)
    heads = dict(chains.heads)
    unsigned: list[Unsigned] = []
    for draft in batch:
        stream = chains.streams[draft.authority]
        contents = [
            (one.name, Content(occasion.randomness(_SALT), one.schema_id, one.avro))
            for one in _resolved(draft, digests)
        ]
        message = compose(_header(draft, stream, heads[stream], occasion), contents)
        heads[stream] = Position(message.header.sequence, message.digest)
        digests[draft.authority, draft.national_reference] = message.digest
        unsigned.append(message)
    signatures = sign_batch([message.header_bytes for message in unsigned], occasion.key)
    return [
        Signed(draft, message.header.stream, message.header.sequence, message.digest, enclose(message, (signature,)))
        for draft, message, signature in zip(batch, unsigned, signatures, strict=True)
    ]


def _header(draft: Ready, stream: Stream, last: Position, occasion: Occasion) -> Header:
    return Header(
        federation=occasion.directory.federation,
        kind=Kind.RECORD,
        status=draft.status,
        originator=stream.originator,
        writer=stream.writer,
        sequence=last.sequence + 1,
        previous=last.digest,
        issued_at=occasion.issued_at,
        tlp=draft.tlp,
        directory_digest=occasion.directory.digest,
        signers=(occasion.key.id,),
        sections=(),
    )


def _resolved(draft: Ready, digests: Mapping[tuple[Originator, str], Digest]) -> Sequence[SectionBytes]:
    """Return the sections with the core naming the header digests of what the draft is related to."""
    if not draft.related:
        return draft.sections
    named = tuple(
        Related(digest=digests[draft.authority, one.national_reference], relation=one.relation) for one in draft.related
    )
    return [
        encode_section(CORE, with_related(decode_core(one), named)) if one.name == CORE else one
        for one in draft.sections
    ]
