"""Checkpoints that other nodes have seen: compared with the log as it is shown here, and kept where they do not agree.

What this rests on: the notary signs each of them. Two of different histories prove that it has two logs, whoever shows
them to whom.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from broker.errors import ChangedTile, NotConsistent
from broker.limits import LOGGED_WITHIN
from broker.log.checkpoint import parse_checkpoint
from broker.log.hashes import TileHashes
from broker.log.note import parse_note
from broker.log.tree import TreeHead, check_consistency, consistency_proof, root_of
from broker.log.trust import LogTrust, check_checkpoint
from broker.logbook.state import load_state
from broker.logbook.tables import log_claim, log_split
from broker.merkle import EMPTY_ROOT, Hash
from broker.types.names import MessageName
from broker.types.time import from_micros, to_micros

_SPLITS_KEPT: Final = 16
_AT_ONCE: Final = 500
"""Claims that are compared while somebody waits; the rest is for the next time."""


class Claim(msgspec.Struct, frozen=True):
    """A checkpoint that the notary signed and another node has seen; *by* is the HEADS message that has it."""

    raw: bytes
    head: TreeHead
    by: str
    noted_at: datetime


class Split(msgspec.Struct, frozen=True):
    """Two checkpoints of different histories, both signed by the notary; *by* says where theirs was seen."""

    ours: bytes
    theirs: bytes
    by: str
    found_at: datetime


def note_claim(connection: Connection, raw: bytes, *, trust: LogTrust, by: MessageName, now: datetime) -> None:
    """Keep a checkpoint that another node has seen, to be compared when the log is read next.

    Raises:
        BadNote, BadSignature, UntrustedCheckpoint: It is none that the notary signed; it is not kept.
    """
    state = load_state(connection)
    if state.newest is not None and raw == state.newest.raw:
        return
    # Who cosigned it makes no difference here, and costs a signature each.
    signed = check_checkpoint(raw, msgspec.structs.replace(trust, witnesses=()))
    if signed.head == state.head:
        return
    row = {"size": signed.size, "root": signed.head.root, "raw": raw, "by": str(by), "noted_at": to_micros(now)}
    connection.execute(insert(log_claim).on_conflict_do_nothing(), row)


def waiting_claims(connection: Connection, size: int) -> list[Claim]:
    """Return the next claims that can be compared with a log of *size* entries, the smallest first."""
    here = log_claim.c
    rows = connection.execute(select(log_claim).where(here.size <= size).order_by(here.size).limit(_AT_ONCE))
    return [Claim(row.raw, TreeHead(row.size, Hash(row.root)), row.by, from_micros(row.noted_at)) for row in rows]


def hidden_claims(connection: Connection, size: int, now: datetime) -> tuple[Claim, ...]:
    """Return claims of more entries than the *size* that the log has shown for too long, the largest first."""
    here = log_claim.c
    over = (here.size > size) & (here.noted_at <= to_micros(now - LOGGED_WITHIN))
    rows = connection.execute(select(log_claim).where(over).order_by(here.size.desc()).limit(_AT_ONCE))
    return tuple(Claim(row.raw, TreeHead(row.size, Hash(row.root)), row.by, from_micros(row.noted_at)) for row in rows)


def compare(hashes: TileHashes, own: TreeHead, claims: list[Claim]) -> Iterator[tuple[Claim, bool]]:
    """Yield the claims that can be told to be of the history under *own*, or not; *hashes* are of its tiles.

    Raises:
        LogUnavailable: The log does not answer.
    """
    for claim in claims:
        try:
            yield claim, first_root(hashes, claim.head.size, own) == claim.head.root
        except ChangedTile:
            continue


def settle(connection: Connection, claim: Claim) -> None:
    """Forget a claim that was compared."""
    here = (log_claim.c.size == claim.head.size) & (log_claim.c.root == claim.head.root)
    connection.execute(delete(log_claim).where(here))


def describe(split: Split) -> str:
    """Return for people which two checkpoints prove that there are two logs."""
    ours, theirs = (parse_checkpoint(parse_note(raw).text) for raw in (split.ours, split.theirs))
    return (
        f"the notary has signed two logs: one of {ours.size} entries under the root {ours.root.hex()[:16]}, as it was"
        f" read here, and one of {theirs.size} under {theirs.root.hex()[:16]}, as it was seen in {split.by}"
    )


def keep_split(connection: Connection, split: Split) -> None:
    """Keep two checkpoints that prove two logs; once there are a few, more prove nothing more."""
    if (connection.scalar(select(func.count()).select_from(log_split)) or 0) >= _SPLITS_KEPT:
        return
    row = {"ours": split.ours, "theirs": split.theirs, "by": split.by, "found_at": to_micros(split.found_at)}
    connection.execute(insert(log_split).on_conflict_do_nothing(), row)


def load_splits(connection: Connection) -> tuple[Split, ...]:
    """Return the proofs that the notary has two logs, oldest first."""
    rows = connection.execute(select(log_split).order_by(log_split.c.id))
    return tuple(Split(row.ours, row.theirs, row.by, from_micros(row.found_at)) for row in rows)


def first_root(hashes: TileHashes, size: int, whole: TreeHead) -> Hash:
    """Return the root over the first *size* leaves of the tree under *whole*, proved by its tiles.

    Raises:
        ChangedTile: The tiles do not lead to the root of *whole*.
        LogUnavailable: The log does not answer.
    """
    if size in (0, whole.size):
        return whole.root if size else EMPTY_ROOT
    root = root_of(size, hashes)
    try:
        check_consistency(consistency_proof(size, whole.size, hashes), old=TreeHead(size, root), new=whole)
    except NotConsistent:
        raise ChangedTile(
            f"the tiles do not lead to the root over {whole.size} entries that the notary signed"
        ) from None
    return root
