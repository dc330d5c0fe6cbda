"""Merkle trees as the log and the batches use them.

Source: RFC 9162, sections 2.1.1 (hashing) and 2.1.3 (inclusion).
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final, NewType, Self

import msgspec

from broker.errors import NotIncluded

Hash = NewType("Hash", bytes)
"""A node of a tree, 32 bytes."""

_HASH_BYTES: Final = 32


class Frontier(msgspec.Struct, frozen=True):
    """The right edge of a growing tree: all that has to be kept to add leaves to it, and to name its root.

    Attributes:
        size: Number of leaves.
        peaks: The roots of the full trees that the leaves make up, the largest first: one for each bit of *size*.
    """

    size: int = 0
    peaks: tuple[Hash, ...] = ()

    def grown(self, leaves: Iterable[Hash]) -> Self:
        """Return the edge with *leaves* behind those that it has; each costs two hashes on average at most."""
        size, peaks = self.size, list(self.peaks)
        for leaf in leaves:
            top, full = leaf, size
            while full & 1:
                top = node_hash(peaks.pop(), top)
                full >>= 1
            peaks.append(top)
            size += 1
        return type(self)(size, tuple(peaks))

    @property
    def root(self) -> Hash:
        """The root over all leaves; over none, SHA-256 of nothing.

        Source: RFC 9162, section 2.1.1.
        """
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


EMPTY_ROOT: Final = Hash(hashlib.sha256(b"").digest())
"""The root of a tree without leaves (RFC 9162, section 2.1.1)."""


def leaf_hash(entry: bytes) -> Hash:
    """Return the hash of a leaf: SHA-256(0x00 ‖ entry)."""
    return Hash(hashlib.sha256(b"\x00" + entry).digest())


def node_hash(left: Hash, right: Hash) -> Hash:
    """Return the hash above two nodes: SHA-256(0x01 ‖ left ‖ right)."""
    return Hash(hashlib.sha256(b"\x01" + left + right).digest())


def root_and_paths(leaves: Sequence[Hash]) -> tuple[Hash, list[tuple[Hash, ...]]]:
    """Return the root over *leaves* and, for each leaf, its inclusion path from the leaf upwards.

    Args:
        leaves: At least one.
    """
    paths: list[list[Hash]] = [[] for _ in leaves]
    root = _grow(leaves, paths, 0, len(leaves))
    return root, [tuple(path) for path in paths]


def root_from_path(leaf: Hash, *, index: int, size: int, path: Sequence[Hash]) -> Hash:
    """Return the root that *path* leads to from *leaf*.

    The caller compares it with a root that it trusts. A path usually leads to the same root under other sizes too, so
    the size has to be trusted as well.

    Args:
        index: Zero-based place of the leaf.
        size: Number of leaves of the tree.

    Raises:
        NotIncluded: *index* is no place in a tree of *size*, *path* has another length than that place demands, or
            something in it is no hash.

    Source: RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        raise NotIncluded(f"place {index} does not exist in a tree of {size}")
    # A node does not say where its left half ends: with hashes of other lengths, two paths could hash the same bytes.
    if {len(leaf), *map(len, path)} != {_HASH_BYTES}:
        raise NotIncluded(f"a leaf or a step of the path is not {_HASH_BYTES} bytes long")
    node, last, result = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise NotIncluded(f"a path of {len(path)} is too long for place {index} in a tree of {size}")
        if node & 1 or node == last:
            result = node_hash(sibling, result)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            result = node_hash(result, sibling)
        node >>= 1
        last >>= 1
    if last:
        raise NotIncluded(f"a path of {len(path)} is too short for place {index} in a tree of {size}")
    return result


def _grow(leaves: Sequence[Hash], paths: list[list[Hash]], start: int, end: int) -> Hash:
    """Hash ``leaves[start:end]``, appending to each leaf's path the sibling it meets on the way up."""
    count = end - start
    if count == 1:
        return leaves[start]
    # The left tree is the largest full one that leaves something for the right.
    middle = start + (1 << ((count - 1).bit_length() - 1))
    left = _grow(leaves, paths, start, middle)
    right = _grow(leaves, paths, middle, end)
    for path in paths[start:middle]:
        path.append(right)
    for path in paths[middle:end]:
        path.append(left)
    return node_hash(left, right)
