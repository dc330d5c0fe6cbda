"""Later RELEASE messages: an embargo that ended, readers who are new since, keys that were lost.

A message's audience is compared again when its embargo ends, and when anything that audiences depend on has changed.
What a reader is to have in addition is asked for in the same transaction, chunk by chunk, so a process that stops in
between goes on where it was. Nobody's keys are ever taken back.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from broker.about import About
from broker.admit import read_core, reopen
from broker.audience import Audience
from broker.decisions import DecisionRows, newest_audience
from broker.envelope.header import Header
from broker.errors import BadTable, SealedContent
from broker.records.registry import CORE
from broker.sealing.release import Item
from broker.types.names import Digest, Originator, Stream, participant_of
from broker.types.time import to_micros
from broker.types.vocabulary import Section, Status, Tlp
from producers.addressing import Moment, Sealing
from producers.asking import Message, release_sections
from producers.lists import Keyed, Nodes, plan_releases
from producers.outbox import (
    IS_ASKED_FOR,
    Reason,
    envelopes,
    readerships,
    releases,
    sealed_messages,
)
from producers.sealing import Batch, Letter, write_release
from producers.signing import Chains, Occasion, Pen

COMPARED_AT_ONCE: Final = 256
RELEASED_AT_ONCE: Final = 256
_GONE: Final = b""
_NOBODY: Final[Nodes] = frozenset()
_LATER: Final = timedelta(hours=1)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A key that was asked for and waits for its RELEASE."""

    id: int
    issuer: Originator
    digest: Digest
    stream: Stream
    sequence: int
    tlp: Tlp
    status: Status
    section: str
    key_commitment: Digest
    nodes: Nodes


def note_sealed(connection: Connection, batch: Batch, ids: Mapping[Digest, int], moment: Moment) -> None:
    """Note what was decided about the messages of *batch*, and that their audiences may grow."""
    sealed = [(one, message) for one, message in batch.records if one.audience is not None]
    if not sealed:
        return
    checked = _readership(connection, moment)
    decisions = DecisionRows(connection, moment.now, moment.directory.digest)
    rows: list[dict[str, Any]] = []
    for one, message in sealed:
        if one.audience is not None:
            decisions.add_audience(message.digest, one.audience)
        due_at = None if one.due_at is None else to_micros(one.due_at)
        rows.append({"digest": message.digest, "message": ids[message.digest], "checked": checked, "due_at": due_at})
    moment.add_tables(decisions)
    decisions.save()
    connection.execute(insert(sealed_messages), rows)


def has_sealed(connection: Connection) -> bool:
    """Say whether there is a message whose audience may grow."""
    return connection.scalar(select(func.max(sealed_messages.c.checked))) is not None


def ask_for_due(connection: Connection, moment: Moment, sealing: Sealing) -> bool:
    """Compare some messages whose audience may have grown; ask for what is missing. Say whether there were any."""
    checked = _readership(connection, moment)
    rows = _due(connection, checked, to_micros(moment.now))
    if not rows:
        return False
    withheld = sealing.withheld(connection, [Digest(row.digest) for row in rows])
    # No key of these goes to anybody any more: their content is gone, or has to be.
    over: list[bytes] = [row.digest for row in rows if row.digest in withheld]
    decisions = DecisionRows(connection, moment.now, moment.directory.digest)
    compared: list[dict[str, Any]] = []
    for opened in _open(sealing, [row.raw for row in rows if row.digest not in withheld]):
        if opened.over or (opened.about is not None and opened.about.is_over(moment.now)):
            over.append(opened.message.digest)
            continue
        due_at = None
        if opened.about is not None:
            due_at = opened.about.marking.release_after if opened.about.is_embargoed(moment.now) else None
            try:
                _ask(connection, opened.message, opened.about, moment, decisions)
            except BadTable:
                if opened.about.participant == participant_of(opened.message.header.originator):
                    raise
                # A mistake in the conditions of who wrote what it passes on: nothing else waits until it is mended.
                due_at = moment.now + _LATER
        due = None if due_at is None else to_micros(due_at)
        compared.append({"message_digest": opened.message.digest, "now_checked": checked, "now_due": due})
    moment.add_tables(decisions)
    decisions.save()
    if compared:
        connection.execute(_COMPARED, compared)
    connection.execute(delete(sealed_messages).where(sealed_messages.c.digest.in_(over)))
    return True


