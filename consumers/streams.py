"""What a node has seen of each stream: heads, gaps, and the findings that they mean."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from broker.admit import Verified
from broker.sequence import Position, SequenceOutcome, check_sequence
from broker.types.names import Digest, Stream
from consumers import store
from consumers.findings import Findings
from consumers.ranges import Range, without


class Streams:
    """The streams of one batch; lives as long as its transaction."""

    def __init__(self, connection: Connection, streams: Iterable[Stream], findings: Findings) -> None:
        names = [str(stream) for stream in streams]
        self._connection = connection
        self._findings = findings
        self._heads: dict[str, Position] = {}
        self._missing: dict[str, list[Range]] = {}
        self._changed: set[str] = set()
        self._arrived: dict[tuple[str, int], list[Digest]] = {}
        for head in connection.execute(select(store.stream_head).where(store.stream_head.c.stream.in_(names))):
            self._heads[head.stream] = Position(head.sequence, Digest(head.digest))
        for gap in connection.execute(
            select(store.missing).where(store.missing.c.stream.in_(names)).order_by(store.missing.c.first)
        ):
            self._missing.setdefault(gap.stream, []).append(Range(gap.first, gap.last))

    def place(self, verified: Verified, now: datetime) -> SequenceOutcome:
        """Return how *verified* stands to its stream, and take note of it and of what it uncovers or heals."""
        header, digest = verified.header, verified.opened.digest
        stream = str(header.stream)
        last = self._heads.get(stream)
        is_new = last is None or header.sequence > last.sequence
        known = None if is_new else self._known(stream, header.sequence, digest)
        outcome = check_sequence(header, digest, last=last, known=known)
        match outcome:
            case SequenceOutcome.DUPLICATE:
                return outcome
            case SequenceOutcome.GAP | SequenceOutcome.UNKNOWN_START:
                first = 1 if last is None else last.sequence + 1
                self._open_gap(stream, Range(first, header.sequence - 1), now)
            case SequenceOutcome.FILLS:
                self._fill(stream, header.sequence, now)
            case SequenceOutcome.CONFLICT:
                text = f"two validly signed messages carry this number: {header.originator} has two histories"
                self._findings.report("conflict", str(header.name), text, now)
            case SequenceOutcome.BROKEN_CHAIN:
                text = "it names another message before it than the one that arrived"
                self._findings.report("broken-chain", str(header.name), text, now)
            case SequenceOutcome.NEXT:
                pass
        self._arrived.setdefault((stream, header.sequence), []).append(digest)
        if is_new:
            self._heads[stream] = Position(header.sequence, digest)
            self._changed.add(stream)
        return outcome

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

    def _known(self, stream: str, sequence: int, digest: Digest) -> Digest | None:
        """Return a message that was seen under this number: *digest* if it was, for a conflict has two or more."""
        here = (store.message.c.stream == stream) & (store.message.c.sequence == sequence)
        before = [Digest(one) for one in self._connection.scalars(select(store.message.c.digest).where(here))]
        seen = before + self._arrived.get((stream, sequence), [])
        return digest if digest in seen else next(iter(seen), None)

    def _open_gap(self, stream: str, gap: Range, now: datetime) -> None:
        self._missing.setdefault(stream, []).append(gap)
        self._save_missing(stream)
        self._report_gap(stream, now)

    def _fill(self, stream: str, sequence: int, now: datetime) -> None:
        self._missing[stream] = without(self._missing.get(stream, []), sequence)
        self._save_missing(stream)
        if self._missing[stream]:
            self._report_gap(stream, now)
        else:
            self._findings.heal("gap", stream, now)

    def _report_gap(self, stream: str, now: datetime) -> None:
        numbers = ", ".join(str(one) for one in self._missing[stream][:5])
        self._findings.report("gap", stream, f"these numbers have not arrived: {numbers}", now)

    def _save_missing(self, stream: str) -> None:
        self._connection.execute(delete(store.missing).where(store.missing.c.stream == stream))
        rows = [{"stream": stream, "first": one.first, "last": one.last} for one in self._missing[stream]]
        if rows:
            self._connection.execute(store.missing.insert(), rows)
