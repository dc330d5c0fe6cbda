"""What a node tells others of itself: HEADS to everybody, receipts to the originators of what it has received."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import msgspec

from broker.bus.port import Bus
from broker.database import reading, writing
from broker.errors import BrokerError, TransportError, UnknownAuthority
from broker.types.names import Originator, participant_of
from consumers.receipts import Covered, is_anything_new, load_covered, owed, save_covered
from producers.draft import Draft
from producers.flush import FlushReport
from producers.heads import Announcement
from producers.receipts import Issue, find_author, store_receipts
from tocsin.installation import Node

RECEIPTS_EVERY: Final = timedelta(hours=24)
_AN_INSTANT: Final = timedelta(microseconds=1)


class Receipts(msgspec.Struct, frozen=True):
    """The receipts that were written.

    Attributes:
        to: The originators that something was owed to.
        entries: What they say, all together.
        drafts: All of them, padding included.
    """

    to: tuple[Originator, ...] = ()
    entries: int = 0
    drafts: tuple[Draft, ...] = ()


class Account(msgspec.Struct, frozen=True):
    """What a node has told of itself.

    Attributes:
        heads: None where it was not time for them.
        flushed: What was sent with the receipts; None where there were none.
    """

    heads: Announcement | None
    receipts: Receipts
    flushed: FlushReport | None


async def give_account(node: Node, bus: Bus) -> Account:
    """Send receipts and HEADS, each if it is time for them; the directory must have been read.

    Raises:
        TransportError: The bus does not answer; what was written waits in the outbox.
        UnknownKey, KeyNotValid, KeyRevoked, MissingKey: The node cannot sign or seal; what was written waits.
        ConfigError: The node's keys or tables cannot be used.
        StaleDirectory: Receipts wait until the node hears more of the others; HEADS went out.
    """
    receipts, flushed = Receipts(), None
    try:
        if is_receipt_time(node):
            receipts, flushed = await send_receipts(node, bus)
    except TransportError:
        raise
    except BrokerError:
        # Where every node waited to hear of the others first, none would ever hear of any: so no trouble with receipts
        # keeps HEADS back.
        await node.announcer(bus).announce()
        raise
    # Last, so that they speak of the receipts too.
    return Account(await node.announcer(bus).announce(), receipts, flushed)


async def send_receipts(node: Node, bus: Bus) -> tuple[Receipts, FlushReport | None]:
    """Write the receipts that are owed by now, and send them; what was sent is None where there are none.

    Raises:
        UnknownAuthority: The node serves no authority that could write them.
        Everything that :func:`give_account` raises.
    """
    receipts = write_receipts(node)
    return receipts, await node.flusher(bus).flush() if receipts.drafts else None


def is_receipt_time(node: Node) -> bool:
    """Say whether a day has passed since the last receipts, and there may be something to confirm.

    The first day of a node begins when this is asked for the first time.
    """
    now = node.clock()
    with reading(node.engine) as connection:
        covered, new = load_covered(connection), is_anything_new(connection)
    if covered.until is not None:
        return new and now - covered.until >= RECEIPTS_EVERY
    with writing(node.engine) as connection:
        if load_covered(connection).until is None:
            save_covered(connection, Covered(until=now))
    return False


def write_receipts(node: Node) -> Receipts:
    """Put the receipts that are owed by now into the outbox, each once whatever happens.

    Raises:
        UnknownAuthority: The node serves no authority that could write them.
    """
    now, keyed = node.clock(), node.terms().keyed
    author = find_author(node.directory, node.name, now)
    if author is None:
        raise UnknownAuthority(f"node {node.name} serves no active authority, so nobody can write its receipts")
    with writing(node.engine) as connection:
        before = load_covered(connection)
        found = owed(connection, participant_of(node.name), author=author, now=now)
        entries = [entry for several in found.entries.values() for entry in several]
        begins = min([entry.at for entry in entries] + [before.until or now, now - _AN_INSTANT])
        issue = Issue(
            directory=node.directory,
            author=author,
            status=node.federation.status,
            begins_at=begins,
            ends_at=now,
            keyed=keyed,
        )
        drafts: Sequence[Draft] = store_receipts(connection, found.entries, issue)
        save_covered(connection, found.covered)
    return Receipts(tuple(found.entries), len(entries), tuple(drafts))
