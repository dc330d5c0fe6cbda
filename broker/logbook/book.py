"""Reading the log: every entry, so that the node grows the tree itself and believes nobody that it only grows.

It compares its own root with every checkpoint that it is shown, by the log or by other nodes' HEADS. What is stored has
been proved to lead to a signed root, whatever happens in between; and how far that went is in the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Engine, select
from sqlalchemy.dialects.sqlite import insert

from broker import limits
from broker.database import reading, writing
from broker.directory.word import Place
from broker.errors import BadTile, ChangedTile, LogRolledBack, MalformedError, SplitView
from broker.log.checkpoint import parse_checkpoint
from broker.log.entry import parse_entry
from broker.log.hashes import TileHashes
from broker.log.note import parse_note
from broker.log.port import CHECKPOINT, LogReader
from broker.log.tree import TreeHead
from broker.log.trust import LogTrust, SignedCheckpoint, check_checkpoint
from broker.logbook.claims import (
    Claim,
    Split,
    compare,
    describe,
    first_root,
    hidden_claims,
    keep_split,
    load_splits,
    settle,
    waiting_claims,
)
from broker.logbook.state import LogState, load_state, load_tree, place_in, place_of_row, save_checkpoints, save_tree
from broker.logbook.tables import log_entry
from broker.merkle import Frontier, leaf_hash
from broker.types.names import Digest
from broker.types.time import from_micros

ENTRIES_AT_ONCE: Final = 16 * limits.TILE_WIDTH
"""In one transaction: others write in between."""
_DIGESTS_AT_ONCE: Final = 500
"""In one statement; SQLite takes 999 values at least."""
_ODD_TOLD: Final = 16
THE_LOG: Final = "the log"
"""Where a checkpoint was seen that no HEADS message has."""


class Advance(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at the log came to.

    Attributes:
        before: How many entries were known.
        state: What is known now.
        hidden: Checkpoints that others have seen, and of which the log has not shown for too long what they could be
            compared with: so many entries, or the tiles of them.
        odd: Places of the first new leaves that are no entries of this federation: they name no message.
    """

    before: int
    state: LogState
    hidden: tuple[Claim, ...] = ()
    odd: tuple[int, ...] = ()


