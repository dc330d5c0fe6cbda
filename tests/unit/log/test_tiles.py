"""Names and contents of tiles and bundles.

Source: C2SP tlog-tiles.
"""

import pytest

from broker import limits
from broker.errors import BadTile
from broker.log.tiles import (
    Bundle,
    Tile,
    bundle_path,
    format_bundle,
    format_tile,
    new_bundles,
    new_tiles,
    parse_bundle,
    parse_tile,
    parse_tile_path,
    tiles_of,
)
from broker.merkle import Hash
from tests.support import plain_log

HASHES = tuple(Hash(bytes([number]) * 32) for number in range(256))
SIZES = (0, 1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 70_000)


def found(size: int) -> list[tuple[int, int, int]]:
    """Return level, index and width of all tiles of a tree."""
    return [(tile.level, tile.index, tile.width) for tile in tiles_of(size)]


def defined_bundles(size: int) -> set[tuple[int, int]]:
    """Return index and width of all bundles of a tree."""
    return set(plain_log.rows(size))


class TestAPath:
    @pytest.mark.parametrize(
        ("tile", "path"),
        [
            (Tile(0, 0), "tile/0/000"),
            (Tile(0, 999), "tile/0/999"),
            (Tile(0, 1000), "tile/0/x001/000"),
            (Tile(1, 1_234_067), "tile/1/x001/x234/067"),
            (Tile(0, 1_000_000), "tile/0/x001/x000/000"),
            (Tile(63, 5, 1), "tile/63/005.p/1"),
            (Tile(2, 1234, 255), "tile/2/x001/234.p/255"),
        ],
    )
    def test_is_as_the_specification_says(self, tile: Tile, path: str) -> None:
        assert path == tile.path
        assert tile == parse_tile_path(path)

    @pytest.mark.parametrize(
        ("index", "width", "path"),
        [
            (0, 256, "tile/entries/000"),
            (1_234_067, 256, "tile/entries/x001/x234/067"),
            (273, 112, "tile/entries/273.p/112"),
        ],
    )
    def test_of_a_bundle_is_as_the_specification_says(self, index: int, width: int, path: str) -> None:
        assert path == bundle_path(index, width)
        assert path == Bundle(index, width).path
        assert Bundle(index, width) == parse_tile_path(path)

    @pytest.mark.parametrize(
        "path",
        [
            pytest.param("", id="empty"),
            pytest.param("checkpoint", id="another file"),
            pytest.param("tile/0/", id="no index"),
            pytest.param("tile/000", id="no level"),
            pytest.param("tile//000", id="empty level"),
            pytest.param("tile/00/000", id="level with a leading zero"),
            pytest.param("tile/01/000", id="level with a leading zero before another digit"),
            pytest.param("tile/64/000", id="level too high"),
            pytest.param("tile/100/000", id="level of three digits"),
            pytest.param("tile/-1/000", id="negative level"),
            pytest.param("tile/+1/000", id="level with a sign"),
            pytest.param("tile/x/000", id="level that is no number"),
            pytest.param("tile/\u0661/000", id="level in other digits"),
            pytest.param("tile/0/00\u0661", id="index in other digits"),
            pytest.param("tile/0/0", id="index of one digit"),
            pytest.param("tile/0/00", id="index of two digits"),
            pytest.param("tile/0/0000", id="index of four digits"),
            pytest.param("tile/0/001/000", id="first part without x"),
            pytest.param("tile/0/x001", id="last part with x"),
            pytest.param("tile/0/x001/x000", id="last of two parts with x"),
            pytest.param("tile/entries/x000/001", id="leading zeros of a bundle"),
            pytest.param("tile/entries/000.p/256", id="width of a full bundle"),
            pytest.param("tile/Entries/000", id="entries with a capital"),
            pytest.param("tile/0/X001/000", id="capital X"),
            pytest.param("tile/0/x000/001", id="leading zeros of a whole part"),
            pytest.param("tile/0/x000/x001/000", id="leading zeros of two parts"),
            pytest.param("tile/0/000/", id="slash behind"),
            pytest.param("/tile/0/000", id="absolute"),
            pytest.param("tile/0/../0/000", id="upwards"),
            pytest.param("tile/0/000.p", id="no width"),
            pytest.param("tile/0/000.p/", id="empty width"),
            pytest.param("tile/0/000.p/0", id="width of nothing"),
            pytest.param("tile/0/000.p/256", id="width of a full tile"),
            pytest.param("tile/0/000.p/999", id="width of more than a tile"),
            pytest.param("tile/0/000.p/01", id="width with a leading zero"),
            pytest.param("tile/0/000.p/-1", id="negative width"),
            pytest.param("tile/0/000.p/1 ", id="space behind"),
            pytest.param("tile/0/000.p/1\n", id="line end behind"),
            pytest.param("tile/0/000\n", id="line end behind a full tile"),
            pytest.param("tile/0/000.P/1", id="capital P"),
            pytest.param("tile/0/x" + "999/x" * 2000 + "999/999", id="index of 6006 digits"),
        ],
    )
    def test_is_refused_where_it_would_not_be_printed_so(self, path: str) -> None:
        with pytest.raises(BadTile):
            parse_tile_path(path)


