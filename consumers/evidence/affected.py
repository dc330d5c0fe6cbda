"""What a key has touched: every message on the bus that it signed, where that stands in the log, and who has seen it.

Nothing but bus and log is needed. That a node has seen the log beyond a message, it says in its HEADS; whether it got
the keys to open it, only receipts say, which their addressees can read.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from broker import limits
from broker.admit import Sealed, admit
from broker.bus.port import Bus
from broker.directory import Directory, EnrolledKey, fold
from broker.directory.word import Place, check_seen_in_time, check_word
from broker.envelope.message import Opened, open_envelope
from broker.errors import BrokerError, ChangedTile, CorruptBatch, Disputed, KeyRevoked, RetentionPassed
from broker.log.entry import parse_entry
from broker.log.hashes import TileHashes
from broker.log.port import CHECKPOINT, LogReader
from broker.log.trust import LogTrust, SignedCheckpoint, check_checkpoint
from broker.merkle import Frontier, leaf_hash
from broker.signing.batch import VerifiedBatches, check_signature
from broker.types.names import Digest, MessageName, Originator, directory_topic
from broker.types.time import from_micros
from broker.types.vocabulary import Kind
from consumers.heads import read_heads

_READ_AT_ONCE: Final = 256
STANDS: Final = "stands"
DISPUTED: Final = "disputed"
UNPROVED: Final = "unproved"


class Signed(msgspec.Struct, frozen=True):
    """A message that a key validly signed."""

    name: MessageName
    digest: Digest
    issued_at: datetime


class Touched(msgspec.Struct, frozen=True, kw_only=True):
    """What has become of one such message.

    Attributes:
        place: In the log; None where it is not there.
        standing: ``stands``; ``disputed``, once the log speaks against it; or ``unproved``, while it says nothing.
        why: In words; empty where it stands.
        seen_by: Nodes whose HEADS name a checkpoint above it: they have read the log beyond it.
    """

    message: Signed
    place: Place | None
    standing: str
    why: str
    seen_by: tuple[Originator, ...]


class Record(msgspec.Struct, frozen=True):
    """What the bus holds of a key, and of what nodes have seen.

    Attributes:
        checkpoints: The size of the largest checkpoint that each node names in its HEADS.
        unread: Parts of topics that the bus cannot give.
    """

    signed: tuple[Signed, ...]
    checkpoints: Mapping[Originator, int]
    unread: tuple[str, ...]


async def read_directory(bus: Bus, federation: str, root_digest: Digest) -> Directory:
    """Return the directory as the bus has it.

    Raises:
        TransportError: The bus does not answer, or has no directory.
    """
    found = [opened async for _, opened in _messages(bus, directory_topic(federation), [])]
    return fold(found, root_digest, federation)


async def read_record(
    bus: Bus, directory: Directory, key: EnrolledKey, *, trust: LogTrust | None, now: datetime
) -> Record:
    """Return what *key* signed, of everything that is on the bus, and what nodes say they have seen.

    Raises:
        TransportError: The bus does not answer.
    """
    verified, unread = VerifiedBatches(), list[str]()
    signed: dict[Digest, Signed] = {}
    checkpoints: dict[Originator, int] = {}
    prefix = f"{directory.federation}.msg."
    topics = sorted(topic for topic in await bus.topics() if topic.startswith(prefix))
    for topic in (directory_topic(directory.federation), *topics):
        async for raw, opened in _messages(bus, topic, unread):
            header = opened.header
            if _is_signed(opened, key, verified):
                signed.setdefault(opened.digest, Signed(header.name, opened.digest, header.issued_at))
            if header.kind is Kind.HEADS and trust is not None:
                size = _size_named(Sealed(topic, raw), directory, trust, now, verified)
                checkpoints[header.originator] = max(size, checkpoints.get(header.originator, 0))
    return Record(tuple(signed.values()), checkpoints, tuple(unread))


def find_places(
    reader: LogReader, trust: LogTrust, wanted: Iterable[Digest]
) -> tuple[SignedCheckpoint | None, dict[Digest, Place]]:
    """Return the newest checkpoint and where messages stand below it; the whole log is read and checked for that.

    Raises:
        LogUnavailable: The log does not answer.
        VerificationError, MalformedError: It is not the one that its notary signed.
    """
    raw = reader.read(CHECKPOINT, most=limits.MAX_NOTE_BYTES)
    if raw is None:
        return None, {}
    signed = check_checkpoint(raw, trust)
    hashes, tree, looked_for = TileHashes(reader, signed.size), Frontier(), frozenset(wanted)
    places: dict[Digest, Place] = {}
    for start in range(0, signed.size, _READ_AT_ONCE):
        entries = list(hashes.entries(start, min(start + _READ_AT_ONCE, signed.size)))
        tree = tree.grown(leaf_hash(one) for one in entries)
        for index, one in enumerate(map(parse_entry, entries), start):
            if one.digest in looked_for:
                places.setdefault(one.digest, Place(index, from_micros(one.seen_at)))
    if tree.root != signed.head.root:
        raise ChangedTile(f"the entries of the log do not lead to the root over {signed.size} leaves that was signed")
    return signed, places


def judge(record: Record, key: EnrolledKey, places: Mapping[Digest, Place]) -> tuple[Touched, ...]:
    """Return what has become of each message, in the order of the log; those that are not there last."""
    found = [_touched(one, key, places, record.checkpoints) for one in record.signed]
    return tuple(sorted(found, key=_by_place))


def _touched(
    one: Signed, key: EnrolledKey, places: Mapping[Digest, Place], checkpoints: Mapping[Originator, int]
) -> Touched:
    place = places.get(one.digest)
    standing, why = STANDS, ""
    try:
        check_word(key, one.name, one.digest, places.get)
        check_seen_in_time(key, one.name, place)
    except Disputed as error:
        standing, why = DISPUTED, str(error)
    except KeyRevoked as error:
        standing, why = UNPROVED, str(error)
    seen_by = () if place is None else tuple(sorted(node for node, size in checkpoints.items() if size > place.index))
    return Touched(message=one, place=place, standing=standing, why=why, seen_by=seen_by)


def _by_place(one: Touched) -> tuple[bool, int, MessageName]:
    return one.place is None, 0 if one.place is None else one.place.index, one.message.name


def _is_signed(opened: Opened, key: EnrolledKey, verified: VerifiedBatches) -> bool:
    """Say whether *key* did sign a message that names it as a signer."""
    for signer, signature in zip(opened.header.signers, opened.signatures, strict=True):
        if signer == key.id:
            try:
                check_signature(opened.header_bytes, signature, key.public, verified=verified)
            except BrokerError:
                return False
            return True
    return False


def _size_named(sealed: Sealed, directory: Directory, trust: LogTrust, now: datetime, verified: VerifiedBatches) -> int:
    """Return the size of the checkpoint that a HEADS message names; 0 where it names none, or is not to be believed."""
    try:
        heads = read_heads(admit(sealed, directory=directory, now=now, verified=verified))
        return 0 if heads.checkpoint is None else check_checkpoint(heads.checkpoint, trust).size
    except BrokerError:
        return 0


async def _messages(bus: Bus, topic: str, unread: list[str]) -> AsyncIterator[tuple[bytes, Opened]]:
    """Yield what parses of a topic up to its present end; note in *unread* what the bus cannot give."""
    start, end = 0, await bus.end(topic)
    while start < end:
        try:
            batch = await bus.read(topic, start=start, most=_READ_AT_ONCE)
        except (CorruptBatch, RetentionPassed) as gap:
            unread.append(str(gap))
            start = gap.next
            continue
        if not batch:
            return
        for delivered in batch:
            try:
                opened = open_envelope(delivered.value)
            except BrokerError:
                continue
            yield delivered.value, opened
        start = batch[-1].offset + 1
