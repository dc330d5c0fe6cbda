"""Who read a message: to whose nodes its keys went, who has confirmed what, and who has not answered yet."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select

from broker import decisions
from broker.admit import Verified, read_core
from broker.database import reading
from broker.decisions import KeptAudience, load_judgements, parse_audience
from broker.directory import Directory
from broker.errors import BodyMissing, MissingItem, SealedContent
from broker.records.receipt import Receipted, ReceiptEntry
from broker.section_keys import SectionKeys
from broker.types.names import Digest, MessageName, Originator, Stream, parse_message_name, participant_of
from broker.types.time import from_micros
from broker.types.vocabulary import Kind, Section
from consumers import store
from consumers.receipts import confirmed
from consumers.unsealing import reopened
from producers.outbox import outgoing
from tocsin.installation import Node

_HEXADECIMAL: Final = re.compile(r"[0-9a-fA-F]{1,64}")


class Opening(msgspec.Struct, frozen=True):
    """A person of an authority opened something; nobody is told who it was."""

    purpose: str
    sections: tuple[str, ...]
    at: datetime


class Readership(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one authority of another participant.

    Attributes:
        key_sent_at: When its node was first given the key of the core; None where it was not.
        sections: What it may have, by what was decided here.
        delivered_at: When the message came into its inbox, as its node confirms; None where it has not.
        purged_at: When its node removed it, or a part of it; None where it has not.
        purged_because: Why; empty where it has not.
    """

    authority: Originator
    node: Originator | None
    key_sent_at: datetime | None
    sections: tuple[str, ...]
    delivered_at: datetime | None
    opened: tuple[Opening, ...]
    purged_at: datetime | None
    purged_because: str

    @property
    def has_answered(self) -> bool:
        """Whether its node has confirmed anything."""
        return self.delivered_at is not None or bool(self.opened) or self.purged_at is not None


class PassedOn(msgspec.Struct, frozen=True, kw_only=True):
    """A message that passes another one on, as far as this node can read it.

    Attributes:
        to: The participants, authorities and groups that it names; who has read it is told to who passed it on.
    """

    message: MessageName
    by: Originator
    issued_at: datetime
    to: tuple[str, ...]


