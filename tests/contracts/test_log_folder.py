"""What the folder of a log guarantees beyond the port: crashes, other processes, files that are none."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from broker.errors import LogBusy, LogForked, LogUnavailable
from broker.log_store.folder import FolderTileStore

pytestmark = pytest.mark.timeout(180)  # a process that has to be loaded for each place where it may end

TILE = "tile/0/000"
_CALLS = ("fsync", "link", "mkdir", "open", "replace", "unlink", "fchmod")


class _Crash(BaseException):
    """The process dies here: nothing after it happens, not even what cleans up."""


def _crash_at(number: int, patch: pytest.MonkeyPatch) -> None:
    """Let the *number*-th file operation and every one after it fail as if the process were gone."""
    count = 0

    def counting(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count >= number:
                raise _Crash
            return original(*args, **kwargs)

        return call

    for name in _CALLS:
        patch.setattr(os, name, counting(getattr(os, name)))


def _crashing(work: Callable[[FolderTileStore], None], root: Path) -> Iterator[Path]:
    """Give the log after a crash at the first, second … file operation, until the work is done without one."""
    for number in range(1, 100):
        log = root / str(number)
        with pytest.MonkeyPatch.context() as patch:
            _crash_at(number, patch)
            try:
                work(FolderTileStore(log))
            except _Crash:
                died = True
            else:
                died = False
        yield log
        if not died:
            return
    pytest.fail("the work never ends")


def test_a_crash_while_a_tile_is_written_leaves_all_of_it_or_nothing(tmp_path: Path) -> None:
    seen = set()
    for log in _crashing(lambda store: store.write(TILE, b"hashes"), tmp_path):
        again = FolderTileStore(log)
        with again.lock():
            seen.add(again.read(TILE, most=100))
            again.write(TILE, b"hashes")
        assert b"hashes" == again.read(TILE, most=100)
        assert [TILE] == _files(log)
    assert {None, b"hashes"} == seen


def test_a_crash_while_the_checkpoint_is_replaced_leaves_one_of_the_two(tmp_path: Path) -> None:
    def work(store: FolderTileStore) -> None:
        store.replace_checkpoint(b"second", expected=b"first")

    seen = set()
    for number in range(1, 100):
        log = tmp_path / str(number)
        FolderTileStore(log).replace_checkpoint(b"first", expected=None)
        with pytest.MonkeyPatch.context() as patch:
            _crash_at(number, patch)
            try:
                work(FolderTileStore(log))
            except _Crash:
                died = True
            else:
                died = False
        again = FolderTileStore(log)
        seen.add(again.read("checkpoint", most=100))
        with again.lock():
            work(again)
        assert b"second" == again.read("checkpoint", most=100)
        assert ["checkpoint"] == _files(log)
        if not died:
            break
    assert {b"first", b"second"} == seen


def test_a_tile_is_durable_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    sync, link = os.fsync, os.link

    def syncing(descriptor: int) -> None:
        calls.append(os.path.relpath(_path(descriptor), tmp_path))
        sync(descriptor)

    def linking(source: Path, target: Path) -> None:
        calls.append("link")
        link(source, target)

    monkeypatch.setattr(os, "fsync", syncing)
    monkeypatch.setattr(os, "link", linking)
    FolderTileStore(tmp_path / "log").write(TILE, b"hashes")
    assert [".", "log", "log/tile", "log", "log/.new", "link", "log/tile/0"] == calls


def test_a_tile_that_is_there_is_made_durable_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FolderTileStore(tmp_path).write(TILE, b"hashes")
    synced: list[str] = []
    sync = os.fsync

    def syncing(descriptor: int) -> None:
        synced.append(str(_path(descriptor)))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", syncing)
    FolderTileStore(tmp_path).write(TILE, b"hashes")
    assert str(tmp_path / "tile" / "0") == synced[-1]


def test_another_process_is_no_second_writer(tmp_path: Path) -> None:
    with _holding(tmp_path), pytest.raises(LogBusy):
        FolderTileStore(tmp_path).replace_checkpoint(b"x", expected=None)


def test_a_writer_that_is_killed_leaves_the_lock(tmp_path: Path) -> None:
    with _holding(tmp_path) as process:
        process.kill()
        process.wait()
        with FolderTileStore(tmp_path).lock():
            pass


def test_two_processes_cannot_both_write_one_name(tmp_path: Path) -> None:
    """Twenty rounds, each with two processes that start to write at the same moment."""
    script = """
        import sys
        from pathlib import Path
        from broker.errors import LogForked
        from broker.log_store.folder import FolderTileStore
        store = FolderTileStore(Path(sys.argv[1]))
        print("ready", flush=True)
        sys.stdin.readline()
        for number in range(20):
            try:
                store.write(f"tile/0/{number:03}", sys.argv[2].encode() * 1000)
                print("wrote", flush=True)
            except LogForked:
                print("forked", flush=True)
    """
    both = [_run(script, str(tmp_path / "log"), word) for word in "ab"]
    for one in both:
        assert "ready\n" == _line(one)
    said = [one.communicate("go\n")[0].splitlines() for one in both]
    for number, outcomes in enumerate(zip(*said, strict=True)):
        assert ("forked", "wrote") == tuple(sorted(outcomes))
        found = FolderTileStore(tmp_path / "log").read(f"tile/0/{number:03}", most=1000)
        assert (b"a" if outcomes[0] == "wrote" else b"b") * 1000 == found


def test_only_files_are_files(tmp_path: Path) -> None:
    store = FolderTileStore(tmp_path)
    (tmp_path / "outside").write_bytes(b"secret")
    (tmp_path / "link").symlink_to(tmp_path / "outside")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("link", "pipe", "folder"):
        with pytest.raises(LogUnavailable):
            store.read(name, most=100)
        with pytest.raises(LogUnavailable):
            store.write(name, b"x")


def test_a_log_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailable, match="no folder log"):
        FolderTileStore(tmp_path / "log").read("checkpoint", most=100)


def test_a_disk_without_space_is_said_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    store = FolderTileStore(tmp_path)
    store.write("tile/0/001", b"first")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(LogUnavailable, match="No space left"):
            store.write(TILE, b"hashes")
    assert ["tile/0/001"] == _files(tmp_path)


def test_everybody_may_read_the_files_of_a_log(tmp_path: Path) -> None:
    store = FolderTileStore(tmp_path)
    store.write(TILE, b"hashes")
    store.replace_checkpoint(b"first", expected=None)
    for path in (TILE, "checkpoint"):
        assert 0o644 == (tmp_path / path).stat().st_mode & 0o777


def test_a_fork_names_the_file(tmp_path: Path) -> None:
    store = FolderTileStore(tmp_path)
    store.write(TILE, b"hashes")
    with pytest.raises(LogForked, match=TILE):
        store.write(TILE, b"others")


def _files(log: Path) -> list[str]:
    return sorted(str(one.relative_to(log)) for one in log.rglob("*") if one.is_file() and one.name != ".lock")


def _path(descriptor: int) -> Path:
    found = Path(f"/proc/self/fd/{descriptor}").readlink()
    return found.parent if found.parent.name == ".new" else found


@contextmanager
def _holding(root: Path) -> Iterator["subprocess.Popen[str]"]:
    """Give another process that holds the lock of the log in *root*."""
    script = """
        import sys
        from pathlib import Path
        from broker.log_store.folder import FolderTileStore
        with FolderTileStore(Path(sys.argv[1])).lock():
            print("ready", flush=True)
            sys.stdin.readline()
    """
    process = _run(script, str(root))
    try:
        assert "ready\n" == _line(process)
        yield process
    finally:
        process.communicate()


def _run(script: str, *words: str) -> "subprocess.Popen[str]":
    code = textwrap.dedent(script)
    return subprocess.Popen(
        [sys.executable, "-c", code, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()
