"""What an authority may see of what has arrived: the only way from the database to a person's eyes."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, Select, func, select

from broker.admit import Read, read, reopen
from broker.errors import MissingItem
from broker.facts import About
from broker.policy.decide import Decision, SectionOutcome
from broker.policy.table import Layer
from broker.types.names import MessageName, Originator, parse_message_name
from broker.types.time import from_micros, to_micros
from broker.types.vocabulary import RecordKind, Section, Status, Tlp
from consumers import store
from consumers.judgements import parse_judgement

RETENTION_OVER: Final = "retention-over"
_OVER: Final = "Its author let it be kept until {until}, and that time has come."

_HEXADECIMAL: Final = re.compile(r"[0-9a-fA-F]{1,64}")
_ALIKE_SHOWN: Final = 5
_DIGEST_SHOWN: Final = 16
"""Hexadecimal characters of a digest that people are shown."""


class Withheld(msgspec.Struct, frozen=True):
    """A section that the reader may not see, and the rule that says so."""

    section: Section
    rule: str
    says: str


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A message as one authority may see it.

    Attributes:
        sections: The released sections as typed records; None for one that is withheld.
        decision: What was decided on arrival; nothing is permitted any more once the message may not be kept.
        alert: Whether it was raised as an alert.
        outcome: How it stands to its stream: ``next``, ``gap``, ``conflict`` …
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

    @property
    def originator(self) -> Originator:
        """Who says so."""
        return self.message.stream.originator


def items(connection: Connection, authority: Originator, now: datetime) -> Iterator[Item]:
    """Yield what *authority* may see at the moment *now*, oldest first."""
    for row in connection.execution_options(yield_per=200).execute(_rows_of(authority).order_by(store.inbox.c.id)):
        yield _item(row, now)


def alerts(connection: Connection, authority: Originator, now: datetime) -> Iterator[Item]:
    """Yield the items of *authority* that were raised as alerts and not seen yet, oldest first."""
    unseen = _rows_of(authority).where(store.alert.c.id.is_not(None), store.alert.c.seen_at.is_(None))
    for row in connection.execute(unseen.order_by(store.alert.c.id)):
        yield _item(row, now)


def item(connection: Connection, authority: Originator, name: str, now: datetime) -> Item:
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
    return _item(rows[0], now)


def mark_seen(connection: Connection, authority: Originator, digest: bytes, now: datetime) -> None:
    """Record that somebody at *authority* has seen the alert of a message; without an alert nothing happens."""
    here = (store.alert.c.authority == authority) & (store.alert.c.digest == digest)
    unseen = here & store.alert.c.seen_at.is_(None)
    connection.execute(store.alert.update().where(unseen).values(seen_at=to_micros(now)))


def _rows_of(authority: Originator) -> Select[Any]:
    joined = (
        store.inbox.join(store.message, store.message.c.digest == store.inbox.c.digest)
        .join(store.decision, store.decision.c.id == store.inbox.c.decision)
        .join(store.judgement, store.judgement.c.id == store.decision.c.judgement)
        .outerjoin(
            store.alert,
            (store.alert.c.digest == store.inbox.c.digest) & (store.alert.c.authority == store.inbox.c.authority),
        )
    )
    columns = [column for column in store.judgement.c if column.name not in {"id", "outcome"}]
    return (
        select(store.message, store.alert.c.id.label("alert"), *columns)
        .select_from(joined)
        .where(store.inbox.c.authority == authority)
    )


def _item(row: Row[Any], now: datetime) -> Item:
    content = read(reopen(row.envelope, late=row.late))
    decision = _in_force(parse_judgement(row), content.about, now)
    header = content.verified.header
    return Item(
        digest=row.digest,
        message=header.name,
        kind=content.about.kind,
        issued_at=header.issued_at,
        received_at=from_micros(row.received_at),
        tlp=header.tlp,
        status=header.status,
        sections=_released(content, decision),
        withheld=tuple(Withheld(one.section, one.rule_id, one.says) for one in decision.outcomes if not one.permitted),
        decision=decision,
        alert=row.alert is not None,
        late=row.late,
        outcome=row.outcome,
    )


def _in_force(decision: Decision, about: About, now: datetime) -> Decision:
    """Return what *decision* still permits: nothing once the message may not be kept any more."""
    until = about.marking.retain_until
    if until is None or not about.is_over(now):
        return decision
    says = _OVER.format(until=f"{until:%Y-%m-%d %H:%M} UTC")
    outcomes = tuple(
        SectionOutcome(one.section, False, None, Layer.MARKING, RETENTION_OVER, says, one.layers)  # noqa: FBT003
        if one.permitted
        else one
        for one in decision.outcomes
    )
    return msgspec.structs.replace(decision, outcomes=outcomes, obligations=())


def _released(content: Read, decision: Decision) -> Mapping[Section, msgspec.Struct | None]:
    permitted = decision.permitted
    return {section: record if section in permitted else None for section, record in content.content.items()}
