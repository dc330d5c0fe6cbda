"""Recalls and corrections: who may take a message back, and which messages here that is to be done to.

A recall counts from the author of the message, or from a focal point of the author's participant, by the reader's
newest directory; from anybody else it is a finding. It may come before its message, twice, or for a message that never
comes. What it says is noted once; whether it counts is asked when its message is here, and again whenever the directory
has changed. A message that passes on a recalled one is recalled with it, on the word of the original's author.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, insert, or_, select, update

from broker.admit import read_core, reopen
from broker.directory.directory import Directory
from broker.directory.word import check_word
from broker.errors import BrokerError, ForeignRecall, KeyRevoked
from broker.logbook import load_state, place_in
from broker.records.recall import RecallCore, RecallKind
from broker.relationships import focal_points
from broker.section_keys import SectionKeys
from broker.types.names import Digest, Originator, participant_of
from broker.types.time import to_micros
from broker.types.vocabulary import Kind, RecordKind, Section
from consumers import store
from consumers.findings import Findings
from consumers.tombstones import Order, PurgeReason, has_tombstone
from consumers.unsealing import section_keys_of

_AT_ONCE: Final = 500
"""Digests in one statement; SQLite takes 999 at least."""


def note_recalls(connection: Connection, section_keys: SectionKeys) -> frozenset[Digest]:
    """Note what the recalls say that have arrived since the last time; return their digests."""
    here = store.message.c
    noted = exists().where(store.withdrawal.c.recall == here.digest)
    wanted = select(here.digest, here.envelope, here.late).where(
        here.record_kind == RecordKind.RECALL.value, ~noted, ~has_tombstone()
    )
    rows = [row for one in connection.execute(wanted).all() if (row := _row(one, section_keys)) is not None]
    if rows:
        connection.execute(insert(store.withdrawal), rows)
    return frozenset(Digest(row["recall"]) for row in rows)


class Examination:
    """Asks which recalls count now; lives as long as its transaction.

    Args:
        noted: Recalls that have come in this transaction.
        touched: Messages that have come, or could be opened first, in this transaction.
    """

    def __init__(
        self,
        connection: Connection,
        directory: Directory,
        now: datetime,
        *,
        noted: frozenset[Digest],
        touched: Collection[Digest],
    ) -> None:
        self._connection = connection
        self._directory = directory
        self._now = now
        self._noted = noted
        self._touched = frozenset(touched)
        self._findings = Findings(connection)
        self._unproven: list[bytes] = []

    def orders(self) -> list[Order]:
        """Return what is to be purged on the word of somebody who may say so; report the others."""
        orders: list[Order] = []
        speakers = focal_points(self._directory, self._now)
        for row in self._open_cases():
            place = f"{row.stream}#{row.sequence}"
            if not _may_recall(row, speakers):
                self._findings.report(ForeignRecall.code, _place(row), _says(row, place), self._now)
            elif self._is_signed(row.recall):
                self._findings.heal(ForeignRecall.code, _place(row), self._now)
                orders.append(self._order(row))
        self._note_examined()
        return orders

    def _open_cases(self) -> Iterator[Row[Any]]:
        """Yield each recall with each message here that it would take back and that has not been yet."""
        seen: set[tuple[bytes, bytes]] = set()
        outdated = self._connection.scalars(select(store.withdrawal.c.recall).where(self._is_outdated())).all()
        # By keys on either side: SQLite would read all messages for a condition on what is withdrawn.
        conditions = [
            *(store.withdrawal.c.recall.in_(some) for some in _chunks(outdated)),
            *(store.message.c.digest.in_(some) for some in _chunks(sorted(self._touched))),
        ]
        for condition in conditions:
            for row in self._connection.execute(_CASES.where(condition)).all():
                if (row.recall, row.digest) not in seen:
                    seen.add((row.recall, row.digest))
                    yield row

    def _is_signed(self, recall: bytes) -> bool:
        """Say whether the recall is still believed: its key may have been revoked while its message was on the way."""
        here = store.message.c
        envelope = self._connection.scalar(select(here.envelope).where(here.digest == recall))
        if envelope is None:
            return False
        header = reopen(envelope, late=False).header
        try:
            for signer in header.signers:
                key = self._directory.enrolled_signer(signer, header.stream, header.issued_at)
                check_word(key, header.name, Digest(recall), partial(place_in, self._connection))
        except KeyRevoked:
            self._unproven.append(recall)
            return False
        except BrokerError:
            return False
        return True

    def _order(self, row: Row[Any]) -> Order:
        recall, digest = Digest(row.recall), Digest(row.digest)
        ahead = digest in self._touched and recall not in self._noted and row.reason == PurgeReason.RECALLED.word
        return Order(digest=digest, reason=PurgeReason.from_word(row.reason), by=recall, ahead=ahead)

    def _note_examined(self) -> None:
        statement = update(store.withdrawal).where(self._is_outdated())
        self._connection.execute(statement.values(examined=self._directory.digest))
        if self._unproven and load_state(self._connection).size:
            # The log may still prove that they are older than the revocation of their key.
            for some in _chunks(self._unproven):
                here = store.withdrawal.c.recall.in_(some)
                self._connection.execute(update(store.withdrawal).where(here).values(examined=None))

    def _is_outdated(self) -> ColumnElement[bool]:
        here = store.withdrawal.c.examined
        return or_(here.is_(None), here != self._directory.digest)


def is_passed_on() -> ColumnElement[bool]:
    """Return the condition that a recall speaks of what a message passes on, not of that message itself."""
    return store.message.c.original == store.withdrawal.c.message


_DONE: Final = exists().where(
    store.tombstone.c.digest == store.message.c.digest,
    store.tombstone.c.reason.in_([PurgeReason.RECALLED.word, store.withdrawal.c.reason]),
)
_CASES: Final = (
    select(
        store.withdrawal.c.recall,
        store.withdrawal.c.by,
        store.withdrawal.c.reason,
        store.message.c.digest,
        store.message.c.stream,
        store.message.c.sequence,
        store.message.c.author,
        is_passed_on().label("passed_on"),
    )
    .select_from(
        store.withdrawal.join(store.message, or_(store.message.c.digest == store.withdrawal.c.message, is_passed_on()))
    )
    .where(and_(store.message.c.kind == Kind.RECORD.value, ~_DONE))
    .order_by(store.withdrawal.c.issued_at, store.withdrawal.c.recall)
)


def _chunks(digests: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (digests[start : start + _AT_ONCE] for start in range(0, len(digests), _AT_ONCE))


def _row(row: Any, section_keys: SectionKeys) -> dict[str, Any] | None:
    verified = reopen(row.envelope, late=row.late)
    try:
        content = read_core(verified, section_keys_of(verified.header, section_keys))
    except BrokerError:
        return None  # its key is gone: nobody can say any more what it says
    core = content.content[Section.CORE]
    if not isinstance(core, RecallCore) or content.forwarded is not None:
        return None
    # What a newer version means by another word is a recall to us: less is shown, not more.
    reason = PurgeReason.CORRECTED if core.kind is RecallKind.CORRECTION else PurgeReason.RECALLED
    return {
        "recall": row.digest,
        "message": core.message,
        "by": verified.header.originator,
        "reason": reason.word,
        "says": core.reason,
        "replaced_by": core.replaced_by,
        "issued_at": to_micros(verified.header.issued_at),
    }


def _may_recall(row: Row[Any], speakers: frozenset[Originator]) -> bool:
    author = Originator(row.author if row.passed_on else row.stream.rpartition("/")[0])
    by = Originator(row.by)
    return by == author or (by in speakers and participant_of(by) == participant_of(author))


def _place(row: Row[Any]) -> str:
    return f"{row.stream}#{row.sequence} by {Digest(row.recall).hex()[:16]}"


def _says(row: Row[Any], place: str) -> str:
    return f"{row.by} takes back {place}, which is not its to take back; nothing was done"
