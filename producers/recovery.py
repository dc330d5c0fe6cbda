"""Compare a node's own streams with the bus, so that a restored backup never forks them.

If the bus holds a message of ours that the database does not know, the database is older than the bus: that writer is
frozen, with the last number that the bus shows, and the next flush opens another one. What is there is neither changed
nor numbered again. If the bus holds less than was sent, the bus is the older one: a finding, and :func:`resend`.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, bindparam, insert, select, update

from broker.bus.port import Bus, Delivered
from broker.database import reading, writing
from broker.directory import Directory
from broker.envelope.body import body_digest
from broker.envelope.message import Opened, open_envelope
from broker.errors import BrokerError, VerificationError
from broker.signing.batch import VerifiedBatches, check_signature
from broker.types.names import Digest, Originator, Stream, message_topic, participant_of
from broker.types.time import to_micros
from broker.types.vocabulary import KeyUse, Kind
from producers.addressing import Sealing
from producers.adoption import adopt, commitments_in, keys_released, requeue
from producers.outbox import IS_WAITING, Pending, Stage, comparisons, drafts, outgoing, writers
from producers.purge import is_purged

_READ_AT_ONCE: Final = 256

WRITER_FROZEN: Final = "writer-frozen"
BUS_BEHIND: Final = "bus-behind"
CONTENT_UNKNOWN: Final = "content-unknown"
CONTENT_LOST: Final = "content-lost"


class Finding(msgspec.Struct, frozen=True):
    """What a comparison brought to light about one stream."""

    code: str
    stream: Stream
    says: str


async def compare_with_bus(
    engine: Engine, bus: Bus, directory: Directory, originators: Sequence[Originator], sealing: Sealing
) -> tuple[Finding, ...]:
    """Read what the bus holds of *originators* since the last comparison; freeze the writers that it knows more of.

    Raises:
        TransportError: The bus does not answer, or lacks a topic; nothing may be signed then.
    """
    topics: dict[str, list[Originator]] = {}
    for originator in originators:
        topics.setdefault(message_topic(directory.federation, participant_of(originator)), []).append(originator)
    findings: list[Finding] = []
    for topic, mine in topics.items():
        findings += await _compare_topic(_Comparison(engine, directory, topic, frozenset(mine), sealing), bus)
    return tuple(findings)


def resend(engine: Engine, stream: Stream, *, first: int = 1) -> int:
    """Have the next flush send the messages of *stream* from number *first* on again; return how many.

    The bytes stay the same; readers drop those that they have. What was purged here is never sent again.
    """
    mine = (
        outgoing.c.originator == stream.originator,
        outgoing.c.writer == stream.writer,
        outgoing.c.sequence >= first,
        outgoing.c.pending == Pending.NO,
        ~is_purged(),
    )
    with writing(engine) as connection:
        return connection.execute(update(outgoing).where(*mine).values(pending=Pending.AGAIN.value)).rowcount


def let_go(engine: Engine, authority: Originator) -> int:
    """Have the next flush sign the held drafts of *authority*; return how many. Somebody has looked at them."""
    mine = (drafts.c.authority == authority, IS_WAITING, drafts.c.stage == Stage.HELD)
    with writing(engine) as connection:
        return connection.execute(update(drafts).where(*mine).values(stage=Stage.READY.value)).rowcount


async def _compare_topic(comparison: "_Comparison", bus: Bus) -> list[Finding]:
    end = await bus.end(comparison.topic)
    position = await asyncio.to_thread(comparison.begin, end)
    while position < end:
        batch = await bus.read(comparison.topic, start=position, most=_READ_AT_ONCE)
        if not batch:
            break
        position = batch[-1].offset + 1
        await asyncio.to_thread(comparison.take, batch)
    return await asyncio.to_thread(comparison.conclude)


class _Closed:
    """How many messages of one stream could not be opened.

    Attributes:
        unknown: On the bus.
        held: Drafts that may be one of those.
        lost: Signed here and never sent.
    """

    def __init__(self) -> None:
        self.unknown = self.held = self.lost = 0

    def count(self, held: int | None) -> None:
        """Count what :func:`adopt` returns."""
        if held is not None:
            self.unknown += 1
            self.held += held


class _Comparison:
    """One topic's comparison; each method is one transaction, and may be repeated after a crash."""

    def __init__(
        self, engine: Engine, directory: Directory, topic: str, originators: frozenset[Originator], sealing: Sealing
    ) -> None:
        self.topic = topic
        self._sealing = sealing
        self._engine = engine
        self._directory = directory
        self._originators = originators
        self._verified = VerifiedBatches()
        self._strangers: dict[Stream, set[int]] = {}
        self._closed: dict[Stream, _Closed] = {}

    def begin(self, end: int) -> int:
        """Return the offset to read from."""
        with writing(self._engine) as connection:
            mine = comparisons.c.originator.in_(self._originators)
            offsets = connection.execute(select(comparisons.c.known_bus_offset).where(mine)).scalars().all()
            start = min(offsets) if len(offsets) == len(self._originators) else 0
            if start <= end:
                return start
            # A bus that ends before the place where we were is another one, or an older state of it: look at all of it.
            forgotten = update(writers).where(writers.c.originator.in_(self._originators)).values(known_sequence=0)
            connection.execute(forgotten)
            return 0

    def take(self, batch: Sequence[Delivered]) -> None:
        """Compare a batch with what the database knows."""
        ours = _one_copy_each(self._ours(batch))
        with writing(self._engine) as connection:
            strangers = _mark_seen(connection, ours) if ours else []
            keys = self._find_keys(strangers)
            for opened in strangers:
                stream = opened.header.stream
                if _is_news(connection, opened):
                    self._strangers.setdefault(stream, set()).add(opened.header.sequence)
                _freeze(connection, opened)
                closed = self._closed.setdefault(stream, _Closed())
                # Before anything is adopted: what waits to be signed again may be on the bus as well.
                closed.lost += requeue(connection, stream, self._sealing.section_keys)
                if opened.header.kind is Kind.RECORD:
                    closed.count(adopt(connection, opened, keys))
            self._save_position(connection, batch[-1].offset + 1)

    def _find_keys(self, strangers: Sequence[Opened]) -> Mapping[Digest, bytes]:
        """Return the keys of our own messages that we do not know: kept apart from the database, or on the bus."""
        if not strangers:
            return {}
        store, keyring = self._sealing.section_keys, self._sealing.keyring()
        letters = [one for one in strangers if one.header.kind is Kind.RELEASE]
        for one in letters:
            owner = participant_of(one.header.originator)
            store.put(keys_released(one, self._directory, keyring), owner=owner)
        return store.get(frozenset[Digest]().union(*map(commitments_in, strangers)))

    def conclude(self) -> list[Finding]:
        """Return the findings."""
        with reading(self._engine) as connection:
            return [*self._frozen_findings(), *self._closed_findings(), *self._behind_findings(connection)]

    def _ours(self, batch: Sequence[Delivered]) -> Iterable[Opened]:
        for delivered in batch:
            try:
                opened = open_envelope(delivered.value)
                if opened.header.originator in self._originators:
                    self._check_signed_by_us(opened)
                    yield opened
            except BrokerError:
                # Whoever may write to the topic may write rubbish there; it is no message of ours.
                continue

    def _check_signed_by_us(self, opened: Opened) -> None:
        """Check the signatures only: what an expired or revoked key once signed has its number all the same."""
        if opened.header.federation != self._directory.federation:
            raise VerificationError(f"a message of {opened.header.federation}")
        for signer, signature in zip(opened.header.signers, opened.signatures, strict=True):
            key = self._directory.key(signer)
            if key is None or key.use is not KeyUse.SIGN or opened.header.originator not in key.terms:
                raise VerificationError(f"{signer.hex()} is no key of {opened.header.originator}")
            check_signature(opened.header_bytes, signature, key.public, verified=self._verified)

    def _save_position(self, connection: Connection, offset: int) -> None:
        for originator in sorted(self._originators):
            statement = update(comparisons).where(comparisons.c.originator == originator)
            if not connection.execute(statement.values(known_bus_offset=offset)).rowcount:
                connection.execute(insert(comparisons), {"originator": originator, "known_bus_offset": offset})

    def _frozen_findings(self) -> list[Finding]:
        return [
            Finding(
                WRITER_FROZEN,
                stream,
                f"the bus holds {len(numbers)} messages of {stream} that this database does not know, the last is"
                f" number {max(numbers)}: it was restored from a backup, or copied; a new writer goes on",
            )
            for stream, numbers in sorted(self._strangers.items())
        ]

    def _closed_findings(self) -> list[Finding]:
        found: list[Finding] = []
        for stream, closed in sorted(self._closed.items()):
            if closed.unknown:
                found.append(
                    Finding(
                        CONTENT_UNKNOWN,
                        stream,
                        f"{closed.unknown} messages of {stream} on the bus cannot be opened here, their keys are gone:"
                        f" nobody can say which reports they are. {closed.held} drafts that may be among them are held;"
                        " publish no report again that was published since the backup was made",
                    )
                )
            if closed.lost:
                found.append(
                    Finding(
                        CONTENT_LOST,
                        stream,
                        f"{closed.lost} messages of {stream} were signed and never sent, and their keys are gone: they"
                        " can be neither sent nor signed again; publish these reports under new references",
                    )
                )
        return found

    def _behind_findings(self, connection: Connection) -> list[Finding]:
        mine = (outgoing.c.originator == writers.c.originator, outgoing.c.writer == writers.c.writer)
        sent = (
            select(outgoing.c.sequence)
            .where(*mine, outgoing.c.sent_at.is_not(None))
            .order_by(outgoing.c.sequence.desc())
            .limit(1)
            .scalar_subquery()
        )
        behind = (
            select(writers.c.originator, writers.c.writer, writers.c.known_sequence, sent)
            .where(writers.c.originator.in_(self._originators), writers.c.known_sequence < sent)
            .order_by(writers.c.originator, writers.c.writer)
        )
        return [
            Finding(
                BUS_BEHIND,
                Stream(Originator(originator), writer),
                f"{originator}/{writer} was sent up to number {last}, the bus holds it up to {known} only: it lost"
                " messages, or was rolled back; they can be sent again as they are",
            )
            for originator, writer, known, last in connection.execute(behind)
        ]


