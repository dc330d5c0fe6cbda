"""How far a node has read the log, and what that says about a message."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.sqlite import insert

from broker.directory.directory import Directory
from broker.directory.word import Place
from broker.log.tree import TreeHead
from broker.log.trust import SignedCheckpoint
from broker.logbook.tables import log_book, log_checkpoint, log_entry
from broker.merkle import Frontier, Hash
from broker.types.names import Digest
from broker.types.time import from_micros, to_micros

NEWEST: Final = "newest"
WITNESSED: Final = "witnessed"
_HASH: Final = 32


class Assurance(StrEnum):
    """How well it is known that everybody is shown the same message."""

    RECEIVED = "received"
    LOGGED = "logged"
    """Its leaf lies below a checkpoint that the notary signed."""
    WITNESSED = "witnessed"
    """And below one that a quorum of witnesses cosigned."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint under which this node has read the log.

    Attributes:
        raw: The exact note.
        witnesses: How many of those who are appointed cosigned it.
        witnessed_at: When its quorum was complete; None while it is not.
        seen_at: When this node saw it first.
    """

    raw: bytes
    size: int
    witnesses: int
    witnessed_at: datetime | None
    seen_at: datetime


class LogState(msgspec.Struct, frozen=True, kw_only=True):
    """How far a node has read the log.

    Attributes:
        head: Over the entries that were read and found right.
        newest: The newest checkpoint.
        witnessed: The newest with a quorum.
        began_at: When the log was read first; None while it was not.
    """

    head: TreeHead
    newest: Seen | None = None
    witnessed: Seen | None = None
    began_at: datetime | None = None

    @property
    def size(self) -> int:
        """How many entries were read and found right."""
        return self.head.size

    def assurance(self, place: Place | None) -> Assurance:
        """Say how well a message is known that stands at *place*, None for nowhere."""
        if place is None or place.index >= self.size:
            return Assurance.RECEIVED
        if self.witnessed is None or place.index >= self.witnessed.size:
            return Assurance.LOGGED
        return Assurance.WITNESSED

    def quorum_lost(self, now: datetime, directory: Directory) -> str:
        """Say for people that no checkpoint had a quorum for too long; an empty text where that is not so.

        Raises:
            UntrustedRoot: The root record, which says how long is too long, has not come yet.
        """
        root = directory.root
        since = self.began_at if self.witnessed is None else self.witnessed.witnessed_at
        if since is None or not root.witness_quorum or now - since <= timedelta(hours=root.checkpoint_max_age_hours):
            return ""
        of = f"a quorum of its witnesses, {root.witness_quorum} of {len(root.witnesses)}"
        when = f"{since:%Y-%m-%d %H:%M} UTC"
        says = f"had {of}, since {when}" if self.witnessed else f"ever had {of}, and it is read here since {when}"
        return f"no checkpoint of the log {says}; the network tolerates {root.checkpoint_max_age_hours} hours"


def load_state(connection: Connection) -> LogState:
    """Return how far the log was read."""
    row = connection.execute(select(log_book)).one_or_none()
    tree = Frontier() if row is None else tree_of(row)
    seen = {one.role: _seen(one) for one in connection.execute(select(log_checkpoint))}
    return LogState(
        head=TreeHead(tree.size, tree.root),
        newest=seen.get(NEWEST),
        witnessed=seen.get(WITNESSED),
        began_at=None if row is None else from_micros(row.began_at),
    )


def load_tree(connection: Connection) -> Frontier:
    """Return the right edge of the tree over the entries that were read."""
    row = connection.execute(select(log_book)).one_or_none()
    return Frontier() if row is None else tree_of(row)


def tree_of(row: Row[Any]) -> Frontier:
    """Return the tree that a row of ``log_book`` has."""
    return Frontier(row.size, tuple(Hash(row.peaks[at : at + _HASH]) for at in range(0, len(row.peaks), _HASH)))


def save_tree(connection: Connection, tree: Frontier, now: datetime) -> None:
    """Keep how far the log was read."""
    values = {"size": tree.size, "peaks": b"".join(tree.peaks)}
    statement = insert(log_book).values(id=1, began_at=to_micros(now), **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


def save_checkpoints(connection: Connection, signed: SignedCheckpoint, now: datetime) -> None:
    """Keep a checkpoint under which the log was read, where it is newer than those that are kept, or worth more."""
    state = load_state(connection)
    # The clock of a witness may be ahead; that must not make the quorum last longer.
    at = None if signed.witnessed_at is None else min(signed.witnessed_at * 1_000_000, to_micros(now))
    row = {"raw": signed.raw, "size": signed.size, "witnesses": len(signed.witnesses), "witnessed_at": at}
    worth = (signed.size, signed.is_witnessed, len(signed.witnesses), at or 0)
    for role, kept in ((NEWEST, state.newest), (WITNESSED, state.witnessed)):
        if (role == NEWEST or signed.is_witnessed) and (kept is None or worth > _worth(kept)):
            seen_at = kept.seen_at if kept is not None and kept.size == signed.size else now
            statement = insert(log_checkpoint).values(role=role, seen_at=to_micros(seen_at), **row)
            changes = {**row, "seen_at": to_micros(seen_at)}
            connection.execute(statement.on_conflict_do_update(index_elements=["role"], set_=changes))


def place_in(connection: Connection, digest: Digest) -> Place | None:
    """Return where a message stands in the log, as far as it was read; None where it does not."""
    row = connection.execute(select(log_entry).where(log_entry.c.digest == digest)).one_or_none()
    return None if row is None else place_of_row(row)


def place_of_row(row: Row[Any]) -> Place:
    """Return the place in a row that has the columns of ``log_entry``."""
    return Place(row.place, from_micros(row.seen_at))


def _worth(kept: Seen) -> tuple[int, bool, int, int]:
    at = 0 if kept.witnessed_at is None else to_micros(kept.witnessed_at)
    return kept.size, kept.witnessed_at is not None, kept.witnesses, at


def _seen(row: Row[Any]) -> Seen:
    return Seen(
        raw=row.raw,
        size=row.size,
        witnesses=row.witnesses,
        witnessed_at=None if row.witnessed_at is None else from_micros(row.witnessed_at),
        seen_at=from_micros(row.seen_at),
    )
