"""Which broker the tests take, for everything that may be asked for and found."""

import pytest

from broker.bus.kafka.connection import Address
from tests.support.kafka.choice import Found, Way, choose
from tests.support.kafka.distribution import NoBroker, java_version

NOTHING = Found(("Java 17", "Maven"), docker=False)
MAVEN = Found((), docker=False)
DOCKER = Found(("Java 17",), docker=True)
BOTH = Found((), docker=True)


@pytest.mark.parametrize(
    ("asked", "found", "way"),
    [
        ("maven", MAVEN, Way.MAVEN),
        ("maven", BOTH, Way.MAVEN),
        ("docker", DOCKER, Way.DOCKER),
        ("docker", BOTH, Way.DOCKER),
        ("", MAVEN, Way.MAVEN),
        ("", DOCKER, Way.DOCKER),
        ("", BOTH, Way.DOCKER),
        ("127.0.0.1:9092", NOTHING, Way.ADDRESS),
        ("127.0.0.1:9092", BOTH, Way.ADDRESS),
    ],
)
def test_takes_what_is_asked_for_else_what_is_there(asked: str, found: Found, way: Way) -> None:
    assert way == choose(asked, found).way


@pytest.mark.parametrize(
    ("asked", "found", "says"),
    [
        ("maven", NOTHING, "TEST_KAFKA=maven, but this machine lacks Java 17 and Maven"),
        ("maven", DOCKER, "TEST_KAFKA=maven, but this machine lacks Java 17"),
        ("docker", MAVEN, "TEST_KAFKA=docker, but no Docker engine answers"),
        ("", NOTHING, "no Docker engine answers, and this machine lacks Java 17 and Maven; install that, or set"),
        ("podman", BOTH, "TEST_KAFKA is 'podman'; expected maven, docker or HOST:PORT"),
        ("Maven", BOTH, "expected maven, docker or HOST:PORT"),
        ("127.0.0.1", BOTH, "expected maven, docker or HOST:PORT"),
    ],
)
def test_says_in_one_line_what_is_missing(asked: str, found: Found, says: str) -> None:
    with pytest.raises(NoBroker) as refused:
        choose(asked, found)
    assert (True, 1) == (says in str(refused.value), len(str(refused.value).splitlines()))


def test_an_address_may_name_several_brokers() -> None:
    assert Address(("a:1", "b:2")) == choose("a:1,b:2", NOTHING).address


@pytest.mark.parametrize("asked", ["", "maven", "docker", "localhost:9092"])
def test_says_which_and_why(asked: str) -> None:
    says = choose(asked, BOTH).says
    assert "TEST_KAFKA" in says if asked else "a Docker engine answers" in says


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('openjdk version "21" 2023-09-19', 21),
        ('java version "1.8.0_202"', 8),
        ("Unable to locate a Java Runtime.", 0),
    ],
)
def test_reads_the_version_of_a_java(said: str, version: int) -> None:
    assert version == java_version(said)
