"""Very many of something in one message are work, and never a reason to stop."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from sqlalchemy import event

from tests.support.exercise import Exercise, Node, an_exercise
from tests.support.records import a_core, a_marking

MANY = 1_100
FEW_VARIABLES = 999


@pytest_asyncio.fixture
async def exercise(tmp_path: Path) -> AsyncIterator[Exercise]:
    """NL and BE; a node has the section keys that are released to it."""
    async with an_exercise(tmp_path, releases=True) as made:
        yield made


def restrict(node: Node) -> None:
    """Have SQLite take no more values in a statement than every version of it does."""

    def limit(connection: sqlite3.Connection, *_: Any) -> None:
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, FEW_VARIABLES)

    node.engine.dispose()
    event.listen(node.engine, "connect", limit)


async def test_one_release_may_open_more_messages_than_a_statement_takes_values(exercise: Exercise) -> None:
    node = exercise.node()
    core = {"core": a_core(marking=a_marking(recipients=("BE/police",)), concerned=())}
    records = [exercise.authors.write(core) for _ in range(MANY)]
    await exercise.send(*records)
    assert MANY == (await node.receive()).pending
    restrict(node)
    items = [item for raw in records for item in exercise.authors.items_of(raw)]
    await exercise.send(exercise.authors.release({"BE/~1": items}, writer=2))
    assert MANY == (await node.receive()).inbox