def ask_again(
    connection: Connection, message: Message, release: Audience, *, issuer: Originator, moment: Moment
) -> int:
    """Have keys released once more to nodes that may have had them; return how many sections that is.

    Args:
        release: What was decided now, with the nodes that the keys are to go to.
    """
    asked = release_sections(connection, message, release.nodes, issuer=issuer, reason=Reason.LOST_KEYS)
    nodes = _joined(release.nodes, _before(connection, message))
    decisions = DecisionRows(connection, moment.now, moment.directory.digest)
    decisions.add_audience(message.digest, msgspec.structs.replace(release, nodes=nodes))
    moment.add_tables(decisions)
    decisions.save()
    return asked


class Released(msgspec.Struct, frozen=True):
    """What was written of what was asked for.

    Attributes:
        last: The last that was looked at; those above it come next.
        batch: None where nothing of it could be written now.
    """

    last: int
    batch: Batch | None
    messages: frozenset[Digest] = frozenset()
    nodes: Nodes = frozenset()


def waiting_issuers(connection: Connection, after: int) -> frozenset[Originator]:
    """Return the authorities in whose streams the next of what was asked for is to be written."""
    return frozenset(one.issuer for one in _asked(connection, after))


def sign_asked(
    connection: Connection, after: int, chains: Chains, occasion: Occasion, keys: tuple[Sealing, Moment]
) -> Released:
    """Write the next of what was asked for into RELEASE messages; those who cannot be reached now stay.

    Args:
        after: The last that this flush has looked at.

    Raises:
        MissingKey: This node has no valid sealing key.
    """
    sealing, moment = keys
    wrapping = moment.wrapping()
    asked = _asked(connection, after)
    last = asked[-1].id
    found = sealing.section_keys.get({one.key_commitment for one in asked})
    lost = _not_any_more(connection, asked, sealing, moment)
    gone = [one.id for one in asked if one.key_commitment not in found or lost.get(one.id, _NOBODY) >= one.nodes]
    if gone:
        connection.execute(update(releases).where(releases.c.id.in_(gone)).values(became=_GONE))
    ready = [
        (one, nodes)
        for one in asked
        if one.key_commitment in found
        and one.issuer in chains.streams
        and (nodes := one.nodes.intersection(wrapping.keys) - lost.get(one.id, _NOBODY))
    ]
    if not ready:
        return Released(last, None)
    keyed: dict[Letter, dict[Nodes, list[Keyed]]] = {}
    asking: dict[tuple[Letter, Nodes], list[int]] = {}
    for one, nodes in ready:
        letter = (chains.streams[one.issuer], one.status)
        key = found[one.key_commitment]
        item = Item(one.stream.originator, one.stream.writer, one.sequence, one.section, key)
        keyed.setdefault(letter, {}).setdefault(nodes, []).append(Keyed(item, one.tlp))
        asking.setdefault((letter, nodes), []).append(one.id)
    pen = Pen(chains, occasion)
    for letter, lists in keyed.items():
        for plan in plan_releases(lists):
            digest = write_release(plan, lists, letter, pen, wrapping)
            mine = [number for nodes in plan.lists for number in asking[letter, nodes]]
            connection.execute(update(releases).where(releases.c.id.in_(mine)).values(became=digest))
    reached = frozenset[Originator]().union(*(nodes for _, nodes in ready))
    return Released(last, Batch((), pen.sign(), ()), frozenset(one.digest for one, _ in ready), reached)


def _not_any_more(
    connection: Connection, asked: Sequence[Asked], sealing: Sealing, moment: Moment
) -> Mapping[int, Nodes]:
    """Return the nodes that may not have any more what was asked for, by its id.

    What was asked for may have waited: for a sealing key, or for a process that goes on where another one stopped. It
    is put on record that they got nothing, so that they are new readers should they ever be permitted again.
    """
    wanted = select(envelopes.c.raw).join(sealed_messages, sealed_messages.c.message == envelopes.c.id)
    mine = wanted.where(sealed_messages.c.digest.in_({one.digest for one in asked}))
    decisions = DecisionRows(connection, moment.now, moment.directory.digest)
    lost: dict[int, Nodes] = {}
    for opened in _open(sealing, connection.scalars(mine).all()):
        digest = opened.message.digest
        audience = None if opened.about is None else _audience_now(opened.about, digest, moment)
        if audience is None:
            continue
        before = dict(_before(connection, opened.message))
        for one in [one for one in asked if one.digest == digest]:
            section = Section.from_word(one.section)
            if denied := one.nodes.intersection(moment.keys) - audience.nodes.get(section, _NOBODY):
                lost[one.id] = denied
                before[section] = before.get(section, _NOBODY) - denied
        if any(one.id in lost for one in asked if one.digest == digest):
            decisions.add_audience(digest, moment.with_nodes(audience, before))
    if lost:
        moment.add_tables(decisions)
        decisions.save()
    return lost


