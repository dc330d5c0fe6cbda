"""The tree out of its tiles: what is read, how often, and what is refused.

The tiles are made by ``tests/support/plain_log.py`` from the specification.
"""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from broker import limits
from broker.errors import ChangedTile, LogUnavailable
from broker.log.hashes import TileHashes
from broker.log.tree import inclusion_proof, root_of
from broker.merkle import Hash
from tests.support.plain_log import Files, PlainLog, an_entry

SIZE = 700
LOG = PlainLog([an_entry(number) for number in range(SIZE)])


Change = Callable[[bytes], bytes | None]

CHANGES: dict[str, Change] = {
    "missing": lambda _: None,
    "empty": lambda _: b"",
    "a byte short": lambda raw: raw[:-1],
    "32 bytes short": lambda raw: raw[:-32],
    "another beginning": lambda raw: raw[11:],
    "a byte long": lambda raw: raw + b"x",
    "a hash or an empty entry more": lambda raw: raw + bytes(32),
    "an entry more": lambda raw: raw + b"\x00\x01x",
    "longer than any": lambda raw: raw * 300,
}


def changed(path: str, change: Change) -> Files:
    """Return the files of the log with one of them changed."""
    files = LOG.files(SIZE)
    raw = change(files.pop(path))
    return files if raw is None else Files(files | {path: raw})


def all_hashes(files: Files) -> Iterator[Hash]:
    """Yield every subtree that is full."""
    hashes = TileHashes(files, SIZE)
    for level in range(10):
        for index in range(SIZE >> level):
            yield hashes(level, index)


class Counted(Files):
    """Files that remember how often each was asked for, and how much of it."""

    def __init__(self, files: Files) -> None:
        super().__init__(files)
        self.asked: Counter[str] = Counter()
        self.most: dict[str, int] = {}

    def read(self, path: str, *, most: int) -> bytes | None:
        self.asked[path] += 1
        self.most[path] = most
        return super().read(path, most=most)


def test_gives_every_full_subtree_there_is() -> None:
    hashes = TileHashes(LOG.files(SIZE), SIZE)

    for level in range(10):
        for index in range(SIZE >> level):
            assert LOG.subtree(level, index) == hashes(level, index)


def test_gives_the_root_at_every_size() -> None:
    for size in (1, 2, 255, 256, 257, 511, 512, 513, 699, 700):
        assert LOG.root(0, size) == root_of(size, TileHashes(LOG.files(size), size))


def test_reads_a_larger_log_at_an_older_size() -> None:
    # Of level 0 only the full tiles: where one is there, the partial ones before it may be tidied away.
    files = LOG.files(SIZE)
    files["tile/1/000.p/1"] = LOG.subtree(8, 0)

    assert LOG.root(0, 300) == root_of(300, TileHashes(files, 300))
    assert [an_entry(299)] == [*TileHashes(files, 300).entries(299, 300)]


@pytest.mark.parametrize(
    ("level", "index"), [(0, 700), (0, 768), (0, 10**9), (1, 350), (8, 2), (9, 1), (10, 0), (16, 0)]
)
def test_gives_no_subtree_that_is_not_full(level: int, index: int) -> None:
    with pytest.raises(ChangedTile):
        TileHashes(LOG.files(SIZE), SIZE)(level, index)


def test_asks_for_each_tile_once_and_for_no_more_than_a_tile() -> None:
    files = Counted(LOG.files(SIZE))
    hashes = TileHashes(files, SIZE)

    for index in range(300):
        assert LOG.path(index, 0, SIZE) == inclusion_proof(index, SIZE, hashes)
    assert {"tile/0/000": 1, "tile/0/001": 1, "tile/0/002.p/188": 1, "tile/1/000.p/2": 1} == files.asked
    assert {limits.MAX_TILE_BYTES} == set(files.most.values())


def test_remembers_only_so_many_tiles() -> None:
    size = 256 * 70
    log = PlainLog([b""] * size)
    files = Counted(log.files(size))
    hashes = TileHashes(files, size)

    for _ in range(2):
        for tile in range(70):
            hashes(0, tile * 256)
            hashes(8, 0)  # asked for again and again, so it stays
    assert 1 == files.asked["tile/1/000.p/70"]
    assert 2 == files.asked["tile/0/000"]


def test_yields_the_entries_from_any_place_to_any_other() -> None:
    files = Counted(LOG.files(SIZE))
    hashes = TileHashes(files, SIZE)

    for start, end in ((0, 0), (0, 1), (0, SIZE), (1, 2), (255, 256), (255, 257), (256, 512), (300, 301), (699, 700)):
        assert [an_entry(number) for number in range(start, end)] == [*hashes.entries(start, end)]
    assert [] == [*hashes.entries(5, 5)]
    assert {limits.MAX_BUNDLE_BYTES} == set(files.most.values())


def test_falls_back_from_a_partial_tile_to_the_full_one() -> None:
    log = PlainLog([an_entry(number) for number in range(768)])
    files = log.files(768)
    files["tile/1/000.p/2"] = files.pop("tile/1/000.p/3")[:64]
    hashes = TileHashes(files, SIZE)

    assert LOG.root(0, SIZE) == root_of(SIZE, hashes)
    assert [an_entry(699)] == [*hashes.entries(699, 700)]
    with pytest.raises(ChangedTile):
        hashes(0, 700)


def test_reads_the_partial_tile_where_both_are_there() -> None:
    files = Counted(PlainLog([an_entry(number) for number in range(768)]).files(768))
    files |= LOG.files(SIZE)

    root_of(SIZE, TileHashes(files, SIZE))
    assert "tile/0/002" not in files.asked


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/002.p/188", "tile/1/000.p/2"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_refuses_a_tile_that_is_not_as_long_as_it_has_to_be(path: str, change: Change) -> None:
    files = changed(path, change)

    with pytest.raises(ChangedTile, match=path):
        [*all_hashes(files)]


@pytest.mark.parametrize("path", ["tile/entries/000", "tile/entries/002.p/188"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_refuses_a_bundle_that_has_not_the_entries_it_has_to(path: str, change: Change) -> None:
    files = changed(path, change)

    with pytest.raises(ChangedTile, match=path):
        list(TileHashes(files, SIZE).entries(0, SIZE))


def test_refuses_a_full_tile_of_another_length_in_the_place_of_a_partial_one() -> None:
    files = LOG.files(SIZE)
    partial = files.pop("tile/0/002.p/188")
    files["tile/0/002"] = partial

    with pytest.raises(ChangedTile):
        TileHashes(files, SIZE)(0, 699)


def test_says_so_when_the_log_does_not_answer() -> None:
    class Silent:
        def read(self, path: str, *, most: int) -> bytes | None:
            raise LogUnavailable(f"nobody gives {path} or {most} bytes of it")

    with pytest.raises(LogUnavailable):
        TileHashes(Silent(), SIZE)(0, 0)