class WhoRead(msgspec.Struct, frozen=True, kw_only=True):
    """Who read a message, and who has passed it on."""

    message: MessageName
    issued_at: datetime
    readers: tuple[Readership, ...]
    passed_on: tuple[PassedOn, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return what ``inbox who-read --json`` prints; scripts rely on it."""
        return {
            "message": str(self.message),
            "issued_at": self.issued_at.isoformat(),
            "readers": [msgspec.to_builtins(one) | {"answered": one.has_answered} for one in self.readers],
            "passed_on": [
                {"message": str(one.message), "by": one.by, "issued_at": one.issued_at.isoformat(), "to": one.to}
                for one in self.passed_on
            ],
        }


class _Sent(msgspec.Struct, frozen=True):
    name: MessageName
    digest: Digest
    issued_at: datetime


def who_read(node: Node, authority: Originator, message: str) -> WhoRead:
    """Return who read a message that *authority* has sent; a focal point may ask for its whole participant.

    Raises:
        MissingItem: To anybody else it is as if there were no such message.
        BadName: The name is none.
    """
    now = node.clock()
    focal = {entry.authority for entry in node.directory.focal_points(node.participant, now)}
    with reading(node.engine) as connection:
        sent = _find(connection, message, authority, speaks_for_all=authority in focal)
        said = confirmed(connection, sent.digest, node.section_keys.get, since=sent.issued_at)
        given = _audiences(connection, sent.digest)
        may = _permitted(connection, given)
        passed_on = _passed_on(connection, sent.digest, node.section_keys)
    readers = sorted({*may, *(Originator(one.reader) for one in said)})
    own = participant_of(node.name)
    return WhoRead(
        message=sent.name,
        issued_at=sent.issued_at,
        readers=tuple(
            _reader(
                one, may.get(one, frozenset()), given, [entry for entry in said if entry.reader == one], node.directory
            )
            for one in readers
            if participant_of(one) != own
        ),
        passed_on=passed_on,
    )


def _passed_on(connection: Connection, digest: Digest, section_keys: SectionKeys) -> tuple[PassedOn, ...]:
    """Return the messages that pass one on, oldest first; one whose content is gone still says that it did."""
    here = store.message.c
    columns: tuple[ColumnElement[Any], ...] = (here.envelope, here.late)
    wanted = select(*columns).where(here.original == digest).order_by(here.issued_at, here.digest)
    return tuple(
        PassedOn(
            message=verified.header.name,
            by=verified.header.originator,
            issued_at=verified.header.issued_at,
            to=_named_in(verified, keys),
        )
        for _, verified, keys in reopened(connection.execute(wanted), section_keys)
    )


def _named_in(verified: Verified, keys: Mapping[Digest, bytes]) -> tuple[str, ...]:
    try:
        return read_core(verified, keys).about.marking.recipients
    except (BodyMissing, SealedContent):
        return ()


def _find(connection: Connection, message: str, authority: Originator, *, speaks_for_all: bool) -> _Sent:
    here = outgoing.c
    named = _named(message)
    mine = (
        here.originator.startswith(f"{participant_of(authority)}/") if speaks_for_all else here.originator == authority
    )
    rows = connection.execute(
        select(here.originator, here.writer, here.sequence, here.digest, here.issued_at)
        .where(here.kind == Kind.RECORD.value, mine, named)
        .limit(2)
    ).all()
    if not rows:
        # Whoever may read it is told no more than whoever may not: it may well be in the inbox of the one who asks.
        raise MissingItem(
            f"{authority} has sent no message {message[:80]!r}",
            hint="Who has read a message is told to its author, and to the focal points of its participant.",
        )
    if len(rows) > 1:
        raise MissingItem(
            f"{message[:80]!r} names more than one message of {authority}", hint="name more of its digest"
        )
    (row,) = rows
    name = MessageName(Stream(Originator(row.originator), row.writer), row.sequence)
    return _Sent(name, Digest(row.digest), from_micros(row.issued_at))


def _named(message: str) -> ColumnElement[bool]:
    here = outgoing.c
    if "#" not in message:
        beginning = message.upper() if _HEXADECIMAL.fullmatch(message) else "-"
        return func.hex(here.digest).startswith(beginning)
    name = parse_message_name(message)
    stream = name.stream
    return (here.originator == stream.originator) & (here.writer == stream.writer) & (here.sequence == name.sequence)


def _audiences(connection: Connection, digest: Digest) -> Sequence[tuple[datetime, KeptAudience]]:
    """Return what was decided about everybody, oldest first: when it was sent, and whenever keys followed."""
    here, kept = decisions.decision.c, decisions.audience.c
    rows = connection.execute(
        select(here.decided_at, kept.content)
        .join(decisions.audience, kept.id == here.audience)
        .where(here.digest == digest)
        .order_by(here.id)
    )
    return [(from_micros(row.decided_at), parse_audience(row.content)) for row in rows]


def _permitted(
    connection: Connection, given: Sequence[tuple[datetime, KeptAudience]]
) -> Mapping[Originator, frozenset[Section]]:
    """Return what each authority may have of the message, by any of the decisions; keys are never taken back."""
    ids = [verdict.judgement for _, audience in given for verdict in audience.verdicts]
    judged = load_judgements(connection, ids)
    found: dict[Originator, frozenset[Section]] = {}
    for _, audience in given:
        for verdict in audience.verdicts:
            permitted = frozenset(judged[verdict.judgement].permitted)
            if Section.CORE in permitted:
                for reader in verdict.readers:
                    found[reader] = found.get(reader, frozenset()) | permitted
    return found


def _reader(
    authority: Originator,
    may: Collection[Section],
    given: Iterable[tuple[datetime, KeptAudience]],
    said: Sequence[ReceiptEntry],
    directory: Directory,
) -> Readership:
    node = directory.node_of(authority)
    purged = [one for one in said if one.what is Receipted.PURGED]
    last = purged[-1] if purged else None
    return Readership(
        authority=authority,
        node=node,
        key_sent_at=min((at for at, audience in given if node in audience.nodes.get(Section.CORE, ())), default=None),
        sections=tuple(section.word for section in Section if section in may),
        delivered_at=min((one.at for one in said if one.what is Receipted.RELEASED), default=None),
        opened=tuple(
            Opening(one.purpose.word, tuple(section.word for section in one.sections), one.at)
            for one in said
            if one.what is Receipted.OPENED and one.purpose is not None
        ),
        purged_at=None if last is None else last.at,
        purged_because="" if last is None or last.because is None else last.because.word,
    )
