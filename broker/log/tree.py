"""Proofs over a tree of hashes: made from the roots of its full subtrees, and checked against a head that is trusted.

::

    level 2         0               the subtree (level, index) lies over the leaves
    level 1     0       1           from index << level up to (index + 1) << level
    level 0   0   1   2   3   4

Source: RFC 9162, sections 2.1.3 (inclusion) and 2.1.4 (consistency).
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import msgspec

from broker.errors import NotConsistent, NotIncluded
from broker.merkle import EMPTY_ROOT, Frontier, Hash, node_hash, root_from_path

Subtree: TypeAlias = Callable[[int, int], Hash]
"""Gives the root of the full subtree at a level and an index."""

_HASH_BYTES: Final = 32


class TreeHead(msgspec.Struct, frozen=True):
    """How many leaves, and their root. A size alone or a root alone says nothing."""

    size: int
    root: Hash


def root_of(size: int, subtree: Subtree) -> Hash:
    """Return the root over the first *size* leaves."""
    return _range_root(0, size, subtree) if size else EMPTY_ROOT


def frontier_of(size: int, subtree: Subtree) -> Frontier:
    """Return the right edge of the tree over the first *size* leaves, to grow it on."""
    levels = [level for level in reversed(range(size.bit_length())) if size >> level & 1]
    return Frontier(size, tuple(subtree(level, (size >> level) - 1) for level in levels))


def inclusion_proof(index: int, size: int, subtree: Subtree) -> tuple[Hash, ...]:
    """Return the hashes that lead from the leaf at *index* to the root over *size* leaves, from the leaf upwards.

    Raises:
        NotIncluded: There is no such leaf.
    """
    if not 0 <= index < size:
        raise NotIncluded(f"place {index} does not exist in a tree of {size}")
    path: list[Hash] = []
    start, end = 0, size
    while end - start > 1:
        middle = _middle(start, end)
        if index < middle:
            path.append(_range_root(middle, end, subtree))
            end = middle
        else:
            path.append(_range_root(start, middle, subtree))
            start = middle
    return tuple(reversed(path))


def consistency_proof(old: int, new: int, subtree: Subtree) -> tuple[Hash, ...]:
    """Return the hashes that show that the tree over *new* leaves grew out of the one over its first *old*.

    Raises:
        NotConsistent: *old* is larger than *new*.
    """
    if not 0 <= old <= new:
        raise NotConsistent(f"a tree of {new} leaves did not grow out of one of {old}")
    if old in (0, new):
        return ()
    path: list[Hash] = []
    start, end = 0, new
    while end != old:
        middle = _middle(start, end)
        if old <= middle:
            path.append(_range_root(middle, end, subtree))
            end = middle
        else:
            path.append(_range_root(start, middle, subtree))
            start = middle
    if start:  # else the old root itself, which the reader has
        path.append(_range_root(start, end, subtree))
    return tuple(reversed(path))


def check_inclusion(proof: Sequence[Hash], *, leaf: Hash, index: int, head: TreeHead) -> None:
    """Check that *leaf* stands at *index* of the tree under *head*.

    The head must already be verified; this function trusts it.

    Raises:
        NotIncluded: The proof does not lead to the head's root.

    Source: RFC 9162, section 2.1.3.2.
    """
    if root_from_path(leaf, index=index, size=head.size, path=proof) != head.root:
        raise NotIncluded(f"the proof for place {index} does not lead to the root over {head.size} leaves")


def check_consistency(proof: Sequence[Hash], *, old: TreeHead, new: TreeHead) -> None:
    """Check that the tree under *new* grew out of the one under *old*.

    *old* must already be verified. Every tree grew out of the empty one, which has one root.

    Raises:
        NotConsistent: The proof does not show it.

    Source: RFC 9162, section 2.1.4.2.
    """
    if {_HASH_BYTES} != {len(old.root), len(new.root), *map(len, proof)}:
        raise NotConsistent(f"a root or a step of the proof is not {_HASH_BYTES} bytes long")
    if not 0 <= old.size <= new.size:
        raise NotConsistent(f"a tree of {new.size} leaves did not grow out of one of {old.size}")
    if any(not head.size and head.root != EMPTY_ROOT for head in (old, new)):
        raise NotConsistent("a root over no leaves that is not the one")
    if old.size in (0, new.size):
        if proof:
            raise NotConsistent(f"from {old.size} to {new.size} leaves nothing is to be proved, yet there is a proof")
        if old.size and old.root != new.root:
            raise NotConsistent(f"two roots over the same {old.size} leaves")
        return
    if not proof:
        raise NotConsistent(f"no proof from {old.size} to {new.size} leaves")
    if (old.root, new.root) != _roots(proof, old, new):
        raise NotConsistent(f"the proof does not lead from the root over {old.size} to that over {new.size} leaves")


def _roots(proof: Sequence[Hash], old: TreeHead, new: TreeHead) -> tuple[Hash, Hash]:
    """Return the two roots that *proof* leads to."""
    node, last = old.size - 1, new.size - 1
    while node & 1:
        node >>= 1
        last >>= 1
    # A power of two: the old root is a node of the new tree, and is not sent.
    rest = list(proof if node else (old.root, *proof))
    first = second = rest[0]
    for sibling in rest[1:]:
        if not last:
            raise NotConsistent(f"a proof of {len(proof)} is too long from {old.size} to {new.size} leaves")
        if node & 1 or node == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            second = node_hash(second, sibling)
        node >>= 1
        last >>= 1
    if last:
        raise NotConsistent(f"a proof of {len(proof)} is too short from {old.size} to {new.size} leaves")
    return first, second


def _range_root(start: int, end: int, subtree: Subtree) -> Hash:
    """Return the root over the leaves from *start* up to *end*; *start* is where such a subtree begins."""
    count = end - start
    level = count.bit_length() - 1
    if count == 1 << level:
        return subtree(level, start >> level)
    middle = _middle(start, end)
    return node_hash(_range_root(start, middle, subtree), _range_root(middle, end, subtree))


def _middle(start: int, end: int) -> int:
    """Return where the left tree ends: the largest full one that leaves something for the right."""
    return start + (1 << ((end - start - 1).bit_length() - 1))
