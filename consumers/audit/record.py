"""Check a whole record: every topic of the bus from its beginning, and the log that it is held against.

Nothing is believed but the root digest, and no key is needed: what is sealed is held against the digests that its
originator signed. In this order:

1. the checkpoint that the log shows; the audit ends there
2. the ends of the topics, and the directory
3. messages and entries of the log, piece by piece, by as many processes as there are (``consumers.audit.crew``)
4. what only the whole shows: streams, the tree, log against topics, HEADS, all checkpoints that were seen

In between everything is in the ledger, so memory stays flat, and an interrupted audit goes on behind its last piece.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

import msgspec

from broker.bus.port import Bus
from broker.directory.directory import Directory
from broker.errors import UnknownTopic
from broker.log.port import LogReader
from broker.log.trust import SignedCheckpoint
from broker.types.names import Digest, directory_topic
from broker.types.time import to_micros
from consumers.audit.chains import check_chains, gap_findings
from consumers.audit.checkpoints import SeenCheckpoint
from consumers.audit.heads import Said, age_findings, load_said, state_findings, stream_findings
from consumers.audit.leaves import bundles_of
from consumers.audit.ledger import Ledger, temporary_ledger
from consumers.audit.log import AuditedLog, LogAudit, check_log, open_audited_log, read_checkpoint
from consumers.audit.pieces import Piece, Pieceworker, Result
from consumers.audit.resuming import Begun, begin, check_directory, refuse_history
from consumers.audit.revoked import judge_words
from consumers.audit.signers import without_revocations
from consumers.audit.topics import Topics, ours
from consumers.audit.trust import Foundation, lay_foundation
from consumers.audit.units import AuditPlan
from consumers.findings import Finding

Progress = Callable[[int], None]

_NO_ROOT: Final = Finding(
    "untrusted-root",
    "the directory",
    "no root record here has the digest that this audit was told to trust: either the digest or the bus is not the"
    " right one, and nothing else can be checked",
)
_COUNTS: Final = """
SELECT (SELECT count(*) FROM message), count(*), total(length(g.keys) / 16)
FROM first_copy AS m JOIN signers AS g ON g.id = m.signers
"""
"""Copies, messages, and the signatures of those: a key id has 16 bytes."""
_BROKEN: Final = """
SELECT b.place, b.code, b.says FROM broken AS b
WHERE NOT (b.content
    AND EXISTS (SELECT 1 FROM message AS e WHERE e.digest = b.digest AND e.place < b.place))
"""
_MISSING: Final = "SELECT place, until, code, says FROM missing ORDER BY place"


class Sighting(msgspec.Struct, frozen=True):
    """Where a message stands on the bus.

    Attributes:
        offset: Of its first copy.
        outlines: SHA-256 of all but the bodies, of each copy: they may differ in what the header does not cover.
    """

    topic: str
    offset: int
    outlines: tuple[bytes, ...]


class Crew(Protocol):
    """Whoever does the pieces of an audit."""

    def work(
        self, pieces: Sequence[Piece], directory: Directory, plan: AuditPlan, progress: Progress
    ) -> AsyncIterator[tuple[Piece, Result]]:
        """Yield what comes of each piece, in whatever order they are done."""
        ...


class Means(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit works with, besides the bus.

    Attributes:
        log: None where the bus alone is audited, or nobody says where it is.
        needs_log: Whether it is a finding that nobody says where it is, though there is a notary.
        seen: Checkpoints that nodes and witnesses have kept; those in HEADS are found on the bus.
        content: Whether the content of what is not sealed is read too.
        ledger: Where the work is kept; None for a place that goes with the result.
        crew: Who does the work; None for this process alone.
    """

    log: LogReader | None = None
    needs_log: bool = False
    seen: tuple[SeenCheckpoint, ...] = ()
    content: bool = True
    ledger: Ledger | None = None
    crew: Crew | None = None


ALONE: Final = Means()


class BusAudit(msgspec.Struct, frozen=True, kw_only=True):
    """What the topics of a bus and its log hold, and what is wrong with them.

    Attributes:
        messages: Validly signed messages, the directory included.
        signatures: Signatures that were checked and hold.
        repeated: Further copies of messages; readers drop all but the first that can be read.
        log: What the log came to; None where the network has no notary.
        ledger: All that was found out.
    """

    messages: int
    signatures: int
    repeated: int
    findings: tuple[Finding, ...]
    directory: Directory
    topics: Topics
    log: LogAudit | None
    ledger: Ledger

    @property
    def is_rooted(self) -> bool:
        """Whether the root record that was to be trusted is there; nothing else can be checked where it is not."""
        return _NO_ROOT not in self.findings

    @property
    def ends(self) -> Mapping[str, int]:
        """The offset up to which each topic was read."""
        return self.topics.ends

    @property
    def checkpoint(self) -> SignedCheckpoint | None:
        """The checkpoint at which the audit ends; None where there is none to believe."""
        return None if self.log is None else self.log.checkpoint

    @property
    def unlogged(self) -> int:
        """Messages that are not in the log yet, and need not be."""
        return 0 if self.log is None else self.log.unlogged

    @property
    def said(self) -> tuple[Said, ...]:
        """What nodes say in their HEADS, in the order of the bus."""
        return tuple(sorted(load_said(self.ledger), key=lambda one: one.issued_at))

    @property
    def broken(self) -> Mapping[tuple[str, int], Digest | None]:
        """The places of what is not valid, each with its header digest; None where the bytes do not even parse."""
        rows = self.ledger.rows("SELECT place, digest FROM broken ORDER BY place")
        return {self.topics.find(place): None if digest is None else Digest(digest) for place, digest in rows}

    def sighting(self, digest: Digest) -> Sighting | None:
        """Return where a valid message stands; None where there is none of that digest."""
        rows = list(self.ledger.rows("SELECT place, outline FROM message WHERE digest = ? ORDER BY place", digest))
        return Sighting(*self.topics.find(rows[0][0]), tuple(row[1] for row in rows)) if rows else None


