"""The chains of the streams: numbers without gaps, each message naming the one before it, and none of them twice."""

from collections.abc import Iterator
from typing import Final

import msgspec

from broker.sequence import Position, SequenceOutcome, check_sequence
from broker.types.names import Digest
from consumers.audit.ledger import Ledger
from consumers.findings import Finding

_MEANING: Final = {
    SequenceOutcome.CONFLICT: "another validly signed message carries this number: its originator has two histories",
    SequenceOutcome.BROKEN_CHAIN: "it names another message before it than the one that is there",
    SequenceOutcome.FILLS: "it stands behind later messages of its stream: somebody changed their order",
}
_GAPS_SHOWN: Final = 5
_MESSAGES: Final = "SELECT place, stream, sequence, digest, previous FROM message WHERE topic > 0 ORDER BY place"
_GAPS: Final = """
SELECT s.name, before, sequence FROM (
    SELECT stream, sequence, lag(sequence, 1, 0) OVER (PARTITION BY stream ORDER BY sequence) AS before
    FROM (SELECT DISTINCT stream, sequence FROM message WHERE topic > 0)) AS n
JOIN stream AS s ON s.id = n.stream
WHERE sequence > before + 1 ORDER BY s.name, sequence
"""


_DIGEST: Final = "SELECT digest FROM message WHERE stream = ? AND sequence = ? AND place < ? ORDER BY place LIMIT 1"
_PREVIOUS: Final = "SELECT previous FROM message WHERE stream = ? AND sequence = ? AND place < ? ORDER BY place LIMIT 1"
_EARLIER: Final = "SELECT 1 FROM message WHERE digest = ? AND place < ?"


class _Row(msgspec.Struct, frozen=True, gc=False):
    place: int
    stream: int
    sequence: int
    digest: Digest
    previous: Digest


class ChainAudit(msgspec.Struct, frozen=True):
    """What is wrong with the order of messages.

    Attributes:
        findings: Each with the place of its message.
        out_of_order: The places of messages that stand behind later ones of their stream.
    """

    findings: tuple[tuple[int, Finding], ...]
    out_of_order: frozenset[int]


def check_chains(ledger: Ledger) -> ChainAudit:
    """Check every stream, in the order in which its messages stand on the bus."""
    last: dict[int, tuple[int, bytes]] = {}
    findings: list[tuple[int, Finding]] = []
    out_of_order: set[int] = set()
    for place, stream, sequence, digest, previous in ledger.rows(_MESSAGES):
        before = last.get(stream)
        if before is not None and before[0] + 1 == sequence and before[1] == previous:
            last[stream] = (sequence, digest)  # nearly all
            continue
        if ledger.row(_EARLIER, digest, place) is not None:
            continue  # the same again: readers drop it
        row = _Row(place, stream, sequence, Digest(digest), Digest(previous))
        outcome = _outcome(ledger, row, before)
        if outcome is SequenceOutcome.FILLS:
            out_of_order.add(place)
        findings += [(place, one) for one in _findings(ledger, row, outcome)]
        if before is None or sequence > before[0]:
            last[stream] = (sequence, digest)
    return ChainAudit(tuple(findings), frozenset(out_of_order))


def gap_findings(ledger: Ledger) -> Iterator[Finding]:
    """Yield the streams in which numbers are missing."""
    gaps: dict[str, list[str]] = {}
    for stream, before, sequence in ledger.rows(_GAPS):
        several = gaps.setdefault(stream, [])
        if len(several) <= _GAPS_SHOWN:
            several.append(str(before + 1) if sequence == before + 2 else f"{before + 1} to {sequence - 1}")
    for stream, numbers in gaps.items():
        shown = ", ".join(numbers[:_GAPS_SHOWN]) + (" …" if len(numbers) > _GAPS_SHOWN else "")
        yield Finding("gap", stream, f"these numbers are missing: {shown}")


def _outcome(ledger: Ledger, row: _Row, before: tuple[int, bytes] | None) -> SequenceOutcome:
    known = None
    if before is not None and row.sequence <= before[0]:
        known = _first(ledger, _DIGEST, row, row.sequence)
    last = None if before is None else Position(before[0], Digest(before[1]))
    return check_sequence(row, row.digest, last=last, known=known)


def _findings(ledger: Ledger, row: _Row, outcome: SequenceOutcome) -> Iterator[Finding]:
    meaning = _MEANING.get(outcome)
    if meaning is None:
        return
    place = f"{ledger.stream(row.stream)}#{row.sequence}"
    yield Finding("out-of-order" if outcome is SequenceOutcome.FILLS else outcome.value, place, meaning)
    if outcome is SequenceOutcome.FILLS and not _fits(ledger, row):
        yield Finding("broken-chain", place, _MEANING[SequenceOutcome.BROKEN_CHAIN])


def _fits(ledger: Ledger, row: _Row) -> bool:
    """Say whether a message that stands behind later ones joins its neighbours, as far as they stand before it."""
    before = _first(ledger, _DIGEST, row, row.sequence - 1)
    behind = _first(ledger, _PREVIOUS, row, row.sequence + 1)
    return before in (None, row.previous) and behind in (None, row.digest)


def _first(ledger: Ledger, wanted: str, row: _Row, sequence: int) -> Digest | None:
    """Return a digest of the first message of a number that stands before *row*."""
    found = ledger.row(wanted, row.stream, sequence, row.place)
    return None if found is None else Digest(found[0])
