"""The rows that a batch of arrivals becomes, written together."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, select, update
from sqlalchemy.dialects.sqlite import insert

from broker.admit import Granted, Verified
from broker.bus.port import Delivered
from broker.errors import BrokerError
from broker.policy.decide import Decision
from broker.sequence import SequenceOutcome
from broker.types.names import Digest
from broker.types.time import to_micros
from broker.types.vocabulary import Kind, Section
from consumers import store
from consumers.arrival import Arrival, Judged, is_alert
from consumers.findings import Findings
from consumers.judgements import judgement_row, parse_judgement

Row = dict[str, Any]


class Rows:
    """Collects what the arrivals of one batch mean; lives as long as its transaction."""

    def __init__(self, connection: Connection, now: datetime, directory: Digest) -> None:
        self.findings = Findings(connection)
        self._connection = connection
        self._at = now
        self._now = to_micros(now)
        self._directory = directory
        self._next_decision = (connection.scalar(select(func.max(store.decision.c.id))) or 0) + 1
        self._messages: list[Row] = []
        self._unread: dict[Digest, Row] = {}
        self._decisions: list[Row] = []
        self._inbox: list[Row] = []
        self._widened: list[Row] = []
        self._alerts: list[Row] = []
        self._quarantine: list[Row] = []
        self._cured: list[Row] = []
        self._judged: dict[int, tuple[Decision, Row]] = {}

    @property
    def counts(self) -> dict[str, int]:
        """How many rows of each kind there are."""
        return {
            "messages": len(self._messages),
            "inbox": len(self._inbox),
            "alerts": len(self._alerts),
            "quarantined": len(self._quarantine),
        }

    def refuse(self, delivered: Delivered, error: BrokerError) -> None:
        """Put *delivered* into quarantine; it is kept as it came, with the reason."""
        self._quarantine.append(
            {
                "topic": delivered.topic,
                "offset": delivered.offset,
                "code": error.code,
                "message": str(error),
                "raw": delivered.value,
                "quarantined_at": self._now,
            }
        )

    def cure(self, delivered: Delivered) -> None:
        """Take *delivered* out of quarantine."""
        self._cured.append({"topic": delivered.topic, "offset": delivered.offset})

    def add(self, delivered: Delivered, arrival: Arrival, outcome: SequenceOutcome, *, backfill: bool) -> None:
        """Note a message that arrives for the first time, and all that was decided about it."""
        header = arrival.verified.header
        self._messages.append(
            {
                "digest": arrival.verified.opened.digest,
                "stream": str(header.stream),
                "sequence": header.sequence,
                "kind": header.kind.value,
                "record_kind": None if arrival.content is None else arrival.content.about.kind.value,
                "issued_at": to_micros(header.issued_at),
                "received_at": self._now,
                "outcome": outcome.value,
                "late": arrival.verified.late,
                "backfill": backfill,
                "due_at": _due_at(arrival, self._at),
                "envelope": delivered.value,
            }
        )
        if arrival.error is not None:
            self._unread[arrival.verified.opened.digest] = self._messages[-1]
            self.refuse(delivered, arrival.error)
        self._judge(arrival, backfill=backfill)

    def lacks_content(self, verified: Verified) -> bool:
        """Say whether a message has arrived whose content could not be read."""
        digest = verified.opened.digest
        here = (store.message.c.digest == digest) & _is_unread()
        return (
            digest in self._unread or self._connection.scalar(select(store.message.c.sequence).where(here)) is not None
        )

    def add_content(self, delivered: Delivered, arrival: Arrival, *, backfill: bool) -> None:
        """Note the content of a message that arrived before, when it could not be read; else do nothing."""
        if arrival.content is None:
            return
        digest = arrival.verified.opened.digest
        # The copy that can be read is the one to keep. Another one may have been read and decided already.
        content = {
            "record_kind": arrival.content.about.kind.value,
            "due_at": _due_at(arrival, self._at),
            "envelope": delivered.value,
        }
        waiting = self._unread.pop(digest, None)
        if waiting is not None:
            waiting.update(content)
        else:
            here = (store.message.c.digest == digest) & _is_unread()
            if not self._connection.execute(update(store.message).where(here).values(content)).rowcount:
                return
        self._judge(arrival, backfill=backfill)

    def add_decisions(self, arrival: Arrival) -> None:
        """Note what was decided anew about a message whose embargo has ended; what was released before stays so."""
        digest = arrival.verified.opened.digest
        released = self._released(digest)
        for judged in arrival.judged:
            self._decide(digest, judged)
            for granted in judged.granted:
                authority = granted.reader.authority
                if authority not in released:
                    self._release(arrival, granted, is_told=True)
                elif released[authority] < set(granted.decision.permitted):
                    self._widened.append({"of": authority, "about": digest, "now_by": self._next_decision})
            self._next_decision += 1
        self.wait(digest, None)

    def wait(self, digest: Digest, until: datetime | None) -> None:
        """Have a message decided again *until* then; None for never."""
        due_at = None if until is None else to_micros(until)
        here = store.message.c.digest == digest
        self._connection.execute(update(store.message).where(here).values(due_at=due_at))

    def save(self) -> None:
        """Write everything."""
        judgements = [row for _, row in self._judged.values()]
        if judgements:
            self._connection.execute(insert(store.judgement).on_conflict_do_nothing(), judgements)
        for table, rows in (
            (store.message, self._messages),
            (store.decision, self._decisions),
            (store.inbox, self._inbox),
            (store.alert, self._alerts),
        ):
            if rows:
                self._connection.execute(table.insert(), rows)
        if self._widened:
            here = (store.inbox.c.authority == bindparam("of")) & (store.inbox.c.digest == bindparam("about"))
            self._connection.execute(
                update(store.inbox).where(here).values(decision=bindparam("now_by")), self._widened
            )
        if self._quarantine:
            self._save_quarantine()
        for cured in self._cured:
            here = (store.quarantine.c.topic == cured["topic"]) & (store.quarantine.c.offset == cured["offset"])
            self._connection.execute(update(store.quarantine).where(here).values(admitted_at=self._now))

    def _save_quarantine(self) -> None:
        # The same place is read twice after a crash, by a restored database, and when it is tried again: then the
        # reason may be another one, which is not curable any more.
        statement = insert(store.quarantine)
        newest = {"code": statement.excluded.code, "message": statement.excluded.message}
        # For the same reason nothing is written: what somebody pours in here must not be written again and again.
        waits = store.quarantine.c.admitted_at.is_(None) & (store.quarantine.c.code != statement.excluded.code)
        place = ["topic", "offset"]
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=place, set_=newest, where=waits), self._quarantine
        )

    def _judge(self, arrival: Arrival, *, backfill: bool) -> None:
        for judged in arrival.judged:
            self._decide(arrival.verified.opened.digest, judged)
            for granted in judged.granted:
                self._release(arrival, granted, is_told=not backfill)
            self._next_decision += 1

    def _release(self, arrival: Arrival, granted: Granted, *, is_told: bool) -> None:
        place = {"authority": granted.reader.authority, "digest": arrival.verified.opened.digest}
        self._inbox.append({**place, "decision": self._next_decision})
        if is_told and arrival.content is not None and is_alert(granted, arrival.content.about, self._at):
            self._alerts.append({**place, "raised_at": self._now})

    def _released(self, digest: Digest) -> dict[str, set[Section]]:
        """Return the sections of a message that each authority has in its inbox."""
        joined = store.inbox.join(store.decision, store.decision.c.id == store.inbox.c.decision).join(
            store.judgement, store.judgement.c.id == store.decision.c.judgement
        )
        rows = self._connection.execute(
            select(store.inbox.c.authority, store.judgement).select_from(joined).where(store.inbox.c.digest == digest)
        )
        return {row.authority: set(parse_judgement(row).permitted) for row in rows}

    def _decide(self, digest: Digest, judged: Judged) -> None:
        self._decisions.append(
            {
                "id": self._next_decision,
                "digest": digest,
                "readers": " ".join(reader.authority for reader in judged.readers),
                "judgement": self._judgement(judged.decision),
                "directory": self._directory,
                "decided_at": self._now,
            }
        )

    def _judgement(self, decision: Decision) -> bytes:
        # A decider returns the same object for equal facts, so a batch has few distinct ones.
        known = self._judged.get(id(decision))
        if known is None:
            row = judgement_row(decision)
            known = self._judged[id(decision)] = (decision, row)
        return bytes(known[1]["id"])


def _due_at(arrival: Arrival, now: datetime) -> int | None:
    """Return when a message has to be decided again; None where nothing is kept from anybody by an embargo."""
    if arrival.content is None or not arrival.content.about.is_embargoed(now):
        return None
    release = arrival.content.about.marking.release_after
    return to_micros(release) if release is not None and any(one.decision.refused for one in arrival.judged) else None


def _is_unread() -> ColumnElement[bool]:
    return (store.message.c.kind == Kind.RECORD.value) & store.message.c.record_kind.is_(None)
