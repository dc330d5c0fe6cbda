"""The hashes of a tree, out of its tiles. Nothing here is believed until a proof has led to a signed root."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from broker import limits
from broker.errors import BadTile, ChangedTile, TooLarge
from broker.log.port import LogReader
from broker.log.tiles import HEIGHT, WIDTH, Bundle, Tile, parse_bundle, parse_tile
from broker.merkle import Hash, node_hash

_T = TypeVar("_T")

_REMEMBERED: Final = 64
"""Tiles that are kept; a proof needs few, those of the higher levels again and again."""


class TileHashes:
    """Reads the tree over *size* leaves; gives the roots of full subtrees, as ``broker.log.tree`` asks for them."""

    def __init__(self, reader: LogReader, size: int) -> None:
        self._reader = reader
        self._size = size
        self._levels: OrderedDict[tuple[int, int], list[tuple[Hash, ...]]] = OrderedDict()

    def __call__(self, level: int, index: int) -> Hash:
        """Return the root of the full subtree at *level* and *index*.

        Raises:
            ChangedTile: The tile that has it is not there, or not as long as it has to be.
            LogUnavailable: The log does not answer.
        """
        above, within = divmod(level, HEIGHT)
        first = index << within
        levels = self._tile(above, first // WIDTH)
        while len(levels) <= within:
            below = levels[-1]
            pairs = range(0, len(below) - 1, 2)
            levels.append(tuple(node_hash(below[place], below[place + 1]) for place in pairs))
        place = (first % WIDTH) >> within
        if place >= len(levels[within]):
            raise ChangedTile(f"the tree over {self._size} leaves has no full subtree {index} at level {level}")
        return levels[within][place]

    def entries(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the entries from *start* up to *end*, which is at most the size.

        Raises:
            ChangedTile: A bundle is not there, or is none.
            LogUnavailable: The log does not answer.
        """
        for index in range(start // WIDTH, -(-end // WIDTH)):
            entries = self._bundle(index)
            yield from entries[max(start - index * WIDTH, 0) : end - index * WIDTH]

    def _tile(self, level: int, index: int) -> list[tuple[Hash, ...]]:
        known = self._levels.get((level, index))
        if known is not None:
            self._levels.move_to_end((level, index))
            return known
        tile = Tile(level, index, self._width(self._size >> (HEIGHT * level), index))
        found = self._levels[level, index] = [self._parsed(tile, parse_tile, limits.MAX_TILE_BYTES)]
        if len(self._levels) > _REMEMBERED:
            self._levels.popitem(last=False)
        return found

    def _bundle(self, index: int) -> tuple[bytes, ...]:
        bundle = Bundle(index, self._width(self._size, index))
        return self._parsed(bundle, parse_bundle, limits.MAX_BUNDLE_BYTES)

    def _width(self, count: int, index: int) -> int:
        if index * WIDTH >= count:
            raise ChangedTile(f"the tree over {self._size} leaves has no tile {index} on that level")
        return min(WIDTH, count - index * WIDTH)

    def _parsed(self, what: Tile | Bundle, parse: Callable[[bytes, int], tuple[_T, ...]], most: int) -> tuple[_T, ...]:
        """Return what lies at *what*, or in the full one that begins with it, where a partial one was tidied away."""
        for one in dict.fromkeys((what, what.full)):
            try:
                raw = self._reader.read(one.path, most=most)
                if raw is not None:
                    return parse(raw, one.width)[: what.width]
            except (BadTile, TooLarge) as error:
                raise ChangedTile(f"{one.path} is not as it has to be: {error}") from None
        raise ChangedTile(f"{what.path} is missing, and the log has {self._size} entries")
