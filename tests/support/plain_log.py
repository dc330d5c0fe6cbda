"""A log written down once more from its specifications, to compare ours with: slow, plain, and importing none of it.

Source: RFC 9162, sections 2.1.1, 2.1.3.1 and 2.1.4.1; C2SP tlog-tiles.
"""

import hashlib
from collections.abc import Iterator, Sequence

from broker.errors import TooLarge
from broker.merkle import Hash

MAX_LEVEL = 63


def an_entry(number: int) -> bytes:
    """Return the bytes of an entry, another one for each number; nothing here looks into them."""
    return b"entry %d" % number


class PlainLog:
    """The definitions of RFC 9162 over a list of entries, each written as the text has it."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        """Hash *entries*."""
        self.entries = tuple(entries)
        self._roots: dict[tuple[int, int], Hash] = {
            (place, place + 1): Hash(hashlib.sha256(b"\x00" + entry).digest()) for place, entry in enumerate(entries)
        }

    def leaf(self, index: int) -> Hash:
        """Return the hash of a leaf."""
        return self._roots[index, index + 1]

    def root(self, start: int, end: int) -> Hash:
        """Return MTH(D[start:end])."""
        if start == end:
            return Hash(hashlib.sha256(b"").digest())
        if (start, end) not in self._roots:
            middle = start + left_of(end - start)
            pair = self.root(start, middle) + self.root(middle, end)
            self._roots[start, end] = Hash(hashlib.sha256(b"\x01" + pair).digest())
        return self._roots[start, end]

    def subtree(self, level: int, index: int) -> Hash:
        """Return the root of a full subtree."""
        return self.root(index << level, (index + 1) << level)

    def path(self, index: int, start: int, end: int) -> tuple[Hash, ...]:
        """Return PATH(index, D[start:end])."""
        if end - start == 1:
            return ()
        middle = start + left_of(end - start)
        if index < middle - start:
            return (*self.path(index, start, middle), self.root(middle, end))
        return (*self.path(index - (middle - start), middle, end), self.root(start, middle))

    def proof(self, old: int, start: int, end: int, *, known: bool = True) -> tuple[Hash, ...]:
        """Return SUBPROOF(old, D[start:end], known)."""
        if old == end - start:
            return () if known else (self.root(start, end),)
        middle = start + left_of(end - start)
        if old <= middle - start:
            return (*self.proof(old, start, middle, known=known), self.root(middle, end))
        return (*self.proof(old - (middle - start), middle, end, known=False), self.root(start, middle))

    def files(self, size: int) -> "Files":
        """Return all tiles and bundles of the tree of *size*, each at its path."""
        found = Files()
        for level, index, width in tiles(size):
            hashes = (self.subtree(8 * level, 256 * index + place) for place in range(width))
            found[f"tile/{level}/{numbered(index, width)}"] = b"".join(hashes)
        for index, width in rows(size):
            entries = self.entries[256 * index : 256 * index + width]
            found[f"tile/entries/{numbered(index, width)}"] = b"".join(
                len(entry).to_bytes(2, "big") + entry for entry in entries
            )
        return found


class Files(dict[str, bytes]):
    """The files of a log by their paths; one who tampers with them changes the values."""

    def read(self, path: str, *, most: int) -> bytes | None:
        """Return a file, or None where there is none.

        Raises:
            TooLarge: It has more than *most* bytes.
        """
        data = self.get(path)
        if data is not None and len(data) > most:
            raise TooLarge(f"{path} has {len(data)} bytes")
        return data


def left_of(size: int) -> int:
    """Return k, the largest power of two smaller than *size*."""
    left = 1
    while left * 2 < size:
        left *= 2
    return left


def rows(count: int) -> Iterator[tuple[int, int]]:
    """Yield index and width of each group of at most 256 out of *count*."""
    for start in range(0, count, 256):
        yield start // 256, min(256, count - start)


def tiles(size: int) -> Iterator[tuple[int, int, int]]:
    """Yield level, index and width of each tile of a tree, as tlog-tiles defines them."""
    for level in range(MAX_LEVEL + 1):
        for index, width in rows(size // 256**level):
            yield level, index, width


def numbered(index: int, width: int) -> str:
    """Return the last part of a tile's path."""
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[place : place + 3] for place in range(0, len(digits), 3)]
    path = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return path if width == 256 else f"{path}.p/{width}"