def _audience_now(about: About, digest: Digest, moment: Moment) -> Audience | None:
    """Return who may have a message now; None where the author of what it passes on has a mistake in its conditions."""
    try:
        return moment.audience(about, digest)
    except BadTable:
        if about.original is None:
            raise
        return None


_COMPARED: Final = (
    update(sealed_messages)
    .where(sealed_messages.c.digest == bindparam("message_digest"))
    .values(checked=bindparam("now_checked"), due_at=bindparam("now_due"))
)


class _Opened(msgspec.Struct, frozen=True):
    """A message of ours.

    Attributes:
        about: None where the key of its core is not here.
        over: That key was destroyed.
    """

    message: Message
    about: About | None
    over: bool


def _readership(connection: Connection, moment: Moment) -> int:
    """Return the number of the readership in force; a new one if it is not the one before."""
    digest = moment.readership_digest(connection)
    last = select(func.max(readerships.c.id)).scalar_subquery()
    newest = connection.execute(select(readerships).where(readerships.c.id == last)).one_or_none()
    if newest is not None and newest.digest == digest:
        return int(newest.id)
    number = 1 if newest is None else newest.id + 1
    connection.execute(insert(readerships), {"id": number, "digest": digest})
    return int(number)


def _due(connection: Connection, checked: int, now: int) -> Sequence[Any]:
    here = sealed_messages.c
    for reason in (here.due_at <= now, here.checked < checked):
        statement = (
            select(here.digest, envelopes.c.raw)
            .join(envelopes, envelopes.c.id == here.message)
            .where(reason)
            .limit(COMPARED_AT_ONCE)
        )
        if rows := connection.execute(statement).all():
            return rows
    return ()


def _open(sealing: Sealing, raws: Sequence[bytes]) -> Iterator[_Opened]:
    several = [reopen(raw, late=False) for raw in raws]
    commitments = [_core_commitment(one.header) for one in several]
    wanted = {one for one in commitments if one is not None}
    keys = sealing.section_keys.get(wanted)
    # All of them are of one participant: this node's.
    owners = {participant_of(one.header.originator) for one in several}
    lost = wanted - keys.keys()
    destroyed = {one for owner in owners for one in sealing.section_keys.destroyed(lost, owner=owner)}
    for verified, commitment in zip(several, commitments, strict=True):
        message = Message(verified.header, verified.opened.digest)
        try:
            about = read_core(verified, keys).about
        except SealedContent:
            about = None
        yield _Opened(message, about, commitment in destroyed)


def _core_commitment(header: Header) -> Digest | None:
    return next((one.key_commitment for one in header.sections if one.name == CORE), None)


def _ask(connection: Connection, message: Message, about: About, moment: Moment, decisions: DecisionRows) -> None:
    """Ask for what the audience of now has more than those who got keys before."""
    now = moment.audience(about, message.digest)
    before = _before(connection, message)
    missing = {section: nodes - before.get(section, frozenset()) for section, nodes in now.nodes.items()}
    if not any(missing.values()):
        return
    embargo = about.marking.release_after
    # An embargo that held when the message was sent is over now, or this would not be a new reader.
    waited = embargo is not None and message.header.issued_at < embargo
    reason = Reason.EMBARGO_OVER if waited else Reason.LATE_JOINER
    release_sections(connection, message, missing, issuer=message.header.originator, reason=reason)
    decisions.add_audience(message.digest, moment.with_nodes(now, _joined(now.nodes, before)))


def _before(connection: Connection, message: Message) -> Mapping[Section, Nodes]:
    """Return the nodes that got the key of each section before."""
    kept = newest_audience(connection, message.digest)
    return {} if kept is None else {section: frozenset(nodes) for section, nodes in kept.nodes.items()}


def _joined(now: Mapping[Section, Nodes], before: Mapping[Section, Nodes]) -> Mapping[Section, Nodes]:
    sections = dict.fromkeys((*now, *before))
    return {one: now.get(one, frozenset()) | before.get(one, frozenset()) for one in sections}


def _asked(connection: Connection, after: int) -> list[Asked]:
    here = releases.c
    statement = select(releases).where(IS_ASKED_FOR, here.id > after).order_by(here.id).limit(RELEASED_AT_ONCE)
    return [
        Asked(
            id=row.id,
            issuer=row.issuer,
            digest=row.digest,
            stream=Stream(row.originator, row.writer),
            sequence=row.sequence,
            tlp=Tlp(row.tlp),
            status=Status(row.status),
            section=row.section,
            key_commitment=row.key_commitment,
            nodes=frozenset(Originator(one) for one in row.nodes.split()),
        )
        for row in connection.execute(statement)
    ]