def _one_copy_each(ours: Iterable[Opened]) -> list[Opened]:
    """Return each message once: a whole copy where there is one, for what it says has to be remembered."""
    found: dict[bytes, Opened] = {}
    for opened in ours:
        if opened.digest not in found or not _is_whole(found[opened.digest]):
            found[opened.digest] = opened
    return list(found.values())


def _is_whole(opened: Opened) -> bool:
    pairs = zip(opened.header.sections, opened.bodies, strict=True)
    return all(body is not None and body_digest(body) == head.body_digest for head, body in pairs)


def _mark_seen(connection: Connection, ours: Sequence[Opened]) -> list[Opened]:
    """Note that the bus holds *ours*; return those that the database does not know."""
    known = _known(connection, ours)
    highest: dict[Stream, int] = {}
    unmarked: list[dict[str, int]] = []
    strangers: list[Opened] = []
    for opened in ours:
        header = opened.header
        highest[header.stream] = max(header.sequence, highest.get(header.stream, 0))
        row = known.get(opened.digest)
        if row is None:
            strangers.append(opened)
        elif row.pending != Pending.NO:
            unmarked.append({"message": row.id, "at": to_micros(header.issued_at)})
    if unmarked:
        # They were sent, and the process died before it could say so; when, only the messages know.
        mine = update(outgoing).where(outgoing.c.id == bindparam("message"))
        connection.execute(mine.values(pending=Pending.NO.value, sent_at=bindparam("at")), unmarked)
    for stream, sequence in highest.items():
        _raise_known(connection, stream, sequence)
    return strangers


