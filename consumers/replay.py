"""Decide again what was decided, from what the rows themselves name; where the outcome differs, somebody changed them.

::

    decision row ─▶ facts, digests of four tables    decided again: the same outcome for every section
                └─▶ message, directory, time         where the content is still here: the same facts

A node signs its decision rows every day, so later changes are found that way too; this way finds a decision that was
wrong when it was made.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from broker import decisions
from broker.decisions import KeptVerdict, judgement_row, parse_audience, parse_judgement
from broker.directory import Directory
from broker.errors import BadTable, BrokerError
from broker.policy.decide import Decision, Tables, decide
from broker.types.names import Digest, Originator, Participant, parse_stream
from broker.types.time import from_micros
from broker.types.vocabulary import Section
from consumers import store
from consumers.findings import Finding
from consumers.past import Occurrence, Past
from consumers.states import States
from consumers.tables import Texts, in_force, misplaced

Disagreement = tuple[str, str]
"""A finding's code, and what it means."""
UNREADABLE = (msgspec.MsgspecError, BrokerError, IndexError, TypeError, ValueError)
"""What comes of a row that somebody has written into."""


class Replayed(msgspec.Struct, frozen=True):
    """What a replay came to.

    Attributes:
        decisions: Rows that concern the authority.
        replayed: Those that could be decided again.
        without_content: Those whose facts could not be compared with the message: it is purged, or sealed from here.
    """

    decisions: int
    replayed: int
    without_content: int
    findings: tuple[Finding, ...]


class _Judgement(msgspec.Struct, frozen=True):
    """What became of one judgement; None where it cannot be read, or not be decided again."""

    decision: Decision | None
    tables: Tables | None
    disagreements: tuple[Disagreement, ...]


