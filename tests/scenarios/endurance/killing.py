"""Kill a receiving process at every kind of point, restart it, and compare: ``python -m … FOLDER``, prints JSON.

The parent imports everything, opens nothing and forks: each child reads a fresh copy of the same bus into a fresh
database and key store, is killed with SIGKILL at one point, and is started again on what it left. A point is before or
after a statement, before a commit, or when a connection is given back, in the node's database, in its key store and in
the bus. Keys come before their records, with them and after them.
"""

import asyncio
import os
import shutil
import signal
import sqlite3
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import Pool

from broker.bus.embedded import open_embedded_bus
from broker.bus.port import Outgoing
from broker.types.names import directory_topic
from tests.support.exercise import CUSTOMS, Authors, Exercise
from tests.support.federation import a_federation, a_signing_key
from tests.support.records import a_core, an_agreement, an_incident

LEASE_SECONDS = 0.1
MOST_POINTS = 85

Table = list[tuple[Any, ...]]


class Report(msgspec.Struct):
    """What came of it: the kinds of points that were met, how often a child was killed, and what went wrong."""

    kinds: list[str]
    killed: int
    wrong: list[str]
    rows: dict[str, int]


class Points:
    """Counts points by their kind, and kills this process at the chosen one."""

    def __init__(self, kind: str = "", occurrence: int = 0) -> None:
        self._chosen = (kind, occurrence)
        self._lock = threading.Lock()
        self.seen: Counter[str] = Counter()

    def reach(self, kind: str) -> None:
        with self._lock:
            self.seen[kind] += 1
            if (kind, self.seen[kind]) == self._chosen:
                os.kill(os.getpid(), signal.SIGKILL)

    def listen(self) -> None:
        """Count the points of all databases of this process."""

        def before(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if _counts(statement):
                self.reach(f"before {_kind(connection, statement)}")

        def after(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if _counts(statement):
                self.reach(f"after {_kind(connection, statement)}")

        event.listen(Engine, "before_cursor_execute", before)
        event.listen(Engine, "after_cursor_execute", after)
        event.listen(Engine, "commit", lambda connection: self.reach(f"commit {_file(connection)}"))
        event.listen(Pool, "checkin", lambda *_: self.reach("given back"))


def _file(connection: Any) -> str:
    return Path(connection.engine.url.database or "").stem


def _counts(statement: str) -> bool:
    # How tables are made is the installation's matter, not that of receiving.
    return not statement.lstrip().startswith(("PRAGMA", "CREATE"))


def _kind(connection: Any, statement: str) -> str:
    words = statement.split()
    verb = words[0].upper()
    table = words[words.index("FROM") + 1] if "FROM" in words else words[2] if verb == "INSERT" else words[-1]
    return f"{_file(connection)} {verb} {words[1] if verb == 'UPDATE' else table}"


# ── one child ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def read_all(folder: Path, parts: Sequence[Sequence[bytes]]) -> None:
    """Follow the bus in *folder* as a node; send each part when all before it has been taken; end after the last."""
    exercise = _exercise(folder)
    bus, node = exercise.bus, exercise.node()
    task = asyncio.create_task(node.receiver.follow(lambda _: None))
    try:
        topic = exercise.topic("NL")
        wanted = 0
        for part in parts:
            wanted += len(part)
            if await bus.end(topic) < wanted:
                await bus.send(topic, [Outgoing("key", raw) for raw in part])
            await _until(task, folder, topic, wanted)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await exercise.close()


async def _until(task: asyncio.Task[None], folder: Path, topic: str, position: int) -> None:
    while _position(folder, topic) < position:
        if task.done():
            await task
        await asyncio.sleep(0.002)


def _position(folder: Path, topic: str) -> int:
    with sqlite3.connect(folder / "BE.sqlite") as connection:
        row = connection.execute("SELECT next FROM position WHERE topic = ?", (topic,)).fetchone()
    connection.close()
    return row[0] if row else 0


def in_child(work: Callable[[], None]) -> int:
    """Run *work* in a forked child; return its exit status, negative for a signal."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


# ── the record ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def prepare(folder: Path) -> list[list[bytes]]:
    """Make the bus that every child begins with, and return what is sent in the first part, the second and so on."""
    exercise = _exercise(folder)
    bus, authors = exercise.bus, exercise.authors
    history = [authors.write() for _ in range(2)]
    history.append(_release(authors, history[0]))
    incidents = [authors.write(an_incident(national_reference=f"R-{number}").sections) for number in range(6)]
    conflict = authors.sign([authors.compose({"core": a_core()}, sequence=4, previous=authors.compose().digest)])[0]
    agreement = authors.write({"core": an_agreement("BE/police")}, by="NL/police")
    ahead = authors.write(writer=2, issued_at=exercise.clock.now + timedelta(hours=1))
    unknown = authors.write(writer=3, key=a_signing_key("nobody's"))
    early = _release(authors, history[1], incidents[0], incidents[1], incidents[3])
    late = _release(authors, incidents[2], incidents[5], conflict)
    theirs = _release(authors, agreement, by="NL/police")
    parts = [
        history,
        [early, incidents[0], b"rubbish", incidents[2], agreement, theirs, incidents[2], unknown],
        [incidents[1], conflict, conflict, ahead, incidents[3], incidents[5]],
        [late],
    ]
    topics = [directory_topic(exercise.federation.name), exercise.topic("NL"), exercise.topic("BE")]
    await bus.create_topics(topics)
    await exercise.announce()
    await bus.send(exercise.topic("NL"), [Outgoing("key", raw) for raw in history])
    await exercise.close()
    return parts


def _exercise(folder: Path) -> Exercise:
    bus = open_embedded_bus(folder / "bus.sqlite", clock=lambda: datetime.now(UTC), lease=LEASE_SECONDS)
    return Exercise(folder, a_federation(sealing=True), bus, releases=True)


def _release(authors: Authors, *records: bytes, by: str = CUSTOMS) -> bytes:
    return authors.release({"BE/~1": [item for one in records for item in authors.items_of(one)]}, by=by)


_KEPT = {
    "message": "SELECT * FROM message",
    "inbox": "SELECT i.authority, i.digest, d.digest, d.readers, d.judgement"
    " FROM inbox i LEFT JOIN decision d ON d.id = i.decision",
    "decision": "SELECT digest, readers, judgement, directory, decided_at FROM decision",
    "judgement": "SELECT * FROM judgement",
    "alert": "SELECT authority, digest, raised_at, seen_at FROM alert",
    "finding": "SELECT code, place, message, found_at, healed_at FROM finding",
    "quarantine": "SELECT topic, offset, code, message, raw, quarantined_at, admitted_at FROM quarantine",
    "stream_head": "SELECT * FROM stream_head",
    "missing": "SELECT * FROM missing",
    "position": "SELECT * FROM position",
    "directory_message": "SELECT * FROM directory_message",
    "awaited": "SELECT * FROM awaited",
    "unopened": "SELECT * FROM unopened",
}
_KEYS = "SELECT commitment, destroyed FROM section_key"


def content(folder: Path) -> dict[str, Table]:
    """Return everything that a node keeps, without the numbers of rows; of its keys, which it has."""
    kept = {table: _rows(folder / "BE.sqlite", select) for table, select in _KEPT.items()}
    return kept | {"section_key": _rows(folder / "BE.keys.sqlite", _KEYS)}


def _rows(file: Path, select: str) -> Table:
    connection = sqlite3.connect(file)
    try:
        return sorted(connection.execute(select), key=repr)
    finally:
        connection.close()


# ── the parent ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Killing:
    """Runs children in copies of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._begin = folder / "begin"
        self._begin.mkdir()
        parts = folder / "parts"
        if in_child(lambda: _write(parts, asyncio.run(prepare(self._begin)))) != 0:
            raise RuntimeError("the record could not be made")
        self._parts = msgspec.msgpack.decode(parts.read_bytes(), type=list[list[bytes]])
        self._killed = 0
        self._wrong: list[str] = []

    def run(self) -> Report:
        whole, seen = self._undisturbed()
        points = _choose(seen)
        for kind, occurrence in points:
            self._kill(kind, occurrence, whole)
        self._kill_again_and_again(points, whole)
        return Report(sorted(seen), self._killed, self._wrong, {table: len(rows) for table, rows in whole.items()})

    def _undisturbed(self) -> tuple[dict[str, Table], dict[str, int]]:
        folder, counts = self._fresh(), self._folder / "counts"

        def work() -> None:
            points = Points()
            points.listen()
            asyncio.run(read_all(folder, self._parts))
            _write(counts, dict(points.seen))

        if in_child(work) != 0:
            raise RuntimeError("the undisturbed run failed")
        return content(folder), msgspec.msgpack.decode(counts.read_bytes(), type=dict[str, int])

    def _kill(self, kind: str, occurrence: int, whole: dict[str, Table]) -> None:
        folder = self._fresh()
        where = f"{kind}, time {occurrence}"
        self._child(folder, where, kind, occurrence)
        self._child(folder, where)
        self._compare(folder, where, whole)

    def _kill_again_and_again(self, points: Sequence[tuple[str, int]], whole: dict[str, Table]) -> None:
        folder = self._fresh()
        for kind, occurrence in points:
            self._child(folder, f"again, {kind}", kind, occurrence)
        self._child(folder, "again, the last")
        self._compare(folder, "again and again", whole)

    def _child(self, folder: Path, where: str, kind: str = "", occurrence: int = 0) -> None:
        def work() -> None:
            Points(kind, occurrence).listen()
            asyncio.run(read_all(folder, self._parts))

        status = in_child(work)
        if status == -signal.SIGKILL:
            self._killed += 1
        elif status != 0:
            self._wrong.append(f"{where}: the process ended with {status}")

    def _compare(self, folder: Path, where: str, whole: dict[str, Table]) -> None:
        for table, rows in content(folder).items():
            if rows != whole[table]:
                lost, added = len([row for row in whole[table] if row not in rows]), len(rows) - len(whole[table])
                self._wrong.append(f"{where}: {table} differs, {lost} rows lost or changed, {added:+} in all")
        shutil.rmtree(folder)

    def _fresh(self) -> Path:
        folder = self._folder / "run"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self._begin, folder)
        return folder


def _write(path: Path, value: object) -> None:
    path.write_bytes(msgspec.msgpack.encode(value))


def _choose(seen: dict[str, int]) -> list[tuple[str, int]]:
    """Return the first, the last and a middle occurrence of each kind, fewer where that would be too many."""
    chosen = [(kind, 1) for kind in sorted(seen)]
    others = [(kind, at) for kind, count in sorted(seen.items()) for at in {(count + 1) // 2, count} - {1}]
    room = max(MOST_POINTS - len(chosen), 0)
    step = max(1, -(-len(others) // room)) if room else len(others) + 1
    return chosen + others[::step]


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(Killing(Path(sys.argv[1])).run()).decode())