def _known(connection: Connection, ours: Sequence[Opened]) -> Mapping[bytes, Any]:
    """Return the rows of those of *ours* that the database holds, by digest."""
    numbers: dict[Stream, list[int]] = {}
    for opened in ours:
        numbers.setdefault(opened.header.stream, []).append(opened.header.sequence)
    found: dict[bytes, Any] = {}
    for stream, sequences in numbers.items():
        statement = select(outgoing.c.id, outgoing.c.digest, outgoing.c.pending).where(
            outgoing.c.originator == stream.originator,
            outgoing.c.writer == stream.writer,
            outgoing.c.sequence.in_(sequences),
        )
        found |= {row.digest: row for row in connection.execute(statement)}
    return found


def _raise_known(connection: Connection, stream: Stream, sequence: int) -> None:
    mine = (writers.c.originator == stream.originator, writers.c.writer == stream.writer)
    lower = writers.c.known_sequence < sequence
    connection.execute(update(writers).where(*mine, lower).values(known_sequence=sequence))


def _is_news(connection: Connection, opened: Opened) -> bool:
    """Say whether a message that we do not hold was not met by an earlier comparison either."""
    header = opened.header
    statement = select(writers.c.frozen, writers.c.sequence).where(
        writers.c.originator == header.originator, writers.c.writer == header.writer
    )
    row = connection.execute(statement).first()
    return row is None or not row.frozen or header.sequence > row.sequence


def _freeze(connection: Connection, opened: Opened) -> None:
    """Freeze the writer of a message, with the highest number that anybody knows of it."""
    header = opened.header
    mine = (writers.c.originator == header.originator, writers.c.writer == header.writer)
    head = {"sequence": header.sequence, "digest": opened.digest}
    if connection.execute(update(writers).where(*mine).values(frozen=1)).rowcount:
        connection.execute(update(writers).where(*mine, writers.c.sequence < header.sequence).values(head))
    else:
        new = {"originator": header.originator, "writer": header.writer, "frozen": 1, "known_sequence": 0}
        connection.execute(insert(writers), {**new, **head})
    _raise_known(connection, header.stream, header.sequence)
