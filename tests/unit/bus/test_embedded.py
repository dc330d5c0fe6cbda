"""What only the bus in one file promises, beyond ``tests/contracts``."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from broker import database
from broker.bus.embedded import open_embedded_bus
from broker.bus.port import Bus, Outgoing
from broker.bus.watch import Watcher
from broker.database import open_engine, writing
from broker.errors import BusUnavailable, MissingFile, StaleDatabase


def a_bus(path: Path) -> Bus:
    return open_embedded_bus(path, clock=lambda: datetime.now(UTC), lease=1.0)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(tmp_path / "any.sqlite")
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")
    yield engine
    engine.dispose()


async def test_offsets_have_no_gaps(tmp_path: Path) -> None:
    bus = a_bus(tmp_path / "bus.sqlite")
    await bus.create_topics(["a", "b"])
    for topic in ("a", "b", "a"):
        await bus.send(topic, [Outgoing("k", b"")] * 3)
    assert list(range(6)) == [one.offset for one in await bus.read("a", start=0, most=10)]
    await bus.close()


@pytest.mark.parametrize("acknowledged", [1, 3, 6])
async def test_a_killed_writer_leaves_whole_batches_only(tmp_path: Path, acknowledged: int) -> None:
    bus = a_bus(tmp_path / "bus.sqlite")
    await bus.create_topics(["a"])
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.contracts.actors", f"embedded:{tmp_path / 'bus.sqlite'}"),
        *("write", "a", "w", "50", "1000000"),
        stdout=PIPE,
    )
    assert process.stdout is not None
    for _ in range(1 + acknowledged):
        await process.stdout.readline()
    process.kill()
    await process.communicate()
    end = await bus.end("a")
    assert (0, True) == (end % 50, end >= 50 * acknowledged)
    await bus.close()


def test_refuses_a_file_that_holds_something_else(engine: Engine) -> None:
    with pytest.raises(StaleDatabase):
        a_bus(database.path_of(engine))


def test_refuses_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        a_bus(tmp_path / "no" / "bus.sqlite")


async def test_a_lock_that_is_never_given_back_makes_the_bus_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = a_bus(tmp_path / "bus.sqlite")
    await bus.create_topics(["a"])
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.02)
    other = open_engine(tmp_path / "bus.sqlite")
    with writing(other), pytest.raises(BusUnavailable):
        await bus.send("a", [Outgoing("k", b"")])
    other.dispose()
    await bus.close()


async def test_a_watcher_tells_of_another_connections_commit(engine: Engine) -> None:
    with closing(Watcher(engine)) as watcher:
        waiting = asyncio.create_task(watcher.changed(watcher.count, within=20))
        with writing(engine) as connection:
            connection.exec_driver_sql("INSERT INTO t VALUES (1)")
        await waiting


async def test_closing_a_watcher_ends_its_thread_however_early_it_comes(engine: Engine) -> None:
    for _ in range(200):
        watcher = Watcher(engine)
        watcher.close()
        assert not watcher._thread.is_alive()
