"""Proofs made out of tiles are those made from the leaves; and one root over a hundred thousand appends."""

import hashlib
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.log.hashes import TileHashes
from broker.log.tiles import Tile, format_bundle, format_tile, new_bundles, new_tiles
from broker.log.tree import (
    TreeHead,
    check_consistency,
    check_inclusion,
    consistency_proof,
    frontier_of,
    inclusion_proof,
    root_of,
)
from broker.log_store import MemoryTileStore
from broker.merkle import Frontier, Hash, leaf_hash
from tests.support.plain_log import Files, PlainLog, an_entry

LARGEST = 70_000
"""The example of the specification: three levels, each with a partial tile."""
STEPS = (1, 255, 256, 257, 300, 511, 513, 65_535, 65_536, 65_537, 66_000, LARGEST)
"""The sizes at which the log of these tests had a checkpoint."""
APPENDS = 100_000
RECORDED = "e8e4766b72825031ee4c23d6b7dd4cf08e1eba2e2dbba8e7e273c16f4845a6da"
"""The root over the entries ``entry 0`` to ``entry 99999``."""

LOG = PlainLog([an_entry(number) for number in range(LARGEST)])


def hashes_of(tile: Tile) -> Iterator[Hash]:
    """Yield the hashes of a tile, by the definition of the specification."""
    for place in range(tile.width):
        yield LOG.subtree(8 * tile.level, 256 * tile.index + place)


@pytest.fixture(scope="module")
def store() -> MemoryTileStore:
    """Return a store to which the tiles were written as the log grew, checkpoint by checkpoint."""
    found = MemoryTileStore()
    for old, new in zip((0, *STEPS), STEPS, strict=False):
        for bundle in new_bundles(old, new):
            start = 256 * bundle.index
            found.write(bundle.path, format_bundle(LOG.entries[start : start + bundle.width]))
        for tile in new_tiles(old, new):
            found.write(tile.path, format_tile([*hashes_of(tile)]))
    return found


def plain_root(entries: Sequence[bytes]) -> bytes:
    """Return the root by the recursive definition, in one function and without a single name of ours."""
    if len(entries) == 1:
        return hashlib.sha256(bytes(1) + entries[0]).digest()
    left = 1 << (len(entries) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + plain_root(entries[:left]) + plain_root(entries[left:])).digest()


def test_the_files_that_were_written_are_those_of_the_definition(store: MemoryTileStore) -> None:
    expected = Files()
    for size in STEPS:
        expected |= LOG.files(size)

    assert expected == store.files


@pytest.mark.parametrize("size", STEPS)
def test_the_tree_at_each_checkpoint_is_the_one_over_its_leaves(store: MemoryTileStore, size: int) -> None:
    hashes = TileHashes(store, size)

    assert LOG.root(0, size) == root_of(size, hashes)
    assert Frontier().grown(map(leaf_hash, LOG.entries[:size])) == frontier_of(size, hashes)
    assert LOG.entries[:size] == (*hashes.entries(0, size),)


@settings(deadline=None)
@given(size=st.sampled_from(STEPS), data=st.data())
def test_a_proof_of_inclusion_is_the_one_made_from_leaves(
    store: MemoryTileStore, size: int, data: st.DataObject
) -> None:
    near = [place for step in STEPS for place in (step - 1, step, step + 1) if place < size]
    index = data.draw(st.sampled_from(near) | st.integers(0, size - 1) if near else st.integers(0, size - 1))
    proof = inclusion_proof(index, size, TileHashes(store, size))

    assert LOG.path(index, 0, size) == proof
    check_inclusion(proof, leaf=LOG.leaf(index), index=index, head=TreeHead(size, LOG.root(0, size)))


@pytest.mark.parametrize("new", STEPS)
def test_a_proof_of_consistency_is_the_one_made_from_leaves(store: MemoryTileStore, new: int) -> None:
    hashes = TileHashes(store, new)
    for old in {*STEPS, *(step - 1 for step in STEPS), 65_792, 2**15, 12_345} & {*range(1, new + 1)}:
        proof = consistency_proof(old, new, hashes)

        assert LOG.proof(old, 0, new) == proof
        check_consistency(proof, old=TreeHead(old, LOG.root(0, old)), new=TreeHead(new, LOG.root(0, new)))


@settings(deadline=None)
@given(st.lists(st.integers(0, 3_000), max_size=8))
def test_a_tree_that_grows_in_any_steps_has_the_root_of_the_definition(steps: list[int]) -> None:
    frontier, size = Frontier(), 0
    for step in steps:
        frontier = frontier.grown(LOG.leaf(number) for number in range(size, size + step))
        size += step

    assert (size, LOG.root(0, size)) == (frontier.size, frontier.root)


def test_a_hundred_thousand_appends_have_the_recorded_root() -> None:
    entries = [an_entry(number) for number in range(APPENDS)]
    frontier = Frontier()
    for start in range(0, APPENDS, 777):
        frontier = frontier.grown(map(leaf_hash, entries[start : start + 777]))

    assert RECORDED == plain_root(entries).hex()
    assert (APPENDS, RECORDED) == (frontier.size, frontier.root.hex())
