"""Trees of every size up to 64, against hashing written down once more from the definition."""

import hashlib
from collections.abc import Sequence
from functools import cache

import pytest

from broker.errors import NotIncluded
from broker.merkle import Frontier, Hash, leaf_hash, node_hash, root_and_paths, root_from_path

LARGEST = 64
LEAVES = tuple(leaf_hash(number.to_bytes(2, "big")) for number in range(LARGEST))


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """Return MTH(leaves) by its recursive definition (RFC 9162, section 2.1.1)."""
    if len(leaves) == 1:
        return leaves[0]
    left = 1
    while left * 2 < len(leaves):
        left *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:left]) + naive_root(leaves[left:])).digest()


@cache
def sides(index: int, size: int) -> str:
    """Return on which side the sibling stands at each step from the leaf up, by the recursive definition."""
    if size == 1:
        return ""
    left = 1
    while left * 2 < size:
        left *= 2
    if index < left:
        return sides(index, left) + "R"
    return sides(index - left, size - left) + "L"


def leads_to(root: Hash, leaf: Hash, *, index: int, size: int, path: Sequence[Hash]) -> bool:
    """Say whether *path* is accepted and leads to *root*."""
    try:
        return root == root_from_path(leaf, index=index, size=size, path=path)
    except NotIncluded:
        return False


def test_a_leaf_and_a_node_are_hashed_with_different_prefixes() -> None:
    assert hashlib.sha256(b"\x00entry").digest() == leaf_hash(b"entry")
    assert hashlib.sha256(b"\x01" + LEAVES[0] + LEAVES[1]).digest() == node_hash(LEAVES[0], LEAVES[1])


@pytest.mark.parametrize("size", range(1, LARGEST + 1))
class TestEveryTree:
    def test_has_the_root_of_the_definition(self, size: int) -> None:
        root, _ = root_and_paths(LEAVES[:size])

        assert naive_root(LEAVES[:size]) == root

    def test_has_a_path_from_each_leaf_to_the_root(self, size: int) -> None:
        root, paths = root_and_paths(LEAVES[:size])

        assert size == len(paths)
        for index, path in enumerate(paths):
            assert len(sides(index, size)) == len(path)
            assert root == root_from_path(LEAVES[index], index=index, size=size, path=path)

    def test_accepts_a_path_under_another_place_or_size_only_if_it_turns_alike(self, size: int) -> None:
        root, paths = root_and_paths(LEAVES[:size])
        for index, path in enumerate(paths):
            turns = sides(index, size)
            for other in range(1, LARGEST + 1):
                expected = index < other and sides(index, other) == turns
                assert expected == leads_to(root, LEAVES[index], index=index, size=other, path=path)
            for other in range(-1, size + 1):
                expected = other == index
                assert expected == leads_to(root, LEAVES[index], index=other, size=size, path=path)

    def test_refuses_a_path_with_one_bit_changed(self, size: int) -> None:
        root, paths = root_and_paths(LEAVES[:size])
        for index, path in enumerate(paths):
            for place, step in enumerate(path):
                changed = Hash(bytes([step[0] ^ 1]) + step[1:])
                forged = (*path[:place], changed, *path[place + 1 :])
                assert not leads_to(root, LEAVES[index], index=index, size=size, path=forged)

    def test_refuses_another_leaf(self, size: int) -> None:
        root, paths = root_and_paths(LEAVES[:size])
        for index, path in enumerate(paths):
            assert not leads_to(root, leaf_hash(b"another"), index=index, size=size, path=path)

    def test_refuses_a_path_that_is_shorter_or_longer(self, size: int) -> None:
        _, paths = root_and_paths(LEAVES[:size])
        for index, path in enumerate(paths):
            for wrong in (path[:-1], path[1:], (*path, LEAVES[0]), (LEAVES[0], *path)):
                if len(wrong) != len(path):
                    with pytest.raises(NotIncluded):
                        root_from_path(LEAVES[index], index=index, size=size, path=wrong)

    def test_refuses_a_path_in_another_order(self, size: int) -> None:
        root, paths = root_and_paths(LEAVES[:size])
        for index, path in enumerate(paths):
            if len(path) > 1:
                assert not leads_to(root, LEAVES[index], index=index, size=size, path=path[::-1])


@pytest.mark.parametrize(
    ("index", "size"),
    [
        pytest.param(0, 0, id="empty tree"),
        pytest.param(-1, 1, id="negative place"),
        pytest.param(1, 1, id="place at the end"),
        pytest.param(0, -1, id="negative size"),
        pytest.param(2**70, 2**70, id="huge"),
    ],
)
def test_refuses_a_place_that_does_not_exist(index: int, size: int) -> None:
    with pytest.raises(NotIncluded):
        root_from_path(LEAVES[0], index=index, size=size, path=())


def test_refuses_a_short_path_in_a_huge_tree() -> None:
    with pytest.raises(NotIncluded, match="too short"):
        root_from_path(LEAVES[0], index=2**62, size=2**63, path=LEAVES[:62])


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_refuses_a_leaf_that_is_no_hash(length: int) -> None:
    with pytest.raises(NotIncluded, match="32 bytes"):
        root_from_path(Hash(bytes(length)), index=0, size=1, path=())


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_refuses_a_step_that_is_no_hash(length: int) -> None:
    with pytest.raises(NotIncluded, match="32 bytes"):
        root_from_path(LEAVES[0], index=0, size=2, path=(Hash(bytes(length)),))


def test_bytes_moved_from_one_step_to_the_next_do_not_lead_to_the_same_root() -> None:
    root, paths = root_and_paths(LEAVES[:4])
    leaf, (first, second) = LEAVES[1], paths[1]

    # node = SHA-256(0x01 ‖ left ‖ right) does not say where left ends.
    assert not leads_to(root, Hash(leaf[1:]), index=1, size=4, path=(Hash(first + leaf[:1]), second))


class TestAGrowingTree:
    @pytest.mark.parametrize("size", range(1, LARGEST + 1))
    def test_has_the_root_of_the_definition_at_every_size(self, size: int) -> None:
        assert naive_root(LEAVES[:size]) == Frontier().grown(LEAVES[:size]).root

    @pytest.mark.parametrize("first", range(LARGEST + 1))
    def test_is_the_same_however_its_leaves_came(self, first: int) -> None:
        at_once = Frontier().grown(LEAVES)

        assert at_once == Frontier().grown(LEAVES[:first]).grown(LEAVES[first:])

    @pytest.mark.parametrize("size", range(LARGEST + 1))
    def test_keeps_one_hash_for_each_bit_of_its_size(self, size: int) -> None:
        grown = Frontier().grown(LEAVES[:size])

        assert (size, size.bit_count()) == (grown.size, len(grown.peaks))

    def test_without_leaves_has_the_root_over_nothing(self) -> None:
        assert hashlib.sha256(b"").digest() == Frontier().root
