"""What every adapter of the log's ports guarantees."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.errors import BadName, LogBusy, LogForked, TooLarge
from broker.log.port import LogReader, TileStore
from broker.log_store.folder import FolderTileStore
from broker.log_store.http import HttpLogReader
from broker.log_store.memory import MemoryTileStore
from tests.contracts.log_stores import KINDS, make_store, served_folder

TILE = "tile/0/x001/234"
FILES = {TILE: b"hashes", "tile/entries/000.p/5": b"entries", "tile/1/000": b""}
OUTSIDE = (
    "../secret",
    "/etc/hostname",
    "tile/../../secret",
    "tile//000",
    "tile/0/",
    ".lock",
    ".new/x",
    "tile/.hidden",
    "tile\\0",
    "tile/0/00\x00",
    "tile/0/000\n",
    "",
    "tile/" + "0" * 65,
    "a/" * 20 + "b",
)


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> TileStore:
    return make_store(request.param, tmp_path / "log")


@pytest.fixture(params=["folder", "memory", "http"])
def reader(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LogReader]:
    """A log with the files FILES and a checkpoint."""
    root = tmp_path / "log"
    store: TileStore = MemoryTileStore() if request.param == "memory" else FolderTileStore(root)
    for path, data in FILES.items():
        store.write(path, data)
    store.replace_checkpoint(b"first", expected=None)
    (tmp_path / "secret").write_bytes(b"not of the log")
    if request.param != "http":
        yield store
        return
    with served_folder(root) as address, HttpLogReader(address + "/") as over_http:
        yield over_http


def test_reads_what_was_written(reader: LogReader) -> None:
    found = {path: reader.read(path, most=100) for path in (*FILES, "checkpoint")}
    assert {**FILES, "checkpoint": b"first"} == found


def test_a_file_that_is_not_there_is_none(reader: LogReader) -> None:
    assert reader.read("tile/0/999", most=100) is None
    assert reader.read("tile/9/000", most=100) is None
    assert reader.read(f"{TILE}/7", most=100) is None


def test_takes_no_more_bytes_than_it_was_told(reader: LogReader) -> None:
    assert b"hashes" == reader.read(TILE, most=6)
    with pytest.raises(TooLarge):
        reader.read(TILE, most=5)


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_name_leads_out_of_the_log(reader: LogReader, path: str) -> None:
    with pytest.raises(BadName):
        reader.read(path, most=100)


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_is_written_outside_the_log(store: TileStore, path: str) -> None:
    with pytest.raises(BadName):
        store.write(path, b"x")


def test_the_same_bytes_again_are_nothing(store: TileStore) -> None:
    store.write(TILE, b"hashes")
    store.write(TILE, b"hashes")
    assert b"hashes" == store.read(TILE, most=100)


@pytest.mark.parametrize("other", [b"", b"hash", b"hasher", b"hashes and more"])
def test_other_bytes_under_a_name_are_a_fork_and_change_nothing(store: TileStore, other: bytes) -> None:
    store.write(TILE, b"hashes")
    with pytest.raises(LogForked, match=TILE):
        store.write(TILE, other)
    assert b"hashes" == store.read(TILE, most=100)


def test_a_checkpoint_takes_the_place_of_the_one_that_was_expected(store: TileStore) -> None:
    assert store.read("checkpoint", most=100) is None
    store.replace_checkpoint(b"first", expected=None)
    store.replace_checkpoint(b"second", expected=b"first")
    assert b"second" == store.read("checkpoint", most=100)


def test_the_same_checkpoint_again_is_nothing(store: TileStore) -> None:
    store.replace_checkpoint(b"first", expected=None)
    store.replace_checkpoint(b"first", expected=None)
    assert b"first" == store.read("checkpoint", most=100)


@pytest.mark.parametrize("expected", [None, b"other", b"firs", b"first and more"])
def test_a_checkpoint_that_was_not_expected_stays(store: TileStore, expected: bytes | None) -> None:
    store.replace_checkpoint(b"first", expected=None)
    with pytest.raises(LogForked):
        store.replace_checkpoint(b"second", expected=expected)
    assert b"first" == store.read("checkpoint", most=100)


def test_an_expected_checkpoint_that_is_not_there_is_a_fork(store: TileStore) -> None:
    with pytest.raises(LogForked):
        store.replace_checkpoint(b"second", expected=b"first")
    assert store.read("checkpoint", most=100) is None


def test_the_checkpoint_cannot_be_written_as_a_file_that_stays(store: TileStore) -> None:
    with pytest.raises(BadName):
        store.write("checkpoint", b"x")


def test_one_writer_at_a_time(store: TileStore) -> None:
    with store.lock(), pytest.raises(LogBusy), store.lock():
        pytest.fail("two writers")
    with store.lock():
        store.replace_checkpoint(b"first", expected=None)
        store.write(TILE, b"hashes")
    assert b"first" == store.read("checkpoint", most=100)


def test_a_writer_that_failed_leaves_the_lock(store: TileStore) -> None:
    with pytest.raises(RuntimeError), store.lock():
        raise RuntimeError
    with store.lock():
        pass