class Replay:
    """Decides again what one node decided."""

    def __init__(self, connection: Connection, past: Past, states: States) -> None:
        self._connection = connection
        self._past = past
        self._states = states
        self._texts = Texts(connection)
        self._judgements: dict[bytes, _Judgement] = {}
        self._streams = {
            Digest(row.digest): parse_stream(row.stream)
            for row in connection.execute(select(store.message.c.digest, store.message.c.stream))
        }

    def of(self, authority: Originator, *, progress: Callable[[int], None] = lambda _: None) -> Replayed:
        """Return what comes of all decisions about what *authority* may have, and about what it sent."""
        count = replayed = without_content = 0
        findings: list[Finding] = []
        rows = self._connection.execute(select(decisions.decision).order_by(decisions.decision.c.id))
        for row in rows.all():
            if not self._concerns(row, authority):
                continue
            count += 1
            progress(1)
            verdicts, found = self._verdicts(row)
            judged = [(one, self._judgement(one.judgement)) for one in verdicts]
            replayed += bool(judged) and all(one.tables is not None for _, one in judged)
            content = self._past.content(Digest(row.digest))
            without_content += content is None
            found += [one for _, judgement in judged for one in judgement.disagreements]
            found += self._disagreements(row, judged)
            findings += [Finding(code, self._place(row), says) for code, says in dict.fromkeys(found)]
        return Replayed(count, replayed, without_content, tuple(findings))

    def _concerns(self, row: Row[Any], authority: Originator) -> bool:
        if authority in row.readers.split():
            return True
        stream = self._streams.get(Digest(row.digest))
        # Whose it is that a sender decided about cannot be seen before it has come back: then it is not left out.
        return row.audience is not None and (stream is None or stream.originator == authority)

    def _place(self, row: Row[Any]) -> str:
        stream = self._streams.get(Digest(row.digest))
        return f"decision {row.id}: {row.digest.hex()[:16]}" + ("" if stream is None else f" of {stream}")

    def _verdicts(self, row: Row[Any]) -> tuple[list[KeptVerdict], list[Disagreement]]:
        """Return the judgements of a row, each with the authorities that it holds for."""
        if row.judgement is not None:
            return [KeptVerdict(row.judgement, tuple(Originator(name) for name in row.readers.split()))], []
        kept = self._connection.scalar(
            select(decisions.audience.c.content).where(decisions.audience.c.id == row.audience)
        )
        try:
            if kept is None or hashlib.sha256(kept).digest() != row.audience:
                return [], [("changed-decision", "what was decided about everybody is gone, or was changed")]
            return list(parse_audience(kept).verdicts), []
        except UNREADABLE:
            return [], [("changed-decision", "what was decided about everybody cannot be read")]

    def _nodes(self, row: Row[Any]) -> Mapping[Section, tuple[Originator, ...]]:
        """Return the nodes that a sender decided to give each key; nothing where that cannot be read."""
        here = decisions.audience.c
        kept = self._connection.scalar(select(here.content).where(here.id == row.audience))
        try:
            return {} if kept is None else parse_audience(kept).nodes
        except UNREADABLE:
            return {}

    def _judgement(self, judgement: bytes) -> _Judgement:
        if judgement not in self._judgements:
            self._judgements[judgement] = self._decide_again(judgement)
        return self._judgements[judgement]

    def _decide_again(self, judgement: bytes) -> _Judgement:
        here = decisions.judgement
        row = self._connection.execute(select(here).where(here.c.id == judgement)).one_or_none()
        if row is None:
            return _Judgement(None, None, (("missing-judgement", "the judgement that it names is not there"),))
        try:
            decision = parse_judgement(row)
        except UNREADABLE:
            return _Judgement(None, None, (("changed-decision", "its judgement cannot be read"),))
        found: list[Disagreement] = []
        if judgement_row(decision) != row._asdict():
            found.append(("changed-decision", "its facts, its outcome or its tables were changed after it was made"))
        found += [("changed-table", self._texts.changed[one]) for one in decision.digests if one in self._texts.changed]
        tables = self._texts.of(decision.digests)
        if tables is None:
            return _Judgement(decision, None, (*found, ("unknown-table", "a table that it names is not here")))
        again = decide(tables, decision.facts)
        if (again.outcomes, again.obligations) != (decision.outcomes, decision.obligations):
            says = f"decided again it is {_in_words(again)}; on record it is {_in_words(decision)}"
            found.append(("replay-differs", says))
        return _Judgement(decision, tables, tuple(found))

    def _disagreements(self, row: Row[Any], judged: list[tuple[KeptVerdict, _Judgement]]) -> Iterator[Disagreement]:
        """Yield what does not fit the directory that the row names, and the message."""
        directory = self._states.find(Digest(row.directory))
        if directory is None:
            yield "unknown-directory", "this node's directory was never in the state that it names"
            return
        yield from self._misplaced(row, directory, judged)
        there = [(verdict, one.decision) for verdict, one in judged if one.decision is not None]
        happened = Occurrence(row.id, Digest(row.digest), from_micros(row.decided_at), directory)
        if row.audience is not None:
            yield from _left_out(happened, there, self._nodes(row))
        for verdict, decision in there:
            for reader in verdict.readers:
                differing = self._past.differing(happened, reader, decision.facts)
                if differing:
                    yield "facts-differ", f"{reader}: {differing}"

    def _misplaced(
        self, row: Row[Any], directory: Directory, judged: list[tuple[KeptVerdict, _Judgement]]
    ) -> Iterator[Disagreement]:
        content = self._past.content(Digest(row.digest))
        # Whose message a forward passes on stands in its content only.
        participant: Participant | None = None if content is None else content.about.participant
        try:
            force = in_force(directory, participant)
        except BadTable as error:
            yield "wrong-tables", f"nothing could be decided under the directory that it names: {error}"
            return
        for tables in {id(one.tables): one.tables for _, one in judged if one.tables is not None}.values():
            for says in misplaced(tables, force):
                yield "wrong-tables", says


def _left_out(
    happened: Occurrence,
    verdicts: list[tuple[KeptVerdict, Decision]],
    recorded: Mapping[Section, tuple[Originator, ...]],
) -> Iterator[Disagreement]:
    """Yield what a sender's decision about everybody says of too few or too many."""
    everybody = {one.authority: Originator(one.node) for one in happened.directory.authorities(happened.at)}
    judged = Counter(name for verdict, _ in verdicts for name in verdict.readers)
    if judged != Counter(everybody.keys()):
        yield "wrong-recipients", "it is not about every active authority, each once"
    nodes: dict[Section, set[Originator]] = {section: set() for section in recorded}
    for verdict, decision in verdicts:
        # Whoever may not see the core gets no key at all: it carries the marking.
        opened = decision.permitted if Section.CORE in decision.permitted else ()
        for section in opened:
            nodes.setdefault(section, set()).update(everybody[name] for name in verdict.readers if name in everybody)
    if nodes != {section: set(names) for section, names in recorded.items()}:
        yield "wrong-recipients", "the nodes that were to get its keys do not follow from what was decided"


def _in_words(decision: Decision) -> str:
    opened = ", ".join(section.word for section in decision.permitted)
    return f"{decision.outcome} ({opened})" if opened else decision.outcome
