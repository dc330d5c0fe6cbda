"""What a node has heard of the others lately: proof that nobody keeps the newest directory from it.

HEADS count that name the directory as this node has it: whoever withholds a revocation can pass on everything else, but
cannot write in another node's name that there is none. Own messages count for nothing, since whoever carries them back
may keep back all the rest; what the log says neither, since that comes another way than the directory.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from broker.directory import Directory, check_fresh, is_stale
from broker.directory.entries import is_active
from broker.envelope.message import open_envelope
from broker.errors import BrokerError, StaleDirectory
from broker.types.names import HUB, ZERO_DIGEST, Digest, Originator, parse_stream, participant_of
from broker.types.time import from_micros
from broker.types.vocabulary import Kind
from consumers import store
from consumers.heads import heads_in

_OF_NODES: Final = "%/~%"
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Heard(msgspec.Struct, frozen=True):
    """What a node has heard of the others.

    Attributes:
        at: When the newest was signed that vouches for the directory as this node has it.
        otherwise: Newer HEADS of another node, that name another directory; None for none.
    """

    at: datetime
    otherwise: Originator | None = None


def check_heard(connection: Connection, directory: Directory, node: Originator, now: datetime) -> None:
    """Check that *node* has heard within the time that the root record tolerates that its directory is the newest.

    A node that is alone in its network has nobody to hear from.

    Raises:
        StaleDirectory: It has not.
        UntrustedRoot: There is no root record yet.
    """
    if not is_stale(directory, newest_seen=_newest_entry(directory), now=now) or not _has_others(directory, node, now):
        return
    heard = newest_heard(connection, directory, node)
    try:
        check_fresh(directory, newest_seen=heard.at, now=now)
    except StaleDirectory as error:
        if heard.otherwise is None:
            raise
        raise StaleDirectory(
            f"{error}; {heard.otherwise} has spoken since, and of a directory that this node has not",
            hint="Somebody keeps entries of the directory from this node, or from the others: compare tocsin directory"
            " show with theirs, and ask the hub.",
        ) from None


def newest_heard(connection: Connection, directory: Directory, node: Originator) -> Heard:
    """Return the newest that *node* has heard: an entry of the directory, or HEADS of others that agree with it."""
    newest = _newest_entry(directory)
    otherwise: Originator | None = None
    for issued_at, originator, digest in _heads_of_others(connection, node):
        if issued_at <= newest:
            break
        if digest == directory.digest:
            return Heard(issued_at, otherwise)
        otherwise = otherwise or originator
    return Heard(newest, otherwise)


def _newest_entry(directory: Directory) -> datetime:
    """Return when the newest entry was signed of those that have their place: anybody can write the others."""
    placed = {head.digest for head in directory.heads.values()}
    times = [one.header.issued_at for copies in directory.held.values() for one in copies if one.digest in placed]
    return max(times, default=_NEVER)


def _has_others(directory: Directory, node: Originator, at: datetime) -> bool:
    """Say whether nodes of participants take part besides *node*; the hub's need not run."""
    return any(
        one.node != node
        and is_active(one, at)
        and (participant := directory.participant(participant_of(one.node))) is not None
        and participant.code != HUB
        and is_active(participant, at)
        for one in directory.nodes()
    )


def _heads_of_others(connection: Connection, node: Originator) -> Iterator[tuple[datetime, Originator, Digest]]:
    """Yield the last HEADS of each other node, the newest first: when, whose, and the directory that they name."""
    head, message = store.stream_head, store.message
    rows = connection.execute(
        select(message.c.stream, message.c.issued_at, message.c.envelope)
        .select_from(head)
        .join(message, (message.c.stream == head.c.stream) & (message.c.sequence == head.c.sequence))
        .where(head.c.stream.like(_OF_NODES), message.c.kind == Kind.HEADS.value)
        .order_by(message.c.issued_at.desc())
    )
    for row in rows:
        originator = parse_stream(row.stream).originator
        if originator != node:
            yield from_micros(row.issued_at), originator, _directory_of(row.envelope)


def _directory_of(raw: bytes) -> Digest:
    """Return the directory that HEADS name; zeros, which is none, where they cannot be read."""
    try:
        return heads_in(open_envelope(raw)).directory_digest
    except BrokerError:
        return ZERO_DIGEST
