"""The rows that a batch of arrivals becomes, written together."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from broker import decisions
from broker.admit import Granted, Verified
from broker.bus.port import Delivered
from broker.decisions import DecisionRows, parse_judgement
from broker.errors import BodyMissing, BrokerError
from broker.sequence import SequenceOutcome
from broker.types.names import Digest, Originator
from broker.types.time import to_micros
from broker.types.vocabulary import Kind, Section
from consumers import store
from consumers.arrival import Arrival, Judged, is_alert
from consumers.findings import Findings
from consumers.tombstones import has_tombstone

Row = dict[str, Any]


class Rows:
    """Collects what the arrivals of one batch mean; lives as long as its transaction."""

    def __init__(self, connection: Connection, now: datetime, directory: Digest) -> None:
        self.findings = Findings(connection)
        self._connection = connection
        self._at = now
        self._now = to_micros(now)
        self._decisions = DecisionRows(connection, now, directory)
        self._messages: list[Row] = []
        self._unread: dict[Digest, Row] = {}
        self._inbox: list[Row] = []
        self._widened: list[Row] = []
        self._alerts: list[Row] = []
        self._quarantine: list[Row] = []
        self._cured: list[Row] = []

    @property
    def counts(self) -> dict[str, int]:
        """How many rows of each kind there are."""
        return {
            "messages": len(self._messages),
            "inbox": len(self._inbox),
            "alerts": len(self._alerts),
            "quarantined": len(self._quarantine),
            "pending": sum(row["pending"] for row in self._messages),
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
                **_content_columns(arrival, self._at),
                "issued_at": to_micros(header.issued_at),
                "received_at": self._now,
                "outcome": outcome.value,
                "late": arrival.verified.late,
                "backfill": backfill,
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
        content = {**_content_columns(arrival, self._at), "envelope": delivered.value}
        waiting = self._unread.pop(digest, None)
        if waiting is not None:
            waiting.update(content)
        else:
            here = (store.message.c.digest == digest) & _is_unread()
            if not self._connection.execute(update(store.message).where(here).values(content)).rowcount:
                return
        self._judge(arrival, backfill=backfill)

    def add_decisions(self, arrival: Arrival, *, is_told: bool) -> None:
        """Note what was decided anew about a message that arrived before; what was released before stays so.

        Args:
            arrival: With its content; its embargo has ended, or one of its keys has come, since.
            is_told: Whether a reader who sees something of it for the first time is alerted.
        """
        digest = arrival.verified.opened.digest
        released, opened = self._released(digest), self._newly_open(arrival)
        for judged in arrival.judged:
            number = self._decide(digest, judged)
            for reader in judged.readers:
                missed = released.get(reader.authority, set()) & opened
                self._withhold(reader.authority, digest, missed, permitted=judged.decision.permitted)
            for granted in judged.granted:
                authority = granted.reader.authority
                if authority not in released:
                    self._release(arrival, granted, number, is_told=is_told)
                elif released[authority] < set(granted.decision.permitted):
                    self._widened.append({"of": authority, "about": digest, "now_by": number})
        here = store.message.c.digest == digest
        self._connection.execute(update(store.message).where(here).values(_content_columns(arrival, self._at)))

    def note_broken(self, arrival: Arrival) -> None:
        """Note what cannot be read of a message that arrived before, although its keys have come since."""
        name = str(arrival.verified.header.name)
        broken = {} if arrival.content is None else arrival.content.broken
        # A body that is missing here was purged: one that came without it was never let in.
        told = [error for error in broken.values() if not isinstance(error, BodyMissing)]
        for error in (*told, *(() if arrival.error is None else (arrival.error,))):
            self.findings.report(error.code, name, str(error), self._at)
        if arrival.error is not None:
            here = store.message.c.digest == arrival.verified.opened.digest
            self._connection.execute(update(store.message).where(here).values(_content_columns(arrival, self._at)))

    def wait(self, digest: Digest, until: datetime | None) -> None:
        """Have a message decided again *until* then; None for never."""
        due_at = None if until is None else to_micros(until)
        here = store.message.c.digest == digest
        self._connection.execute(update(store.message).where(here).values(due_at=due_at))

    def save(self) -> None:
        """Write everything."""
        self._decisions.save()
        for table, rows in (
            (store.message, self._messages),
            (store.inbox, self._inbox),
        ):
            if rows:
                self._connection.execute(table.insert(), rows)
        if self._alerts:
            # Whoever was alerted before is not told a second time.
            self._connection.execute(insert(store.alert).on_conflict_do_nothing(), self._alerts)
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
            number = self._decide(arrival.verified.opened.digest, judged)
            for granted in judged.granted:
                self._release(arrival, granted, number, is_told=not backfill)

    def _decide(self, digest: Digest, judged: Judged) -> int:
        self._decisions.add_tables(judged.tables)
        return self._decisions.add(digest, judged.decision, [reader.authority for reader in judged.readers])

    def _release(self, arrival: Arrival, granted: Granted, decision: int, *, is_told: bool) -> None:
        place = {"authority": granted.reader.authority, "digest": arrival.verified.opened.digest}
        self._inbox.append({**place, "decision": decision})
        if is_told and arrival.content is not None and is_alert(granted, arrival.content.about, self._at):
            self._alerts.append({**place, "raised_at": self._now})

    def _newly_open(self, arrival: Arrival) -> set[Section]:
        """Return the sections of a message whose keys have come since it was decided about."""
        here = select(store.message.c.closed).where(store.message.c.digest == arrival.verified.opened.digest)
        before = (self._connection.scalar(here) or "").split()
        return {Section.from_word(name) for name in before if name not in arrival.closed}

    def _withhold(
        self, authority: Originator, digest: Digest, opened: set[Section], *, permitted: Collection[Section]
    ) -> None:
        """Note which sections a reader could not open while it might have them, and may not have now.

        What was shown before stays so; what nobody could open yet is decided by what holds when its key comes, for
        whoever carries keys chooses when that is.
        """
        here = (store.too_late.c.authority == authority) & (store.too_late.c.digest == digest)
        before = self._connection.scalar(select(store.too_late.c.sections).where(here))
        missed = opened | {Section.from_word(name) for name in (before or "").split()}
        names = " ".join(sorted(one.word for one in missed.difference(permitted)))
        if names != (before or ""):
            self._connection.execute(delete(store.too_late).where(here))
            if names:
                row = {"authority": authority, "digest": digest, "sections": names}
                self._connection.execute(store.too_late.insert(), row)

    def _released(self, digest: Digest) -> dict[str, set[Section]]:
        """Return the sections of a message that each authority has in its inbox."""
        joined = store.inbox.join(decisions.decision, decisions.decision.c.id == store.inbox.c.decision).join(
            decisions.judgement, decisions.judgement.c.id == decisions.decision.c.judgement
        )
        rows = self._connection.execute(
            select(store.inbox.c.authority, decisions.judgement)
            .select_from(joined)
            .where(store.inbox.c.digest == digest)
        )
        return {row.authority: set(parse_judgement(row).permitted) for row in rows}


def _content_columns(arrival: Arrival, now: datetime) -> Row:
    """Return what the row of a message says of its content."""
    content = arrival.content
    until = None if content is None else content.about.marking.retain_until
    original = None if content is None or content.forwarded is None else content.forwarded.original
    return {
        "record_kind": None if content is None else content.about.kind.value,
        "pending": arrival.is_pending,
        "closed": " ".join(arrival.closed),
        "due_at": _due_at(arrival, now),
        "purge_at": None if until is None else to_micros(until),
        "original": None if original is None else original.digest,
        "author": None if original is None else original.header.originator,
    }


def _due_at(arrival: Arrival, now: datetime) -> int | None:
    """Return when a message has to be decided again; None where nothing is kept from anybody by an embargo."""
    if arrival.content is None or not arrival.content.about.is_embargoed(now):
        return None
    release = arrival.content.about.marking.release_after
    return to_micros(release) if release is not None and any(one.decision.refused for one in arrival.judged) else None


def _is_unread() -> ColumnElement[bool]:
    here = store.message.c
    # The bodies of one that is pending are the signed ones: no other copy is better.
    unread = (here.kind == Kind.RECORD.value) & here.record_kind.is_(None) & here.pending.is_(False)
    return unread & ~has_tombstone()  # what was purged stays empty, whatever copies come
