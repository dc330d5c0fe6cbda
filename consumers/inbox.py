"""What an authority may see of what has arrived: the only way from the database to a person's eyes."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import CTE, ColumnElement, Connection, Row, Select, exists, func, or_, select

from broker import decisions
from broker.about import About
from broker.admit import Read, Verified, read_core
from broker.decisions import parse_judgement
from broker.envelope.header import Header
from broker.errors import BodyMissing, MissingItem, SealedContent
from broker.logbook import LogState, load_state, log_entry
from broker.policy.decide import Decision, SectionOutcome
from broker.policy.table import Layer
from broker.records.forwarded import Forwarded
from broker.records.receipt import ReceiptCore
from broker.section_keys import SectionKeys
from broker.types.names import Digest, KeyId, MessageName, Originator, parse_message_name, participant_of
from broker.types.time import from_micros, to_micros
from broker.types.vocabulary import RecordKind, Section, Status, Tlp
from consumers import store, tombstones
from consumers.assured import Standing, standing_of
from consumers.tombstones import Withdrawn, has_tombstone
from consumers.unsealing import reopened

RETENTION_OVER: Final = "retention-over"
_OVER: Final = "Its author let it be kept until {until}, and that time has come."

NO_KEY: Final = "no-key"
_NO_KEY: Final = "Its key has not come to this node, or was destroyed here: nobody can open it."
PURGED: Final = "purged"
_PURGED: Final = "It was removed here for good: taken back, corrected, or not to be kept any longer."
TOO_LATE: Final = "too-late"
_TOO_LATE: Final = "Its key came when this reader might not have it any more."
UNREADABLE: Final = "unreadable"
_UNREADABLE: Final = "Its key is here and does not open it: whoever sent it has to say why."

_HEXADECIMAL: Final = re.compile(r"[0-9a-fA-F]{1,64}")
_ALIKE_SHOWN: Final = 5
_AT_ONCE: Final = 500
_DIGEST_SHOWN: Final = 16
"""Hexadecimal characters of a digest that people are shown."""


class Withheld(msgspec.Struct, frozen=True):
    """A section that the reader may not see or cannot open, and the rule that says so."""

    section: Section
    rule: str
    says: str


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A message as one authority may see it.

    Attributes:
        sections: The released sections as typed records; None for one that is withheld, or cannot be opened.
        decision: What was decided on arrival; nothing is permitted any more once the message may not be kept.
        alert: Whether it was raised as an alert.
        outcome: How it stands to its stream: ``next``, ``gap``, ``conflict`` …
        forwarded: What its originator passes on, if it does; then the sections are those of that message.
        withdrawn: How it was taken back, corrected or purged; None where it was not.
        signers: The keys that signed it.
        standing: Where it stands in the log, as far as this node has read it.
    """

    digest: bytes
    message: MessageName
    kind: RecordKind
    issued_at: datetime
    received_at: datetime
    tlp: Tlp
    status: Status
    sections: Mapping[Section, msgspec.Struct | None]
    withheld: tuple[Withheld, ...]
    decision: Decision
    alert: bool
    late: bool
    outcome: str
    forwarded: Forwarded | None = None
    withdrawn: Withdrawn | None = None
    signers: tuple[KeyId, ...] = ()
    standing: Standing = Standing()

    @property
    def originator(self) -> Originator:
        """Who sent it."""
        return self.message.stream.originator

    @property
    def author(self) -> Originator:
        """Who says so, and decides what may be done with it: of a forward, the originator of what it passes on."""
        return self.originator if self.forwarded is None else self.forwarded.original.header.originator

    @property
    def said_at(self) -> datetime:
        """When its author issued it: of a forward, not when that was done, or an old word would pass for a new one."""
        return self.issued_at if self.forwarded is None else self.forwarded.original.header.issued_at

    @property
    def is_filler(self) -> bool:
        """Whether it only hides how many receipts there are, and tells nobody anything."""
        core = self.sections.get(Section.CORE)
        return isinstance(core, ReceiptCore) and not core.entries

    @property
    def original(self) -> Digest:
        """The header digest of the message that grants about it name."""
        return Digest(self.digest) if self.forwarded is None else self.forwarded.digest


def items(connection: Connection, section_keys: SectionKeys, authority: Originator, now: datetime) -> Iterator[Item]:
    """Yield what *authority* may see at the moment *now*, oldest first, but for empty receipts."""
    look = _look(connection, now)
    rows = connection.execution_options(yield_per=200).execute(_rows_of(authority).order_by(store.inbox.c.id))
    for row, verified, keys in reopened(rows, section_keys):
        found = look.item(row, verified, keys)
        if not found.is_filler:
            yield found


def items_of_kind(
    connection: Connection, section_keys: SectionKeys, authority: Originator, kind: RecordKind, now: datetime
) -> Iterator[Item]:
    """Yield the records of one *kind* that *authority* may see at the moment *now*, oldest first."""
    wanted = _rows_of(authority).where(store.message.c.record_kind == kind.value).order_by(store.inbox.c.id)
    look, rows = _look(connection, now), connection.execute(wanted)
    for row, verified, keys in reopened(rows, section_keys):
        yield look.item(row, verified, keys)


