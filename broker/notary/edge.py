"""The right edge of the tiles of a growing log: all that has to be kept of them to write the next ones."""

from collections.abc import Iterable, Mapping

import msgspec

from broker.log.tiles import HEIGHT, WIDTH, Tile, new_tiles
from broker.log.tree import Subtree
from broker.merkle import Frontier, Hash


class Edge(msgspec.Struct, frozen=True):
    """The last, partial tile of each level.

    Attributes:
        size: Number of leaves.
        levels: The hashes of the last tile of each level, of level 0 first; less than 256 each, none where the last
            tile is full.
    """

    size: int = 0
    levels: tuple[tuple[Hash, ...], ...] = ()

    @property
    def frontier(self) -> Frontier:
        """The right edge of the tree itself."""
        peaks = (Frontier().grown(hashes).peaks for hashes in reversed(self.levels))
        return Frontier(self.size, tuple(peak for some in peaks for peak in some))


def edge_of(size: int, subtree: Subtree) -> Edge:
    """Return the edge of the tree over *size* leaves."""
    levels: list[tuple[Hash, ...]] = []
    while count := size >> (HEIGHT * len(levels)):
        first = count - count % WIDTH
        levels.append(tuple(subtree(HEIGHT * len(levels), place) for place in range(first, count)))
    return Edge(size, tuple(levels))


def grown(edge: Edge, leaves: Iterable[Hash]) -> tuple[Edge, Mapping[Tile, tuple[Hash, ...]]]:
    """Return *edge* with *leaves* behind it, and the tiles that are new, those of level 0 first."""
    levels = [list(hashes) for hashes in edge.levels]
    full: dict[Tile, tuple[Hash, ...]] = {}
    size = edge.size
    for leaf in leaves:
        size += 1
        _add(levels, leaf, size, full)
    after = Edge(size, tuple(tuple(hashes) for hashes in levels))
    return after, {
        tile: full[tile] if tile.width == WIDTH else after.levels[tile.level] for tile in new_tiles(edge.size, size)
    }


def _add(levels: list[list[Hash]], leaf: Hash, size: int, full: dict[Tile, tuple[Hash, ...]]) -> None:
    """Put a leaf into its tile, and the root of each tile that it fills into the one above."""
    level, top = 0, leaf
    while True:
        if level == len(levels):
            levels.append([])
        levels[level].append(top)
        if len(levels[level]) < WIDTH:
            return
        hashes = tuple(levels[level])
        full[Tile(level, (size >> (HEIGHT * level)) // WIDTH - 1)] = hashes
        levels[level].clear()
        level, top = level + 1, Frontier().grown(hashes).root
