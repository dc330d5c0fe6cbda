"""What an audit by several processes reads of an exercise: they open its files for themselves."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from broker.bus.embedded import open_embedded_bus
from broker.bus.port import Bus
from broker.database import open_engine, reading
from broker.log.port import LogReader
from broker.log_store import FolderTileStore
from broker.sealing.rest import RestKey
from broker.section_keys import SectionKeys
from broker.types.names import Originator, participant_of
from tests.support.federation import a_seed


class ExerciseStation(msgspec.Struct, frozen=True):
    """The exercise in *folder*; its log is in ``log`` there, where it has one."""

    folder: Path

    @asynccontextmanager
    async def bus(self) -> AsyncIterator[Bus]:
        """Give the bus."""
        bus = open_embedded_bus(self.folder / "bus.sqlite", clock=lambda: datetime.now(UTC))
        try:
            yield bus
        finally:
            await bus.close()

    def log(self) -> LogReader | None:
        """Return the log."""
        path = self.folder / "log"
        return FolderTileStore(path) if path.exists() else None

    @contextmanager
    def node(self, node: Originator) -> Iterator[tuple[Connection, SectionKeys | None]]:
        """Give a node's database and its keys."""
        path = self.folder / f"{participant_of(node)}.sqlite"
        engine = open_engine(path, readonly=True)
        stored = open_engine(path.with_suffix(".keys.sqlite"), readonly=True)
        keys = SectionKeys(stored, RestKey(a_seed(f"keys of {path.name}")), randomness=bytes)
        try:
            with reading(engine) as connection:
                yield connection, keys
        finally:
            keys.close()
            engine.dispose()
