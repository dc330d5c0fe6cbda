"""From journal to log: tiles first, then the signature, then the checkpoint; and back, after a crash.

Whatever stops it between two steps, the next one finds its place: the journal has fixed what stands where, a tile that
is written again is the same, a signature is kept before anybody sees it, and the same text is signed the same.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Final

import msgspec

from broker import limits
from broker.errors import (
    BadNote,
    BadSignature,
    BadTile,
    ChangedTile,
    LogForked,
    NotConsistent,
    TooLarge,
    UntrustedCheckpoint,
)
from broker.log.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from broker.log.cosignature import check_cosignature
from broker.log.entry import format_entry
from broker.log.hashes import TileHashes
from broker.log.note import Note, NoteKey, NoteSignature, check_note, format_note, parse_note, sign_note
from broker.log.port import CHECKPOINT, TileStore
from broker.log.tiles import WIDTH, format_bundle, format_tile, new_bundles
from broker.log.tree import TreeHead, check_consistency, consistency_proof, frontier_of
from broker.log.trust import LogTrust
from broker.merkle import Hash, leaf_hash
from broker.notary.edge import Edge, edge_of, grown
from broker.notary.journal import Head, Journal
from broker.signing.keys import SigningKey

MOST_ENTRIES: Final = WIDTH * WIDTH
"""That one checkpoint covers beyond the last: memory stays flat, however much was journaled before a crash."""


class Publisher:
    """Publishes the log of one notary, of which nobody else holds the lock.

    :meth:`recover` comes first, and again after whatever went wrong.
    """

    def __init__(self, journal: Journal, store: TileStore, key: SigningKey) -> None:
        self._journal = journal
        self._store = store
        self._key = key
        self._head = Head()
        self._edge = Edge()
        self._published: bytes | None = None

    @property
    def head(self) -> Head:
        """What was signed last."""
        return self._head

    def recover(self, trust: LogTrust, ended: Collection[NoteKey] = ()) -> None:
        """Find out where the log stands, by journal, checkpoint and tiles, and finish what was begun.

        Args:
            ended: Keys of the notary that were revoked; what one of them signed and the journal has stays.

        Raises:
            LogForked: They do not agree, or the checkpoint is not this notary's.
            LogUnavailable: The log cannot be read or written.
        """
        self._head = self._journal.head()
        if self._journal.size() < self._head.size:
            raise LogForked("the journal has fewer entries than were signed: it was changed")
        self._published = self._there()
        there = None if self._published is None else self._own(self._published, trust, ended)
        if there is not None and there.size > self._head.size:
            self._adopt(there, self._published or b"")
        self._find_edge()
        if not self._head.note:
            return
        if there is not None:
            self._check_published(there.head)
        if there is not None and there.size == self._head.size:
            self.cosign(parse_note(self._published or b"").signatures, trust)
        self._put(self._head.note)

    def grow(self, trust: LogTrust) -> bool:
        """Publish the next entries of the journal under a new checkpoint; say whether there were any.

        Raises:
            LogForked: That would fork the log.
            LogUnavailable: The log cannot be written; nothing is lost.
        """
        old = self._head
        edge = self._write(self._edge, MOST_ENTRIES)
        if edge.size == old.size:
            return False
        frontier = edge.frontier
        root = frontier.root
        # Read again what was written: a signature is for what readers get, not for what was meant.
        self._check_grown(old.tree, TreeHead(edge.size, root))
        text = format_checkpoint(Checkpoint(trust.origin, edge.size, root))
        note = format_note(Note(text, (sign_note(text, self._key, trust.origin),)))
        new = Head(frontier, root, note)
        self._journal.advance(old, new)
        self._head, self._edge = new, edge
        self._put(note)
        return True

    def cosign(self, signatures: Iterable[NoteSignature], trust: LogTrust) -> None:
        """Publish the checkpoint with *signatures* of witnesses that hold; those of other checkpoints change nothing.

        Raises:
            LogForked, LogUnavailable: As for :meth:`grow`.
        """
        note = parse_note(self._head.note)
        known = {key: one for one in note.signatures for key in trust.witnesses if one.is_of(key)}
        for one in signatures:
            for key in trust.witnesses:
                if one.is_of(key) and _time(note, one, key) > _time(note, known.get(key), key):
                    known[key] = one
        own = [one for one in note.signatures if not any(one.is_of(key) for key in trust.witnesses)]
        cosigned = [known[key] for key in sorted(known, key=lambda key: (key.name, key.key_hash))]
        raw = format_note(Note(note.text, (*own, *cosigned)))
        if raw != self._head.note:
            new = msgspec.structs.replace(self._head, note=raw)
            self._journal.advance(self._head, new)
            self._head = new
            self._put(raw)

    def prover(self) -> Callable[[int], tuple[Hash, ...]]:
        """Return what proves that the log, as far as it is signed now, grew out of its first leaves."""
        size = self._head.size
        return lambda old: consistency_proof(old, size, TileHashes(self._store, size))

    def _there(self) -> bytes | None:
        try:
            return self._store.read(CHECKPOINT, most=limits.MAX_NOTE_BYTES)
        except TooLarge as error:
            raise LogForked(f"what is published is no checkpoint: {error}") from error

    def _adopt(self, there: Checkpoint, note: bytes) -> None:
        """The journal is older than the log: it was restored from a backup, or another one was at work."""
        hashes = TileHashes(self._store, there.size)
        try:
            if frontier_of(there.size, hashes).root != there.root:
                raise LogForked("the tiles of the log do not lead to the root that was signed")
            raws = hashes.entries(self._head.size, there.size)
            self._head = self._journal.adopt(self._head, there.head, note, raws)
        except (ChangedTile, BadTile) as error:
            raise LogForked(f"the journal is older than the log, whose tiles are not whole: {error}") from error

    def _find_edge(self) -> None:
        """Load the edge of the tiles; where they were lost, write them all again."""
        size = self._head.size
        try:
            self._edge = edge_of(size, TileHashes(self._store, size))
        except ChangedTile:
            self._edge = Edge()
        if self._edge.frontier != self._head.frontier:
            self._write_anew()

    def _write_anew(self) -> None:
        size, edge = self._head.size, Edge()
        while edge.size < size:
            after = self._write(edge, min(MOST_ENTRIES, size - edge.size))
            if after.size == edge.size:
                break
            edge = after
        if edge.frontier != self._head.frontier:
            raise LogForked("the entries in the journal do not lead to the root that was signed last")
        self._edge = edge

    def _check_published(self, there: TreeHead) -> None:
        """Check that what is signed grew out of what is published, also where a folder was restored in parts."""
        try:
            self._check_grown(there, self._head.tree)
        except LogForked:
            self._write_anew()
            self._check_grown(there, self._head.tree)

    def _write(self, edge: Edge, most: int) -> Edge:
        """Write the tiles and bundles of at most *most* more entries."""
        first = edge.size - edge.size % WIDTH
        raws = [format_entry(one) for one in self._journal.entries(first, edge.size + most)]
        size = first + len(raws)
        leaves = [leaf_hash(raw) for raw in raws]
        # The last bundle is written again with more entries; those that it has already have to be the signed ones.
        if edge.levels and tuple(leaves[: edge.size - first]) != edge.levels[0]:
            raise LogForked("the journal's entries are not those that were signed: it was changed")
        if size == edge.size:
            return edge
        for bundle in new_bundles(edge.size, size):
            start = bundle.index * WIDTH - first
            self._store.write(bundle.path, format_bundle(raws[start : start + bundle.width]))
        after, tiles = grown(edge, leaves[edge.size - first :])
        for tile, hashes in tiles.items():
            self._store.write(tile.path, format_tile(hashes))
        return after

    def _check_grown(self, old: TreeHead, new: TreeHead) -> None:
        try:
            proof = consistency_proof(old.size, new.size, TileHashes(self._store, new.size))
            check_consistency(proof, old=old, new=new)
        except (ChangedTile, NotConsistent) as error:
            raise LogForked(f"the log of {new.size} entries did not grow out of that of {old.size}: {error}") from error

    def _own(self, raw: bytes, trust: LogTrust, ended: Collection[NoteKey]) -> Checkpoint:
        try:
            note = parse_note(raw)
            checkpoint = parse_checkpoint(note.text)
            # Whoever stole a key that was revoked for it may have signed more than is in the journal, but no less.
            is_known = checkpoint.size <= self._head.size
            check_note(note, [*trust.notary, *ended] if is_known else trust.notary)
        except (BadNote, BadSignature, UntrustedCheckpoint) as error:
            raise LogForked(f"the checkpoint that is published is not ours: {error}") from error
        if checkpoint.origin != trust.origin:
            raise LogForked(f"the checkpoint that is published is one of {checkpoint.origin[:80]!r}")
        return checkpoint

    def _put(self, note: bytes) -> None:
        self._store.replace_checkpoint(note, expected=self._published)
        self._published = note


def cosigned_at(note: bytes, trust: LogTrust) -> dict[str, int]:
    """Return who cosigned a checkpoint of our own, and when: seconds since 1970."""
    parsed = parse_note(note)
    times = {
        key.name: _time(parsed, one, key) for one in parsed.signatures for key in trust.witnesses if one.is_of(key)
    }
    return {name: at for name, at in times.items() if at >= 0}


def _time(note: Note, signature: NoteSignature | None, key: NoteKey) -> int:
    """Return when a witness cosigned; -1 where it did not."""
    try:
        return -1 if signature is None else check_cosignature(note.text, signature, key)
    except (BadNote, BadSignature):
        return -1
