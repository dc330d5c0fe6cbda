"""Which broker the tests use: what ``TEST_KAFKA`` says, else what is there."""

import os
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, final

import msgspec

from broker.bus.kafka.connection import Address, parse_address
from broker.errors import BadName
from tests.support.kafka.container import engine_answers
from tests.support.kafka.distribution import VERSION, NoBroker, missing_for_maven

VARIABLE: Final = "TEST_KAFKA"


class Way(StrEnum):
    """How a test comes to a broker."""

    MAVEN = "maven"
    DOCKER = "docker"
    ADDRESS = "address"


@final
class Found(msgspec.Struct, frozen=True):
    """What this machine has.

    Attributes:
        lacks: What a local cluster needs and is missing here.
        docker: A Docker engine answers.
    """

    lacks: tuple[str, ...]
    docker: bool


@final
class Choice(msgspec.Struct, frozen=True):
    """The way that is taken, and in one line which and why."""

    way: Way
    says: str
    address: Address | None = None


def look() -> Found:
    """Look what is there; takes a moment."""
    return Found(tuple(missing_for_maven()), engine_answers())


def choose_here(environment: Mapping[str, str] = os.environ) -> Choice:
    """Return the choice for this machine.

    Raises:
        NoBroker: What was asked for is not there, or nothing is.
    """
    return choose(environment.get(VARIABLE, ""), look())


def choose(asked: str, found: Found) -> Choice:
    """Return the way to a broker that is *asked* for, or the best of what was *found*.

    Raises:
        NoBroker: It cannot be had.
    """
    lacking = " and ".join(found.lacks)
    match asked:
        case Way.MAVEN if found.lacks:
            raise NoBroker(f"{VARIABLE}=maven, but this machine lacks {lacking}")
        case Way.MAVEN:
            return Choice(Way.MAVEN, f"Kafka {VERSION} from Maven artifacts, because {VARIABLE}=maven")
        case Way.DOCKER if not found.docker:
            raise NoBroker(f"{VARIABLE}=docker, but no Docker engine answers (is DOCKER_HOST set?)")
        case Way.DOCKER:
            return Choice(Way.DOCKER, f"Kafka {VERSION} in Docker, because {VARIABLE}=docker")
        case "":
            return _best(found, lacking)
        case _:
            return Choice(Way.ADDRESS, f"the Kafka at {asked}, because {VARIABLE} says so", _address(asked))


def _best(found: Found, lacking: str) -> Choice:
    if found.docker:
        return Choice(Way.DOCKER, f"Kafka {VERSION} in Docker, because a Docker engine answers")
    if not found.lacks:
        return Choice(Way.MAVEN, f"Kafka {VERSION} from Maven artifacts: no Docker engine answers, Java is there")
    raise NoBroker(
        f"no Kafka for the tests: no Docker engine answers, and this machine lacks {lacking}; "
        f"install that, or set {VARIABLE}=HOST:PORT"
    )


def _address(asked: str) -> Address:
    try:
        return parse_address(f"kafka://{asked}")
    except BadName:
        raise NoBroker(f"{VARIABLE} is {asked!r}; expected maven, docker or HOST:PORT") from None
