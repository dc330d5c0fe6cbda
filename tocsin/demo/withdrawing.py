"""Recall: a report is taken back, every holder removes it, and receipts say so."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from broker.database import reading
from broker.envelope.message import Opened, open_envelope
from broker.types.names import Digest, Originator, Participant, participant_of
from consumers import store
from consumers.inbox import item
from producers.outbox import message_names
from tocsin.accounting import send_receipts
from tocsin.demo.document import Holder, Recalled
from tocsin.demo.network import Network, own_bus, publish, receive_all
from tocsin.installation import Node
from tocsin.purging import purge_node, purge_outbox_of
from tocsin.recalling import Retraction, find_target, retract
from tocsin.showing.items import notice
from tocsin.who_read import Readership, who_read

_REASON: Final = "Exercise: the sample was mixed up with another case."


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of the report at one holder.

    Attributes:
        says: What its inbox says now.
        delivered_at: When it had come, as its node confirms; None for an authority of the author's participant.
        purged_at: When it was removed, likewise.
    """

    document: Holder
    says: str
    delivered_at: datetime | None
    purged_at: datetime | None


class TakenBack(msgspec.Struct, frozen=True):
    """How it went, and what is left at each holder."""

    document: Recalled
    left: tuple[Left, ...]


async def show_recall(network: Network, message: str, author: Originator, now: datetime) -> TakenBack:
    """Have *author* take *message* back, and return what became of it everywhere."""
    node = network.nodes[participant_of(author)]
    target = find_target(node, author, message)
    holders = {code: _inboxes_with(one, target.digest) for code, one in network.nodes.items()}
    retraction = Retraction(target=target, by=author, reason=_REASON)
    retract(node, retraction)
    await publish(network, author, ())
    purge_node(node)
    await receive_all(network)
    await _confirm(network, [code for code, readers in holders.items() if readers and code != node.participant])
    await receive_all(network)
    said = {one.authority: one for one in who_read(node, author, message).readers}
    left = tuple(
        _left(network.nodes[code], reader, target.digest, said.get(reader), now)
        for code, readers in holders.items()
        for reader in readers
    )
    record = message_names(node.engine, author, [retraction.reference]).get(retraction.reference)
    foreign = [one.document for one in left if participant_of(one.document.reader) != node.participant]
    told = Recalled(
        message=message,
        by=author,
        recall=str(record or ""),
        holders=tuple(one.document for one in left),
        receipts=sum(one.receipt for one in foreign),
        missing=sum(not one.receipt for one in foreign),
    )
    return TakenBack(told, left)


async def _confirm(network: Network, participants: Sequence[Participant]) -> None:
    """Let nodes remove their own copies too, and send the receipts that they owe by now."""
    for code in participants:
        node = network.nodes[code]
        purge_outbox_of(node)
        async with own_bus(network, node) as bus:
            await send_receipts(node, bus)


def _inboxes_with(node: Node, digest: Digest) -> list[Originator]:
    shown = select(store.inbox.c.authority).where(store.inbox.c.digest == digest).order_by(store.inbox.c.authority)
    with reading(node.engine) as connection:
        return [Originator(name) for name in connection.scalars(shown)]


def _left(node: Node, reader: Originator, digest: Digest, said: Readership | None, now: datetime) -> Left:
    with reading(node.engine) as connection:
        shown = item(connection, node.section_keys, reader, digest.hex(), now)
        envelope = _envelope(connection, digest)
    commitments = [head.key_commitment for head in envelope.header.sections if head.key_commitment is not None]
    holder = Holder(
        reader=reader,
        withdrawn=shown.withdrawn is not None,
        content_gone=not any(envelope.bodies) and not any(shown.sections.values()),
        keys_gone=not node.section_keys.get(commitments),
        receipt=said is not None and said.purged_at is not None,
    )
    return Left(
        document=holder,
        says=notice(shown),
        delivered_at=None if said is None else said.delivered_at,
        purged_at=None if said is None else said.purged_at,
    )


def _envelope(connection: Connection, digest: Digest) -> Opened:
    row = connection.execute(select(store.message.c.envelope).where(store.message.c.digest == digest)).one()
    return open_envelope(row.envelope)