def items_among(
    connection: Connection,
    section_keys: SectionKeys,
    authority: Originator,
    digests: Collection[bytes],
    now: datetime,
) -> Iterator[Item]:
    """Yield those of some messages that *authority* may see at the moment *now*, oldest first."""
    wanted = _rows_of(authority).where(store.message.c.digest.in_(digests)).order_by(store.inbox.c.id)
    look, rows = _look(connection, now), connection.execute(wanted)
    for row, verified, keys in reopened(rows, section_keys):
        yield look.item(row, verified, keys)


def alerts(connection: Connection, section_keys: SectionKeys, authority: Originator, now: datetime) -> Iterator[Item]:
    """Yield the items of *authority* that were raised as alerts and not seen yet, oldest first."""
    unseen = _rows_of(authority).where(store.alert.c.id.is_not(None), store.alert.c.seen_at.is_(None))
    look, rows = _look(connection, now), connection.execute(unseen.order_by(store.alert.c.id))
    for row, verified, keys in reopened(rows, section_keys):
        yield look.item(row, verified, keys)


def item(connection: Connection, section_keys: SectionKeys, authority: Originator, name: str, now: datetime) -> Item:
    """Return one item by the name of its message, or by the first characters of its digest in hexadecimal.

    Raises:
        MissingItem: There is none that *authority* may see: what is denied looks as if it were not there.
    """
    wanted = _rows_of(authority)
    if "#" in name:
        message = parse_message_name(name)
        wanted = wanted.where(
            store.message.c.stream == str(message.stream), store.message.c.sequence == message.sequence
        )
    else:
        beginning = name.upper() if _HEXADECIMAL.fullmatch(name) else "-"
        wanted = wanted.where(func.hex(store.message.c.digest).startswith(beginning))
    rows = connection.execute(wanted.limit(_ALIKE_SHOWN)).all()
    if not rows:
        raise MissingItem(f"{authority} has no message {name[:80]!r}", hint="tocsin inbox --as … lists what is there")
    if len(rows) > 1:
        digests = ", ".join(row.digest.hex()[:_DIGEST_SHOWN] for row in rows)
        raise MissingItem(
            f"{name[:80]!r} names more than one message of {authority}",
            hint=f"ask for one by the beginning of its digest: {digests}",
        )
    ((row, verified, keys),) = reopened(rows, section_keys)
    return _look(connection, now).item(row, verified, keys)


def may_know_of(authority: Originator) -> ColumnElement[bool]:
    """Return the condition that *authority* may know that a row of ``message`` is there: its own, or in its inbox."""
    own = store.message.c.stream.startswith(f"{participant_of(authority)}/", autoescape=True)
    shown = exists().where(store.inbox.c.digest == store.message.c.digest, store.inbox.c.authority == authority)
    return or_(own, shown)


def _readers() -> CTE:
    """Return who has anything in the inbox, one index look-up each: it may hold many hundred thousand rows."""
    here = store.inbox.c.authority
    first = select(func.min(here).label("authority")).cte("reader", recursive=True)
    following = select(func.min(here)).where(here > first.c.authority).scalar_subquery()
    return first.union_all(select(following).where(first.c.authority.is_not(None)))


_READERS: Final = _readers()


def in_inbox(connection: Connection, digests: Iterable[Digest]) -> frozenset[Digest]:
    """Return those of some messages that somebody at this node has, whatever is left of them."""
    some = list(digests)
    if not some:
        return frozenset()
    pages = (some[start : start + _AT_ONCE] for start in range(0, len(some), _AT_ONCE))
    here = store.inbox.c
    readers = here.authority.in_(select(_READERS.c.authority))
    return frozenset(
        Digest(digest)
        for page in pages
        for digest in connection.scalars(select(here.digest).where(readers, here.digest.in_(page)))
    )


def has_history(connection: Connection) -> bool:
    """Say whether somebody at this node has messages that were there before it first read: they raised no alert."""
    message = store.message.c
    wanted = select(message.digest).join(store.inbox, store.inbox.c.digest == message.digest).where(message.backfill)
    return connection.scalar(wanted.limit(1)) is not None


def mark_seen(connection: Connection, authority: Originator, digest: bytes, now: datetime) -> None:
    """Record that somebody at *authority* has seen the alert of a message; without an alert nothing happens."""
    here = (store.alert.c.authority == authority) & (store.alert.c.digest == digest)
    unseen = here & store.alert.c.seen_at.is_(None)
    connection.execute(store.alert.update().where(unseen).values(seen_at=to_micros(now)))


