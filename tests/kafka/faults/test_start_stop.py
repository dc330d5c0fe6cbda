"""A node as a process: it starts at once, says what it waits for, and ends when asked to, whatever the brokers do."""

import signal
import subprocess
import time
from collections.abc import Callable
from typing import Final

import pytest

from tests.kafka.faults.processes import EXITS, PROGRAM, TOLD_SECONDS, Nodes, check_stop, until
from tests.support.kafka.health import heal

START_SECONDS: Final = 5.0
"""Two are promised, on a machine that does nothing else."""
_MANY: Final = 600
READERS: Final = ("BE/police", "DE/police")

pytestmark = pytest.mark.timeout(480)  # with what the broker needs to come back between two tests


def test_follows_at_once(nodes: Nodes) -> None:
    begins = time.monotonic()
    subprocess.run([PROGRAM, "--help"], stdout=subprocess.DEVNULL, check=True)
    loading = time.monotonic() - begins  # a busy machine needs long even for that, and for all else as much longer
    seconds = nodes.follow("BE/police").until_says("following", within=TOLD_SECONDS)
    assert seconds < START_SECONDS + 3 * loading


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
    assert [] == nodes.audit()["findings"]


def check_stops(nodes: Nodes, happens: Callable[[], None], *, at: str = "following") -> None:
    """Check that followers that say *at* end when they are asked to after something *happens*; one by each signal."""
    followers = {by: nodes.follow(authority) for by, authority in zip(EXITS, READERS, strict=True)}
    for follower in followers.values():
        follower.until_says(at, within=TOLD_SECONDS)
    happens()
    check_stop(followers)
