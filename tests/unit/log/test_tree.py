"""Proofs of inclusion and consistency at the edges; every small tree is in tests/properties/log."""

import pytest

from broker.errors import NotConsistent, NotIncluded
from broker.log.tree import TreeHead, check_consistency, check_inclusion, consistency_proof, inclusion_proof, root_of
from broker.merkle import EMPTY_ROOT, Hash, leaf_hash, node_hash
from tests.support.plain_log import PlainLog, an_entry

LOG = PlainLog([an_entry(number) for number in range(7)])
SEVEN = TreeHead(7, LOG.root(0, 7))


def test_a_proof_asks_for_no_more_subtrees_than_it_has_to() -> None:
    asked: list[tuple[int, int]] = []

    def subtree(level: int, index: int) -> Hash:
        asked.append((level, index))
        return LOG.subtree(level, index)

    inclusion_proof(2, 7, subtree)

    # Its sibling, the pair before it, and the two full subtrees of the last three leaves.
    assert [(0, 3), (0, 6), (1, 0), (1, 2)] == sorted(asked)


def test_proofs_in_the_largest_tree_there_can_be_have_one_step_a_level() -> None:
    def subtree(level: int, index: int) -> Hash:
        return leaf_hash(b"%d/%d" % (level, index))

    size = 2**63 - 1
    assert 63 == len(inclusion_proof(0, size, subtree))
    assert 63 == len(inclusion_proof(2**61, size, subtree))
    # One more than an add-checkpoint request may have (C2SP tlog-witness): no log gets there.
    assert 64 == len(consistency_proof(2**62 + 1, size, subtree))
    assert 63 == len(consistency_proof(2**61 + 1, 2**62, subtree))
    assert 32 == len(root_of(size, subtree))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 7), (7, 7), (8, 7), (0, -1), (2**70, 2**70)])
def test_refuses_a_place_that_does_not_exist(index: int, size: int) -> None:
    with pytest.raises(NotIncluded):
        check_inclusion((), leaf=LOG.leaf(0), index=index, head=TreeHead(size, LOG.leaf(0)))


@pytest.mark.parametrize(("old", "new"), [(8, 7), (-1, 7), (-1, -1), (7, -1), (1, 0)])
def test_refuses_sizes_that_no_log_grew_through(old: int, new: int) -> None:
    with pytest.raises(NotConsistent):
        check_consistency((), old=TreeHead(old, SEVEN.root), new=TreeHead(new, SEVEN.root))


@pytest.mark.parametrize("root", [b"", bytes(31), bytes(33)])
def test_refuses_equal_roots_that_are_no_hashes(root: bytes) -> None:
    with pytest.raises(NotConsistent):
        check_consistency((), old=TreeHead(1, Hash(root)), new=TreeHead(1, Hash(root)))


def test_refuses_a_root_over_nothing_that_is_another() -> None:
    check_consistency((), old=TreeHead(0, EMPTY_ROOT), new=TreeHead(0, EMPTY_ROOT))
    with pytest.raises(NotConsistent):
        check_consistency((), old=TreeHead(0, LOG.leaf(0)), new=TreeHead(0, LOG.leaf(0)))


def test_bytes_moved_from_one_step_to_the_next_prove_nothing() -> None:
    # A node is SHA-256(0x01 ‖ left ‖ right): without a check of the lengths, the border could move.
    proof = consistency_proof(3, 7, LOG.subtree)
    moved = (Hash(proof[0] + proof[1][:1]), Hash(proof[1][1:]), *proof[2:])

    with pytest.raises(NotConsistent):
        check_consistency(moved, old=TreeHead(3, LOG.root(0, 3)), new=SEVEN)
    with pytest.raises(NotIncluded):
        check_inclusion((Hash(LOG.leaf(1)[1:]),), leaf=Hash(LOG.leaf(0) + LOG.leaf(1)[:1]), index=0,
                        head=TreeHead(2, LOG.root(0, 2)))  # fmt: skip


def test_a_node_cannot_be_shown_as_a_leaf_of_the_tree_above_it() -> None:
    # The proof is right for a tree of the four pairs; only the trusted size says that there is no such tree.
    inner = node_hash(LOG.leaf(0), LOG.leaf(1))
    path = inclusion_proof(0, 4, LOG.subtree)[1:]

    check_inclusion(path, leaf=inner, index=0, head=TreeHead(2, LOG.root(0, 4)))
    with pytest.raises(NotIncluded):
        check_inclusion(path, leaf=inner, index=0, head=TreeHead(4, LOG.root(0, 4)))
