"""The log in memory: the twin of the folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from broker.errors import LogBusy
from broker.log.port import CHECKPOINT
from broker.log_store.names import check_lasting, check_path, other_bytes, other_checkpoint, too_large


class MemoryTileStore:
    """Keeps the files of one log for as long as it lives; for threads too.

    Attributes:
        files: What is there, by name.
    """

    def __init__(self) -> None:
        self.files: Final[dict[str, bytes]] = {}
        self._change: Final = Lock()
        self._writer: Final = Lock()

    def read(self, path: str, *, most: int) -> bytes | None:
        """Return the bytes of a file; None when it is not there.

        Raises:
            TooLarge: It has more than *most* bytes.
            BadName: No file of a log is called so.
        """
        found = self.files.get(check_path(path))
        if found is not None and len(found) > most:
            raise too_large(path, most)
        return found

    def write(self, path: str, data: bytes) -> None:
        """Write a file that never changes again; the same bytes once more are nothing.

        Raises:
            LogForked: It is there with other bytes.
            BadName: No file of a log is called so, or it is the checkpoint.
        """
        with self._change:
            if self.files.setdefault(check_lasting(path), data) != data:
                raise other_bytes(path)

    def replace_checkpoint(self, new: bytes, *, expected: bytes | None) -> None:
        """Put the checkpoint *new* in the place of *expected*.

        Raises:
            LogForked: Another one is there.
        """
        with self._change:
            if self.files.get(CHECKPOINT) not in (expected, new):
                raise other_checkpoint()
            self.files[CHECKPOINT] = new

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the only writer.

        Raises:
            LogBusy: Somebody else is.
        """
        if not self._writer.acquire(blocking=False):
            raise LogBusy("another notary is at work on this log")
        try:
            yield
        finally:
            self._writer.release()