def _rows_of(authority: Originator) -> Select[Any]:
    joined = (
        store.inbox.join(store.message, store.message.c.digest == store.inbox.c.digest)
        .join(decisions.decision, decisions.decision.c.id == store.inbox.c.decision)
        .join(decisions.judgement, decisions.judgement.c.id == decisions.decision.c.judgement)
        .outerjoin(
            store.alert,
            (store.alert.c.digest == store.inbox.c.digest) & (store.alert.c.authority == store.inbox.c.authority),
        )
        .outerjoin(log_entry, log_entry.c.digest == store.inbox.c.digest)
        .outerjoin(
            store.too_late,
            (store.too_late.c.digest == store.inbox.c.digest) & (store.too_late.c.authority == store.inbox.c.authority),
        )
    )
    columns = [column for column in decisions.judgement.c if column.name not in {"id", "outcome"}]
    return (
        select(
            store.message,
            store.alert.c.id.label("alert"),
            store.too_late.c.sections.label("too_late"),
            has_tombstone().label("has_tombstone"),
            log_entry.c.place,
            log_entry.c.seen_at,
            *columns,
        )
        .select_from(joined)
        .where(store.inbox.c.authority == authority)
    )


class _Reading(NamedTuple):
    """One look into the inbox: its transaction, its moment, and how far the log was read by then."""

    connection: Connection
    now: datetime
    log: LogState

    def item(self, row: Row[Any], verified: Verified, keys: Mapping[Digest, bytes]) -> Item:
        withdrawn = tombstones.withdrawn(self.connection, row.digest) if row.has_tombstone else None
        found = _item(row, verified, keys, self.now, withdrawn)
        return msgspec.structs.replace(found, standing=standing_of(row, self.log))


def _look(connection: Connection, now: datetime) -> _Reading:
    return _Reading(connection, now, load_state(connection))


def _item(
    row: Row[Any],
    verified: Verified,
    keys: Mapping[Digest, bytes],
    now: datetime,
    withdrawn: Withdrawn | None,
) -> Item:
    header = verified.header
    try:
        content = read_core(verified, keys)
    except (SealedContent, BodyMissing):  # its key was destroyed, or it was purged
        content = None
    decision = parse_judgement(row)
    if row.too_late is not None:
        missed = {Section.from_word(name) for name in row.too_late.split()}
        decision = _closed(decision, missed, TOO_LATE, _TOO_LATE)
    if content is not None:
        decision = _in_force(decision, content.about, now)
    if withdrawn is not None:
        decision = _closed(decision, withdrawn.purged, withdrawn.reason.word, withdrawn.sentence)
    return Item(
        digest=row.digest,
        message=header.name,
        kind=RecordKind(row.record_kind),
        issued_at=header.issued_at,
        received_at=from_micros(row.received_at),
        tlp=header.tlp if content is None else content.about.tlp,
        status=header.status,
        sections=_released(header, content, decision),
        withheld=tuple(_withheld(verified, content, decision)),
        decision=decision,
        alert=row.alert is not None,
        late=row.late,
        outcome=row.outcome,
        forwarded=None if content is None else content.forwarded,
        withdrawn=withdrawn,
        signers=header.signers,
    )


def _in_force(decision: Decision, about: About, now: datetime) -> Decision:
    """Return what *decision* still permits: nothing once the message may not be kept any more."""
    until = about.marking.retain_until
    if until is None or not about.is_over(now):
        return decision
    says = _OVER.format(until=f"{until:%Y-%m-%d %H:%M} UTC")
    return _closed(decision, decision.permitted, RETENTION_OVER, says)


def _closed(decision: Decision, sections: Collection[Section], rule: str, says: str) -> Decision:
    """Return *decision* without what it permitted of *sections*, on the word of *rule*."""
    outcomes = tuple(
        SectionOutcome(one.section, False, None, Layer.MARKING, rule, says, one.layers)  # noqa: FBT003
        if one.permitted and one.section in sections
        else one
        for one in decision.outcomes
    )
    remains = decision.obligations if any(one.permitted for one in outcomes) else ()
    return msgspec.structs.replace(decision, outcomes=outcomes, obligations=remains)


def _released(header: Header, content: Read | None, decision: Decision) -> Mapping[Section, msgspec.Struct | None]:
    permitted = frozenset() if content is None else decision.permitted
    open_sections = {} if content is None else content.content
    sections = [Section.from_word(head.name) for head in header.sections]
    return {one: open_sections.get(one) if one in permitted else None for one in sections}


def _withheld(verified: Verified, content: Read | None, decision: Decision) -> Iterator[Withheld]:
    """Yield what the reader may not see, and what it might and cannot be opened."""
    bodies = zip(verified.header.sections, verified.opened.bodies, strict=True)
    gone = {Section.from_word(head.name) for head, body in bodies if body is None}
    for one in decision.outcomes:
        if not one.permitted:
            yield Withheld(one.section, one.rule_id, one.says)
        elif one.section in gone:
            yield Withheld(one.section, PURGED, _PURGED)
        elif content is None or one.section in content.sealed:
            yield Withheld(one.section, NO_KEY, _NO_KEY)
        elif (error := content.broken.get(one.section)) is not None:
            yield Withheld(one.section, UNREADABLE, f"{_UNREADABLE} ({error.code})")
