"""All trees of up to 64 leaves: every proof there is, and every way to spoil it once.

Expected values come from the recursive definitions of RFC 9162, written down in ``tests/support/plain_log.py``.
"""

from collections.abc import Iterator, Sequence
from functools import cache

import pytest

from broker.errors import NotConsistent, NotIncluded
from broker.log.tree import (
    TreeHead,
    check_consistency,
    check_inclusion,
    consistency_proof,
    frontier_of,
    inclusion_proof,
    root_of,
)
from broker.merkle import EMPTY_ROOT, Frontier, Hash, leaf_hash
from tests.support.plain_log import PlainLog, an_entry, left_of

LARGEST = 64
LOG = PlainLog([an_entry(number) for number in range(LARGEST)])
OTHER = PlainLog([b"other %d" % number for number in range(LARGEST)])
LEAVES = tuple(LOG.leaf(number) for number in range(LARGEST))
SIZES = range(1, LARGEST + 1)

Proof = tuple[Hash, ...]
Shape = tuple["Shape", "Shape"] | str


def head(size: int, log: PlainLog = LOG) -> TreeHead:
    """Return what a log is at a size."""
    return TreeHead(size, log.root(0, size))


def is_included(proof: Sequence[Hash], leaf: Hash, index: int, head: TreeHead) -> bool:
    """Say whether a proof of inclusion is accepted."""
    try:
        check_inclusion(proof, leaf=leaf, index=index, head=head)
    except NotIncluded:
        return False
    return True


def is_consistent(proof: Sequence[Hash], old: TreeHead, new: TreeHead) -> bool:
    """Say whether a proof of consistency is accepted."""
    try:
        check_consistency(proof, old=old, new=new)
    except NotConsistent:
        return False
    return True


def spoilt(proof: Proof) -> Iterator[Proof]:
    """Yield every proof that differs in one hash, lacks one, has one more, or has two exchanged."""
    for place, step in enumerate(proof):
        yield (*proof[:place], Hash(bytes([step[0] ^ 1]) + step[1:]), *proof[place + 1 :])
        yield (*proof[:place], Hash(step[:31] + bytes([step[31] ^ 0x80])), *proof[place + 1 :])
        yield (*proof[:place], Hash(step[:31]), *proof[place + 1 :])
        yield (*proof[:place], Hash(step + b"\x00"), *proof[place + 1 :])
        yield (*proof[:place], *proof[place + 1 :])
        yield (*proof[:place], step, *proof[place:])
        if place:
            yield (*proof[: place - 1], step, proof[place - 1], *proof[place + 1 :])
    yield (leaf_hash(b"before"), *proof)
    yield (*proof, leaf_hash(b"behind"))


@cache
def turns(index: int, size: int) -> str:
    """Return on which side the sibling stands at each step from the leaf up."""
    if size == 1:
        return ""
    left = left_of(size)
    return turns(index, left) + "R" if index < left else turns(index - left, size - left) + "L"


@cache
def shapes(old: int, new: int, *, known: bool = True) -> tuple[Shape, Shape, int]:
    """Return how the old and the new root are hashed out of a proof's steps, and how many steps there are."""
    if old == new:
        return ("old", "old", 0) if known else ("0", "0", 1)
    left = left_of(new)
    if old <= left:
        before, after, steps = shapes(old, left, known=known)
        return before, (after, str(steps)), steps + 1
    before, after, steps = shapes(old - left, new - left, known=False)
    return (str(steps), before), (str(steps), after), steps + 1


