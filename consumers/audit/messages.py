"""Check the messages of a topic in windows: each batch's tree is built once, and its signature verified once.

What is ordinary is checked fast; whatever is not goes through the checklist of ``broker.admit``, which knows what to
call what is wrong. The outcome is the same (``tests/properties/audit``).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import msgspec

from broker import limits
from broker.admit import Sealed, Verified, admit, check_bodies, read, read_release
from broker.bus.port import Delivered
from broker.directory.directory import Directory
from broker.envelope.message import open_envelope
from broker.errors import BadSignature, BrokerError, NotIncluded, SealedContent
from broker.merkle import Hash, root_and_paths, root_from_path
from broker.signing.batch import VerifiedBatches
from broker.types.names import message_topic, participant_of
from broker.types.time import to_micros
from broker.types.vocabulary import Kind, Status, Tlp
from consumers.audit.scan import Scanned, Scanner, Shape, outline_of
from consumers.audit.signers import Signers
from consumers.audit.units import BrokenRow, MessageRow, Part, PartResult, SaidRow
from consumers.heads import read_heads

WINDOW: Final = 2048
"""Messages that are looked at together: a batch that lies in one window is verified as a whole."""
_HASH: Final = 32
_MAX_AHEAD: Final = limits.MAX_CLOCK_AHEAD.total_seconds() * 1_000_000


class MessageChecker:
    """Checks messages, of any topic but the directory's."""

    def __init__(self, directory: Directory, now: datetime, *, content: bool) -> None:
        """Prepare.

        Args:
            directory: Without revocations, see ``consumers.audit.signers``.
            content: Whether what is not sealed is read too.
        """
        self._directory = directory
        self._now = now
        self._latest = to_micros(now) + _MAX_AHEAD
        self._content = content
        self._signers = Signers(directory)
        self._scanner = Scanner()
        self._verified = VerifiedBatches()
        self._topics: dict[int, str] = {}

    def check(self, part: Part, window: Sequence[Delivered]) -> PartResult:
        """Return what comes of a window of messages of one topic, in their order."""
        taken = Taken(part)
        scanned: list[tuple[Delivered, Scanned | None]] = []
        for delivered in window:
            one = self._scanner.read(delivered.value)
            scanned.append((delivered, one if one is not None and self._is_ordinary(one, delivered.topic) else None))
        sound = self._sound([one for _, one in scanned if one is not None])
        for delivered, one in scanned:
            if one is not None and id(one) in sound:
                self._take(taken, delivered, one)
            else:
                self._look_closer(taken, delivered)
        return taken.result(len(window))

    def _is_ordinary(self, one: Scanned, topic: str) -> bool:
        header = one.shape.header
        return (
            topic == self._topic_of(one.shape)
            and header.federation == self._directory.federation
            and header.kind is not Kind.DIRECTORY
            and header.status is not Status.ACTUAL
            and one.issued_at <= self._latest
        )

    def _topic_of(self, shape: Shape) -> str:
        # Shapes live as long as the scanner that learnt them.
        topic = self._topics.get(id(shape))
        if topic is None:
            header = shape.header
            topic = self._topics[id(shape)] = message_topic(header.federation, participant_of(header.originator))
        return topic

    def _sound(self, ordinary: Sequence[Scanned]) -> set[int]:
        """Return those that are signed by whom they say."""
        batches: dict[tuple[bytes, int, bytes], list[Scanned]] = {}
        for one in ordinary:
            batches.setdefault((one.signature, one.size, one.signer), []).append(one)
        return {id(one) for members in batches.values() for one in self._sound_of(members)}

    def _sound_of(self, members: Sequence[Scanned]) -> Iterator[Scanned]:
        """Yield those of the same batch, signature and signer that are signed by whom they say."""
        size, signature, signer = members[0].size, members[0].signature, members[0].signer
        if size > limits.MAX_BATCH_MESSAGES:
            return
        leaves = {one.index: Hash(one.leaf) for one in members}
        whole = _whole(leaves, size)
        for one in members:
            public, terms = self._signers.find(signer, one.shape.header.stream)
            if not any(start <= one.issued_at < end for start, end in terms):
                continue
            with suppress(BadSignature, NotIncluded):
                root = whole.root if whole is not None and whole.has(one) else _root_by_path(one)
                self._verified.check(public, size, root, signature)
                yield one

    def _take(self, taken: "Taken", delivered: Delivered, one: Scanned) -> None:
        header = one.shape.header
        taken.message(
            MessageRow(
                taken.part.place(delivered.offset),
                one.digest,
                taken.stream_of(one.shape),
                one.sequence,
                one.previous,
                one.issued_at,
                one.outline,
                one.signer,
            ),
            header.originator,
        )
        if header.kind is Kind.RECORD and (header.tlp is not Tlp.CLEAR or not self._content):
            return  # its bodies are the signed ones; what is in them is sealed, or was not asked for
        self._read(taken, delivered, Verified(open_envelope(delivered.value), late=False))

    def _look_closer(self, taken: "Taken", delivered: Delivered) -> None:
        try:
            verified = admit(
                Sealed(delivered.topic, delivered.value),
                directory=self._directory,
                now=self._now,
                verified=self._verified,
            )
            if verified.header.kind is not Kind.RECORD:
                check_bodies(verified)
        except BrokerError as error:
            taken.refuse(delivered, error)
            return
        header = verified.header
        spoilt = _spoilt(verified)
        # Its number is taken by its header, whether or not its content can be read.
        taken.message(
            MessageRow(
                taken.part.place(delivered.offset),
                verified.opened.digest,
                str(header.stream),
                header.sequence,
                header.previous,
                to_micros(header.issued_at),
                outline_of(verified.opened),
                b"".join(header.signers),
                spoilt is None,
            ),
            header.originator,
        )
        if spoilt is not None:
            taken.refuse(delivered, spoilt)
            return
        self._read(taken, delivered, verified)

    def _read(self, taken: "Taken", delivered: Delivered, verified: Verified) -> None:
        """Check the content that can be read without keys; the bodies are known to be the signed ones."""
        header = verified.header
        try:
            match header.kind:
                case Kind.RECORD if self._content:
                    with suppress(SealedContent):
                        read(verified)
                case Kind.RELEASE:
                    read_release(verified)
                case Kind.HEADS:
                    read_heads(verified)
                    issued_at = to_micros(header.issued_at)
                    place = taken.part.place(delivered.offset)
                    taken.said.append(SaidRow(place, header.originator, issued_at, delivered.value))
                case _:
                    pass
        except BrokerError as error:
            taken.refuse(delivered, error, content=True)


