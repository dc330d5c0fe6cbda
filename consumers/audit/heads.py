"""HEADS held against what is there: streams and directory on the bus, decisions in a node's database."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from broker.admit import Verified
from broker.decisions import decision, decision_leaf
from broker.directory.directory import Directory, include
from broker.directory.held import Held
from broker.envelope.message import open_envelope
from broker.merkle import Frontier, leaf_hash
from broker.records.heads import Heads
from broker.sequence import Position
from broker.types.names import Digest, MessageName, Originator, Stream, is_office
from broker.types.time import from_micros
from consumers.audit.ledger import Ledger
from consumers.findings import Finding
from consumers.heads import read_heads

_MOST_STATES: Final = 5000
"""Messages of a directory whose states are worked out one by one; of a larger one only the last state is known."""
_ROWS_AT_ONCE: Final = 2000
_SAID: Final = "SELECT raw FROM said WHERE ? IS NULL OR node = ? ORDER BY issued_at DESC, place"
_TAIL: Final = "SELECT max(sequence) FROM message WHERE stream = (SELECT id FROM stream WHERE name = ?)"
_NUMBERED: Final = """
SELECT digest FROM message WHERE stream = (SELECT id FROM stream WHERE name = ?) AND sequence = ? ORDER BY place LIMIT 1
"""


class Said(msgspec.Struct, frozen=True):
    """What a node said in one HEADS message."""

    name: MessageName
    issued_at: datetime
    heads: Heads

    @property
    def node(self) -> Originator:
        """Whose HEADS they are."""
        return self.name.stream.originator


def load_said(ledger: Ledger, node: Originator | None = None) -> Iterator[Said]:
    """Yield what nodes said, or one of them, the newest first."""
    for (raw,) in ledger.rows(_SAID, node, node):
        # It was read before it was entered.
        verified = Verified(open_envelope(bytes(raw)), late=False)
        yield Said(verified.header.name, verified.header.issued_at, read_heads(verified))


def age_findings(ledger: Ledger, directory: Directory) -> Iterator[Finding]:
    """Yield the nodes whose HEADS are older than the root record tolerates, where others have spoken since.

    A node that has sent neither HEADS nor anything else is not used yet; and where nobody speaks, nobody is late: a
    record that is put away does not go bad. When somebody spoke is what they wrote themselves.
    """
    heads: dict[Originator, datetime] = {}
    since: dict[Originator, datetime] = {}
    for name, first, last in ledger.rows("SELECT originator, first, last FROM spoken ORDER BY originator"):
        originator = Originator(name)
        if is_office(originator):
            heads[originator] = from_micros(last)
        elif (node := directory.node_of(originator)) is not None:
            since[node] = min(from_micros(first), since.get(node, from_micros(first)))
    newest = from_micros(ledger.number("SELECT max(last) FROM spoken"))
    tolerated = timedelta(hours=directory.root.heads_max_age_hours)
    for node, at in sorted((since | heads).items()):
        if newest - at > tolerated:
            what = "the newest HEADS of this node are" if node in heads else "it never sent HEADS, and speaks"
            others = f"others have spoken up to {newest:%Y-%m-%d %H:%M} UTC"
            yield Finding("heads-too-old", node, f"{what} from {at:%Y-%m-%d %H:%M} UTC; {others}")


def stream_findings(ledger: Ledger) -> Iterator[Finding]:
    """Yield the streams whose end is missing, and the messages that are not those that their node speaks of."""
    told: set[tuple[str, str]] = set()
    for one in load_said(ledger):
        for state in one.heads.streams:
            found = _stream_finding(one, state.stream, Position(state.sequence, state.digest), ledger)
            # A tail is missing once, however many HEADS speak of it.
            if found is not None and (key := (found.code, found.place)) not in told:
                told.add(key)
                yield found


def _stream_finding(said: Said, stream: Stream, claimed: Position, ledger: Ledger) -> Finding | None:
    name = str(stream)
    if ledger.row("SELECT 1 FROM broken WHERE digest = ?", claimed.digest) is not None:
        return None  # it is there, and why it does not count is a finding of its own
    tail = ledger.number(_TAIL, name)
    if tail < claimed.sequence:
        there = f"the last one here is {tail}" if tail else "nothing of it is here"
        says = f"{said.name} says that it has come to number {claimed.sequence}, and {there}: its end was cut off"
        return Finding("dropped-tail", name, says)
    seen = ledger.row(_NUMBERED, name, claimed.sequence)
    if seen is not None and seen[0] != claimed.digest:
        says = f"{said.name} says that another message has this number: its originator has two histories"
        return Finding("heads-mismatch", f"{name}#{claimed.sequence}", says)
    return None  # a number that is missing between others is a gap


def state_findings(ledger: Ledger, directory: Directory, messages: Sequence[Held]) -> Iterator[Finding]:
    """Yield the HEADS that name a state in which the directory here never was.

    Args:
        directory: What all messages come to.
        messages: In the order of their topic, which is that in which every node reads them.
    """
    strange = {one.heads.directory_digest for one in load_said(ledger)} - {directory.digest}
    if not strange or len(messages) > _MOST_STATES:
        return
    growing = Directory.empty(directory.federation, directory.root_digest)
    for held in messages:
        growing = include(growing, [held])
        strange.discard(growing.digest)
        if not strange:
            return
    for one in reversed(list(load_said(ledger))):
        if one.heads.directory_digest in strange:
            says = "its node has seen a state of the directory that never was here: there are two versions of it"
            yield Finding("unknown-directory-state", str(one.name), says)


def decision_findings(connection: Connection, ledger: Ledger, node: Originator) -> Iterator[Finding]:
    """Yield what is wrong with the decisions of *node* in its database, by the roots that it has signed."""
    mine = list(reversed(list(load_said(ledger, node))))
    least = None
    lost: list[Said] = []
    for one in reversed(mine):
        # It counted fewer later on: its database was restored, and what followed stands in the place of what was there.
        if least is not None and one.heads.decisions_count > least:
            lost.append(one)
        least = one.heads.decisions_count if least is None else min(least, one.heads.decisions_count)
    yield from (_lost(node, one, "later it counted fewer itself: it went back to a backup") for one in reversed(lost))
    roots = {one.name: one for one in mine if one not in lost}
    yield from _compare(connection, sorted(roots.values(), key=lambda one: one.heads.decisions_count), node)


def _compare(connection: Connection, said: Sequence[Said], node: Originator) -> Iterator[Finding]:
    """Compare the roots in *said*, those over fewer rows first, with the tree over the rows that are there."""
    tree = Frontier()
    rows = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(select(decision).order_by(decision.c.id))
    for one in said:
        count = one.heads.decisions_count
        while tree.size < count and (some := rows.fetchmany(min(_ROWS_AT_ONCE, count - tree.size))):
            tree = tree.grown([leaf_hash(decision_leaf(row)) for row in some])
        if tree.size < count:
            yield _lost(node, one, f"there are {tree.size}")
        elif Digest(tree.root) != one.heads.decisions_root:
            says = f"{one.name} has the root over the first {count} decisions, and they are not those any more"
            yield Finding("changed-decisions", f"{node}: decisions 1 to {count}", says)
    rows.close()


def _lost(node: Originator, said: Said, how: str) -> Finding:
    count = said.heads.decisions_count
    return Finding("decisions-lost", f"{node}: {count} decisions", f"{said.name} has a root over so many, and {how}")
