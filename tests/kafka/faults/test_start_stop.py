"""A node as a process: it starts at once, says what it waits for, and ends when asked to, whatever the brokers do."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

import pytest

from tests.cli.commands import COLUMNS, SEIZURE, run
from tests.support.kafka.cluster import Cluster, Shape
from tests.support.kafka.distribution import Distribution
from tests.support.kafka.health import heal

PROGRAM: Final = Path(sys.executable).with_name("tocsin")
START_SECONDS: Final = 5.0
"""Two are promised, on a machine that does nothing else."""
STOP_SECONDS: Final = 10.0
TOLD_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.01
_MANY: Final = 600
EXITS: Final = {signal.SIGTERM: 0, signal.SIGINT: 130}
READERS: Final = ("BE/police", "DE/police")

pytestmark = pytest.mark.timeout(240)  # with what the broker needs to come back between two tests


class Follower:
    """A process that follows; what it says goes into a file."""

    def __init__(self, authority: str, federation: Path) -> None:
        self._log = federation.parent / f"{authority.replace('/', '-')}.log"
        self._begins = time.monotonic()
        command = [str(PROGRAM), "receive", "--as", authority, "--follow", "--folder", str(federation)]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)

    def said(self) -> str:
        return self._log.read_text("utf-8")

    def until_says(self, *words: str, within: float) -> float:
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
    """A federation on a broker, founded anew for each test, and the followers that run in it."""

    def __init__(self, cluster: Cluster, federation: Path, stack: ExitStack) -> None:
        self.cluster = cluster
        self.federation = federation
        self._stack = stack

    def follow(self, authority: str) -> Follower:
        follower = Follower(authority, self.federation)
        self._stack.callback(follower.end)
        return follower

    def publish(self, first: int, last: int) -> None:
        rows = [SEIZURE.replace("NL-1,", f"NL-{number},", 1) for number in range(first, last + 1)]
        file = self.federation.parent / f"{first}.csv"
        file.write_text("\n".join((COLUMNS, *rows)) + "\n", "utf-8")
        published = run("publish", file, "--as", "NL/customs", "--json", folder=self.federation)
        assert 0 == published.code, published.err

    def receive(self, authority: str) -> None:
        assert 0 == run("receive", "--as", authority, folder=self.federation).code

    def received(self, authority: str) -> int:
        """Return how many records the node of *authority* has."""
        (database,) = self.federation.rglob(f"{authority.split('/', maxsplit=1)[0]}/**/node.sqlite")
        with closing(sqlite3.connect(database)) as connection:
            return int(connection.execute("SELECT count(*) FROM message WHERE kind = 'RECORD'").fetchone()[0])


@pytest.fixture(scope="module")
def _broker(_distribution: Distribution) -> Iterator[Cluster]:
    with Cluster(Shape(), _distribution) as cluster:
        yield cluster


@pytest.fixture
def nodes(_broker: Cluster, namespace: str, tmp_path: Path) -> Iterator[Nodes]:
    heal(_broker)
    federation = tmp_path / "federation"
    bus = ("--bus", _broker.address(namespace), "--allow-plaintext")
    founded = run("federation", "new", federation, "-p", "NL", "-p", "BE", "-p", "DE", *bus)
    assert 0 == founded.code, founded.err
    with ExitStack() as stack:
        yield Nodes(_broker, federation, stack)


def test_follows_at_once(nodes: Nodes) -> None:
    begins = time.monotonic()
    subprocess.run([PROGRAM, "--help"], stdout=subprocess.DEVNULL, check=True)
    loading = time.monotonic() - begins  # a busy machine needs long even for that
    seconds = nodes.follow("BE/police").until_says("following", within=TOLD_SECONDS)
    assert seconds - loading < START_SECONDS


def test_says_what_it_waits_for_and_goes_on_when_it_comes(nodes: Nodes) -> None:
    nodes.publish(1, 1)
    nodes.receive("BE/police")
    nodes.cluster.kill(1)
    # One that has read the directory before, and one that knows nobody yet.
    followers = [nodes.follow(authority) for authority in READERS]
    for follower in followers:
        follower.until_says("waiting", "code=bus-unavailable", "hint=", "seconds=", within=TOLD_SECONDS)
    heal(nodes.cluster)
    for follower in followers:
        follower.until_says("following", within=TOLD_SECONDS)
    nodes.publish(2, 3)
    until(lambda: all(3 == nodes.received(authority) for authority in READERS), TOLD_SECONDS, followers[0].said)


def test_stops_when_idle(nodes: Nodes) -> None:
    check_stops(nodes, lambda: None)


def test_stops_when_the_brokers_are_dead(nodes: Nodes) -> None:
    check_stops(nodes, lambda: nodes.cluster.kill(1))


def test_stops_when_the_brokers_are_frozen(nodes: Nodes) -> None:
    check_stops(nodes, lambda: nodes.cluster.freeze(1))


def test_stops_when_the_brokers_were_never_reached(nodes: Nodes) -> None:
    nodes.cluster.kill(1)
    check_stops(nodes, lambda: None, at="waiting")


def test_stops_when_the_brokers_froze_before_they_were_reached(nodes: Nodes) -> None:
    for authority in READERS:
        nodes.receive(authority)
    nodes.cluster.freeze(1)
    check_stops(nodes, lambda: None, at="connecting")


@pytest.mark.parametrize(("authority", "by"), list(zip(READERS, EXITS, strict=True)))
def test_stops_in_the_middle_of_its_work_and_loses_nothing(nodes: Nodes, authority: str, by: signal.Signals) -> None:
    nodes.receive(authority)
    nodes.publish(1, _MANY)
    follower = nodes.follow(authority)
    until(lambda: nodes.received(authority) > 0, TOLD_SECONDS, follower.said)
    check_stop({by: follower})
    assert nodes.received(authority) < _MANY, "it was at work"
    nodes.receive(authority)
    assert _MANY == nodes.received(authority)
    assert 0 == run("audit", "check", folder=nodes.federation).code


def check_stops(nodes: Nodes, happens: Callable[[], None], *, at: str = "following") -> None:
    """Check that followers that say *at* end when they are asked to after something *happens*; one by each signal."""
    followers = {by: nodes.follow(authority) for by, authority in zip(EXITS, READERS, strict=True)}
    for follower in followers.values():
        follower.until_says(at, within=TOLD_SECONDS)
    happens()
    check_stop(followers)


def check_stop(followers: Mapping[signal.Signals, Follower]) -> None:
    """Send each follower its signal, and check that it ends in good time and order."""
    for by, follower in followers.items():
        follower.process.send_signal(by)
    last = time.monotonic() + STOP_SECONDS
    for by, follower in followers.items():
        until(follower.has_ended, last - time.monotonic(), follower.said)
        assert EXITS[by] == follower.process.returncode, follower.said()
        assert "stopped" in follower.said()
        assert "Traceback" not in follower.said()


def until(condition: Callable[[], bool], within: float, state: Callable[[], str]) -> None:
    """Wait until *condition* holds; fail with *state* after *within* seconds."""
    last = time.monotonic() + within
    while not condition():
        assert time.monotonic() < last, f"still not so after {within:g} seconds: {state()}"
        time.sleep(_LOOK_SECONDS)
