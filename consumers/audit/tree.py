"""The tree of a log, built anew from what its pieces came to, and held against the root that was signed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from broker.log.port import LogReader
from broker.log.tiles import WIDTH, Bundle, Tile
from broker.log.tree import TreeHead
from broker.merkle import Frontier, Hash
from consumers.audit.leaves import read_tile
from consumers.audit.ledger import Ledger
from consumers.findings import Finding

_HASH: Final = 32
_CODE: Final = "changed-tile"


class _Flaw(NamedTuple):
    """See ``consumers.audit.units.FlawRow``."""

    tile_index: int
    peaks: bytes
    entries: str
    tile: str


class TreeAudit(msgspec.Struct, frozen=True):
    """What the tiles of a log came to.

    Attributes:
        is_whole: Whether every entry is there and leads to the signed root: only then can it be asked who is missing.
        is_signed: Whether at least the hashes lead there.
    """

    findings: tuple[Finding, ...]
    is_whole: bool
    is_signed: bool


def check_tree(ledger: Ledger, log: LogReader, head: TreeHead) -> TreeAudit:
    """Say whether the tiles and entries that the ledger has lead to the root of *head*, and which do not.

    Raises:
        LogUnavailable: The log does not answer.
    """
    by_entries = {row[0]: bytes(row[1]) for row in ledger.rows("SELECT id, roots FROM tile_root ORDER BY id")}
    flaws = [_Flaw(*row) for row in ledger.rows("SELECT id, peaks, entries, tile FROM flaw ORDER BY id")]
    for wrong in _suspicions(log, head.size, by_entries, flaws):
        peaks = by_entries | {one.tile_index: one.peaks for one in flaws if one.tile_index in wrong}
        if _root(peaks, head.size) == head.root:
            found = [_finding(one, head.size, entries=one.tile_index in wrong) for one in flaws]
            return TreeAudit((*found, *_above(log, peaks, head.size)), is_whole=not flaws, is_signed=True)
    found = [_finding(one, head.size, entries=entries) for one in flaws for entries in (True, False)]
    says = f"tiles and entries do not lead to the root that was signed over {head.size} entries"
    return TreeAudit((*found, Finding(_CODE, "checkpoint", says)), is_whole=False, is_signed=False)


def _suspicions(
    log: LogReader, size: int, by_entries: Mapping[int, bytes], flaws: Sequence[_Flaw]
) -> Iterator[frozenset[int]]:
    """Yield under which tiles of level 0 the entries may be what was changed: none, all, or as the tiles above say."""
    yield frozenset()
    if flaws:
        yield frozenset(one.tile_index for one in flaws)
        yield frozenset(
            one.tile_index for one in flaws if _hash_above(log, one.tile_index, size) != by_entries[one.tile_index]
        )


def _hash_above(log: LogReader, index: int, size: int) -> bytes | None:
    """Return what the tile of level 1 has for a full tile of level 0; None where it has nothing."""
    above, place = divmod(index, WIDTH)
    width = min(WIDTH, size // WIDTH - above * WIDTH)
    hashes = read_tile(log, Tile(1, above, width))[0] if width > place else []
    return hashes[place] if hashes else None


def _finding(flaw: _Flaw, size: int, *, entries: bool) -> Finding:
    width = min(WIDTH, size - flaw.tile_index * WIDTH)
    if entries:
        return Finding(_CODE, Bundle(flaw.tile_index, width).path, flaw.entries)
    return Finding(_CODE, Tile(0, flaw.tile_index, width).path, flaw.tile)


def _root(peaks: Mapping[int, bytes], size: int) -> Hash | None:
    """Return the root that the roots over the tiles of level 0 lead to; None where one of them is not there."""
    full, rest = divmod(size, WIDTH)
    last = [peaks.get(full, b"")] if rest else []
    lower = [peaks.get(index, b"") for index in range(full)]
    if not all((*lower, *last)):
        return None
    tree = Frontier().grown([Hash(one) for one in lower])
    ends = tuple(Hash(one[start : start + _HASH]) for one in last for start in range(0, len(one), _HASH))
    return Frontier(size, (*tree.peaks, *ends)).root


def _above(log: LogReader, peaks: Mapping[int, bytes], size: int) -> Iterator[Finding]:
    """Yield the tiles of higher levels that are not what follows from those below them."""
    level, hashes = 1, [Hash(peaks[index]) for index in range(size // WIDTH)]
    while hashes:
        for index in range(-(-len(hashes) // WIDTH)):
            expected = hashes[index * WIDTH : (index + 1) * WIDTH]
            tile = Tile(level, index, len(expected))
            found, wrong = read_tile(log, tile)
            if found != expected:
                yield Finding(_CODE, tile.path, wrong or "its hashes are not those of the tiles below it")
        level, hashes = (
            level + 1,
            [
                Hash(Frontier().grown(hashes[index * WIDTH : (index + 1) * WIDTH]).root)
                for index in range(len(hashes) // WIDTH)
            ],
        )
