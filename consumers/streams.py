"""What a node has seen of each stream: heads, gaps, and the findings that they mean.

Gaps are asked for one by one: whoever holds a key can leave as many as he likes, and that must not make the next
message dearer.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from broker.admit import Verified
from broker.envelope.header import Header
from broker.envelope.message import open_envelope
from broker.sequence import Position, SequenceOutcome, check_sequence
from broker.types.names import Digest, MessageName, Stream
from consumers import store
from consumers.findings import Findings
from consumers.ranges import Range, without

_LISTED: Final = 5
"""Ranges of missing numbers that a finding lists."""
_AT_ONCE: Final = 500
"""Streams that are asked for in one statement."""
_NEIGHBOURS: Final = 16
"""Messages of one number that a neighbour is compared with."""


class Streams:
    """The streams of one batch; lives as long as its transaction."""

    def __init__(self, connection: Connection, streams: Iterable[Stream], findings: Findings) -> None:
        names = [str(stream) for stream in streams]
        self._connection = connection
        self._findings = findings
        self._heads: dict[str, Position] = {}
        self._changed: set[str] = set()
        self._arrived: dict[tuple[str, int], dict[Digest, Digest]] = {}
        """What this batch has under a number: each message, and the one that it names before it."""
        for head in connection.execute(select(store.stream_head).where(store.stream_head.c.stream.in_(names))):
            self._heads[head.stream] = Position(head.sequence, Digest(head.digest))

    def place(self, verified: Verified, now: datetime) -> SequenceOutcome:
        """Return how *verified* stands to its stream, and take note of it and of what it uncovers or heals."""
        header, digest = verified.header, verified.opened.digest
        stream = str(header.stream)
        last = self._heads.get(stream)
        is_new = last is None or header.sequence > last.sequence
        known = None if is_new else self._known(stream, header.sequence, digest)
        outcome = check_sequence(header, digest, last=last, known=known)
        if outcome is SequenceOutcome.FILLS:
            self._fill(stream, header.sequence, now)
            outcome = outcome if self._fits(stream, header, digest) else SequenceOutcome.BROKEN_CHAIN
            self._settle_claim(stream, header.sequence, digest, now)
        match outcome:
            case SequenceOutcome.DUPLICATE:
                return outcome
            case SequenceOutcome.GAP | SequenceOutcome.UNKNOWN_START:
                first = 1 if last is None else last.sequence + 1
                self._open_gap(stream, Range(first, header.sequence - 1), now)
            case SequenceOutcome.CONFLICT:
                text = f"two validly signed messages carry this number: {header.originator} has two histories"
                self._findings.report("conflict", str(header.name), text, now)
            case SequenceOutcome.BROKEN_CHAIN:
                text = "it does not join the messages before and behind it that arrived"
                self._findings.report("broken-chain", str(header.name), text, now)
            case SequenceOutcome.NEXT | SequenceOutcome.FILLS:
                pass
        self._arrived.setdefault((stream, header.sequence), {})[digest] = header.previous
        if is_new:
            self._heads[stream] = Position(header.sequence, digest)
            self._changed.add(stream)
        return outcome

    def news(self, positions: Mapping[Stream, Position]) -> Mapping[Stream, Position]:
        """Return those of *positions* that are not where the streams are known to stand."""
        names = [str(stream) for stream in positions if str(stream) not in self._heads]
        for start in range(0, len(names), _AT_ONCE):
            some = store.stream_head.c.stream.in_(names[start : start + _AT_ONCE])
            for head in self._connection.execute(select(store.stream_head).where(some)):
                self._heads[head.stream] = Position(head.sequence, Digest(head.digest))
        return {stream: claimed for stream, claimed in positions.items() if self._heads.get(str(stream)) != claimed}

    def claim(self, stream: Stream, position: Position, by: MessageName, now: datetime) -> None:
        """Take note that a stream has come to *position*, as its own node says in the HEADS message *by*.

        What lies before has not arrived, then; when it does, it fills a gap.
        """
        name = str(stream)
        last = self._last(name)
        if last is None or last.sequence < position.sequence:
            self._open_gap(name, Range(1 if last is None else last.sequence + 1, position.sequence), now)
            self._heads[name] = position
            self._changed.add(name)
        elif (seen := self._known(name, position.sequence, position.digest)) is not None:
            if seen != position.digest:
                self._report_mismatch(name, position.sequence, str(by), now)
            return
        row = {"stream": name, "sequence": position.sequence, "digest": position.digest, "by": str(by)}
        self._connection.execute(insert(store.claim).on_conflict_do_nothing(), row)

    def save(self) -> None:
        """Write the heads that moved."""
        if not self._changed:
            return
        rows = [
            {"stream": stream, "sequence": self._heads[stream].sequence, "digest": self._heads[stream].digest}
            for stream in self._changed
        ]
        statement = insert(store.stream_head)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["stream"],
                set_={"sequence": statement.excluded.sequence, "digest": statement.excluded.digest},
            ),
            rows,
        )

    def _last(self, stream: str) -> Position | None:
        """Return the head of a stream, whether or not this batch has a message of it."""
        if stream not in self._heads:
            here = select(store.stream_head).where(store.stream_head.c.stream == stream)
            row = self._connection.execute(here).one_or_none()
            if row is None:
                return None
            self._heads[stream] = Position(row.sequence, Digest(row.digest))
        return self._heads[stream]

    def _settle_claim(self, stream: str, sequence: int, digest: Digest, now: datetime) -> None:
        """Compare a message that was missing with what its node said of it."""
        here = (store.claim.c.stream == stream) & (store.claim.c.sequence == sequence)
        row = self._connection.execute(select(store.claim).where(here)).one_or_none()
        if row is None:
            return
        if row.digest != digest:
            self._report_mismatch(stream, sequence, row.by, now)
        self._connection.execute(delete(store.claim).where(here))

    def _report_mismatch(self, stream: str, sequence: int, by: str, now: datetime) -> None:
        text = f"its own node says in {by} that another message has this number: it has two histories"
        self._findings.report("heads-mismatch", f"{stream}#{sequence}", text, now)

    def _known(self, stream: str, sequence: int, digest: Digest) -> Digest | None:
        """Return a message that was seen under this number: *digest* if it was, for a conflict has two or more."""
        arrived = self._arrived.get((stream, sequence), {})
        if digest in arrived:
            return digest
        here = select(store.message.c.digest).where(_numbered(stream, sequence))
        seen = self._connection.scalar(here.where(store.message.c.digest == digest))
        if seen is None:
            seen = self._connection.scalar(here.limit(1))
        return next(iter(arrived), None) if seen is None else Digest(seen)

    def _fits(self, stream: str, header: Header, digest: Digest) -> bool:
        """Say whether a message that fills a gap joins its neighbours, as far as they have arrived."""
        before = self._around(stream, header.sequence - 1)
        behind = self._around(stream, header.sequence + 1)
        return (not before or header.previous in before) and (not behind or digest in behind.values())

    def _around(self, stream: str, sequence: int) -> dict[Digest, Digest]:
        """Return the messages under a number, each with the one that it names before it; a few of very many."""
        here = select(store.message.c.digest, store.message.c.envelope).where(_numbered(stream, sequence))
        rows = self._connection.execute(here.limit(_NEIGHBOURS))
        stored = {Digest(row.digest): open_envelope(row.envelope).header.previous for row in rows}
        return stored | self._arrived.get((stream, sequence), {})

    def _open_gap(self, stream: str, gap: Range, now: datetime) -> None:
        self._connection.execute(store.missing.insert(), {"stream": stream, "first": gap.first, "last": gap.last})
        self._report_gap(stream, now)

    def _fill(self, stream: str, sequence: int, now: datetime) -> None:
        here = (store.missing.c.stream == stream) & (store.missing.c.first <= sequence)
        newest = select(func.max(store.missing.c.first)).where(here).scalar_subquery()
        holder = (store.missing.c.stream == stream) & (store.missing.c.first == newest)
        row = self._connection.execute(select(store.missing).where(holder)).one_or_none()
        if row is not None and sequence <= row.last:
            gap = (store.missing.c.stream == stream) & (store.missing.c.first == row.first)
            self._connection.execute(delete(store.missing).where(gap))
            rest = without([Range(row.first, row.last)], sequence)
            if rest:
                rows = [{"stream": stream, "first": one.first, "last": one.last} for one in rest]
                self._connection.execute(store.missing.insert(), rows)
        self._report_gap(stream, now)

    def _report_gap(self, stream: str, now: datetime) -> None:
        """Say which numbers are missing, or that none is any more."""
        first = (
            select(store.missing.c.first, store.missing.c.last)
            .where(store.missing.c.stream == stream)
            .order_by(store.missing.c.first)
            .limit(_LISTED)
        )
        gaps = [str(Range(*row)) for row in self._connection.execute(first)]
        if gaps:
            self._findings.report("gap", stream, f"these numbers have not arrived: {', '.join(gaps)}", now)
        else:
            self._findings.heal("gap", stream, now)


def _numbered(stream: str, sequence: int) -> ColumnElement[bool]:
    return (store.message.c.stream == stream) & (store.message.c.sequence == sequence)
