"""Tiles: the tree and its entries as static files that never change.

A tile has 256 hashes of one level; the next level has the root of each full tile. The last tile of a level is partial.
A bundle has the entries under one tile of level 0, each behind its length in two bytes, big-endian.

Source: C2SP tlog-tiles v1.0.0.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from broker import limits
from broker.errors import BadTile
from broker.merkle import Hash

HEIGHT: Final = limits.TILE_HEIGHT
WIDTH: Final = limits.TILE_WIDTH
_HASH_BYTES: Final = 32
_LENGTH_BYTES: Final = 2
_MOST_LEVEL: Final = 63
# At most 21 digits of an index: more than a tree of 2⁶³ - 1 leaves needs, and few enough to be counted with.
_PATH: Final = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


class Tile(msgspec.Struct, frozen=True, order=True):
    """Where a tile stands.

    Attributes:
        level: 0 for the leaves.
        width: How many hashes it has, 1 to 256.
    """

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Its path below the log's prefix, ``tile/0/x001/067.p/5``."""
        return f"tile/{self.level}/{_place(self.index, self.width)}"

    @property
    def full(self) -> "Tile":
        """The tile that this one grows into."""
        return Tile(self.level, self.index)


class Bundle(msgspec.Struct, frozen=True, order=True):
    """Where the entries under a tile of level 0 stand."""

    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Its path below the log's prefix, ``tile/entries/000``."""
        return bundle_path(self.index, self.width)

    @property
    def full(self) -> "Bundle":
        """The bundle that this one grows into."""
        return Bundle(self.index)


def bundle_path(index: int, width: int = WIDTH) -> str:
    """Return the path of a bundle of entries below the log's prefix."""
    return f"tile/entries/{_place(index, width)}"


def parse_tile_path(path: str) -> Tile | Bundle:
    """Parse the path of a tile or a bundle; the exact inverse of its ``path``.

    Raises:
        BadTile: It is neither.
    """
    found = _PATH.fullmatch(path)
    if found is None:
        raise BadTile(f"{path[:80]!r} is no path of a tile")
    level, width = found["level"], int(found["width"] or WIDTH)
    index = int(found["index"].replace("x", "").replace("/", ""))
    tile = Bundle(index, width) if level == "entries" else Tile(int(level), index, width)
    if tile.path != path or width > WIDTH or (isinstance(tile, Tile) and tile.level > _MOST_LEVEL):
        raise BadTile(f"{path[:80]!r} is no path of a tile")
    return tile


def tiles_of(size: int) -> Iterator[Tile]:
    """Yield all tiles of a tree over *size* leaves, those of level 0 first."""
    return new_tiles(0, size)


def new_tiles(old: int, new: int) -> Iterator[Tile]:
    """Yield the tiles that a tree over *new* leaves has beside those of one over its first *old*, level 0 first."""
    level = 0
    while new >> (HEIGHT * level):
        yield from (Tile(level, *one) for one in _grown(old >> (HEIGHT * level), new >> (HEIGHT * level)))
        level += 1


def new_bundles(old: int, new: int) -> Iterator[Bundle]:
    """Yield the bundles that a log of *new* entries has beside those of its first *old*."""
    return (Bundle(*one) for one in _grown(old, new))


def parse_tile(raw: bytes, width: int = WIDTH) -> tuple[Hash, ...]:
    """Parse a tile; the exact inverse of :func:`format_tile`.

    Raises:
        BadTile: It has not *width* hashes, or no tile has so many.
    """
    if not 1 <= width <= WIDTH or len(raw) != width * _HASH_BYTES:
        raise BadTile(f"a tile of {len(raw)} bytes; {width} hashes have {width * _HASH_BYTES}")
    return tuple(Hash(raw[start : start + _HASH_BYTES]) for start in range(0, len(raw), _HASH_BYTES))


def format_tile(hashes: Sequence[Hash]) -> bytes:
    """Return the bytes of a tile."""
    return b"".join(hashes)


def parse_bundle(raw: bytes, count: int | None = None) -> tuple[bytes, ...]:
    """Parse a bundle of entries; the exact inverse of :func:`format_bundle`.

    Args:
        count: How many there have to be; None for 1 to 256.

    Raises:
        BadTile: It ends within an entry, or has another number of them.
    """
    entries: list[bytes] = []
    start, end = 0, len(raw)
    while start < end and len(entries) <= WIDTH:
        begin = start + _LENGTH_BYTES
        start = begin + int.from_bytes(raw[start:begin], "big")
        entries.append(raw[begin:start])
    if start != end or not 1 <= len(entries) <= WIDTH or count not in (None, len(entries)):
        raise BadTile(
            f"a bundle of {len(raw)} bytes that has not {'1 to 256' if count is None else count} whole entries"
        )
    return tuple(entries)


def format_bundle(entries: Sequence[bytes]) -> bytes:
    """Return the bytes of a bundle; each entry has at most ``limits.MAX_LOG_ENTRY_BYTES``."""
    return b"".join([len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries])


def _grown(old: int, new: int) -> Iterator[tuple[int, int]]:
    """Yield index and width of what is new in one level: full ones, and the partial one at its end."""
    for index in range(old // WIDTH, new // WIDTH):
        yield index, WIDTH
    if new % WIDTH and new > old:
        yield new // WIDTH, new % WIDTH


def _place(index: int, width: int) -> str:
    digits = f"{index:03}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    place = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return place if width == WIDTH else f"{place}.p/{width}"