class TestTheTilesOfATree:
    @pytest.mark.parametrize("size", SIZES)
    def test_are_those_of_the_definition(self, size: int) -> None:
        tiles = found(size)

        assert len(tiles) == len(set(tiles))
        assert set(plain_log.tiles(size)) == set(tiles)

    def test_are_those_of_the_example_in_the_specification(self) -> None:
        tiles = found(70_000)

        assert [(0, 273, 112), (1, 1, 17), (2, 0, 1)] == sorted(tile for tile in tiles if tile[2] < 256)
        assert 273 == sum(level == 0 for level, _, width in tiles if width == 256)
        assert [(1, 0, 256)] == [tile for tile in tiles if tile[0] and tile[2] == 256]

    def test_of_256_leaves_are_a_full_one_and_one_of_width_1_above_it(self) -> None:
        assert [(0, 0, 256), (1, 0, 1)] == sorted(found(256))

    def test_of_no_leaves_are_none(self) -> None:
        assert [] == found(0)

    @pytest.mark.parametrize("new", SIZES)
    @pytest.mark.parametrize("old", SIZES)
    def test_that_are_new_are_those_that_were_not_there(self, old: int, new: int) -> None:
        if old > new:
            return
        added = [(tile.level, tile.index, tile.width) for tile in new_tiles(old, new)]

        assert len(added) == len(set(added))
        assert set(found(new)) - set(found(old)) == set(added)

    def test_that_are_new_are_found_without_looking_at_the_old_ones(self) -> None:
        size = 2**62 + 77

        assert [Tile(0, size // 256), Tile(0, size // 256 + 1, 21), Tile(1, size >> 16, 1)] == [
            *new_tiles(size, size + 200)
        ]
        assert [Bundle(size // 256, 177)] == [*new_bundles(size, size + 100)]

    def test_come_lowest_level_first(self) -> None:
        # A higher tile is hashed out of full lower ones: whoever writes them in order can stop anywhere.
        levels = [tile.level for tile in new_tiles(0, 70_000)]

        assert sorted(levels) == levels

    @pytest.mark.parametrize("new", SIZES)
    @pytest.mark.parametrize("old", SIZES)
    def test_have_bundles_of_their_leaves(self, old: int, new: int) -> None:
        if old > new:
            return
        added = [(bundle.index, bundle.width) for bundle in new_bundles(old, new)]

        assert len(added) == len(set(added))
        assert defined_bundles(new) - defined_bundles(old) == set(added)


class TestATile:
    @pytest.mark.parametrize("width", [1, 2, 255, 256])
    def test_is_its_hashes_one_after_the_other(self, width: int) -> None:
        raw = b"".join(HASHES[:width])

        assert raw == format_tile(HASHES[:width])
        assert HASHES[:width] == parse_tile(raw, width)

    @pytest.mark.parametrize(
        ("length", "width"),
        [
            pytest.param(0, 1, id="empty"),
            pytest.param(0, 0, id="of width 0"),
            pytest.param(31, 1, id="a byte short"),
            pytest.param(33, 1, id="a byte long"),
            pytest.param(64, 1, id="a hash too much"),
            pytest.param(32 * 255, 256, id="a hash too few"),
            pytest.param(32 * 257, 256, id="a hash more than there can be"),
            pytest.param(32 * 257, 257, id="wider than a tile"),
        ],
    )
    def test_is_refused_where_it_has_another_length(self, length: int, width: int) -> None:
        with pytest.raises(BadTile):
            parse_tile(bytes(length), width)


class TestABundle:
    @pytest.mark.parametrize("count", [1, 2, 255, 256])
    def test_is_its_entries_each_after_its_length(self, count: int) -> None:
        entries = tuple(b"e" * number for number in range(1, count + 1))
        raw = b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)

        assert raw == format_bundle(entries)
        assert entries == parse_bundle(raw)
        assert entries == parse_bundle(raw, count)

    def test_takes_the_longest_entry(self) -> None:
        entry = b"e" * limits.MAX_LOG_ENTRY_BYTES

        assert (entry,) == parse_bundle(format_bundle([entry]), 1)

    @pytest.mark.parametrize(
        "raw",
        [
            pytest.param(b"", id="empty"),
            pytest.param(b"\x00", id="half a length"),
            pytest.param(b"\x00\x01", id="length without entry"),
            pytest.param(b"\x00\x02e", id="entry cut off"),
            pytest.param(b"\x00\x01ee", id="a byte left over"),
            pytest.param(b"\x00\x01e\x00", id="half a length left over"),
            pytest.param(b"\xff\xffe", id="length of more than there is"),
            pytest.param(b"\x00\x01e" * 257, id="257 entries"),
        ],
    )
    def test_is_refused_where_it_is_malformed(self, raw: bytes) -> None:
        with pytest.raises(BadTile):
            parse_bundle(raw)

    def test_has_no_more_entries_than_there_are_places_whoever_asks(self) -> None:
        with pytest.raises(BadTile):
            parse_bundle(b"\x00\x01e" * 257, 257)

    @pytest.mark.parametrize("count", [0, 1, 3, 256])
    def test_is_refused_where_it_has_another_number_of_entries(self, count: int) -> None:
        with pytest.raises(BadTile):
            parse_bundle(b"\x00\x01a\x00\x01b", count)


def test_a_tile_says_into_what_it_grows() -> None:
    assert Tile(1, 7) == Tile(1, 7, 3).full
    assert Bundle(7) == Bundle(7, 3).full