async def audit_bus(
    bus: Bus,
    *,
    federation: str,
    root_digest: Digest,
    now: datetime,
    progress: Progress = lambda _: None,
    means: Means = ALONE,
) -> BusAudit:
    """Check every topic of *bus* up to its present end, and the log up to its present checkpoint.

    Args:
        progress: Is told how many messages were read, again and again.

    Raises:
        TransportError: The bus or the log does not answer.
        StaleDatabase: The ledger is the work of another audit.
    """
    ledger = temporary_ledger() if means.ledger is None else means.ledger
    plan = AuditPlan(federation=federation, root_digest=root_digest, now=to_micros(now), content=means.content)
    # The checkpoint before the ends of the topics: so every leaf below it has its message there.
    shown = read_checkpoint(means.log)
    begun = begin(ledger, Begun(plan, await _ends(bus, federation), shown))
    foundation = await lay_foundation(bus, begun.topics.directory, begun.plan, progress)
    directory = foundation.directory
    if directory.parts.root.state.entry is None:
        # Everything rests on the root: without it each key is unknown, which would only bury the reason.
        return _result(ledger, foundation, begun.topics, (_NO_ROOT,), None)
    check_directory(ledger, directory.digest)
    log = open_audited_log(means.log, directory, begun.checkpoint, needed=means.needs_log)
    if shown != begun.checkpoint and not log.goes_on_to(shown):
        raise refuse_history(ledger)
    if ledger.done(begun.topics.directory) is None:
        ledger.enter(begun.topics.directory, foundation.result)
    pieces: list[Piece] = [*begun.topics.parts(), *bundles_of(log.size)]
    crew = means.crew or Alone(bus, means.log)
    left = _left(ledger, pieces, progress)
    async for piece, result in crew.work(left, without_revocations(directory), begun.plan, progress):
        ledger.enter(piece, result)
    ledger.index()
    return _conclude(ledger, begun.topics, foundation, log, means)


async def _ends(bus: Bus, federation: str) -> dict[str, int]:
    there = await bus.topics()
    if directory_topic(federation) not in there:
        raise UnknownTopic(f"the bus has no topic {directory_topic(federation)}: it is not a bus of {federation}")
    return {name: await bus.end(name) for name in ours(there, federation)}


def _left(ledger: Ledger, pieces: Sequence[Piece], progress: Progress) -> list[Piece]:
    """Return the pieces that are not done yet."""
    left: list[Piece] = []
    for piece in pieces:
        done = ledger.done(piece)
        if done is None:
            left.append(piece)
        else:
            progress(done)
    return left


class Alone:
    """Does everything in this process."""

    def __init__(self, bus: Bus, log: LogReader | None) -> None:
        self._bus = bus
        self._log = log

    async def work(
        self, pieces: Sequence[Piece], directory: Directory, plan: AuditPlan, progress: Progress
    ) -> AsyncIterator[tuple[Piece, Result]]:
        """Yield what comes of each piece, one after the other."""
        worker = Pieceworker(self._bus, self._log, directory, plan)
        for piece in pieces:
            yield piece, await worker.do(piece, progress)


def _conclude(ledger: Ledger, topics: Topics, foundation: Foundation, log: AuditedLog, means: Means) -> BusAudit:
    directory = foundation.directory
    words = judge_words(ledger, directory)
    chains = check_chains(ledger)
    placed = [*_broken(ledger, topics), *words, *chains.findings]
    seen = (*means.seen, *_seen_in_heads(ledger))
    logged = check_log(ledger, log, directory, seen, (topics, chains.out_of_order))
    findings = (
        *(one for _, one in sorted(placed)),
        *(Finding(one.code, str(one.name), one.says) for one in directory.findings),
        *gap_findings(ledger),
        *stream_findings(ledger),
        *state_findings(ledger, directory, foundation.messages),
        *age_findings(ledger, directory),
        *(() if logged is None else logged.findings),
    )
    return _result(ledger, foundation, topics, findings, logged)


def _result(
    ledger: Ledger, foundation: Foundation, topics: Topics, findings: tuple[Finding, ...], log: LogAudit | None
) -> BusAudit:
    copies, messages, signatures = ledger.row(_COUNTS)
    return BusAudit(
        messages=messages,
        signatures=int(signatures),
        repeated=copies - messages,
        findings=findings,
        directory=foundation.directory,
        topics=topics,
        log=log,
        ledger=ledger,
    )


def _broken(ledger: Ledger, topics: Topics) -> Iterator[tuple[int, Finding]]:
    for place, code, says in ledger.rows(_BROKEN):
        yield place, Finding(code, topics.words(place), says)
    covered = 0
    for place, until, code, says in ledger.rows(_MISSING):
        if until > covered:  # a gap that goes on in the next piece is said once
            yield place, Finding(code, f"{topics.words(place)}-{topics.find(until)[1]}", says)
            covered = until


def _seen_in_heads(ledger: Ledger) -> Iterator[SeenCheckpoint]:
    for one in load_said(ledger):
        if one.heads.checkpoint is not None:
            yield SeenCheckpoint(str(one.name), one.heads.checkpoint)
