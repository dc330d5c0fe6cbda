"""Steps at which a notary dies: before each call of the bus, commit of the journal and change to a file of the log.

Behind a step is before the next one, of the same kind or of another, so the moments between them are all there. What is
dead stays dead: nothing works any more behind the step, so nothing is tidied up, as when a process is killed.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from broker.bus.port import Bus, Delivered
from broker.log.checkpoint import parse_checkpoint
from broker.log.hashes import TileHashes
from broker.log.port import TileStore
from broker.log.tree import TreeHead, root_of
from broker.merkle import leaf_hash
from broker.signing.keys import SigningKey

_FILE_CALLS = ("open", "link", "mkdir", "replace", "unlink", "fsync")
_CHANGES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Died(BaseException):
    """The process was killed."""


class Steps:
    """Counts steps; at the last one that it is given, and at all behind it, the process is dead."""

    def __init__(self, last: int | None = None) -> None:
        self.taken = 0
        self._last = last

    def step(self, *_: object) -> None:
        self.taken += 1
        if self._last is not None and self.taken >= self._last:
            raise Died

    def recover(self) -> None:
        """Be another process: nothing fails any more."""
        self._last = None


class WatchedBus:
    """A bus with a step before each call that a notary makes."""

    def __init__(self, bus: Bus, steps: Steps) -> None:
        self._bus = bus
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bus, name)

    async def topics(self) -> frozenset[str]:
        self._steps.step()
        return await self._bus.topics()

    async def end(self, topic: str) -> int:
        self._steps.step()
        return await self._bus.end(topic)

    async def read(self, topic: str, *, start: int, most: int) -> Sequence[Delivered]:
        self._steps.step()
        return await self._bus.read(topic, start=start, most=most)


class WatchedKey(SigningKey):
    """A notary's key that remembers every text that it signed."""

    __slots__ = ("texts",)

    def __init__(self, seed: bytes) -> None:
        super().__init__(seed)
        self.texts: list[str] = []

    def sign_note(self, text: bytes) -> bytes:
        self.texts.append(text.decode())
        return super().sign_note(text)


def watch_database(engine: Engine, steps: Steps) -> None:
    """Make a step of the moment before each commit."""
    event.listen(engine, "commit", steps.step)


@contextmanager
def watched_files(folder: Path, steps: Steps) -> Iterator[None]:
    """Make a step of the moment before each change to a file below *folder*."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _FILE_CALLS:
            patch.setattr(os, name, _watched(getattr(os, name), str(folder), steps))
        yield


def _watched(call: Any, folder: str, steps: Steps) -> Any:
    def run(target: Any, *arguments: Any, **options: Any) -> Any:
        place = Path(f"/proc/self/fd/{target}").readlink() if isinstance(target, int) else target
        reads = call.__name__ == "open" and not arguments[0] & _CHANGES
        if str(place).startswith(folder) and not reads:
            steps.step()
        return call(target, *arguments, **options)

    return run


def check_signed(texts: Sequence[str], store: TileStore, size: int) -> None:
    """Check that everything that was ever signed grew into the tree over *size* leaves that is there."""
    entries = list(TileHashes(store, size).entries(0, size))
    hashes = [leaf_hash(entry) for entry in entries]
    subtree = TileHashes(store, size)
    assert hashes == [subtree(0, place) for place in range(size)]
    for text in dict.fromkeys(texts):
        head = parse_checkpoint(text).head
        assert head == TreeHead(head.size, root_of(head.size, subtree))
