"""The log as files in a folder, which any web server can serve.

A file is written aside, made durable, and only then given its name: a reader sees all of it or nothing, and so does
whoever comes back after a crash. Names are given by a link, which cannot take the place of a file that is there.
"""

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Final

from broker.errors import LogBusy, LogUnavailable
from broker.log.port import CHECKPOINT
from broker.log_store.names import check_lasting, check_path, other_bytes, other_checkpoint, too_large

_LOCK: Final = ".lock"
_ASIDE: Final = ".new"
"""Where files are written before they get their names; what a crash left here is swept by the next writer."""
_PUBLIC: Final = 0o644


class FolderTileStore:
    """Keeps the files of one log in the folder *root*, which is made by the first writer."""

    def __init__(self, root: Path) -> None:
        self._root: Final = root
        self._is_writer = False
        self._lasting: set[Path] = set()

    def read(self, path: str, *, most: int) -> bytes | None:
        """Return the bytes of a file; None when it is not there.

        Raises:
            LogUnavailable: The folder is not there, or the file cannot be read.
            TooLarge: It has more than *most* bytes.
            BadName: No file of a log is called so.
        """
        check_path(path)
        with _translated(self._root):
            found = _read(self._root / path, most)
            if found is None and not self._root.is_dir():
                raise LogUnavailable(
                    f"there is no folder {self._root.name} with a log", hint="Check the setting log in federation.toml."
                )
        if found is not None and len(found) > most:
            raise too_large(path, most)
        return found

    def write(self, path: str, data: bytes) -> None:
        """Write a file that never changes again, durably; the same bytes once more are nothing.

        Raises:
            LogForked: It is there with other bytes.
            LogUnavailable: It cannot be written.
            BadName: No file of a log is called so, or it is the checkpoint.
        """
        target = self._root / check_lasting(path)
        with _translated(self._root):
            self._make_folder(target.parent)
            if not self._is_there(target, data):
                with self._aside(data) as made:
                    try:
                        os.link(made, target)
                    except FileExistsError:
                        self._is_there(target, data)
            # Also for a file that was there: who made it may have died before its name was durable.
            _sync(target.parent)

    def replace_checkpoint(self, new: bytes, *, expected: bytes | None) -> None:
        """Put the checkpoint *new* in the place of *expected*, durably; readers see one of the two.

        Raises:
            LogForked: Another one is there.
            LogBusy: Somebody else is writing this log.
            LogUnavailable: It cannot be written.
        """
        with nullcontext() if self._is_writer else self.lock(), _translated(self._root):
            target = self._root / CHECKPOINT
            present = _read(target, max(len(new), len(expected or b"")))
            if present not in (expected, new):
                raise other_checkpoint()
            if present != new:
                with self._aside(new) as made:
                    made.replace(target)
            _sync(self._root)

    def lock(self) -> AbstractContextManager[None]:
        """Be the only writer, over all processes of this machine; what a crash left aside is swept.

        Raises:
            LogBusy: Somebody else is.
            LogUnavailable: The folder cannot be written.
        """
        return self._locked()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with _translated(self._root):
            self._make_folder(self._root)
            descriptor = os.open(self._root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            self._take(descriptor)
            self._sweep()
            self._is_writer = True
            try:
                yield
            finally:
                self._is_writer = False
        finally:
            os.close(descriptor)

    def _take(self, descriptor: int) -> None:
        with _translated(self._root):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LogBusy(
                    "another notary is at work on this log", hint="One notary writes a log; end one of the two."
                ) from None

    def _sweep(self) -> None:
        with _translated(self._root):
            for left in (self._root / _ASIDE).glob("*"):
                # Somebody without the lock may be writing it right now, and takes it away himself.
                left.unlink(missing_ok=True)

    @contextmanager
    def _aside(self, data: bytes) -> Iterator[Path]:
        """Give a durable file with *data*; it may be moved away."""
        self._make_folder(self._root / _ASIDE)
        descriptor, name = tempfile.mkstemp(dir=self._root / _ASIDE)
        made = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(file.fileno(), _PUBLIC)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            yield made
        finally:
            with suppress(OSError):
                made.unlink(missing_ok=True)

    def _make_folder(self, folder: Path) -> None:
        """Make *folder* and those above it up to the root, durably."""
        if folder in self._lasting:
            return
        if folder != self._root:
            self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)
        self._lasting.add(folder)

    def _is_there(self, target: Path, data: bytes) -> bool:
        present = _read(target, len(data))
        if present is not None and present != data:
            raise other_bytes(str(target.relative_to(self._root)))
        return present is not None


def _read(path: Path, most: int) -> bytes | None:
    """Return at most one byte more than *most*; a link, a folder or a pipe is no file of the log."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise LogUnavailable(f"{path.name} in the log is no file")
        return file.read(most + 1)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _translated(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LogUnavailable(
            f"the log in {root.name} cannot be used: {error.strerror or error}",
            hint="Check that the folder is there, whose it is, and the disk's free space.",
        ) from error
