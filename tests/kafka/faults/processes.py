"""A federation on a broker of its own, and its nodes and its notary as processes that can be asked to end."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Final

from tests.cli.commands import COLUMNS, SEIZURE, Ran, run
from tests.support.kafka.cluster import Cluster

PROGRAM: Final = Path(sys.executable).with_name("tocsin")
STOP_SECONDS: Final = 20.0
TOLD_SECONDS: Final = 90.0
_LOOK_SECONDS: Final = 0.01
EXITS: Final = {signal.SIGTERM: 0, signal.SIGINT: 130}


class Process:
    """A command that goes on until it is asked to end; what it says goes into a file."""

    def __init__(self, log: Path, *words: object) -> None:
        self._log = log
        self._begins = time.monotonic()
        command = [str(PROGRAM), *map(str, words)]
        with log.open("wb") as said:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)

    def said(self) -> str:
        return self._log.read_text("utf-8", errors="replace")  # it may be in the middle of a letter

    def until_says(self, *words: str, within: float = TOLD_SECONDS) -> float:
        """Wait until one line has all of *words*; return how many seconds after its start that was."""
        until(lambda: any(all(word in line for word in words) for line in self.said().splitlines()), within, self.said)
        return time.monotonic() - self._begins

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def end(self) -> None:
        if not self.has_ended():
            self.process.kill()
        self.process.wait()


class Nodes:
    """A federation on a broker, founded anew for each test, and the processes that run in it."""

    def __init__(self, cluster: Cluster, namespace: str, federation: Path, stack: ExitStack) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.federation = federation
        self._stack = stack
        self._started = 0

    def follow(self, authority: str) -> Process:
        """Have the node of *authority* receive."""
        return self._begin("receive", "--as", authority, "--follow")

    def keep_log(self) -> Process:
        """Have the notary work."""
        return self._begin("notary", "run")

    def run(self, *words: object) -> Ran:
        """Run a command to its end."""
        return run(*words, folder=self.federation)

    def publish(self, first: int, last: int, *, by: str = "NL") -> None:
        """Publish the reports with these numbers, from the first to the last."""
        published = self.run("publish", self._reports(first, last, by), "--as", f"{by}/customs", "--json")
        assert 0 == published.code, published.err

    def publish_beside(self, first: int, last: int, *, by: str = "NL") -> Process:
        """Publish the reports with these numbers in a process of its own, which ends by itself."""
        return self._begin("publish", str(self._reports(first, last, by)), "--as", f"{by}/customs")

    def receive(self, authority: str) -> None:
        """Have the node of *authority* receive what is there."""
        assert 0 == self.run("receive", "--as", authority).code

    def received(self, authority: str) -> int:
        """Return how many records the node of *authority* has."""
        database = self._database(authority)
        return int(_rows(database, "SELECT count(*) FROM message WHERE kind = 'RECORD'")[0][0])

    def sent(self, *codes: str) -> set[tuple[str, int]]:
        """Return the messages that the nodes of *codes* have sent: stream and number."""
        query = "SELECT originator || '/' || writer, sequence FROM outbox_message"
        return {(stream, number) for code in codes for stream, number in _rows(self._database(code), query)}

    def logged(self) -> list[tuple[str, int]]:
        """Return the messages that the notary has journaled, in their order: stream and number."""
        journal = self.federation / "hub" / "notary.sqlite"
        if not journal.exists() or not _rows(journal, "SELECT 1 FROM sqlite_master WHERE name = 'entry'"):
            return []  # it has only begun
        return _rows(journal, "SELECT stream, sequence FROM entry ORDER BY place")

    def audit(self) -> dict[str, Any]:
        """Return what an audit of everything says."""
        ran = self.run("audit", "check", "--json")
        assert ran.out, ran.err
        return dict(ran.document())

    def _reports(self, first: int, last: int, by: str) -> Path:
        seizure = SEIZURE.replace(",NL,", f",{by},")
        rows = [seizure.replace("NL-1,", f"{by}-{number},", 1) for number in range(first, last + 1)]
        file = self.federation.parent / f"{by}-{first}.csv"
        file.write_text("\n".join((COLUMNS, *rows)) + "\n", "utf-8")
        return file

    def _database(self, authority: str) -> Path:
        return self.federation / "nodes" / authority.split("/", maxsplit=1)[0] / "node.sqlite"

    def _begin(self, *words: str) -> Process:
        self._started += 1
        process = Process(self.federation.parent / f"{self._started}.log", *words, "--folder", self.federation)
        self._stack.callback(process.end)
        return process


def check_stop(processes: Mapping[signal.Signals, Process]) -> None:
    """Send each process its signal, and check that it ends in good time and order."""
    for by, process in processes.items():
        process.process.send_signal(by)
    last = time.monotonic() + STOP_SECONDS
    for by, process in processes.items():
        until(process.has_ended, last - time.monotonic(), process.said)
        assert EXITS[by] == process.process.returncode, (by, process.process.returncode, process.said())
        assert "stopped" in process.said()
        assert "Traceback" not in process.said()


def until(condition: Callable[[], bool], within: float, state: Callable[[], str]) -> None:
    """Wait until *condition* holds; fail with *state* after *within* seconds."""
    last = time.monotonic() + within
    while not condition():
        assert time.monotonic() < last, f"still not so after {within:g} seconds: {state()}"
        time.sleep(_LOOK_SECONDS)


def _rows(database: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchall()