class Logbook:
    """What one node knows of the log of its *federation*; its database must have the tables of this package."""

    def __init__(self, engine: Engine, federation: str) -> None:
        self._engine = engine
        self._federation = federation

    @property
    def state(self) -> LogState:
        """How far the log was read."""
        with reading(self._engine) as connection:
            return load_state(connection)

    @property
    def splits(self) -> tuple[Split, ...]:
        """The proofs that the notary has two logs, oldest first."""
        with reading(self._engine) as connection:
            return load_splits(connection)

    def place(self, digest: Digest) -> Place | None:
        """Return where a message stands in the log, as far as it was read; None where it does not."""
        with reading(self._engine) as connection:
            return place_in(connection, digest)

    def places(self, digests: Sequence[Digest]) -> dict[Digest, Place]:
        """Return where messages stand in the log; those that do not are absent."""
        here = log_entry.c.digest
        pages = (digests[start : start + _DIGESTS_AT_ONCE] for start in range(0, len(digests), _DIGESTS_AT_ONCE))
        with reading(self._engine) as connection:
            rows = (row for page in pages for row in connection.execute(select(log_entry).where(here.in_(page))))
            return {Digest(row.digest): place_of_row(row) for row in rows}

    def catch_up(self, reader: LogReader, trust: LogTrust, now: datetime) -> Advance:
        """Read the log to its present end, and compare it with all that is known.

        Whatever goes wrong, what was found right stays, and the next call goes on from there.

        Raises:
            LogUnavailable, TooLarge: The log does not answer, or with too much.
            BadNote, BadSignature, UntrustedCheckpoint: What it shows is no checkpoint of its notary.
            SplitView: It is one of another history than was read before; both are kept.
            LogRolledBack: The log is shorter than it was.
            ChangedTile: Its tiles do not lead to the root that the notary signed.
        """
        before = self.state
        raw = reader.read(CHECKPOINT, most=limits.MAX_NOTE_BYTES)
        if raw is None:
            if before.newest is not None:
                raise LogRolledBack(f"the log has no checkpoint any more, and had {before.size} entries")
            return self._advance(before, (), now)
        signed = check_checkpoint(raw, trust)
        if signed.size < before.size:
            self._compare_earlier(reader, signed, before.head, now)
            raise LogRolledBack(f"the log shows {signed.size} entries, and had {before.size}")
        odd = self._grow(reader, signed, now)
        stuck = self._settle_claims(reader, now)
        return self._advance(before, odd, now, stuck)

    def _advance(self, before: LogState, odd: tuple[int, ...], now: datetime, stuck: tuple[Claim, ...] = ()) -> Advance:
        with reading(self._engine) as connection:
            state = load_state(connection)
            hidden = (*hidden_claims(connection, state.size, now), *stuck)
            return Advance(before=before.size, state=state, hidden=hidden, odd=odd)

    def _grow(self, reader: LogReader, signed: SignedCheckpoint, now: datetime) -> tuple[int, ...]:
        """Read what is new; return the places of leaves that are no entries of ours."""
        hashes = TileHashes(reader, signed.size)
        odd: list[int] = []
        while (tree := self._tree()).size < signed.size:
            end = min(signed.size, tree.size + ENTRIES_AT_ONCE - tree.size % limits.TILE_WIDTH)
            entries = list(hashes.entries(tree.size, end))
            grown = tree.grown(leaf_hash(one) for one in entries)
            # Most of the tree may not be read yet; what is stored leads to its root all the same.
            if first_root(hashes, end, signed.head) != grown.root:
                self._explain(hashes, tree, signed, now)
            rows, strange = self._rows(entries, tree.size)
            odd += strange
            self._store((tree, grown), rows, signed, now)
        # Another process of this node may have read further meanwhile.
        if tree.size > signed.size:
            self._compare_earlier(reader, signed, TreeHead(tree.size, tree.root), now)
        elif tree.root != signed.head.root:
            raise self._split(signed.raw, now)
        else:
            self._keep_checkpoint(signed, now)
        return tuple(odd[:_ODD_TOLD])

    def _tree(self) -> Frontier:
        with reading(self._engine) as connection:
            return load_tree(connection)

    def _explain(self, hashes: TileHashes, tree: Frontier, signed: SignedCheckpoint, now: datetime) -> None:
        """Say why what was read does not go on as it should: another history, or entries that were changed."""
        if tree.size and first_root(hashes, tree.size, signed.head) != tree.root:
            raise self._split(signed.raw, now)
        raise ChangedTile(
            f"entries behind {tree.size} do not lead to the root over {signed.size} that the notary signed"
        )

    def _compare_earlier(self, reader: LogReader, signed: SignedCheckpoint, own: TreeHead, now: datetime) -> None:
        """Compare a checkpoint with the larger tree that was read, as far as its tiles are still there."""
        claim = Claim(signed.raw, signed.head, THE_LOG, now)
        for _, is_same in compare(TileHashes(reader, own.size), own, [claim]):
            if not is_same:
                raise self._split(signed.raw, now)

    def _rows(self, entries: Sequence[bytes], start: int) -> tuple[list[dict[str, Any]], list[int]]:
        rows: list[dict[str, Any]] = []
        odd: list[int] = []
        for place, raw in enumerate(entries, start):
            try:
                entry = parse_entry(raw)
                from_micros(entry.seen_at)
                if entry.federation != self._federation:
                    raise BadTile(f"an entry of {entry.federation}")
            except MalformedError:
                odd.append(place)  # it has its place in the tree, and says nothing to us
                continue
            rows.append({"digest": entry.digest, "place": place, "seen_at": entry.seen_at})
        # In the order of the table: pages are written once.
        return sorted(rows, key=lambda row: (row["digest"], row["place"])), odd

    def _store(
        self,
        trees: tuple[Frontier, Frontier],
        rows: Sequence[dict[str, Any]],
        signed: SignedCheckpoint,
        now: datetime,
    ) -> None:
        before, grown = trees
        with writing(self._engine) as connection:
            if load_tree(connection) != before:
                return  # another process of this node was faster
            if rows:
                # Of a message that was logged twice the first leaf counts.
                connection.execute(insert(log_entry).on_conflict_do_nothing(), rows)
            save_tree(connection, grown, now)
            save_checkpoints(connection, signed, now)

    def _keep_checkpoint(self, signed: SignedCheckpoint, now: datetime) -> None:
        with reading(self._engine) as connection:
            state = load_state(connection)
        if state.newest is None or state.newest.raw != signed.raw:
            with writing(self._engine) as connection:
                save_tree(connection, load_tree(connection), now)
                save_checkpoints(connection, signed, now)

    def _settle_claims(self, reader: LogReader, now: datetime) -> tuple[Claim, ...]:
        """Compare what others have seen; return what could not be compared for too long.

        Whoever keeps back old tiles could else keep back that there are two logs.
        """
        with reading(self._engine) as connection:
            own = load_state(connection).head
            claims = waiting_claims(connection, own.size)
        if not claims:
            return ()
        compared = list(compare(TileHashes(reader, own.size), own, claims))
        with writing(self._engine) as connection:
            for claim, is_same in compared:
                newest = load_state(connection).newest
                if not is_same and newest is not None:
                    keep_split(connection, Split(newest.raw, claim.raw, claim.by, now))
                settle(connection, claim)
        settled = {claim.head for claim, _ in compared}
        return tuple(one for one in claims if one.head not in settled and now - one.noted_at >= limits.LOGGED_WITHIN)

    def _split(self, theirs: bytes, now: datetime) -> SplitView | ChangedTile:
        """Keep two checkpoints of different histories; return the error that says so."""
        with writing(self._engine) as connection:
            state = load_state(connection)
            newest = state.newest
            if newest is None:
                return ChangedTile("a checkpoint of no entries, under a root that they do not have")
            if newest.size == state.size and parse_checkpoint(parse_note(newest.raw).text).head != state.head:
                return ChangedTile(
                    f"what this node keeps of {state.size} entries is not what it read: its database was changed",
                    hint="The log is not to blame. Restore the database from a backup, and find out who changed it.",
                )
            split = Split(newest.raw, theirs, THE_LOG, now)
            keep_split(connection, split)
        return SplitView(describe(split), hint="Nobody is to be believed about this log; tell all who use it.")
