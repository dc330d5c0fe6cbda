"""Check a whole record: every topic of the bus from its beginning, then every node against it.

Nothing is believed but the root digest, and no key is needed: what is sealed is held against the digests that its
originator signed. What needs the transparency log (order and time, dropped tails that no node has
seen) is not checked here yet.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import msgspec

from broker.admit import Sealed, Verified, admit, check_bodies, read, read_release
from broker.bus.port import Bus, Delivered
from broker.directory.directory import Directory, include
from broker.directory.held import Held, hold
from broker.envelope.header import Header
from broker.envelope.message import Opened, open_envelope, without_bodies
from broker.errors import BrokerError, CorruptBatch, RetentionPassed, SealedContent, UnknownTopic
from broker.sequence import Position, SequenceOutcome, check_sequence
from broker.signing.batch import VerifiedBatches
from broker.types.names import Digest, directory_topic
from broker.types.vocabulary import Kind
from consumers.audit_heads import Numbers, Said, Spoken, state_findings, stream_findings
from consumers.findings import Finding
from consumers.heads import read_heads

_READ_AT_ONCE: Final = 256

_MEANING: Final = {
    SequenceOutcome.CONFLICT: "another validly signed message carries this number: its originator has two histories",
    SequenceOutcome.BROKEN_CHAIN: "it names another message before it than the one that is there",
    SequenceOutcome.FILLS: "it stands behind later messages of its stream: somebody changed their order",
}


_NO_ROOT: Final = Finding(
    "untrusted-root",
    "the directory",
    "no root record here has the digest that this audit was told to trust: either the digest or the bus is not the"
    " right one, and nothing else can be checked",
)


class Sighting(msgspec.Struct, frozen=True):
    """Where a message stands on the bus.

    Attributes:
        offset: Of its first copy.
        copies: SHA-256 of the exact bytes of each copy; they may differ in what the header does not cover.
        emptied: The same of each copy without its bodies: what is left of it where it was purged.
    """

    topic: str
    offset: int
    copies: tuple[bytes, ...]
    emptied: tuple[bytes, ...] = ()


class BusAudit(msgspec.Struct, frozen=True, kw_only=True):
    """What the topics of a bus hold, and what is wrong with it.

    Attributes:
        messages: Validly signed messages, the directory included.
        signatures: Signatures that were checked and hold.
        repeated: Further copies of messages; readers drop all but the first that can be read.
        seen: Each valid message, by its header digest.
        broken: The places of what is not valid, each with its header digest; None where the bytes do not even parse.
        ends: The offset at which each topic was read to its end.
        said: What nodes say in their HEADS.
    """

    messages: int
    signatures: int
    repeated: int
    findings: tuple[Finding, ...]
    directory: Directory
    seen: dict[Digest, Sighting]
    broken: Mapping[tuple[str, int], Digest | None]
    ends: dict[str, int]
    said: tuple[Said, ...] = ()

    @property
    def is_rooted(self) -> bool:
        """Whether the root record that was to be trusted is there; nothing else can be checked where it is not."""
        return _NO_ROOT not in self.findings


async def audit_bus(
    bus: Bus, *, federation: str, root_digest: Digest, now: datetime, progress: Callable[[int], None] = lambda _: None
) -> BusAudit:
    """Check every topic of *bus* up to its present end.

    Args:
        progress: Is told after each batch how many messages it had.

    Raises:
        TransportError: The bus does not answer.
    """
    checker = _Checker(Directory.empty(federation, root_digest), now)
    topics = await bus.topics()
    if directory_topic(federation) not in topics:
        raise UnknownTopic(f"the bus has no topic {directory_topic(federation)}: it is not a bus of {federation}")
    prefix = f"{federation}.msg."
    for topic in [directory_topic(federation), *sorted(topic for topic in topics if topic.startswith(prefix))]:
        async for batch in _batches(bus, topic):
            if isinstance(batch, CorruptBatch | RetentionPassed):
                checker.miss(batch)
                continue
            checker.check(topic, batch)
            progress(len(batch))
        checker.end_topic(topic, await bus.end(topic))
    return checker.result()


class _Checker:
    """Goes over the messages one by one and notes what it finds."""

    def __init__(self, directory: Directory, now: datetime) -> None:
        self._directory = directory
        self._now = now
        self._verified = VerifiedBatches()
        self._findings: list[Finding] = []
        self._seen: dict[Digest, Sighting] = {}
        self._broken: dict[tuple[str, int], Digest | None] = {}
        self._heads: dict[str, Position] = {}
        self._numbers: dict[tuple[str, int], tuple[Digest, Digest]] = {}
        """Each message under its number, and the one that it names before it."""
        self._late_heads: set[str] = set()
        self._signatures = 0
        self._repeated = 0
        self._ends: dict[str, int] = {}
        self._said: list[Said] = []
        self._spoken = Spoken()
        self._directory_messages: list[Held] = []

    def check(self, topic: str, batch: Sequence[Delivered]) -> None:
        if topic == directory_topic(self._directory.federation):
            self._check_directory(batch)
            return
        for delivered in batch:
            try:
                self._check_message(delivered)
            except BrokerError as error:
                self._refuse(delivered, error)

    def miss(self, gap: CorruptBatch | RetentionPassed) -> None:
        """Note what the bus cannot give."""
        self._find(gap.code, f"{gap.topic}@{gap.start}-{gap.next}", str(gap))

    def end_topic(self, topic: str, end: int) -> None:
        self._ends[topic] = end

    def result(self) -> BusAudit:
        if self._directory.parts.root.state.entry is None:
            # Everything rests on the root: without it each key is unknown, which would only bury the reason.
            self._findings = [_NO_ROOT]
        else:
            for one in self._directory.findings:
                self._find(one.code, str(one.name), one.says)
            for stream, numbers in self._gaps().items():
                self._find("gap", stream, f"these numbers are missing: {numbers}")
            self._findings += self._by_heads()
        return BusAudit(
            messages=len(self._seen),
            signatures=self._signatures,
            repeated=self._repeated,
            findings=tuple(self._findings),
            directory=self._directory,
            seen=self._seen,
            broken=self._broken,
            ends=self._ends,
            said=tuple(self._said),
        )

    def _by_heads(self) -> Iterator[Finding]:
        digests = {number: digest for number, (digest, _) in self._numbers.items()}
        numbers = Numbers(digests, self._heads, set(self._broken.values()))
        yield from stream_findings(self._said, numbers)
        yield from state_findings(self._said, self._directory, self._directory_messages)
        yield from self._spoken.too_old(self._directory)

    def _check_directory(self, batch: Sequence[Delivered]) -> None:
        messages: list[Held] = []
        for delivered in batch:
            try:
                opened = open_envelope(delivered.value)
                messages.append(hold(opened, self._directory.federation))
            except BrokerError as error:
                self._refuse(delivered, error)
            else:
                self._note(opened, delivered, len(opened.signatures))
        # All at once: what follows from the directory is worked out anew for whatever is added to it.
        self._directory = include(self._directory, messages)
        self._directory_messages += messages

    def _check_message(self, delivered: Delivered) -> None:
        sealed = Sealed(delivered.topic, delivered.value)
        verified = admit(sealed, directory=self._directory, now=self._now, verified=self._verified)
        digest = verified.opened.digest
        if digest in self._seen or verified.header.kind is not Kind.RECORD:
            check_bodies(verified)
        if digest in self._seen:
            self._repeated += 1
            self._note(verified.opened, delivered, 0)
            return
        # Its number is taken by its header, whether or not its content can be read.
        self._place(verified)
        self._note(verified.opened, delivered, len(verified.opened.signatures))
        self._spoken.hear(verified.header)
        match verified.header.kind:
            case Kind.RECORD:
                # Without keys: the bodies are the signed ones, and what is not sealed is what it should be.
                with suppress(SealedContent):
                    read(verified)
            case Kind.RELEASE:
                read_release(verified)
            case Kind.HEADS:
                self._said.append(Said(verified.header.name, verified.header.issued_at, read_heads(verified)))
            case _:
                pass

    def _note(self, opened: Opened, delivered: Delivered, signatures: int) -> None:
        copy = hashlib.sha256(delivered.value).digest()
        emptied = hashlib.sha256(without_bodies(opened)).digest()
        seen = self._seen.get(opened.digest) or Sighting(delivered.topic, delivered.offset, ())
        if copy not in seen.copies:
            self._seen[opened.digest] = Sighting(
                seen.topic, seen.offset, (*seen.copies, copy), (*seen.emptied, emptied)
            )
        self._signatures += signatures

    def _place(self, verified: Verified) -> None:
        header, digest = verified.header, verified.opened.digest
        stream = str(header.stream)
        last = self._heads.get(stream)
        known = self._numbers.get((stream, header.sequence))
        outcome = check_sequence(header, digest, last=last, known=None if known is None else known[0])
        meaning = _MEANING.get(outcome)
        if meaning is not None:
            code = "out-of-order" if outcome is SequenceOutcome.FILLS else outcome.value
            self._find(code, str(header.name), meaning)
        if outcome is SequenceOutcome.FILLS and not self._fits(stream, header, digest):
            self._find("broken-chain", str(header.name), _MEANING[SequenceOutcome.BROKEN_CHAIN])
        self._numbers.setdefault((stream, header.sequence), (digest, header.previous))
        if last is None or header.sequence > last.sequence:
            self._heads[stream] = Position(header.sequence, digest)

    def _fits(self, stream: str, header: Header, digest: Digest) -> bool:
        """Say whether a message that stands behind later ones joins its neighbours, as far as they have been read."""
        before = self._numbers.get((stream, header.sequence - 1))
        behind = self._numbers.get((stream, header.sequence + 1))
        return (before is None or before[0] == header.previous) and (behind is None or behind[1] == digest)

    def _gaps(self) -> dict[str, str]:
        there: dict[str, list[int]] = {}
        for stream, sequence in self._numbers:
            there.setdefault(stream, []).append(sequence)
        gaps: dict[str, str] = {}
        for stream, numbers in sorted(there.items()):
            missing = _missing(sorted(numbers))
            if missing:
                gaps[stream] = ", ".join(missing[:5]) + (" …" if len(missing) > 5 else "")
        return gaps

    def _refuse(self, delivered: Delivered, error: BrokerError) -> None:
        self._broken[delivered.topic, delivered.offset] = _digest_of(delivered)
        self._find(error.code, f"{delivered.topic}@{delivered.offset}", str(error))

    def _find(self, code: str, place: str, message: str) -> None:
        self._findings.append(Finding(code, place, message))


async def _batches(bus: Bus, topic: str) -> AsyncIterator[list[Delivered] | CorruptBatch | RetentionPassed]:
    start, end = 0, await bus.end(topic)
    while start < end:
        try:
            batch = [one for one in await bus.read(topic, start=start, most=_READ_AT_ONCE) if one.offset < end]
        except (CorruptBatch, RetentionPassed) as gap:
            yield gap
            start = gap.next
            continue
        if not batch:
            return
        yield batch
        start = batch[-1].offset + 1


def _digest_of(delivered: Delivered) -> Digest | None:
    try:
        return open_envelope(delivered.value).digest
    except BrokerError:
        return None


def _missing(numbers: list[int]) -> list[str]:
    """Return the ranges that lack between 1 and the last of *numbers*, which are sorted."""
    gaps: list[str] = []
    expected = 1
    for number in numbers:
        if number > expected:
            gaps.append(str(expected) if number == expected + 1 else f"{expected} to {number - 1}")
        expected = number + 1
    return gaps