class _Whole(msgspec.Struct, frozen=True):
    """A batch of which every message is here."""

    root: Hash
    leaves: Sequence[Hash]
    paths: Sequence[bytes]

    def has(self, one: Scanned) -> bool:
        """Say whether a message stands in its place, and its path leads from there to the root."""
        return self.leaves[one.index] == one.leaf and self.paths[one.index] == one.path


def _whole(leaves: Mapping[int, Hash], size: int) -> _Whole | None:
    """Return the tree over a batch; None where a leaf of it is not here."""
    if len(leaves) != size or not all(0 <= index < size for index in leaves):
        return None
    in_order = [leaves[index] for index in range(size)]
    root, paths = root_and_paths(in_order)
    return _Whole(root, in_order, [b"".join(path) for path in paths])


def _root_by_path(one: Scanned) -> Hash:
    path = [Hash(one.path[start : start + _HASH]) for start in range(0, len(one.path), _HASH)]
    return root_from_path(Hash(one.leaf), index=one.index, size=one.size, path=path)


class Taken:
    """Gathers what comes of a window."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.said: list[SaidRow] = []
        self._messages: list[MessageRow] = []
        self._broken: list[BrokenRow] = []
        self._spoken: dict[str, tuple[int, int]] = {}
        self._streams: dict[int, str] = {}

    def stream_of(self, shape: Shape) -> str:
        """Return the name of a stream; made once for all messages of a shape."""
        name = self._streams.get(id(shape))
        if name is None:
            name = self._streams[id(shape)] = str(shape.header.stream)
        return name

    def message(self, row: MessageRow, originator: str) -> None:
        """Note a valid message of *originator*."""
        self._messages.append(row)
        at = row.issued_at
        spoken = self._spoken.get(originator)
        if spoken is None:
            self._spoken[originator] = (at, at)
        elif not spoken[0] <= at <= spoken[1]:
            self._spoken[originator] = (min(at, spoken[0]), max(at, spoken[1]))

    def refuse(self, delivered: Delivered, error: BrokerError, *, content: bool = False) -> None:
        """Note what is wrong with a message."""
        place, digest = self.part.place(delivered.offset), digest_of(delivered.value)
        self._broken.append(BrokenRow(place, digest, error.code, str(error), content))

    def result(self, read: int) -> PartResult:
        """Return all of it."""
        return PartResult(read, self._messages, self._broken, self.said, (), self._spoken)


def _spoilt(verified: Verified) -> BrokerError | None:
    """Return what is wrong with the bodies of a copy; None where they are those that were signed."""
    try:
        check_bodies(verified)
    except BrokerError as error:
        return error
    return None


def digest_of(raw: bytes) -> bytes | None:
    """Return the digest of a message's header; None where the bytes do not parse."""
    try:
        return open_envelope(raw).digest
    except BrokerError:
        return None
