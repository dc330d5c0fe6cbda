"""Signed messages: which streams a key writes, what stands next in each, and one signature for a batch; pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from broker.directory import Directory
from broker.envelope.body import Content
from broker.envelope.header import Header
from broker.envelope.message import Part, Unsigned, assemble, compose, enclose
from broker.errors import KeyNotValid
from broker.sealing.release import RELEASE_SECTION
from broker.sequence import Position
from broker.signing.batch import sign_batch
from broker.signing.keys import SigningKey
from broker.types.names import ZERO_DIGEST, Digest, Originator, Stream, is_administrator
from broker.types.vocabulary import Kind, RecordKind, Status, Tlp
from producers.outbox import RelatedDraft, SectionBytes

Randomness = Callable[[int], bytes]
"""Gives so many random bytes, fit for keys."""

NOTHING_WRITTEN: Final = Position(0, ZERO_DIGEST)


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """A draft that waits to be signed.

    Attributes:
        id: Its place in the outbox.
        kind: What it reports; a forward is of the kind of what it passes on.
    """

    id: int
    authority: Originator
    national_reference: str
    kind: RecordKind
    status: Status
    tlp: Tlp
    sections: tuple[SectionBytes, ...]
    related: tuple[RelatedDraft, ...]


class Signed(msgspec.Struct, frozen=True):
    """A signed message.

    Attributes:
        draft: Id of the draft that became it; None for a RELEASE.
    """

    kind: Kind
    stream: Stream
    sequence: int
    digest: Digest
    raw: bytes
    draft: int | None


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


class Pen:
    """Writes one batch: each message at the next place of its stream, all under one signature."""

    def __init__(self, chains: Chains, occasion: Occasion) -> None:
        self.occasion: Final = occasion
        self._heads = dict(chains.heads)
        self._written: list[tuple[Unsigned, int | None]] = []

    def next_sequence(self, stream: Stream) -> int:
        """Return the number of the next message of *stream*."""
        return self._heads[stream].sequence + 1

    def write_sealed(self, stream: Stream, parts: Sequence[Part], *, draft: Ready) -> Digest:
        """Write the message that *draft* becomes, of sections that were sealed for its place; return its digest."""
        header = self._header(stream, Kind.RECORD, draft.status, draft.tlp)
        return self._write(assemble(header, parts), draft.id)

    def write_open(self, stream: Stream, contents: Sequence[tuple[str, Content]], *, draft: Ready) -> Digest:
        """Write the message that *draft* becomes, unsealed; return its digest."""
        header = self._header(stream, Kind.RECORD, draft.status, draft.tlp)
        return self._write(compose(header, contents), draft.id)

    def write_release(self, stream: Stream, content: Content, *, status: Status, tlp: Tlp) -> Digest:
        """Write a RELEASE; return its digest."""
        header = self._header(stream, Kind.RELEASE, status, tlp)
        return self._write(compose(header, [(RELEASE_SECTION, content)]), None)

    def write_heads(self, stream: Stream, section: str, content: Content, *, status: Status) -> Digest:
        """Write the HEADS of a node, for everybody to read; return their digest."""
        return self._write(compose(self._header(stream, Kind.HEADS, status, Tlp.GREEN), [(section, content)]), None)

    def sign(self) -> list[Signed]:
        """Return what was written, signed at once: 1 to 256 messages."""
        signatures = sign_batch([message.header_bytes for message, _ in self._written], self.occasion.key)
        return [
            Signed(
                message.header.kind,
                message.header.stream,
                message.header.sequence,
                message.digest,
                enclose(message, (signature,)),
                draft,
            )
            for (message, draft), signature in zip(self._written, signatures, strict=True)
        ]

    def _write(self, message: Unsigned, draft: int | None) -> Digest:
        self._heads[message.header.stream] = Position(message.header.sequence, message.digest)
        self._written.append((message, draft))
        return message.digest

    def _header(self, stream: Stream, kind: Kind, status: Status, tlp: Tlp) -> Header:
        last, occasion = self._heads[stream], self.occasion
        return Header(
            federation=occasion.directory.federation,
            kind=kind,
            status=status,
            originator=stream.originator,
            writer=stream.writer,
            sequence=last.sequence + 1,
            previous=last.digest,
            issued_at=occasion.issued_at,
            tlp=tlp,
            directory_digest=occasion.directory.digest,
            signers=(occasion.key.id,),
            sections=(),
        )


def granted_originators(directory: Directory, key: SigningKey) -> tuple[Originator, ...]:
    """Return the authorities, and the node, that *key* may sign for at some time, by name."""
    enrolled = directory.key(key.id)
    return (
        ()
        if enrolled is None
        else tuple(sorted(Originator(one) for one in enrolled.terms if not is_administrator(Originator(one))))
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
