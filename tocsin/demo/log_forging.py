"""The tools of somebody who can write to the log's files: read it, change it, lay another one, sign as anybody."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from broker.log.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from broker.log.hashes import TileHashes
from broker.log.note import Note, format_note, parse_note, sign_note
from broker.log.port import CHECKPOINT
from broker.log.tiles import HEIGHT, WIDTH, format_bundle, format_tile, new_bundles, tiles_of
from broker.log_store import FolderTileStore
from broker.merkle import Frontier, Hash, leaf_hash
from broker.signing.keys import SigningKey

_TILES: Final = "tile"


class LogFiles:
    """The log in a folder, as whoever owns the disk sees it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def note(self) -> bytes:
        """The checkpoint, with all its signatures."""
        return (self._root / CHECKPOINT).read_bytes()

    @property
    def checkpoint(self) -> Checkpoint:
        """What the checkpoint says."""
        return parse_checkpoint(parse_note(self.note).text)

    @property
    def last_tile(self) -> Path:
        """The file with the newest hashes of leaves."""
        return self._root / [tile for tile in tiles_of(self.checkpoint.size) if not tile.level][-1].path

    def entries(self) -> list[bytes]:
        """Return all entries."""
        size = self.checkpoint.size
        return list(TileHashes(FolderTileStore(self._root), size).entries(0, size))

    def publish(self, note: bytes) -> None:
        """Write another checkpoint over the one that is there."""
        (self._root / CHECKPOINT).write_bytes(note)

    def lay(self, entries: Sequence[bytes]) -> None:
        """Put tiles and bundles over *entries* in the place of all that are there."""
        shutil.rmtree(self._root / _TILES)
        hashes = [leaf_hash(entry) for entry in entries]
        for tile in tiles_of(len(entries)):
            self._write(tile.path, format_tile(_level(hashes, tile.level)[tile.index * WIDTH :][: tile.width]))
        self.put_entries(entries)

    def put_entries(self, entries: Sequence[bytes]) -> None:
        """Write the bundles of *entries* over those that are there, and leave the tiles as they are."""
        for bundle in new_bundles(0, len(entries)):
            self._write(bundle.path, format_bundle(entries[bundle.index * WIDTH :][: bundle.width]))

    def _write(self, path: str, data: bytes) -> None:
        file = self._root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def _level(hashes: Sequence[Hash], level: int) -> Sequence[Hash]:
    """Return the roots of all full subtrees of a level of tiles."""
    width = 1 << (HEIGHT * level)
    starts = range(0, len(hashes) - width + 1, width)
    return hashes if level == 0 else [Frontier().grown(hashes[start : start + width]).root for start in starts]


def signed_checkpoint(entries: Sequence[bytes], origin: str, key: SigningKey) -> bytes:
    """Return a checkpoint over *entries* that *key* signed, in the name of the log *origin*."""
    root = Frontier().grown(leaf_hash(entry) for entry in entries).root
    text = format_checkpoint(Checkpoint(origin, len(entries), root))
    return format_note(Note(text, (sign_note(text, key, origin),)))


def without_cosignatures(raw: bytes) -> bytes:
    """Return a checkpoint with the signature of its log alone."""
    note = parse_note(raw)
    own = tuple(one for one in note.signatures if one.name == parse_checkpoint(note.text).origin)
    return format_note(Note(note.text, own))