@pytest.mark.parametrize("size", SIZES)
class TestOneTree:
    def test_has_the_root_of_the_definition(self, size: int) -> None:
        assert LOG.root(0, size) == root_of(size, LOG.subtree)

    def test_has_the_frontier_that_grew(self, size: int) -> None:
        frontier = frontier_of(size, LOG.subtree)

        assert Frontier().grown(LEAVES[:size]) == frontier
        assert LOG.root(0, size) == frontier.root

    def test_proves_every_leaf_as_the_definition_does(self, size: int) -> None:
        for index in range(size):
            proof = inclusion_proof(index, size, LOG.subtree)

            assert LOG.path(index, 0, size) == proof
            check_inclusion(proof, leaf=LEAVES[index], index=index, head=head(size))

    def test_proves_every_older_tree_as_the_definition_does(self, size: int) -> None:
        for old in range(1, size + 1):
            proof = consistency_proof(old, size, LOG.subtree)

            assert LOG.proof(old, 0, size) == proof
            check_consistency(proof, old=head(old), new=head(size))

    def test_grew_out_of_nothing_without_a_proof(self, size: int) -> None:
        assert () == consistency_proof(0, size, LOG.subtree)
        check_consistency((), old=TreeHead(0, EMPTY_ROOT), new=head(size))

    def test_did_not_grow_out_of_nothing_with_a_root_or_a_proof(self, size: int) -> None:
        assert not is_consistent((), TreeHead(0, LEAVES[0]), head(size))
        assert not is_consistent((LEAVES[0],), TreeHead(0, EMPTY_ROOT), head(size))

    def test_never_grew_out_of_a_larger_one(self, size: int) -> None:
        for larger in range(size + 1, LARGEST + 1):
            assert not is_consistent(LOG.proof(size, 0, larger), head(larger), head(size))
            assert not is_consistent((), head(larger), head(size))

    def test_refuses_every_spoilt_proof_of_inclusion(self, size: int) -> None:
        for index in range(size):
            for proof in spoilt(LOG.path(index, 0, size)):
                assert not is_included(proof, LEAVES[index], index, head(size))

    def test_refuses_every_spoilt_proof_of_consistency(self, size: int) -> None:
        for old in range(1, size + 1):
            for proof in spoilt(LOG.proof(old, 0, size)):
                assert not is_consistent(proof, head(old), head(size))

    def test_refuses_another_leaf(self, size: int) -> None:
        for index in range(size):
            proof = LOG.path(index, 0, size)
            assert not is_included(proof, LEAVES[index - 1] if size > 1 else OTHER.leaf(0), index, head(size))
            assert not is_included(proof, OTHER.leaf(index), index, head(size))

    def test_refuses_another_place(self, size: int) -> None:
        for index in range(size):
            for other in {*range(-1, size + 2)} - {index}:
                assert not is_included(LOG.path(index, 0, size), LEAVES[index], other, head(size))

    def test_never_accepts_a_proof_of_inclusion_under_another_root(self, size: int) -> None:
        for index in range(size):
            proof = LOG.path(index, 0, size)
            for other in SIZES:
                assert not is_included(proof, LEAVES[index], index, head(other, OTHER))
                assert (other == size) == is_included(proof, LEAVES[index], index, head(other))

    def test_never_accepts_a_proof_of_consistency_under_another_root(self, size: int) -> None:
        for old in range(1, size + 1):
            proof = LOG.proof(old, 0, size)
            assert not is_consistent(proof, head(old, OTHER), head(size))
            assert not is_consistent(proof, head(old), head(size, OTHER))
            for other in SIZES:
                assert (other == size) == is_consistent(proof, head(old), head(other))
                assert (other == old) == is_consistent(proof, head(other), head(size))

    def test_accepts_a_proof_of_inclusion_under_another_size_only_if_it_turns_alike(self, size: int) -> None:
        # RFC 9162 cannot tell those apart: this is why the size has to come from a head that is trusted.
        for index in range(size):
            proof = LOG.path(index, 0, size)
            for other in SIZES:
                alike = index < other and turns(index, size) == turns(index, other)
                claimed = TreeHead(other, LOG.root(0, size))
                assert alike == is_included(proof, LEAVES[index], index, claimed), (index, other)

    def test_accepts_a_proof_of_consistency_under_other_sizes_only_if_it_is_hashed_alike(self, size: int) -> None:
        for old in range(1, size + 1):
            proof = LOG.proof(old, 0, size)
            for other in range(1, LARGEST + 1):
                for claimed in {(old, other), (other, size)} - {(old, size)}:
                    alike = claimed[0] <= claimed[1] and shapes(old, size) == shapes(*claimed)
                    before, after = TreeHead(claimed[0], head(old).root), TreeHead(claimed[1], head(size).root)
                    assert alike == is_consistent(proof, before, after), (old, claimed)

    def test_two_histories_of_one_size_are_not_consistent(self, size: int) -> None:
        assert not is_consistent((), head(size, OTHER), head(size))
        for old in range(1, size):
            assert not is_consistent(OTHER.proof(old, 0, size), head(old), head(size, OTHER))


def test_a_tree_is_consistent_with_itself() -> None:
    for size in range(LARGEST + 1):
        assert () == consistency_proof(size, size, LOG.subtree)
        check_consistency((), old=head(size), new=head(size))


def test_the_tree_without_leaves_has_the_root_over_nothing_and_no_proofs() -> None:
    assert EMPTY_ROOT == root_of(0, LOG.subtree)
    assert Frontier() == frontier_of(0, LOG.subtree)
    assert not is_included((), LEAVES[0], 0, head(0))
