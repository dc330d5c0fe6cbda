"""The edge of the tiles: however a log grows, its tiles are those of the definition."""

import pytest

from broker.log.tiles import format_tile
from broker.log.tree import frontier_of
from broker.merkle import Frontier, Hash
from broker.notary.edge import Edge, edge_of, grown
from tests.support.plain_log import PlainLog, an_entry

LARGE = 256 * 256 + 300
SIZES = [1, 2, 255, 256, 257, 511, 512, 513, 700]


@pytest.fixture(scope="module")
def plain() -> PlainLog:
    return PlainLog([an_entry(number) for number in range(700)])


def tiles_written(plain: PlainLog, steps: list[int]) -> dict[str, bytes]:
    """Return every tile that is written while a log grows to each size of *steps*."""
    edge = Edge()
    written: dict[str, bytes] = {}
    for size in steps:
        edge, tiles = grown(edge, [plain.leaf(place) for place in range(edge.size, size)])
        written |= {tile.path: format_tile(hashes) for tile, hashes in tiles.items()}
    return written


def hash_tiles(plain: PlainLog, size: int) -> dict[str, bytes]:
    return {path: data for path, data in plain.files(size).items() if not path.startswith("tile/entries")}


@pytest.mark.parametrize("size", SIZES)
def test_tiles_written_at_once_are_those_of_the_definition(plain: PlainLog, size: int) -> None:
    assert hash_tiles(plain, size) == tiles_written(plain, [size])


@pytest.mark.parametrize("first", [1, 100, 255, 256, 257, 300])
def test_tiles_written_in_steps_are_those_of_each_size(plain: PlainLog, first: int) -> None:
    steps = [first, first + 1, 600, 700]
    expected = {path: data for size in steps for path, data in hash_tiles(plain, size).items()}
    assert expected == tiles_written(plain, steps)


@pytest.mark.parametrize("size", [0, *SIZES])
def test_an_edge_that_was_loaded_is_the_one_that_grew(plain: PlainLog, size: int) -> None:
    edge, _ = grown(Edge(), [plain.leaf(place) for place in range(size)])
    assert edge.size == size
    assert edge == edge_of(size, plain.subtree)


@pytest.mark.parametrize("size", [0, *SIZES])
def test_the_frontier_of_an_edge_is_that_of_the_tree(plain: PlainLog, size: int) -> None:
    edge, _ = grown(Edge(), [plain.leaf(place) for place in range(size)])
    assert frontier_of(size, plain.subtree) == edge.frontier
    assert plain.root(0, size) == edge.frontier.root


def test_nothing_is_written_for_nothing(plain: PlainLog) -> None:
    edge, _ = grown(Edge(), [plain.leaf(place) for place in range(3)])
    assert (edge, {}) == grown(edge, [])


def test_a_third_level_begins_where_it_has_to() -> None:
    leaves = [Hash(number.to_bytes(32, "big")) for number in range(LARGE)]
    edge, tiles = grown(Edge(), leaves)
    assert [300 - 256, 1, 1] == [len(hashes) for hashes in edge.levels]
    assert Frontier().grown(leaves) == edge.frontier
    assert (256 + 2, 1 + 1, 1) == tuple(sum(tile.level == level for tile in tiles) for level in range(3))
