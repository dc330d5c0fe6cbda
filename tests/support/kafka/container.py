"""One plain broker in Docker, through testcontainers."""

import os
import shutil
import socket
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Final, cast

import docker  # type: ignore[import-untyped]
from docker.errors import APIError, ImageNotFound  # type: ignore[import-untyped]
from requests.exceptions import RequestException
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from broker.bus.kafka.connection import Address
from tests.support.images.kafka import build_kafka
from tests.support.kafka.distribution import VERSION, NoBroker, obtain
from tests.support.kafka.guardian import Guardian
from tests.support.kafka.ports import Ports
from tests.support.kafka.settings import LOCALHOST, PACE

IMAGE: Final = f"apache/kafka:{VERSION}"
START_SECONDS: Final = 180
ANSWER_SECONDS: Final = 30
ENGINE_SECONDS: Final = 60
_INSIDE: Final = 9092


def engine_answers() -> bool:
    """Whether a Docker engine is running here, or where ``DOCKER_HOST`` says."""
    # Asked by the command: the library leaves a socket open where nobody answers.
    command = shutil.which("docker")
    if command is None:
        return False
    try:
        asked = [command, "version", "--format", "{{.Server.Version}}"]
        return 0 == subprocess.run(asked, capture_output=True, timeout=ANSWER_SECONDS, check=False).returncode
    except subprocess.TimeoutExpired:
        return False


def obtain_image() -> None:
    """Have the image in the engine: pulled where that is possible, else built from what is on this machine.

    Raises:
        NoBroker: Neither is possible.
    """
    with closing(docker.from_env(timeout=ENGINE_SECONDS)) as engine:
        try:
            engine.images.get(IMAGE)
        except ImageNotFound:
            try:
                engine.images.pull(IMAGE)
            except (APIError, RequestException) as refused:
                _build(refused)


@contextmanager
def running_container() -> Iterator[Address]:
    """Run a broker in Docker, and remove it at the end or when this process is gone."""
    testcontainers_config.ryuk_disabled = True  # its work is done by our own guardian, which needs no image
    name = f"kafka-{uuid.uuid4().hex[:12]}"
    with closing(Ports()) as ports, closing(Guardian("docker", "rm", "--force", "--volumes", name)):
        container, host = _container(name, ports[0])
        with container:
            ready = LogMessageWaitStrategy("Kafka Server started").with_poll_interval(0.1)
            ready.with_startup_timeout(START_SECONDS).wait_until_ready(container)
            yield Address((f"{host}:{ports[0]}",))


def _container(name: str, port: int) -> tuple[DockerContainer, str]:
    """Return a container that is to be started, and the host at which *port* will reach it."""
    container = DockerContainer(IMAGE).with_name(name).with_envs(**_environment())
    host = _host(container)
    container.with_env("KAFKA_ADVERTISED_LISTENERS", f"CLIENT://{host}:{port},INTERNAL://{LOCALHOST}:9093")
    # Open to this machine only, where it is reached from here; the annotation of ports knows no address.
    opened_at = LOCALHOST if host == LOCALHOST else "0.0.0.0"
    cast("dict[str, Any]", container.ports)[f"{_INSIDE}/tcp"] = (opened_at, port)
    return container, host


def _host(container: DockerContainer) -> str:
    """Return how the engine's ports are reached; one that shares our name shares our loopback, in a container too."""
    client = container.get_docker_client()
    if "TC_HOST" not in os.environ and client.client.info()["Name"] == socket.gethostname():
        return LOCALHOST
    return client.host()


def _environment() -> dict[str, str]:
    settings = {
        "node.id": "1",
        "process.roles": "broker,controller",
        "controller.quorum.voters": f"1@{LOCALHOST}:9094",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "INTERNAL",
        "listeners": f"CLIENT://0.0.0.0:{_INSIDE},INTERNAL://{LOCALHOST}:9093,CONTROLLER://{LOCALHOST}:9094",
        "listener.security.protocol.map": "CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        **PACE,
    }
    named = {f"KAFKA_{name.replace('.', '_').upper()}": value for name, value in settings.items()}
    return named | {"KAFKA_HEAP_OPTS": "-Xms64m -Xmx512m"}


def _build(refused: Exception) -> None:
    try:
        build_kafka(IMAGE, sorted((obtain().folder / "libs").glob("*.jar")))
    except (NoBroker, OSError) as missing:
        raise NoBroker(f"the image {IMAGE} can neither be pulled ({refused}) nor built ({missing})") from None
