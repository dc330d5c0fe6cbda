"""A node's decisions and inboxes: each record was decided about, and what is shown rests on a decision."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, exists, select

from broker import decisions
from broker.decisions import judgement_row, parse_judgement
from broker.errors import MalformedError
from broker.policy.decide import Decision, obligations_of
from broker.types.vocabulary import Action, Kind
from consumers import store
from consumers.audit.heads import decision_findings
from consumers.audit.yardstick import Yardstick
from consumers.findings import Finding

_ROWS_AT_ONCE: Final = 500
_REMEMBERED: Final = 4096
"""Judgements at a time."""


class _Judgements:
    """The judgements of a node: many decisions rest on the same."""

    def __init__(self) -> None:
        self._parsed: dict[bytes, Decision | None] = {}

    def parsed(self, row: Row[Any]) -> Decision | None:
        """Return the decision in a row of ``decisions.judgement``; None where it holds none, since it was changed."""
        if row.id not in self._parsed:
            if len(self._parsed) >= _REMEMBERED:
                self._parsed.clear()
            self._parsed[row.id] = _parse(row)
        return self._parsed[row.id]


def _parse(row: Row[Any]) -> Decision | None:
    try:
        return parse_judgement(row)
    except (msgspec.MsgspecError, MalformedError, IndexError, TypeError):
        return None


def check_decisions(connection: Connection, yardstick: Yardstick) -> Iterator[Finding]:
    """Yield what is wrong with a node's decisions and its inboxes."""
    judgements = _Judgements()
    yield from _without_decision(connection, yardstick)
    yield from _shown_without_permission(connection, yardstick, judgements)
    yield from _changed(connection, yardstick)
    yield from _not_shown(connection, yardstick, judgements)
    yield from decision_findings(connection, yardstick.ledger, yardstick.node)


def _without_decision(connection: Connection, yardstick: Yardstick) -> Iterator[Finding]:
    """Every record was decided about, and every decision is about a message that is there."""
    made = decisions.decision.c
    # What its sender decided about everybody is no delivery, and is made before the message arrives here.
    decided = exists().where(made.digest == store.message.c.digest, made.judgement.is_not(None))
    undecided = select(store.message.c.stream, store.message.c.sequence).where(
        store.message.c.kind == Kind.RECORD.value, store.message.c.record_kind.is_not(None), ~decided
    )
    if yardstick.serves:
        for row in connection.execute(undecided):
            place = f"{row.stream}#{row.sequence}"
            yield yardstick.finding("missing-decision", place, "it was delivered without a decision on record")
    known = exists().where(store.message.c.digest == decisions.decision.c.digest)
    for row in connection.execute(select(made.id).where(~known, made.judgement.is_not(None))):
        yield yardstick.finding(
            "decision-without-message", f"decision {row.id}", "the message it is about is not there"
        )


def _shown_without_permission(
    connection: Connection, yardstick: Yardstick, judgements: _Judgements
) -> Iterator[Finding]:
    """Every row of an inbox rests on a decision that releases something to that very reader."""
    joined = store.inbox.outerjoin(
        decisions.decision,
        (decisions.decision.c.id == store.inbox.c.decision) & (decisions.decision.c.digest == store.inbox.c.digest),
    ).outerjoin(decisions.judgement, decisions.judgement.c.id == decisions.decision.c.judgement)
    columns = (store.inbox.c.id.label("row"), store.inbox.c.authority, decisions.decision.c.readers)
    rows = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(
        select(*columns, decisions.judgement).select_from(joined)
    )
    for row in rows:
        place = f"inbox row {row.row}"
        if row.readers is None or row.facts is None or row.authority not in row.readers.split():
            yield yardstick.finding("missing-decision", place, f"nothing on record released it to {row.authority}")
        elif (decision := judgements.parsed(row)) is not None and not decision.permitted:
            yield yardstick.finding(
                "shown-without-permission", place, f"the decision on record denies it to {row.authority}"
            )


def _changed(connection: Connection, yardstick: Yardstick) -> Iterator[Finding]:
    """Every judgement has the name and the outcome that follow from what it holds."""
    for row in connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(select(decisions.judgement)):
        decision = _parse(row)
        held = {column.name: getattr(row, column.name) for column in decisions.judgement.c}
        if (
            decision is None
            or held != judgement_row(decision)
            or decision.obligations != obligations_of(decision.facts, decision.outcomes)
        ):
            says = "its facts, its outcome or its obligations were changed after it was made"
            yield yardstick.finding("changed-decision", f"judgement {row.id.hex()[:16]}", says)


def _not_shown(connection: Connection, yardstick: Yardstick, judgements: _Judgements) -> Iterator[Finding]:
    """What a delivery decided to release lies in the inbox of each reader that it names."""
    made = decisions.decision.c
    joined = decisions.decision.join(decisions.judgement, decisions.judgement.c.id == made.judgement)
    purged = exists().where(store.tombstone.c.digest == made.digest)
    rows = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(
        select(made.digest, made.readers, decisions.judgement)
        .select_from(joined)
        .where(decisions.judgement.c.outcome != "denied", ~purged)
        .order_by(made.digest, made.id)
    )
    shown = _Shown(connection)
    for row in rows:
        decision = judgements.parsed(row)
        if decision is None or decision.facts.action is not Action.RECEIVE:
            continue  # a person opened it, which is no delivery; or it was changed, which is a finding of its own
        for reader in set(row.readers.split()) - shown.readers_of(row.digest):
            says = f"a decision on record releases it to {reader}, and it is not in that inbox"
            yield yardstick.finding("missing-delivery", row.digest.hex()[:16], says)


class _Shown:
    """Who has a message in the inbox; has to be asked in the order of the digests."""

    def __init__(self, connection: Connection) -> None:
        here = store.inbox.c
        wanted = select(here.digest, here.authority).order_by(here.digest)
        self._rows = iter(connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(wanted))
        self._next = next(self._rows, None)
        self._last: tuple[bytes, set[str]] = (b"", set())

    def readers_of(self, digest: bytes) -> set[str]:
        """Return the authorities in whose inboxes a message lies."""
        if self._last[0] != digest:
            readers: set[str] = set()
            while self._next is not None and self._next.digest <= digest:
                if self._next.digest == digest:
                    readers.add(self._next.authority)
                self._next = next(self._rows, None)
            self._last = (digest, readers)
        return self._last[1]
