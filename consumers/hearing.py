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

from broker import limits
from broker.directory import Directory, check_fresh, is_stale
from broker.directory.chain import Head
from broker.directory.entries import is_active
from broker.directory.folding import digest_of
from broker.directory.root import ROOT_STREAM
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
    newest = _newest_entry(directory, now)
    if not is_stale(directory, newest_seen=newest, now=now) or not _has_others(directory, node, now):
        return
    heard = newest_heard(connection, directory, node, now)
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


def newest_heard(connection: Connection, directory: Directory, node: Originator, now: datetime) -> Heard:
    """Return the newest that *node* has heard: an entry of the directory, or HEADS of others that agree with it."""
    newest, vouching = _newest_entry(directory, now), _vouching(directory)
    otherwise: Originator | None = None
    for issued_at, originator, digest in _heads_of_others(connection, node):
        if issued_at <= newest:
            break
        if _is_ahead(issued_at, now):
            continue
        if digest in vouching:
            return Heard(issued_at, otherwise)
        otherwise = otherwise or originator
    return Heard(newest, otherwise)


def _newest_entry(directory: Directory, now: datetime) -> datetime:
    """Return when the newest entry was signed of those that have their place: anybody can write the others.

    One from the future counts for nothing: a single wrong clock would let everybody believe for years.
    """
    placed = {head.digest for head in directory.heads.values()}
    entries = (one for copies in directory.held.values() for one in copies if one.digest in placed)
    times = [one.header.issued_at for one in entries]
    return max((time for time in times if not _is_ahead(time, now)), default=_NEVER)


def _is_ahead(issued_at: datetime, now: datetime) -> bool:
    return issued_at - now > limits.MAX_CLOCK_AHEAD


def _vouching(directory: Directory) -> frozenset[Digest]:
    """Return the states of which HEADS prove that nothing is kept back: this one, and this without its root records.

    Those are dated when they are proposed, and come days later, when their keepers have signed. HEADS from before name
    the state without them, and all the rest as it is here.
    """
    previous = {one.digest: one.header.previous for one in directory.held.get(ROOT_STREAM.originator, ())}
    heads, found = dict(directory.heads), {directory.digest}
    while (last := heads.get(ROOT_STREAM)) is not None and last.sequence > 1 and last.digest in previous:
        heads[ROOT_STREAM] = Head(last.sequence - 1, previous[last.digest])
        found.add(digest_of(heads))
    return frozenset(found)


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
    head, message = store.stream_head.c, store.message.c
    found: list[tuple[int, Originator, bytes]] = []
    # One look-up each: joined, the database would read through all messages, which may be many hundred thousand.
    nodes = connection.execute(select(head.stream, head.sequence).where(head.stream.like(_OF_NODES))).all()
    for stream, sequence in nodes:
        originator = parse_stream(stream).originator
        if originator != node:
            here = (message.stream == stream, message.sequence == sequence, message.kind == Kind.HEADS.value)
            rows = connection.execute(select(message.issued_at, message.envelope).where(*here))
            found += [(row.issued_at, originator, row.envelope) for row in rows]
    for issued_at, originator, envelope in sorted(found, key=lambda one: one[0], reverse=True):
        yield from_micros(issued_at), originator, _directory_of(envelope)


def _directory_of(raw: bytes) -> Digest:
    """Return the directory that HEADS name; zeros, which is none, where they cannot be read."""
    try:
        return heads_in(open_envelope(raw)).directory_digest
    except BrokerError:
        return ZERO_DIGEST
